"""Mutants of the core: which are made, which are taken, by which tests they are to be noticed, and what is said of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.architecture.sources import ROOT

Script = Callable[[str], ModuleType]

SOURCE = """\
from __future__ import annotations
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LEVEL = 1 + 2

__all__ = ["area"] + []
Size = int | tuple[int, int]


@lru_cache(maxsize=64)
def area(width: int | None, height: int = 3) -> int | None:
    \"\"\"1 + 1\"\"\"
    wide: int | None = width
    if wide == 0:
        raise ValueError("no width" + "!")
    return wide * height


def keyed(first, *, second=5):
    return {**first, "second": second}
"""
# line -> what may be broken in it
BROKEN = {13: {"3"}, 16: {"if", "=="}, 18: {"*"}, 21: {"5"}}


@pytest.fixture
def mutants(script: Script, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script, as a module that dataclasses find."""
    monkeypatch.setitem(sys.modules, "ci_mutants", ModuleType("ci_mutants"))
    return script("mutants")


def taken(mutants: Any, count: int, seed: int = 9) -> list[tuple[Any, str]]:
    return list(mutants.sample(mutants.mutants("a", "a.py", SOURCE), count, seed, {"a.py": SOURCE}))


def test_what_is_idle_is_left_alone(mutants: Any) -> None:
    """Of all that could be broken: no annotation or alias, no message, no cache, no export, nothing that does not compile."""
    lines = {one.place[0] for one, _ in taken(mutants, 10**6)}
    assert set(BROKEN) == lines


def test_without_the_rule_idle_code_is_broken(mutants: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: annotations, messages and caches are what the rule leaves out, and nobody else."""
    monkeypatch.setattr(mutants, "idle", lambda node: False)
    assert {6, 8, 9, 12, 13, 17} <= {one.place[0] for one, _ in taken(mutants, 10**6)}


def test_every_mutant_compiles_and_differs(mutants: Any) -> None:
    """`def keyed(first, /, ...)` does; `{// first}` does not."""
    for _, code in taken(mutants, 10**6):
        compile(code, "a.py", "exec")
        assert code != SOURCE


def test_a_larger_sample_holds_the_smaller(mutants: Any) -> None:
    """And one of each place comes before a second of any."""
    few, more = taken(mutants, 4), taken(mutants, 12)
    assert few == more[:4] == taken(mutants, 4)
    places = [one.place for one, _ in more]
    assert len(set(places)) == len(set(places[: len(set(places))]))


def test_the_seed_decides(mutants: Any) -> None:
    """The tooth: with another one, other mutants are taken."""
    assert taken(mutants, 4, 9) != taken(mutants, 4, 10)


def test_a_sample_is_the_same_in_another_process(mutants: Any, checkout: Path) -> None:
    """Whatever the hash seed."""
    told = (
        f"import sys; sys.path.insert(0, {str(checkout / '.ci')!r}); import mutants as m; s = sys.stdin.read();"
        " print([code for _, code in m.sample(m.mutants('a', 'a.py', s), 5, 9, {'a.py': s})])"
    )
    run = subprocess.run([sys.executable, "-c", told], input=SOURCE, capture_output=True, text=True, check=True)
    assert str([code for _, code in taken(mutants, 5)]) == run.stdout.strip()


def test_the_core_suite_is_there(mutants: Any, checkout: Path) -> None:
    """Every area names files of ours and test files that exist; what is broken belongs to one area alone."""
    areas = mutants.areas((checkout / ".ci" / "core.toml").read_text(encoding="utf-8"))
    assert {"drawing", "graph", "ops", "engines", "marking", "grading"} == {area.name for area in areas}
    assert [] == [glob for area in areas for glob in area.modules if not [*checkout.glob(glob)]]
    assert {1} == set(Counter(path for area in areas for path in area.files).values())
    assert [] == missing(areas, checkout)


def missing(areas: Any, checkout: Path) -> list[str]:
    words = [word for area in areas for stage in area.stages for word in stage]
    return [word for word in words if word.startswith("tests/") and not (checkout / word.partition("::")[0]).is_file()]


def test_a_test_file_that_is_gone_is_noticed(mutants: Any, checkout: Path) -> None:
    """The tooth."""
    area = mutants.Area("a", ("examgen/graph.py",), (("tests/engines/test_gone.py", "-k", "x"),))
    assert ["tests/engines/test_gone.py"] == missing([area], checkout)


def row(test: str, new: str) -> dict[str, Any]:
    return {"area": "ops", "path": "a.py", "line": 3, "operator": "NumberReplacer", "old": "x = 1", "new": new, "test": test}


@pytest.mark.parametrize(
    ("rows", "page", "status"),
    [
        ([row("t", "x = 2")] * 9 + [row("", "x = 0")], "`x = 0` is never read", 0),
        ([row("t", "x = 2")] * 9 + [row("", "x = 0")], "nothing", 1),
        ([row("t", "x = 2")] * 8 + [row("", "x = 0")] * 2, "`x = 0` is never read", 1),
        ([row("time", "x = 2")] * 10, "", 0),
    ],
    ids=["explained", "not explained", "too many", "all noticed"],
)
def test_survivors_are_explained_and_few(
    mutants: Any, capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], page: str, status: int
) -> None:
    """Each survivor has a line on the page, and at least nine of ten mutants are noticed."""
    assert status == mutants.report(rows, page)
    survive = sum(not one["test"] for one in rows)
    score = rf"^all +10 +{10 - survive} +\d+ +{survive} +{10 * (10 - survive)}\.0%$"
    assert re.search(score, capsys.readouterr().out, re.MULTILINE)


AFRESH = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True  # as the script has it: files change within a second
import mutants
folder, ends = Path(sys.argv[2]), []
for body in ("return 2", "return 3", "while True: pass"):
    (folder / "it.py").write_text(f"def f():\\n    {body}\\n", encoding="utf-8")
    ends.append(mutants.run(folder, ["test_it.py"], folder / "log", 4 if "while" in body else 60))
print(ends)
"""


def test_a_broken_file_fails_and_a_whole_one_passes(tmp_path: Path) -> None:
    """In a process of its own that a loop without end does not outlive; begun afresh, since the runner of tests has threads."""
    (tmp_path / "test_it.py").write_text("from it import f\n\ndef test_f():\n    assert 2 == f()\n", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n", encoding="utf-8")
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    words = [sys.executable, "-c", AFRESH, str(ROOT / ".ci"), str(tmp_path)]
    done = subprocess.run(words, env=settings, capture_output=True, text=True, timeout=200, check=True)
    assert "[0, 1, None]" == done.stdout.splitlines()[-1]
