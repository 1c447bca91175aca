"""What adapters need: nothing of the grading systems, no engine and nothing that lays out paper, also to mark."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.architecture.test_loading import load_without, run

pytestmark = pytest.mark.xdist_group("adapters")

SYSTEMS = ("gradescope_utils", "otter", "IPython", "nbformat", "pandas")
HEAVY = ("torch", "sympy", "weasyprint", "jinja2", "pydantic", "typer", "matplotlib")
ADAPTERS = ["examgen.adapters.gradescope", "examgen.adapters.otter"]
MARKING = """
import sys
from importlib.util import find_spec
from pathlib import Path
from examgen import grade, keyfile
from examgen.adapters import gradescope, otter
mark = grade(keyfile.load(Path({key!r})), {{}})
print(len(gradescope.results(mark)["tests"]), *sorted(set(sys.modules) & set({heavy!r})))
"""


@pytest.mark.parametrize("module", ADAPTERS)
def test_an_adapter_loads_by_itself(module: str) -> None:
    """Where neither grading system nor engine is installed."""
    done = load_without([module], (*SYSTEMS, *HEAVY))
    assert ("loaded 1\n", "") == (done.stdout, done.stderr)


def test_marking_loads_no_engine(keys: dict[str, Path]) -> None:
    """What an autograder starts for every submission stays small."""
    assert "26\n" == run(MARKING.format(key=str(keys["homework"]), heavy=(*SYSTEMS, *HEAVY))).stdout


def test_the_systems_are_installed_here() -> None:
    """Otherwise the tests above would show nothing, and those of the examples could not run."""
    lacking = [module for module in SYSTEMS if not find_spec(module)]
    assert [] == lacking, f"{sys.executable} lacks {', '.join(lacking)}: install the extra `adapters`"
