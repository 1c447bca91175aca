"""Our side of the benchmark: each measured thing as one small function, run in a process of its own.

    python -m benchmarks.ours NAME COUNT FOLDER

prints what was done as JSON. FOLDER holds what was drawn and solved before (`sample`, `solved`), which is nobody's share of
the time. A function that the package does not offer yet raises NotRun, and is reported so.
"""

from __future__ import annotations

import io
import json
import pickle
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import import_module
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any, BinaryIO

from benchmarks.processes import ROOT, NotRun
from examgen import codes
from examgen.erring import mistaken_all
from examgen.exam import Exam, read_exam
from examgen.model import Instance
from examgen.registry import graph_of, problems
from examgen.render.paper import SheetVariant, SolvedVariant
from examgen.sheets import Variant, head, sheet_variant, solved_variant
from examgen.sifting import draw_all
from examgen.solving import Contract, draw, solve_all

EXAM = ROOT / "variants" / "lecture6.toml"
SEED = "a benchmark"
VOLUME = 1000
TOGETHER = 1000  # variants that are solved at a time
SAMPLE, SOLVED = "sample.pickle", "solved.pickle"


@dataclass(frozen=True)
class Done:
    """How many pieces (pages, keys or variants), the seconds of processor time they took, and the bytes they came to."""

    pieces: int
    seconds: float
    bytes: int = 0


def exam() -> Exam:
    """The exam that all pages are of, in English."""
    return replace(read_exam(EXAM), language="en")


def sample(count: int, folder: Path) -> Done:
    """Draws the variants whose pages are set; what likeness they have does not matter to a page."""
    start = process_time()
    (folder / SAMPLE).write_bytes(pickle.dumps(_drawn(exam(), range(1, count + 1))))
    return Done(count, process_time() - start)


def _drawn(chosen: Exam, numbers: Sequence[int]) -> list[Variant]:
    """Variants drawn task by task, those of one problem together."""
    found: dict[tuple[int, int], Instance] = {}
    for task in chosen.tasks:
        turns: dict[str, list[int]] = {}
        for number in numbers:
            turns.setdefault(task.choice(number).problem, []).append(number)
        for own in turns.values():
            choice, keys = task.choice(own[0]), [(SEED, task.number, number) for number in own]
            drawn = draw_all(choice.problem, choice.preset, keys, Contract(task.working, task.decimals))
            found |= {(number, task.number): each for number, each in zip(own, drawn, strict=True)}
    return [
        Variant(number, codes.encode(number, chosen.seed), tuple(found[number, task.number] for task in chosen.tasks))
        for number in numbers
    ]


def variants(folder: Path, count: int) -> Sequence[Variant]:
    """The first so many of the sample."""
    drawn: Sequence[Variant] = pickle.loads((folder / SAMPLE).read_bytes())
    return drawn[:count]


def solved(count: int, folder: Path) -> Done:
    """Solves and proves the variants whose keys are set."""
    chosen, drawn = exam(), variants(folder, count)
    start = process_time()
    columns = [
        solve_all([variant.instances[place] for variant in drawn], task.decimals, "cpu", task.working)
        for place, task in enumerate(chosen.tasks)
    ]
    found = zip(drawn, zip(*columns, strict=True), strict=True)
    (folder / SOLVED).write_bytes(pickle.dumps([solved_variant(chosen, *pair, full=True) for pair in found]))
    return Done(count, process_time() - start)


def worked(folder: Path, count: int) -> Sequence[SolvedVariant]:
    """The first so many full worked keys."""
    found: Sequence[SolvedVariant] = pickle.loads((folder / SOLVED).read_bytes())
    return found[:count]


def sheets(folder: Path, count: int) -> list[SheetVariant]:
    """The sheets of so many variants, as data."""
    chosen = exam()
    return [sheet_variant(chosen, variant) for variant in variants(folder, count)]


def plain(count: int, folder: Path) -> Done:
    """Sheets as WeasyPrint lays out each of them."""
    from examgen.render.paging import sheets_pdf

    made = sheets(folder, count)
    return timed(2 * count, lambda: sheets_pdf(head(exam()), made))


def tagged(count: int, folder: Path) -> Done:
    """Stamped sheets with tags."""
    return _stamped(sheets(folder, count), tagged=True)


def untagged(count: int, folder: Path) -> Done:
    """Stamped sheets without tags."""
    return _stamped(sheets(folder, count), tagged=False)


def _stamped(made: Sequence[SheetVariant], tagged: bool) -> Done:
    out = io.BytesIO()
    return timed(2 * len(made), lambda: _stamp(made, out, tagged) or out.getvalue())


def _stamp(made: Sequence[SheetVariant], out: BinaryIO, tagged: bool) -> None:
    """Stamps sheets. Raises: NotRun where the package cannot, or where one of them does not look like its master."""
    try:
        stamping = import_module("examgen.render.stamping")
    except ImportError:
        raise NotRun("sheets cannot be stamped yet") from None
    if alone := stamping.stamp_sheets(replace(head(exam()), tagged=tagged), made, out).alone:
        raise NotRun(f"{alone.total()} of {len(made)} sheets were laid out by themselves: {alone.most_common(1)[0][0]}")


def volumes(count: int, folder: Path) -> Done:
    """Sheets in volumes of so many, drawn and written one after another: for the memory it takes."""
    chosen = exam()
    start = process_time()
    for first in range(1, count + 1, VOLUME):
        numbers = range(first, min(first + VOLUME, count + 1))
        with (folder / f"volume-{first}.pdf").open("wb") as out:
            _stamp([sheet_variant(chosen, variant) for variant in _drawn(chosen, numbers)], out, tagged=True)
    return Done(2 * count, process_time() - start)


def keys(count: int, folder: Path) -> Done:
    """Full worked keys, in one document as a build writes them."""
    from examgen.setting import key_pdf

    shared, made, slow = head(exam()), worked(folder, count), list[str]()
    done = timed(count, lambda: key_pdf(shared, (), (), made, tell=slow.append))
    if slow:
        raise NotRun(slow[0])
    return done


def floats(count: int, name: str) -> Done:
    """Drawn, solved, and proved with NumPy and PyTorch."""
    from examgen.batches import floats as in_floats
    from examgen.batches import stacked
    from examgen.proving import agreed

    def all_of(instances: Sequence[Instance]) -> None:
        graph = graph_of(instances[0].problem, instances[0].params)
        if not agreed(graph, in_floats(stacked(graph, [each.data for each in instances]))).all():
            raise AssertionError(f"NumPy and PyTorch differ on {name}")

    return _variants(count, name, all_of, None)


def exact(count: int, name: str) -> Done:
    """Drawn, solved, and proved with SymPy too."""
    from examgen.proving import prove_all

    def all_of(instances: Sequence[Instance]) -> None:
        prove_all(graph_of(instances[0].problem, instances[0].params), [each.data for each in instances])

    return _variants(count, name, all_of, None)


def contract(count: int, name: str) -> Done:
    """The same with what is accepted under the rounding contract, closed forms, and all mistakes told apart."""
    return _variants(count, name, lambda instances: mistaken_all(solve_all(instances)), Contract())


def _variants(count: int, name: str, all_of: Callable[[Sequence[Instance]], object], rules: Contract | None) -> Done:
    """So many variants of a problem, its presets of a fixed structure in turn; what the first of each learns is counted."""
    presets = list(_fixed(name))

    def work() -> None:
        for place, preset in enumerate(presets):
            keys = [(SEED, number) for number in range(place, count, len(presets))]
            drawn = draw_all(name, preset, keys, rules)
            while some := list(islice(drawn, TOGETHER)):
                all_of(some)

    return timed(count, work)


def _fixed(name: str) -> Iterator[Any]:
    """The presets whose graph is the same in all variants."""
    for preset in problems()[name].presets.values():
        if draw(name, preset, SEED, "a look").params == preset.params:
            yield preset


def timed(pieces: int, work: Callable[[], Any]) -> Done:
    """Processor time of the work in this process and its children; the length where it gives bytes."""
    start = _processor()
    made = work()
    return Done(pieces, _processor() - start, len(made) if isinstance(made, bytes) else 0)


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + children.ru_utime + children.ru_stime


PAGES = {each.__name__: each for each in (sample, solved, plain, tagged, untagged, volumes, keys)}
VARIANTS = {each.__name__: each for each in (floats, exact, contract)}


def main() -> int:
    name, count, where = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    try:
        done = PAGES[name](count, Path(where)) if name in PAGES else VARIANTS[name](count, where)
    except NotRun as reason:
        print(reason, file=sys.stderr)
        return 2
    print(json.dumps(asdict(done)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
