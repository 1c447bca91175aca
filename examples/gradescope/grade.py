"""Mark the submission that Gradescope put into ROOT/submission: python grade.py ROOT

Nothing of a submission is run. Whatever a student hands in, ROOT/results/results.json is written; a key that cannot be used
is the instructor's affair and ends with an error instead, which Gradescope shows to the instructor.
"""

from __future__ import annotations

import sys
from pathlib import Path

from examgen import InputError, grade, keyfile
from examgen.adapters.gradescope import refused, results, submitted, write_results


def main(root: Path) -> None:
    """Read the key and the answers, write the results."""
    key = keyfile.load(root / "source" / "key.json")
    try:
        found = results(grade(key, submitted(root / "submission")))
    except InputError as error:
        found = refused(str(error))
    write_results(found, root / "results" / "results.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
