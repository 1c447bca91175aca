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
from itertools import cycle, islice
from pathlib import Path
from time import process_time
from typing import Any, BinaryIO

from benchmarks.processes import ROOT, NotRun
from examgen import codes
from examgen.exam import Exam, read_exam
from examgen.registry import graph_of, problems
from examgen.render.paper import SheetVariant, SolvedVariant
from examgen.sheets import Variant, head, sheet_variant, solved_variant
from examgen.solving import Contract, draw

EXAM = ROOT / "variants" / "lecture6.toml"
SEED = "a benchmark"
VOLUME = 1000
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
    chosen = exam()
    start = process_time()
    drawn = [_drawn(chosen, number) for number in range(1, count + 1)]
    (folder / SAMPLE).write_bytes(pickle.dumps(drawn))
    return Done(count, process_time() - start)


def _drawn(chosen: Exam, number: int) -> Variant:
    tasks = ((task, task.choice(number)) for task in chosen.tasks)
    instances = (
        draw(choice.problem, choice.preset, SEED, task.number, number, contract=Contract(task.working, task.decimals))
        for task, choice in tasks
    )
    return Variant(number, codes.encode(number, chosen.seed), tuple(instances))


def variants(folder: Path, count: int) -> Sequence[Variant]:
    """The first so many of the sample."""
    drawn: Sequence[Variant] = pickle.loads((folder / SAMPLE).read_bytes())
    return drawn[:count]


def solved(count: int, folder: Path) -> Done:
    """Solves and proves the variants whose keys are set."""
    from examgen.solving import solve

    chosen = exam()
    start = process_time()
    found = [
        (variant, [solve(each, task.decimals, "cpu", task.working)
                   for task, each in zip(chosen.tasks, variant.instances, strict=True)])
        for variant in variants(folder, count)
    ]
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
    from examgen.build import sheets_pdf

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
    if alone := stamping.stamp_sheets(head(exam()), made, out, tagged=tagged).alone:
        raise NotRun(f"{alone.total()} of {len(made)} sheets were laid out by themselves: {alone.most_common(1)[0][0]}")


def volumes(count: int, folder: Path) -> Done:
    """Sheets in volumes of so many, drawn and written one after another: for the memory it takes."""
    chosen = exam()
    start = process_time()
    for first in range(1, count + 1, VOLUME):
        numbers = range(first, min(first + VOLUME, count + 1))
        with (folder / f"volume-{first}.pdf").open("wb") as out:
            _stamp([sheet_variant(chosen, _drawn(chosen, number)) for number in numbers], out, tagged=True)
    return Done(2 * count, process_time() - start)


def keys(count: int, folder: Path) -> Done:
    """Full worked keys, each a document of its own as a build writes them."""
    from examgen.build import write_pdf
    from examgen.render.html import solution_html

    shared, made = head(exam()), worked(folder, count)
    return timed(count, lambda: b"".join(write_pdf(solution_html(shared, each), shared) for each in made))


def floats(count: int, name: str) -> Done:
    """Drawn, solved, and proved with NumPy and PyTorch."""
    raise NotRun("variants are not solved in batches yet")


def exact(count: int, name: str) -> Done:
    """Drawn, solved, and proved with SymPy too."""
    from examgen.verifying import prove

    def each(problem: str, preset: Any, number: int) -> None:
        instance = draw(problem, preset, SEED, number)
        prove(graph_of(problem, instance.params), instance.data)

    return _variants(count, name, each)


def contract(count: int, name: str) -> Done:
    """The same with what is accepted under the rounding contract, and all mistakes told apart."""
    from examgen.mistaken import mistaken
    from examgen.solving import solve

    return _variants(count, name, lambda *each: mistaken(solve(draw(each[0], each[1], SEED, each[2]))))


def _variants(count: int, name: str, work: Callable[[str, Any, int], object]) -> Done:
    """So many variants of a problem, its presets of a fixed structure in turn; what the first of each learns is counted."""
    turns = list(islice(cycle(_fixed(name)), count))
    return timed(count, lambda: [work(name, preset, number) for number, preset in enumerate(turns)])


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
