"""Mutation testing of the core: break one thing in it, run the core suite, see whether a test notices; `make mutants`.

    python .ci/mutants.py [--count 500] [--seed 9] [--area NAME] [--again] [--list]

Cosmic Ray makes the mutants. A sample that depends on the seed and on the code alone is taken, as many of each area of
`.ci/core.toml`: one of each place in the code before a second of any. A larger sample holds the smaller one, and what was
found stands in `build/mutants/found.jsonl`, so that a run that was stopped goes on; `--again` gives survivors another try.
Exit status 1 where a survivor is not explained in `docs/mutants.md` or the score is below what is promised.

Not taken, since no behaviour hangs on it or no test should: see `idle`. Nor is what does not compile.

Each mutant is tried in a process forked from this one, which has the libraries loaded and nothing of examgen: to start
Python, SymPy and PyTorch anew 500 times, as Cosmic Ray's own runner does, takes longer than the tests.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import resource
import shutil
import signal
import sys
import time
import tomllib
import traceback
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "mutants"
PAGE = ROOT / "docs" / "mutants.md"
COPIED = ("examgen", "tests", "templates", "variants", "docs", "benchmarks", ".ci", "pyproject.toml", "README.md", "Makefile")
# what takes long to load; threads must not run before the fork
LIBRARIES = ("numpy", "sympy", "torch", "pydantic", "pytest", "hypothesis.strategies", "jinja2", "babel", "rich", "typer")
PROMISED = 0.9
MEMORY = 4 << 30  # bytes that a mutant may fill
QUICKLY = ("-n", "0", "-x", "--assert=plain", "--tb=line", "-p", "no:cacheprovider")
STRANGE = 77  # exit status of a run that tested another examgen
# equal or the same: of None, small whole numbers and names in the code there is one each
IDENTITIES = ("_Eq_Is", "_Is_Eq", "_NotEq_IsNot", "_IsNot_NotEq")
GUARDS = ("strict", "frozen")  # keywords by which zip and dataclasses see to what holds anyway
TYPES = re.compile(r"[\w\s.,|\[\]\"']+")


@dataclass(frozen=True)
class Area:
    """Files that are broken, and the tests that are to notice: in stages, the soonest first, each one run of pytest."""

    name: str
    modules: tuple[str, ...]
    stages: tuple[tuple[str, ...], ...]

    @property
    def files(self) -> list[Path]:
        return sorted({path for glob in self.modules for path in ROOT.glob(glob)})


@dataclass(frozen=True)
class Mutant:
    """One change of one file: `operator` of Cosmic Ray at its `occurrence`, which begins at `place` (line, column)."""

    area: str
    path: str
    operator: str
    occurrence: int
    place: tuple[int, int]

    def order(self, seed: int) -> str:
        """Where it stands among the mutants of its place, by chance that the seed decides."""
        return _chance(seed, self.path, self.operator, self.occurrence)


def _chance(*what: object) -> str:
    return blake2b(repr(what).encode(), digest_size=12).hexdigest()


def areas(text: str) -> list[Area]:
    """What a `core.toml` holds."""
    rows = tomllib.loads(text)["area"]
    return [Area(row["name"], tuple(row["modules"]), tuple(map(tuple, row["stages"]))) for row in rows]


def mutants(area: str, path: str, source: str) -> Iterator[Mutant]:
    """All that Cosmic Ray makes of a file, but for what is idle."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    tree = get_ast(source)
    nodes = [node for node in ast_nodes(tree) if node.type not in ("name", "newline", "string")]
    kept = {id(node) for node in nodes if not idle(node)}
    for name in operator_names():
        if get_operator(name).arguments() or name.endswith(IDENTITIES):  # names of variables, which nobody gave
            continue
        operator, occurrence = get_operator(name)(), 0
        for node in nodes:
            for start, _ in operator.mutation_positions(node):
                if id(node) in kept:
                    yield Mutant(area, path, name.removeprefix("core/"), occurrence, start)
                occurrence += 1


def idle(node: Any) -> bool:
    """Whether nothing that a test should see hangs on a piece of code.

    Annotations and aliases of types, what only type checkers read, what an exception says (all of a `raise`), what a file
    imports and exports, whether and how much `lru_cache` keeps, and the guards of `zip` and dataclasses.
    """
    while node is not None:
        above = node.parent
        if node.type in ("import_from", "raise_stmt") or (above is not None and _annotates(node, above)):
            return True
        if node.type == "decorator" and "lru_cache" in node.get_code():
            return True
        if node.type == "argument" and node.children[0].get_code().strip() in GUARDS:
            return True
        if node.type == "if_stmt" and node.children[1].get_code().strip() == "TYPE_CHECKING":
            return True
        if node.type == "expr_stmt" and _is_alias(node):
            return True
        node = above
    return False


def _annotates(node: Any, above: Any) -> bool:
    """Whether it is the type of a parameter, a variable or a result."""
    place = next(i for i, child in enumerate(above.children) if child is node)
    if above.type == "funcdef":
        return place > 0 and getattr(above.children[place - 1], "value", "") == "->"
    return place == {"tfpdef": 2, "annassign": 1}.get(above.type)


def _is_alias(statement: Any) -> bool:
    """`Sizes = int | tuple[int, int]`, or `__all__`."""
    name, _, value = statement.get_code().strip().partition(" = ")
    titled = name[:1].isupper() and not name.isupper()
    return name == "__all__" or (titled and "|" in value and TYPES.fullmatch(value) is not None)


def mutated(mutant: Mutant, source: str) -> str | None:
    """The file with the change; None where it does not compile or is as before."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    code: str | None = mutate_code(source, get_operator(f"core/{mutant.operator}")(), mutant.occurrence)
    try:
        with warnings.catch_warnings(action="ignore", category=SyntaxWarning):
            compile(code or "", mutant.path, "exec")
    except (SyntaxError, ValueError):
        return None
    return None if code in (None, source) else code


def sample(found: Iterable[Mutant], count: int, seed: int, sources: dict[str, str]) -> Iterator[tuple[Mutant, str]]:
    """So many mutants of those found, each with the code it makes: of every place one before a second of any."""
    places: dict[tuple[str, tuple[int, int]], list[Mutant]] = defaultdict(list)
    for mutant in found:
        places[mutant.path, mutant.place].append(mutant)
    by_chance = sorted(places, key=lambda place: _chance(seed, place))
    queues = [sorted(places[place], key=lambda one: one.order(seed)) for place in by_chance]
    while count and any(queues):
        for queue in queues:
            while count and queue:
                mutant = queue.pop(0)
                if code := mutated(mutant, sources[mutant.path]):
                    count -= 1
                    yield mutant, code
                    break


def change(source: str, code: str) -> tuple[int, str, str]:
    """The line at which the code begins to differ, as it was and as it is."""
    old, new = source.splitlines(), code.splitlines()
    at = next((i for i, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), min(len(old), len(new)) - 1)
    return at + 1, old[at].strip(), new[at].strip()


def run(tree: Path, tests: Iterable[str], log: Path, limit: float) -> int | None:
    """Exit status of pytest on the tree in a process of its own; None where it took too long."""
    child = os.fork()
    if not child:
        _be_tested(tree, [*tests], log)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _be_tested(tree: Path, tests: list[str], log: Path) -> None:
    """What the fork does: never returns."""
    status = STRANGE
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        import pytest

        status = int(pytest.main([*QUICKLY, *tests]))
        if (ours := sys.modules.get("examgen")) and not str(ours.__file__).startswith(str(tree)):
            status = STRANGE
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


class Bench:
    """A copy of the checkout in which one file at a time is broken, and the limits of time that whole code sets."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.log = folder / "tree", folder / "pytest.log"
        shutil.rmtree(self.tree, ignore_errors=True)
        for name in COPIED:
            where = ROOT / name
            copy = shutil.copytree if where.is_dir() else shutil.copy2
            self.tree.mkdir(parents=True, exist_ok=True)
            copy(where, self.tree / name)
        self.limits: dict[tuple[str, ...], float] = {}

    def prepare(self, area: Area) -> None:
        """See that whole code passes, and how long it takes: the first time compiles everything. Raises: SystemExit."""
        sys.dont_write_bytecode = False
        for stage in area.stages:
            began = time.monotonic()
            status = run(self.tree, stage, self.log, 600)
            took = time.monotonic() - began
            if status != 0:
                sys.exit(f"The core suite of {area.name} fails on whole code ({status}):\n{self.log.read_text()[-3000:]}")
            print(f"{area.name}: {len(stage)} files of tests take {took:.1f} s", flush=True)
            self.limits[stage] = 10 * took + 60  # of a machine that may be busier by then
        sys.dont_write_bytecode = True  # else a file changed back within a second would go by the mutant's bytecode

    def noticed(self, area: Area, path: str, code: str) -> str:
        """The test that fails where a file holds the code; `time` where it ran too long, and nothing where all pass."""
        file = self.tree / path
        whole = file.read_bytes()
        file.write_text(code, encoding="utf-8")
        try:
            for stage in area.stages:
                status = run(self.tree, stage, self.log, self.limits[stage])
                if status == STRANGE:
                    sys.exit(f"The tests of {area.name} imported another examgen.")
                if status:
                    return _first_failure(self.log.read_text(errors="replace"))
                if status is None:
                    return "time"
        finally:
            file.write_bytes(whole)
        return ""


def _first_failure(log: str) -> str:
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", log, re.MULTILINE)
    return found[1] if found else "import"


def kept(file: Path) -> dict[str, dict[str, Any]]:
    """What earlier runs found, by the mutant's key; the last word counts."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return {row["key"]: row for row in map(json.loads, lines)}


def chosen(every: Iterable[Area], count: int, seed: int) -> Iterator[tuple[Area, Mutant, str, str]]:
    """The sample: area, mutant, whole code, broken code; each area has its equal part."""
    every = [*every]
    for place, area in enumerate(every):
        part = count // len(every) + (place < count % len(every))
        sources = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in area.files}
        found = (mutant for path, source in sources.items() for mutant in mutants(area.name, path, source))
        for mutant, code in sample(found, part, seed, sources):
            yield area, mutant, sources[mutant.path], code


def row_of(mutant: Mutant, source: str, code: str) -> dict[str, Any]:
    line, old, new = change(source, code)
    key = blake2b(f"{mutant.path}\n{code}".encode(), digest_size=12).hexdigest()
    how = {"area": mutant.area, "path": mutant.path, "line": line, "operator": mutant.operator}
    return {"key": key, **how, "old": old, "new": new}


def report(rows: list[dict[str, Any]], page: str) -> int:
    """Print survivors and scores; 1 where one is not explained on the page, or too many live."""
    survivors = [row for row in rows if not row["test"]]
    strange = [row for row in survivors if f"`{row['new']}`" not in page]
    for row in survivors:
        word = "not explained" if row in strange else "explained"
        print(f"\n{row['path']}:{row['line']} {row['operator']} ({word})\n  - {row['old']}\n  + {row['new']}")
    print("\narea        mutants  noticed  of these by time  survive  score")
    for name in [*dict.fromkeys(row["area"] for row in rows), ""]:
        mine = [row for row in rows if row["area"] == name or not name]
        dead, slow = sum(bool(row["test"]) for row in mine), sum(row["test"] == "time" for row in mine)
        print(f"{name or 'all':<12}{len(mine):>7}{dead:>9}{slow:>18}{len(mine) - dead:>9}{dead / len(mine):>7.1%}")
    return int(bool(strange) or 1 - len(survivors) / len(rows) < PROMISED)


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=500, help="so many mutants")
    parser.add_argument("--seed", type=int, default=9, help="decides which ones")
    parser.add_argument("--area", action="append", help="this area's part of them alone")
    parser.add_argument("--again", action="store_true", help="try survivors of earlier runs again")
    parser.add_argument("--list", action="store_true", help="name the mutants and try none")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Try the sample, one mutant after the other, and report."""
    os.environ.update(OMP_NUM_THREADS="1", EXAMGEN_HYPOTHESIS="core")
    given = _arguments(words)
    every = areas((ROOT / ".ci" / "core.toml").read_text(encoding="utf-8"))
    todo = [(area, row_of(mutant, source, code), code) for area, mutant, source, code in chosen(every, given.count, given.seed)]
    todo = [one for one in todo if not given.area or one[0].name in given.area]
    if given.list:
        for _, row, _ in todo:
            print(f"{row['path']}:{row['line']} {row['operator']}\n  - {row['old']}\n  + {row['new']}")
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = FOLDER / "found.jsonl"
    known = kept(found)
    open_ones = [one for one in todo if one[1]["key"] not in known or (given.again and not known[one[1]["key"]]["test"])]
    if open_ones:
        _try(open_ones, found)
    known = kept(found)
    return report([row | {"test": known[row["key"]]["test"]} for _, row, _ in todo], PAGE.read_text(encoding="utf-8"))


def _try(todo: list[tuple[Area, dict[str, Any], str]], found: Path) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    bench = Bench(FOLDER)
    for area in dict.fromkeys(area for area, _, _ in todo):
        bench.prepare(area)
    # by turns, so that what is there after a stop speaks of all areas
    order = sorted(range(len(todo)), key=lambda i: (sum(todo[j][0] is todo[i][0] for j in range(i)), i))
    for done, i in enumerate(order, 1):
        area, row, code = todo[i]
        began = time.monotonic()
        test = bench.noticed(area, row["path"], code)
        with found.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row | {"test": test, "seconds": round(time.monotonic() - began, 1)}) + "\n")
        print(f"{done} of {len(todo)}: {row['path']}:{row['line']} {test or 'SURVIVES: ' + row['new']}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
