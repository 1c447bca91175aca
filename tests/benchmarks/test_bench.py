"""The benchmark's table: what a piece costs, what passes, and what was not run."""

from __future__ import annotations

import sys
from ast import literal_eval
from pathlib import Path

import pytest

from benchmarks import ours
from benchmarks.bench import QUICK, SAMPLE, SOLVED, Bench, Row, _measured, _ratio, _rows, table
from benchmarks.processes import NotRun, run
from benchmarks.slopes import Found, Line, Slopes, Subject, line

ASKED = """
import sys
from benchmarks.processes import run
idle = run([sys.executable, "-S", "-c", "import time; time.sleep(.3)"])
full = run([sys.executable, "-S", "-c", "held = b'x' * 2**28"])
"""


def bench(ours: float, theirs: float, folder: Path) -> Bench:
    """A run in which a page of ours takes so many seconds, and one of a peer's."""
    made = Bench(QUICK, folder)
    made.slopes.lines |= {"ours": Line(ours, 1.0), "theirs": Line(theirs, 1.0)}
    return made


def test_a_line_goes_through_both_sizes() -> None:
    """600 pages for 4 s and 6,000 for 31: 5 ms each, and 1 s once."""
    assert Line(0.005, 1.0, 2.0) == line((600, 4.0, 1300), (6000, 31.0, 12100))


def test_the_best_of_the_rounds_counts_and_all_take_turns() -> None:
    """Each thing is measured at a size before any is measured again; a slow round is forgotten."""
    seen: list[tuple[str, int]] = []

    def subject(name: str) -> Subject:
        def measure(count: int) -> Found:
            seen.append((name, count))
            return count, count * (9.0 if len(seen) < 5 else 1.0), 0

        return Subject((1, 3), measure)

    slopes = Slopes(2)
    slopes.measure({"a": subject("a"), "b": subject("b")})
    assert [("a", 1), ("b", 1), ("a", 3), ("b", 3)] * 2 == seen
    assert Line(1.0, 0.0) == slopes["a"]


def test_ratios_pass_from_the_target_on(tmp_path: Path) -> None:
    """Twice as fast passes where twice is asked, 1.9 times does not; the ratio is told first."""
    passed = _ratio(bench(0.001, 0.002, tmp_path), "pages", "ours", "theirs", 2)
    failed = _ratio(bench(0.001, 0.0019, tmp_path), "pages", "ours", "theirs", 2)
    assert (True, False) == (passed.passed, failed.passed)
    assert passed.measured.startswith("2.00 times (1.00 ms")


def test_what_is_not_run_does_not_pass(tmp_path: Path) -> None:
    """A missing peer, or a function that is not there, is told with its reason, as neither passed nor failed."""
    made = bench(0.001, 0.002, tmp_path)
    made.slopes.lines["theirs"] = NotRun("it is not installed")
    row = _ratio(made, "pages", "ours", "theirs", 2)
    assert Row("pages", "2 times faster", "not run: theirs: it is not installed") == row
    assert "yes" not in list(table([row]))[1]


def test_noise_passes_nothing(tmp_path: Path) -> None:
    """Where the larger size took no longer than the smaller one, nothing can be said of a piece."""
    row = _ratio(bench(-0.0001, 0.002, tmp_path), "pages", "ours", "theirs", 2)
    assert None is row.passed
    assert row.measured.startswith("not run: one more piece costs less than the noise")


def test_a_peer_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pdfLaTeX and Typst no document is written, and the way to them is told."""
    monkeypatch.setattr("benchmarks.bench.installed", lambda peer: False)
    made = Bench(QUICK, tmp_path)
    with pytest.raises(NotRun, match="pdfLaTeX is not installed"):
        made.latex("latex-sheets", 2)(30)
    with pytest.raises(NotRun, match="Typst is not installed"):
        made.typst(30)
    assert [] == list(tmp_path.iterdir())


def test_a_program_that_fails_was_not_run() -> None:
    """Its last line is the reason, and the row has no figure."""
    with pytest.raises(NotRun, match="no such page"):
        run([sys.executable, "-c", "import sys; print('started'); sys.exit('no such page')"])
    assert None is _measured("a row", "", lambda: (run([sys.executable, "-c", "raise SystemExit(3)"]).said, True)).passed


def test_a_group_that_cannot_begin_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its sample a group is one row that passes nothing, and the other groups go on."""
    made = Bench(QUICK, tmp_path)
    monkeypatch.setattr(made, "ours", lambda name: lambda count: run([sys.executable, "-c", "raise SystemExit('no exam')"]))
    assert [Row("keys", "", "not run: no exam")] == list(_rows("keys", made))


def test_the_sample_lies_where_the_adapters_leave_it() -> None:
    """Both sides name the files alike."""
    assert (SAMPLE, SOLVED) == (ours.SAMPLE, ours.SOLVED)


def test_time_and_memory_are_those_of_the_process() -> None:
    """Sleeping costs elapsed time alone, and 256 MB that are written to are seen.

    Asked from a process that is small itself: no child has less at its peak than who started it.
    """
    costs = "[(cost.processor, cost.elapsed, cost.least, cost.peak) for cost in (idle, full)]"
    said = run([sys.executable, "-c", f"{ASKED}print({costs})"]).said
    (processor, elapsed, least, small), (*_, large) = literal_eval(said)
    assert elapsed > 0.3 > processor == least
    assert large > 256 > small
