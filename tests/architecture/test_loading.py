"""What is loaded when: problem files without array libraries, paper without engines, the front door with nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

from examgen import marking, problems, render
from tests.architecture.sources import ROOT

HEAVY = ("torch", "sympy", "mpmath", "jinja2", "weasyprint", "numpy")
FOR_PROBLEMS = (*HEAVY, "pydantic", "babel", "typer", "rich")
FOR_PAPER = ("torch", "sympy", "mpmath", "numpy", "pydantic", "examgen.engines", "examgen.problems", "examgen.solving")

BLOCKED_IMPORT = """
import sys
from importlib import import_module
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if any(name == blocked or name.startswith(blocked + ".") for blocked in {blocked!r}):
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocker())
for module in {modules!r}:
    import_module(module)
print("loaded", len({modules!r}))
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """A fresh process in the root of the checkout."""
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)


def load_without(modules: list[str], blocked: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return run(BLOCKED_IMPORT.format(blocked=blocked, modules=modules))


def modules_of(package: object) -> list[str]:
    name = package.__name__  # type: ignore[attr-defined]  # packages have it
    return [module.name for module in walk_packages(package.__path__, f"{name}.")]  # type: ignore[attr-defined]  # packages have it


def test_problem_files_load_without_array_libraries() -> None:
    """A problem is data: its file needs no array library, engine, template or reader of definitions."""
    found = modules_of(problems)
    done = load_without(found, (*FOR_PROBLEMS, "examgen.engines", "examgen.render"))
    assert (f"loaded {len(found)}\n", "") == (done.stdout, done.stderr)
    assert len(found) >= 5


def test_paper_loads_without_engines() -> None:
    """Paper is a view: what renders can reach neither an engine nor a problem."""
    found = modules_of(render)
    done = load_without(found, FOR_PAPER)
    assert (f"loaded {len(found)}\n", "") == (done.stdout, done.stderr)
    assert len(found) >= 5


@pytest.mark.parametrize(
    ("module", "blocked"),
    [("examgen.engines._numpy", "numpy"), ("examgen.solving", "examgen.engines"), ("examgen.render.html", "jinja2")],
)
def test_blocked_libraries_are_really_blocked(module: str, blocked: str) -> None:
    """A module that needs what is blocked does not load, so that the tests above can fail."""
    done = load_without([module], (blocked,))
    assert done.returncode == 1
    assert f"{blocked} is blocked" in done.stderr


def heavy_after(statement: str, heavy: tuple[str, ...] = HEAVY) -> str:
    return run(f"import sys\n{statement}\nprint(*sorted(set(sys.modules) & set({heavy!r})))").stdout.strip()


def test_the_front_door_is_light() -> None:
    """`import examgen` loads no array library, no templates and no layout engine."""
    assert "" == heavy_after("import examgen")


def test_a_heavy_front_door_would_be_noticed() -> None:
    """What an import loads is seen."""
    assert "mpmath numpy" == heavy_after("import examgen.engines._numpy")


FOR_SOLVERS = ("torch", "sympy", "jinja2", "weasyprint", "pydantic", "babel", "typer", "rich")
CALLS = {
    "svm_loss": "svm_loss([[1, 2], [3, 4]], [0, 1])",
    "softmax_loss": "softmax_loss([[1, 2], [3, 4]], [0, 1]).accepts('loss', '1')",
    "backprop": "backprop('f = sigmoid(x * y)', {'x': 1, 'y': 2}).steps",
    "conv_relu_pool": "conv_relu_pool([[1, 2], [3, 4]], [[1]], upstream=1, exact=True).to_dict()",
}


@pytest.mark.parametrize("name", CALLS)
def test_solvers_load_what_they_need(name: str) -> None:
    """Numbers, steps and judgements in NumPy load no other engine and nothing that lays out paper or reads definitions."""
    assert "numpy" == heavy_after(f"import examgen; examgen.{CALLS[name]}", ("numpy", *FOR_SOLVERS))


def test_the_front_door_names_what_is_behind_it() -> None:
    """dir and import * know the public names before anything is loaded; other names are refused as Python does."""
    names = "InputError __version__ backprop conv_relu_pool grade softmax_loss svm_loss"
    for look in ("print(*sorted(set(dir(examgen)) & known))", "from examgen import *; print(*sorted(set(dir()) & known))"):
        assert names == run(f"import examgen; known = set(examgen.__all__); {look}").stdout.strip()
    assert "module 'examgen' has no attribute 'svm'" in run("import examgen; examgen.svm").stderr


def test_an_engine_is_loaded_when_it_is_named() -> None:
    """SymPy where expressions are asked for, PyTorch where it is to work: the test above can fail."""
    for how, library in (("engine='torch'", "torch"), ("engine='sympy'", "sympy")):
        assert library in heavy_after(f"import examgen; examgen.svm_loss([[1, 2]], [0], {how})", FOR_SOLVERS).split()


# what a machine need not have that only computes and marks
PAPER = (
    "babel", "cffi", "distributed", "fontTools", "fontpkg_pt_serif", "graphlay", "jinja2", "matplotlib", "pydantic", "pydyf",
    "rich", "segno", "typer", "weasyprint",
)  # fmt: skip
NOTATION = ("markupsafe", "math_core")  # which marking writes choices with
CORE = (
    "answers", "batches", "codes", "differing", "drawing", "effort", "engines", "erring", "errors", "explaining", "fairness",
    "formula", "graph", "honesty", "keyfile", "mistaken", "mistakes", "model", "narration", "ops", "plugins",
    "points", "problem", "problems", "proving", "reaching", "reckoning", "registry", "resources", "sifting", "solvers",
    "solving", "students", "tables", "tabulating", "terms", "verifying", "written",
)  # fmt: skip
PROVED = """
import examgen
from examgen.registry import preset
from examgen.solving import draw, solve
print(examgen.svm_loss([[1, 2], [3, 5]], [0, 1], exact=True).loss)
drawn = draw("conv_relu_pool", preset("conv_relu_pool", "5x5_stride2"), "seed")
print(len(solve(drawn).certificates))
"""


def test_the_core_needs_nothing_that_makes_paper() -> None:
    """Drawing, solving and proving work where only NumPy, SymPy and PyTorch are."""
    found = [f"examgen.{part}" for part in CORE]
    found += [name for part in found if hasattr(module := import_module(part), "__path__") for name in modules_of(module)]
    done = run(BLOCKED_IMPORT.format(blocked=(*PAPER, *NOTATION), modules=found) + PROVED)
    assert (f"loaded {len(found)}\n1\n3\n", "") == (done.stdout, done.stderr)
    assert len(found) >= 100


def test_marking_needs_no_engine_and_nothing_that_makes_paper() -> None:
    """`examgen.grade` is there where neither SymPy, PyTorch, Babel, Pydantic nor WeasyPrint is."""
    blocked = (*PAPER, "torch", "sympy", "examgen.engines", "examgen.problems")
    found = modules_of(marking)
    done = run(BLOCKED_IMPORT.format(blocked=blocked, modules=found) + "import examgen; print(examgen.grade.__name__)")
    assert (f"loaded {len(found)}\ngrade\n", "") == (done.stdout, done.stderr)


def test_paper_that_cannot_be_made_is_noticed() -> None:
    """The tooth: what sets sheets does not load there."""
    assert "is blocked" in load_without(["examgen.sheets"], PAPER).stderr


FOR_PAPER_ALONE = ("torch", "sympy", "jinja2", "weasyprint", "fontTools", "matplotlib", "distributed")
COLD = {
    "help": (["--help"], (*FOR_PAPER_ALONE, "numpy", "mpmath", "babel", "examgen.problem")),
    "problems": (["problems"], (*FOR_PAPER_ALONE, "numpy", "mpmath", "babel", "examgen.exam")),
    "check": (["check", "variants/homework6.toml", "FORM"], (*FOR_PAPER_ALONE, "examgen.grading", "examgen.copies")),
}
COMMAND = """import contextlib, io, sys
sys.argv = ["examgen", *{arguments!r}]
from examgen.cli import main
with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
    main()
assert len(said.getvalue()) > 500, said.getvalue()"""


@pytest.mark.parametrize("name", COLD)
def test_commands_load_what_they_need(name: str, tmp_path: Path) -> None:
    """Help and the list of problems no library that computes or lays out, the check of answers none that it does not need."""
    form = tmp_path / "form.toml"
    if name == "check":
        words = [sys.executable, "-m", "examgen", "answers", "variants/homework6.toml"]
        form.write_bytes(subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout)
    arguments, heavy = COLD[name]
    told = [str(form) if word == "FORM" else word for word in arguments]
    assert "" == heavy_after(COMMAND.format(arguments=told), heavy)


def test_what_a_command_loads_is_seen(tmp_path: Path) -> None:
    """The tooth: a page of one's own numbers is made of templates."""
    told = ["solve", "conv_relu_pool", "variants/homework6.toml", "--json", "--html", str(tmp_path / "page.html")]
    assert "fontTools jinja2" == heavy_after(COMMAND.format(arguments=told), FOR_PAPER_ALONE)
