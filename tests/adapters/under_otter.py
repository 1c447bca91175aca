"""What the tests of the Otter adapter run in a process of its own: Otter's packages warn, and warnings are errors there.

    python under_otter.py check FOLDER          what `grader.check` finds in the notebook's folder, of each of the answers
                                                that stand as a JSON list on standard input
    python under_otter.py grade ZIP NOTEBOOK    what `otter run` finds

Both print JSON, of each task its points and test cases.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import otter
from otter.api import grade_submission
from otter.test_files import TestFile


def told(found: TestFile) -> dict[str, Any]:
    """A task's points and test cases, and all that Otter would show of them."""
    cases = {one.test_case.name: one.passed for one in found.test_case_results}
    return {"score": found.score, "possible": found.possible, "cases": cases, "shown": found.summary() + found._repr_html_()}


def check(folder: str) -> list[dict[str, Any]]:
    """Every task checked in the notebook's folder, as its cells do; null stands for answers whose cell was not run."""
    os.chdir(folder)
    grader = otter.Notebook("homework6.ipynb")
    environments = [{} if answers is None else {"answers": answers} for answers in json.load(sys.stdin)]
    return [{f"task{n}": told(grader.check(f"task{n}", one)) for n in range(1, 6)} for one in environments]


def grade(package: str, notebook: str) -> dict[str, Any]:
    """A submission graded by the package that is uploaded."""
    found = grade_submission(notebook, package, quiet=True)
    return {"output": found.output, **{name: told(task) for name, task in found.results.items()}}


if __name__ == "__main__":
    print(json.dumps({"check": check, "grade": grade}[sys.argv[1]](*sys.argv[2:])))
