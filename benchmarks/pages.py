"""Is every page of many variants sound: nothing runs out, no table is cut, no two boxes overlap? Read from the page boxes.

    python benchmarks/pages.py               100 variants of each preset, in every language, on every paper
    python benchmarks/pages.py -n 20 -j 2 --presets svm_loss/3x4 backprop/random_5
    python benchmarks/pages.py --sheets      the sheets alone, which takes a third of the time

Of each preset: a sheet, an answer strip and a worked solution per variant, and the marking sheet of all. Prints the pages
that a variant's sheet and its solution take, the faults and the seconds. Exit status 1 where there is a fault, or where the
sheets of a preset differ in their number of pages.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examgen import registry
from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.processes import workers
from examgen.render.html import key_html, solution_html
from examgen.render.language import languages
from examgen.render.paging import set_sheets
from examgen.render.pdf import lay_out
from examgen.render.sizes import PAPERS
from examgen.selecting import variants
from examgen.sheets import Solved, head, marking_tables, sheet_variant, solved_variant, strips
from examgen.solving import solve
from examgen.testing import page_counts, page_faults

EXAM = """title = {{ ru = "Контрольная работа: инструментарий глубокого обучения", en = "Test: the tools of deep learning" }}
variants = {}
seed = "a benchmark of pages"
calculator = "scientific"
paper = "{}"
[[task]]
problem = "{}"
preset = "{}"
"""
TOGETHER = 25  # variants in one document: memory grows with its pages
SHOWN = 5  # faults of a preset that are printed


@dataclass
class Tally:
    """What the pages of one preset came to: by kind of paper, how many variants take how many pages; and what is wrong."""

    name: str
    sheets: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    solutions: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    pages: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def sound(self) -> bool:
        return not self.faults and all(len(pages) == 1 for pages in self.sheets.values())


def tally(name: str, count: int, sheets: bool = False) -> Tally:
    """Lays out so many variants of a preset in every language, on every paper, and looks at every page, or at sheets alone."""
    start, result = perf_counter(), Tally(name)
    exams = list(definitions(name, count))
    solved = [(variant, () if sheets else tuple(map(_solved, variant.instances))) for variant in variants(exams[0])]
    for exam in exams:
        for i in range(0, count, TOGETHER):
            gc.disable()  # it would walk through the growing layout again and again
            for what, document in documents(exam, solved[i : i + TOGETHER]):
                look(f"{exam.language} {exam.printing.paper}", f"{what} from variant {i + 1}", document, result)
            gc.enable()
    result.seconds = perf_counter() - start
    return result


def definitions(name: str, count: int) -> Iterator[Exam]:
    """The same exam in every language on every paper."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exam.toml"
        for paper in PAPERS:
            path.write_text(EXAM.format(count, paper, *name.split("/")), encoding="utf-8")
            yield from (read_exam(path, language=language) for language in languages())


def _solved(instance: Any) -> Any:
    solution = solve(instance)
    return replace(solution, mistakes=mistaken(solution))


def documents(exam: Exam, solved: list[Solved]) -> Iterator[tuple[str, Any]]:
    """What is printed of some variants: sheets, and of solved ones the key and the first worked solution by itself."""
    told = head(exam)
    yield "sheets", set_sheets(told, [sheet_variant(exam, variant) for variant, _ in solved])
    if not solved[0][1]:
        return
    worked = [solved_variant(exam, variant, solutions) for variant, solutions in solved]
    yield "key", lay_out(key_html(told, marking_tables(exam, solved), strips(exam, solved), worked))
    yield "solution", lay_out(solution_html(told, worked[0]))


def look(paper: str, where: str, document: Any, result: Tally) -> None:
    """Counts the pages of one document and what is wrong with them."""
    result.pages += len(document.pages)
    if where.startswith("sheets"):
        result.sheets[paper].update(page_counts(document, "variant"))
    result.solutions[paper].update(page_counts(document, "solutions"))
    result.faults += [f"{paper} {where}, {fault}" for fault in page_faults(document)]


def presets() -> list[str]:
    return [f"{name}/{label}" for name, problem in registry.problems().items() for label in problem.presets]


def counted(pages: dict[str, Counter[int]]) -> str:
    """Which numbers of pages occur, once where all papers agree; how often, where there are several."""
    told = {paper: _times(found) for paper, found in pages.items()}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return ", ".join(f"{paper} {times}" for paper, times in told.items())


def _times(pages: Counter[int]) -> str:
    if len(pages) == 1:
        return str(*pages)
    return " or ".join(f"{number} ({times})" for number, times in sorted(pages.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=100, help="variants of each preset")
    parser.add_argument("-j", type=int, default=1, help="processes")
    parser.add_argument("--presets", nargs="+", choices=presets(), metavar="PROBLEM/PRESET", help="these only")
    parser.add_argument("--sheets", action="store_true", help="sheets only, without keys and solutions")
    asked = parser.parse_args()
    print(f"{'preset':33}{'pages':>7}{'faults':>8}{'seconds':>9}   pages of a sheet; of a solution")
    sound = True
    with workers(asked.j) as pool:
        for future in [pool.submit(tally, name, asked.n, asked.sheets) for name in asked.presets or presets()]:
            found = future.result()
            pages = f"{counted(found.sheets)}; {counted(found.solutions)}"
            print(f"{found.name:33}{found.pages:>7}{len(found.faults):>8}{found.seconds:>9.1f}   {pages}", flush=True)
            for fault in found.faults[:SHOWN]:
                print(f"  {fault}")
            sound = sound and found.sound
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
