"""What the architecture tests read from source files: imports, names, strings and functions."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "examgen"


@dataclass(frozen=True)
class Source:
    """One module: its dotted name below the package ("" for the front door), and its syntax tree."""

    name: str
    tree: ast.Module

    @property
    def part(self) -> str:
        """The module or subpackage right below the package that this one belongs to."""
        return self.name.partition(".")[0]


@cache
def sources() -> tuple[Source, ...]:
    """Every module of the package."""
    return below(ROOT / PACKAGE)


def below(package: Path) -> tuple[Source, ...]:
    """Every module below a folder."""
    return tuple(
        Source(_dotted(path.relative_to(package)), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(package.rglob("*.py"))
    )


@cache
def programs() -> tuple[Path, ...]:
    """Every Python file of the repository that is, or could be, committed: package, tests, benchmarks, scripts, examples."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(path for name in filter(None, listed.split("\0")) if (path := ROOT / name).is_file())


def around() -> tuple[Source, ...]:
    """Those outside of the package, by their paths."""
    there = [path for path in programs() if not path.is_relative_to(ROOT / PACKAGE)]
    return tuple(Source(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in there)


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: Source) -> Iterator[str]:
    """The package's modules that a module imports when it runs, wherever it does so; "from a import b" gives a.b."""
    for node in _running(source.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}."))


def cycle(found: Sequence[Source]) -> list[str]:
    """Modules that import each other in a ring, wherever they do so; none where there is no ring."""
    known = {module.name for module in found}
    graph = {module.name: {_home(target, known) for target in imports(module)} for module in found}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _home(target: str, known: Collection[str]) -> str:
    """The module that a name stands in: "a.b.f" is of a.b where that is one."""
    while target and target not in known:
        target = target.rpartition(".")[0]
    return target


def dynamic(source: Source) -> bool:
    """Whether a module imports by a name that it makes up, which no rule on imports can see."""
    return bool({"import_module", "__import__"} & set(words(source)))


EXCEPTION = re.compile(r"(?:type: ignore|noqa|pragma: no cover|ruff: noqa|mypy: )[^#\n]*(?P<reason>#\s*\w.*)?")


def unexplained(text: str) -> Iterator[str]:
    """The comments that silence a tool without a reason behind them in a comment of its own."""
    if not EXCEPTION.search(text):  # reading comments takes a while
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found = EXCEPTION.match(token.string.lstrip("# "))
            if found and not found["reason"]:
                yield f"{token.start[0]}: {token.string}"


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield from _running(child)


def words(source: Source) -> Iterator[str]:
    """Every identifier and every string of a module."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def lengths(source: Source) -> Iterator[tuple[str, int]]:
    """The name and number of lines of every function."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{source.name}.{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1
