"""The same as grade.py by gradescope-utils, for a course that has tests of its own besides: python suite.py ROOT"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import TestSuite

from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

from examgen import grade, keyfile
from examgen.adapters.gradescope import cases, submitted


def main(root: Path) -> None:
    """Run the boxes' tests; add those of your own to the suite."""
    key = keyfile.load(root / "source" / "key.json")
    suite = TestSuite([cases(grade(key, submitted(root / "submission")))])
    with open(root / "results" / "results.json", "w", encoding="utf-8") as file:
        JSONTestRunner(stream=file, visibility="visible", stdout_visibility="hidden", failure_prefix="").run(suite)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
