"""The pins of constraints.txt, and that no file of the repository names a machine or an index."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[0-9][0-9a-z.!]*)$")
FOLDER = re.compile(r"(?<![\w.}/])/(?:root|home|work|opt|mnt|Users)/\w")
INDEX = re.compile(r"(?:pypi|pythonhosted|pytorch|debian|npmjs)\.(?:org|com)|--(?:extra-)?index-url|--find-links")
SETUP = ("pyproject.toml", "constraints.txt", "Makefile", ".ci/run", ".ci/system.py", ".ci/pins.py", ".ci/counted.py")


def pins(text: str) -> dict[str, str]:
    """The versions that a constraints file pins; ValueError for a line that is neither a comment nor an exact pin."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        pin = PIN.match(line)
        if not pin:
            raise ValueError(f"not an exact pin: {line}")
        found[pin["name"]] = pin["version"]
    return found


def required(project: Path) -> list[Requirement]:
    """All that pyproject.toml asks for: to run, by its extras, and to build."""
    data = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    extras = data["project"]["optional-dependencies"].values()
    lines = [*data["project"]["dependencies"], *data["build-system"]["requires"], *(line for e in extras for line in e)]
    return [Requirement(line) for line in lines]


def unpinned(requirements: Iterable[Requirement], versions: dict[str, str]) -> list[str]:
    """The requirements that no pin satisfies."""
    return [
        str(requirement)
        for requirement in requirements
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"))
    ]


def reached(requirements: Iterable[Requirement]) -> Iterator[Requirement]:
    """The requirements and, through what is installed, everything they need here in turn, each name once."""
    queue, seen = list(requirements), set()
    while queue:
        requirement = queue.pop()
        name, extras = canonicalize_name(requirement.name), requirement.extras or {""}
        if (name, frozenset(extras)) in seen:
            continue
        seen.add((name, frozenset(extras)))
        yield requirement
        for line in importlib.metadata.requires(name) or ():
            needed = Requirement(line)
            if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                queue.append(needed)


def imported(source: str) -> set[str]:
    """The top-level modules that a source imports, anywhere in it, but for the standard library and examgen."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"examgen"}


def undeclared(modules: Iterable[str], requirements: Iterable[Requirement]) -> list[str]:
    """The modules that come from no distribution among the requirements."""
    named = {canonicalize_name(requirement.name) for requirement in requirements}
    brings = importlib.metadata.packages_distributions()
    return sorted(m for m in modules if not named & {canonicalize_name(name) for name in brings.get(m, ())})


def offences(text: str, pattern: re.Pattern[str]) -> list[str]:
    """The lines of a text in which a pattern occurs."""
    return [line.strip() for line in text.splitlines() if pattern.search(line)]


def texts(checkout: Path) -> Iterator[tuple[str, str]]:
    """Name and text of the files that are, or could be, committed; what is not UTF-8 is no text."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=checkout, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        path = checkout / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", errors="ignore")


def test_every_requirement_is_pinned(checkout: Path) -> None:
    """Each requirement of pyproject.toml and each that it brings along has a pin that satisfies it."""
    versions = pins((checkout / "constraints.txt").read_text(encoding="utf-8"))
    assert [] == unpinned(reached(required(checkout)), versions)


def test_a_missing_pin_and_one_below_the_bound_are_found() -> None:
    """Tooth: without its pin, or with one below its lower bound, a requirement is named."""
    requirements = [Requirement("numpy>=2"), Requirement("sympy>=1.13"), Requirement("rich>=13")]
    assert ["numpy>=2", "sympy>=1.13"] == unpinned(requirements, {"numpy": "1.26.4", "rich": "13.0"})


@pytest.mark.parametrize("line", ["numpy>=2", "numpy", "numpy==2.*", "torch==2.13.0+cpu", "-e .", "a @ file:a.whl"])
def test_a_line_that_is_no_exact_pin_is_refused(line: str) -> None:
    """Tooth: ranges, wildcards, single builds of a release and places are no pins."""
    with pytest.raises(ValueError, match="not an exact pin"):
        pins(line)


def test_what_needs_what_is_followed_to_the_end() -> None:
    """Tooth: a distribution that only another one's requirement brings is reached (Jinja2 brings MarkupSafe)."""
    assert "markupsafe" in {canonicalize_name(r.name) for r in reached([Requirement("jinja2")])}


def test_what_the_package_imports_is_declared(checkout: Path) -> None:
    """Each third-party module that a file of examgen/ imports comes from a requirement of the project itself."""
    data = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = (data["optional-dependencies"][extra] for extra in ("torch", "cluster"))
    declared = [Requirement(line) for line in [*data["dependencies"], *chain(*extras)]]
    sources = [path.read_text(encoding="utf-8") for path in (checkout / "examgen").rglob("*.py")]
    assert [] == undeclared(set().union(*map(imported, sources)), declared)


def test_an_import_that_no_requirement_brings_is_found() -> None:
    """Tooth: a module that only another one's requirement brings (MarkupSafe, by Jinja2) is not declared."""
    modules = imported("import json\nfrom examgen import model\ndef f():\n    import markupsafe, jinja2.ext\n")
    assert {"jinja2", "markupsafe"} == modules
    assert ["markupsafe"] == undeclared(modules, [Requirement("jinja2")])


def test_pytorch_is_the_release_the_project_promises(checkout: Path) -> None:
    """The pin is 2.13.0, in constraints.txt and in the Makefile that renews it."""
    assert "2.13.0" == pins((checkout / "constraints.txt").read_text(encoding="utf-8"))["torch"]
    assert "TORCH ?= 2.13.0" in (checkout / "Makefile").read_text(encoding="utf-8").splitlines()


def test_set_up_names_no_index(checkout: Path) -> None:
    """Where packages come from is the user's setting: no set-up file names an index or an address."""
    found = {name: offences((checkout / name).read_text(encoding="utf-8"), INDEX) for name in SETUP}
    assert {name: [] for name in SETUP} == found


def test_no_file_names_a_folder_of_one_machine(checkout: Path) -> None:
    """No committed text holds an absolute path into somebody's machine."""
    assert {} == {name: lines for name, text in texts(checkout) if (lines := offences(text, FOLDER))}


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (FOLDER, "open('" + "/".join(["", "home", "ann", "x"]) + "')"),
        (FOLDER, "/".join(["", "root", "x"])),
        (INDEX, "--" + "index-url somewhere"),
        (INDEX, "https://" + "download.pytorch" + ".org/whl"),
    ],
)
def test_a_machine_and_an_index_are_found(pattern: re.Pattern[str], line: str) -> None:
    """Tooth: the two searches find what they look for."""
    assert [line] == offences(line, pattern)
