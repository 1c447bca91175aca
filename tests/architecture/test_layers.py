"""Imports point down, problem types stay in their files, functions stay short; each rule is seen to catch a breach."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from examgen import registry
from tests.architecture.sources import Source, around, below, cycle, dynamic, imports, lengths, sources, words

LAYERS = (
    {"errors", "__version__"},  # the version stands in the front door and is a mere text
    {"bounded"},
    {
        "drawing", "model", "resources", "plugins", "entries", "unfinished", "alone", "processes", "tables", "spreadsheets",
        "written",
    },
    {"staging", "pieces"},
    {"codes", "points", "ops", "render", "labels", "choices", "archive"},  # paper is a view: it reaches nothing above
    {"graph"},
    {"honesty", "keyfile", "batches"},
    {"formula", "answers", "reaching", "reckoning", "terms", "mistakes", "tabulating"},
    {"marking"},  # by the key alone: no problem and no engine can be reached
    {"narration"},
    {"problem"},
    {"problems", "engines"},
    {"registry"},
    {"verifying", "proving"},
    {"mistaken", "effort", "students"},
    {"erring"},
    {"solving", "differing"},
    {"sifting"},
    {"explaining", "writing", "fairness", "printing"},
    {"solvers"},
    {"exam"},
    {
        "sheets", "copies", "bundle", "formulas", "listing", "starting", "authoring", "homework", "reading", "terminal",
        "adapters", "setting",
    },
    {"avoiding", "asking", "feedback"},
    {"selecting"},
    {"audit", "grading", "unproved"},
    {"versions", "cluster", "build", "folder", "practising", "checking"},
    {"testing", "cli"},
    {"", "__main__"},
)
NAMING_ALLOWED = {"", "solvers"}  # the public functions are called after the problems
# modules that import by names they make up: the front door, the registry what is below it or another distribution's, proving
# an engine
DYNAMIC = {"", "registry", "verifying"}
LONGEST_FUNCTION = 60
SIMULATION, INTERVALS = "students", {"honesty", "answers", "solving"}


def height(part: str) -> int | None:
    return next((level for level, layer in enumerate(LAYERS) if part in layer), None)


def upward(modules: Sequence[Source]) -> Iterator[str]:
    """Imports of a higher layer, and modules that have no layer."""
    for module in modules:
        here = height(module.part)
        if here is None:
            yield f"{module.name} has no layer"
            continue
        for target in imports(module):
            there = height(target.partition(".")[0])
            if there is None or there > here:
                yield f"{module.name} imports {target}"


def between_strangers(modules: Sequence[Source]) -> Iterator[str]:
    """Imports between problems and engines, from one problem file to another, and from one engine to another."""
    for module in modules:
        for target in imports(module):
            part = target.partition(".")[0]
            if {module.part, part} == {"problems", "engines"}:
                yield f"{module.name} imports {target}"
            elif module.part == part and part in ("problems", "engines") and module.name != part:
                mine, other = family(module.name), family(target)
                if other not in (mine, "_engine") and not (part == "problems" and other.startswith("_")):
                    yield f"{module.name} imports {target}"


def family(name: str) -> str:
    """`engines._sympy` and `engines._sympy_numbers` belong to one engine; problem files are one family each."""
    part, _, rest = name.partition(".")
    module = rest.partition(".")[0]
    return "_" + module[1:].partition("_")[0] if part == "engines" else module


def named_elsewhere(modules: Sequence[Source], problems: Collection[str]) -> Iterator[str]:
    """Problems whose name is an identifier, or a word of a string, outside their own file."""
    for module in modules:
        if module.part in NAMING_ALLOWED:
            continue
        text = "\n".join(words(module))
        for problem in problems:
            if module.name != f"problems.{problem}" and re.search(rf"\b{problem}\b", text):
                yield f"{module.name} names {problem}"


def interval_code(modules: Sequence[Source]) -> Iterator[str]:
    """Imports of the interval code, and of what is built on it, by the simulation that it is measured with."""
    for module in modules:
        if module.name == SIMULATION:
            parts = (target.partition(".")[0] for target in imports(module))
            yield from (f"{module.name} imports {part}" for part in parts if part in INTERVALS)


def too_long(modules: Sequence[Source]) -> Iterator[str]:
    for module in modules:
        yield from (f"{name} has {lines} lines" for name, lines in lengths(module) if lines > LONGEST_FUNCTION)


def test_imports_point_down() -> None:
    """No module imports from a layer above its own, and every module has a layer."""
    assert [] == list(upward(sources()))


def test_every_layer_is_of_modules_that_are_there() -> None:
    """No name is left behind by a module that is gone, and none stands in two layers."""
    named = [part for layer in LAYERS for part in layer if part != "__version__"]
    assert sorted({module.part for module in sources()}) == sorted(named)


def test_nothing_goes_in_rings() -> None:
    """No module imports itself by way of others, not even inside a function."""
    assert [] == cycle(sources())


def test_what_is_imported_can_be_seen() -> None:
    """No other module imports by a name that it makes up, past the rules above."""
    assert DYNAMIC == {module.name for module in sources() if dynamic(module)}


def test_problems_and_engines_are_strangers() -> None:
    """Problems and engines never import each other, nor one engine another, nor one problem another."""
    assert [] == list(between_strangers(sources()))


def test_a_problem_is_named_in_its_own_file_only() -> None:
    """No other module knows a problem type by name, so that a new one is one file and one template."""
    assert [] == list(named_elsewhere(sources(), registry.shipped()))


def test_the_simulation_is_apart_from_the_interval_code() -> None:
    """Simulated students never ask what is accepted of them."""
    assert [] == list(interval_code(sources()))
    assert SIMULATION in {module.name for module in sources()}


def test_functions_stay_short() -> None:
    """No function is longer than a screen, those of tests, benchmarks and scripts among them."""
    others = around()
    assert [] == list(too_long(sources() + others))
    assert {"tests", "benchmarks", ".ci", "docs", "examples", "templates"} == {file.name.partition("/")[0] for file in others}


def test_there_is_something_to_read() -> None:
    """An empty list of modules would pass every rule."""
    assert {"", "graph", "engines._numpy", "problems.svm_loss", "render.html"} <= {module.name for module in sources()}


RINGS = {
    "of two": {"a.py": "from examgen import b", "b.py": "import examgen.a"},
    "of three, inside a function": {
        "a.py": "from examgen.b import f", "b.py": "def f():\n    from examgen.c import g", "c.py": "import examgen.a"
    },
    "of a package and its part": {"a/__init__.py": "from examgen.a._b import f", "a/_b.py": "from examgen.a import g"},
    "of one": {"a.py": "def f():\n    from examgen.a import f"},
}


@pytest.mark.parametrize("files", RINGS.values(), ids=RINGS)
def test_a_ring_is_noticed(tmp_path: Path, files: dict[str, str]) -> None:
    """Whatever it goes through; what only a type checker reads makes none."""
    for name, text in files.items():
        found = written(tmp_path, name, text)
    assert len(files) + 1 == len(cycle(found))
    assert [] == cycle(written(tmp_path, name, f"if TYPE_CHECKING:\n    {text.splitlines()[-1].strip()}"))


@pytest.mark.parametrize("text", ["import importlib\nimportlib.import_module(x)", "__import__('examgen.cli')"])
def test_a_made_up_import_is_noticed(tmp_path: Path, text: str) -> None:
    """Both ways that Python has."""
    assert [True] == [dynamic(module) for module in written(tmp_path, "model.py", text)]


BREACHES = {
    "up": ("model.py", "from examgen.graph import Graph", upward),
    "up, as a package": ("graph.py", "from examgen import solving", upward),
    "up, inside a function": ("graph.py", "def f():\n    import examgen.cli", upward),
    "from paper to engines": ("render/html.py", "from examgen.engines import _numpy", upward),
    "from paper to solutions": ("render/html.py", "from examgen.solving import solve", upward),
    "without a layer": ("utils.py", "", upward),
    "of a module without a layer": ("cli.py", "from examgen.utils import helper", upward),
    "from a problem to an engine": ("problems/new.py", "from examgen.engines._numpy import run", between_strangers),
    "from an engine to a problem": ("engines/_new.py", "from examgen.problems import svm_loss", between_strangers),
    "from a problem to a problem": ("problems/new.py", "from examgen.problems.svm_loss import PROBLEM", between_strangers),
    "from an engine to an engine": ("engines/_new.py", "from examgen.engines._numpy import run", between_strangers),
    "from the simulation to intervals": ("students.py", "from examgen.honesty import widened", interval_code),
    "from a part of an engine to another": ("engines/_new_table.py", "from examgen.engines import _numpy", between_strangers),
}
ALLOWED = {
    "for a type checker": ("ops/a.py", "if TYPE_CHECKING:\n    from examgen.graph import Graph", upward),
    "down": ("solving.py", "from examgen import model, graph", upward),
    "of what problems share": ("problems/new.py", "from examgen.problems import _scores", between_strangers),
    "of a part of the same engine": ("engines/_new.py", "from examgen.engines._new_table import T", between_strangers),
    "of what an engine is": ("engines/_new.py", "from examgen.engines._engine import Evaluation", between_strangers),
}


def written(folder: Path, name: str, text: str) -> tuple[Source, ...]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return below(folder)


@pytest.mark.parametrize(("name", "text", "rule"), BREACHES.values(), ids=BREACHES)
def test_a_forbidden_import_is_noticed(tmp_path: Path, name: str, text: str, rule: object) -> None:
    """An import against the rules is found, whatever form it has."""
    assert callable(rule)
    assert 1 == len(list(rule(written(tmp_path, name, text))))


@pytest.mark.parametrize(("name", "text", "rule"), ALLOWED.values(), ids=ALLOWED)
def test_an_allowed_import_is_let_through(tmp_path: Path, name: str, text: str, rule: object) -> None:
    """An import within the rules is no breach."""
    assert callable(rule)
    assert [] == list(rule(written(tmp_path, name, text)))


NAMINGS = (
    "svm_loss = 1",
    "x.svm_loss()",
    "f(svm_loss=1)",
    "def svm_loss(): ...",
    "def f(svm_loss): ...",
    "'svm_loss'",
    "f'a {x} svm_loss'",
)


@pytest.mark.parametrize("text", NAMINGS)
def test_a_problem_named_elsewhere_is_noticed(tmp_path: Path, text: str) -> None:
    """A problem's name is found as an identifier of any kind and inside strings."""
    assert ["solving names svm_loss"] == list(named_elsewhere(written(tmp_path, "solving.py", text), ["svm_loss"]))


@pytest.mark.parametrize("name", ["problems/svm_loss.py", "solvers/losses.py", "__init__.py"])
def test_a_problem_may_be_named_where_it_belongs(tmp_path: Path, name: str) -> None:
    """A problem's own file, the public functions and the front door say its name."""
    assert [] == list(named_elsewhere(written(tmp_path, name, "'svm_loss'"), ["svm_loss"]))


def test_a_long_function_is_noticed(tmp_path: Path) -> None:
    """A method of 61 lines is found, one of 60 is not."""
    for lines, wanted in ((60, []), (61, ["cli.f has 61 lines"])):
        text = "class A:\n    def f(self):\n" + "        pass\n" * (lines - 1)
        assert wanted == list(too_long(written(tmp_path, "cli.py", text)))
