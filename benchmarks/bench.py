"""The figures of whole batches against pdfLaTeX, Typst and our own plain path, in one run on one machine.

    python benchmarks/bench.py               everything: pages at 300 and 3,000 variants
    python benchmarks/bench.py --quick       pages at 30 and 300, and fewer of all else
    python benchmarks/bench.py --only pages  some of: pages, variants, keys, build, memory, cold

Pages cost what one more costs: the slope between two sizes; what a run costs once (start, layout of each structure) stands
beside it. Peers set the same content in one document each (benchmarks/peers), and are timed without what writes it. Every
measured thing runs in a process of its own, in turn with the others, and the best of three counts: processor time of ours
against the smaller of a peer's processor and elapsed time. A peer that is not installed, and what the package does not offer
yet, is reported as not run.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import GET, installed, machine
from benchmarks.processes import ONE_CORE, ROOT, NotRun, python, run
from benchmarks.slopes import Found, Line, Slopes, Subject

EXAM = ROOT / "variants" / "lecture6.toml"
HOMEWORK = ROOT / "variants" / "homework6.toml"
PROBLEMS = ("svm_loss", "softmax_loss", "backprop", "conv_relu_pool")
RATES = {  # what is done to each variant, and how many a second
    "floats": ("NumPy and PyTorch", 2000), "exact": ("SymPy too", 200), "contract": ("rounding contract and mistakes too", 100),
}
STARTS = 10  # fresh processes whose median is taken
KB = 1024
SAMPLE, SOLVED = "sample.pickle", "solved.pickle"  # what benchmarks/ours.py leaves for all who measure


@dataclass(frozen=True)
class Sizes:
    """How many variants each measured thing gets; what takes the plain path gets few, since it costs as many times more."""

    pages: tuple[int, int] = (300, 3000)
    plain: tuple[int, int] = (4, 24)
    keys: tuple[int, int] = (30, 300)
    variants: int = 10000
    build: int = 300
    memory: tuple[int, int] = (2000, 10000)
    rounds: int = 3


QUICK = Sizes((30, 300), (2, 8), (6, 60), 600, 10, (200, 1000), 1)


@dataclass(frozen=True)
class Row:
    """One line of the table; `passed` is None where nothing was measured."""

    what: str
    target: str
    measured: str
    passed: bool | None = None


@dataclass
class Bench:
    """One run of the benchmark: its sizes and its folder."""

    sizes: Sizes
    folder: Path

    @cached_property
    def slopes(self) -> Slopes:
        """What was measured at two sizes."""
        return Slopes(self.sizes.rounds)

    def ours(self, name: str, where: str = "") -> Callable[[int], Found]:
        """A function of benchmarks/ours.py, in a process of its own on one core."""

        def measured(count: int) -> Found:
            done = json.loads(run(python("benchmarks.ours", name, count, where or self.folder), environment=ONE_CORE).said)
            return done["pieces"], done["seconds"], done["bytes"]

        return measured

    def latex(self, kind: str, pages: int) -> Callable[[int], Found]:
        """pdfLaTeX on a document of the peers; `pages` of it count for each variant, and no fewer must come out."""

        def measured(count: int) -> Found:
            source = self._source(kind, count, "pdfLaTeX")
            cost = run(["pdflatex", "-interaction=batchmode", "-halt-on-error", source.name], self.folder)
            told = re.search(r"\((\d+) pages", source.with_suffix(".log").read_text(encoding="utf-8", errors="replace"))
            if not told or int(told[1]) < pages * count:
                raise NotRun(f"pdfLaTeX set {told[1] if told else 'no'} pages of {source.name}, not {pages * count}")
            return pages * count, cost.least, 0

        return measured

    def typst(self, count: int) -> Found:
        """Typst on the sheets."""
        return 2 * count, run(python("benchmarks.peers", "typst", self._source("typst-sheets", count, "Typst"))).least, 0

    def _source(self, kind: str, count: int, peer: str) -> Path:
        """A peer's document. Raises: NotRun where the peer is not there to read it."""
        if not installed(peer):
            raise NotRun(f"{peer} is not installed ({GET[peer]})")
        path = self.folder / f"{kind}-{count}.{'typ' if peer == 'Typst' else 'tex'}"
        if not path.exists():
            run(python("benchmarks.peers", "write", kind, count, self.folder))
        return path

    def draw(self) -> None:
        """Draws the sample, once."""
        if not (self.folder / SAMPLE).exists():
            self.ours("sample")(max(self.sizes.pages))

    def solve(self) -> None:
        """Draws the sample and solves as many of it as keys are set of, once."""
        self.draw()
        if not (self.folder / SOLVED).exists():
            self.ours("solved")(max(self.sizes.keys))


def pages(bench: Bench) -> Iterator[Row]:
    """Sheets: each page against the same page elsewhere."""
    bench.draw()
    bench.slopes.measure({
        "pdfLaTeX": Subject(bench.sizes.pages, bench.latex("latex-sheets", 2)),
        "tagged": Subject(bench.sizes.pages, bench.ours("tagged")),
        "Typst": Subject(bench.sizes.pages, bench.typst),
        "untagged": Subject(bench.sizes.pages, bench.ours("untagged")),
        "plain": Subject(bench.sizes.plain, bench.ours("plain")),
    })
    yield _ratio(bench, "sheets, tagged, a page, against pdfLaTeX", "tagged", "pdfLaTeX", 2)
    yield _ratio(bench, "sheets, untagged, a page, against pdfLaTeX", "untagged", "pdfLaTeX", 4)
    yield _ratio(bench, "tagged, against our plain path", "tagged", "plain", 100)
    yield _ratio(bench, "tagged, against Typst's tagged output", "tagged", "Typst", 2)
    for name, most in (("tagged", 4), ("untagged", 1)):
        yield _measured(f"bytes of a stamped page, {name}", f"under {most} KB", partial(_size, bench, name, most))
    for name, sizes in (("pdfLaTeX", bench.sizes.pages), ("Typst", bench.sizes.pages), ("plain", bench.sizes.plain)):
        what = f"  {name}, a page ({sizes[0]:,} -> {sizes[1]:,} variants)"
        yield _measured(what, "", partial(_alone, bench, name))


def keys(bench: Bench) -> Iterator[Row]:
    """Full worked keys against pdfLaTeX."""
    bench.solve()
    bench.slopes.measure({
        "pdfLaTeX keys": Subject(bench.sizes.keys, bench.latex("latex-keys", 1)),
        "keys": Subject(bench.sizes.keys, bench.ours("keys")),
    })
    yield _ratio(bench, "full worked keys, a variant, against pdfLaTeX", "keys", "pdfLaTeX keys", 1)
    yield _measured("  pdfLaTeX, a key", "", partial(_alone, bench, "pdfLaTeX keys"))


def _ratio(bench: Bench, what: str, ours: str, theirs: str, least: float) -> Row:
    def found() -> tuple[str, bool | None]:
        mine, other = bench.slopes[ours], bench.slopes[theirs]
        if min(mine.each, other.each) <= 0:
            raise NotRun("one more piece costs less than the noise of this run: take larger sizes, or a quiet machine")
        ratio = other.each / mine.each
        told = f"{ratio:.2f} times ({_cost(mine)}; {theirs} {_cost(other)})"
        return told, ratio >= least

    return _measured(what, f"{least:g} times faster" if least > 1 else "as fast", found)


def _alone(bench: Bench, name: str) -> tuple[str, None]:
    return _cost(bench.slopes[name]), None


def _cost(line: Line) -> str:
    return f"{1000 * line.each:.2f} ms, once {line.once:.2f} s"


def _size(bench: Bench, name: str, most: float) -> tuple[str, bool]:
    size = bench.slopes[name].bytes
    return f"{size / KB:.2f} KB", size < most * KB


def _measured(what: str, target: str, found: Callable[[], tuple[str, bool | None]]) -> Row:
    """The row of what was found, or why nothing was."""
    try:
        return Row(what, target, *found())
    except NotRun as reason:
        return Row(what, target, f"not run: {reason}")


def variants(bench: Bench) -> Iterator[Row]:
    """Drawing, solving and proving: the slowest problem counts."""
    for name, (engines, least) in RATES.items():
        what = f"draw, solve, prove: {engines}, variants/s a core"
        yield _measured(what, f"{least:,}", partial(_rates, bench, name, least))


def _rates(bench: Bench, name: str, least: float) -> tuple[str, bool]:
    rates = {}
    for problem in PROBLEMS:
        pieces, seconds, _ = bench.ours(name, problem)(bench.sizes.variants)
        rates[problem] = pieces / seconds
    told = ", ".join(f"{problem} {rate:,.0f}" for problem, rate in rates.items())
    worst = min(rates.values())
    return f"{worst / least:.2f} times ({told}; {bench.sizes.variants:,} of each)", worst >= least


def build(bench: Bench) -> Iterator[Row]:
    """A whole build, from nothing to the published folder."""
    yield _measured(f"{Sizes.build} variants, sheets + full keys + proofs, two cores", "under 30 s", partial(_built, bench))


def _built(bench: Bench) -> tuple[str, bool | None]:
    count, out = bench.sizes.build, bench.folder / "built"
    command = python("examgen", "build", EXAM, "-n", count, "-j", 2, "--key", "full", "--language", "en", "-o", out)
    cost = run(command)
    told = f"{cost.elapsed:.1f} s ({cost.processor:.1f} s of work, largest process {cost.peak:.0f} MB)"
    whole = count == Sizes.build
    return told if whole else f"{told} for {count}", cost.elapsed < 30 if whole else None


def memory(bench: Bench) -> Iterator[Row]:
    """The most memory that sheets take, and whether it grows with their number."""
    few, many = bench.sizes.memory
    yield _measured(f"peak memory, {many:,} variants of sheets", "under 600 MB, 1.5 times", partial(_peaks, bench, few, many))


def _peaks(bench: Bench, few: int, many: int) -> tuple[str, bool | None]:
    low, high = (run(python("benchmarks.ours", "volumes", count, bench.folder)).peak for count in (few, many))
    told = f"{high:.0f} MB, {high / low:.2f} times that of {few:,} ({low:.0f} MB)"
    return told, high < 600 and high <= 1.5 * low if many == Sizes.memory[1] else None


def cold(bench: Bench) -> Iterator[Row]:
    """Fresh processes of the commands that people wait for."""
    form = bench.folder / "my.toml"
    empty = run(python("examgen", "answers", HOMEWORK)).said
    form.write_text(re.sub(r'= ""(?=  #(?!.*×))', '= "1"', empty), encoding="utf-8")
    for given, most in ((["--help"], 0.35), (["problems"], 0.35), (["check", str(HOMEWORK), str(form)], 0.6)):
        yield _measured(f"examgen {given[0]}, cold", f"under {most} s", partial(_start, given, most))


def _start(given: Sequence[str], most: float) -> tuple[str, bool]:
    command = shutil.which("examgen", path=str(Path(sys.executable).parent))
    whole = [command, *given] if command else python("examgen", *given)
    # 1 says that an answer is wrong, and a blank or guessed form has wrong ones
    times = [run(whole, fine=(0, 1)).elapsed for _each in range(STARTS)]
    median = statistics.median(times)
    return f"{median:.3f} s (median of {STARTS}; best {min(times):.3f})", median < most


GROUPS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "pages": pages, "variants": variants, "keys": keys, "build": build, "memory": memory, "cold": cold,
}


def _rows(name: str, bench: Bench) -> Iterator[Row]:
    """The rows of a group; where what all of them need cannot be made, one that says so."""
    try:
        yield from GROUPS[name](bench)
    except NotRun as reason:
        yield Row(name, "", f"not run: {reason}")


VERDICTS = {True: "yes", False: "NO", None: "-"}


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The rows in columns, what was measured last, since it is longest."""
    cells = [("what", "at least", "pass", "measured")]
    cells += [(row.what, row.target, VERDICTS[row.passed], row.measured) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(3)]
    for line in cells:
        yield "  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[3]]).rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, one round: to see that everything runs")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="some groups of figures")
    asked = parser.parse_args()
    print("\n".join(machine()), end="\n\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(QUICK if asked.quick else Sizes(), Path(folder))
        rows: list[Row] = []
        for name in asked.only:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            rows += _rows(name, bench)
    print("\n".join(table(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
