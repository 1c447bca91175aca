"""What one more worked key costs in each stage: templates, flow, setting and writing; and a book's layout once.

    python -m benchmarks.keys [-n COUNT]

Two sizes are measured, and the slope between them is a variant's share. Drawing and solving are not measured.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from dataclasses import replace
from time import process_time

from benchmarks.processes import ROOT
from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.render.galley import opened
from examgen.render.galley._book import Book
from examgen.render.galley._fragments import flow
from examgen.render.galley._output import Press, Section
from examgen.render.html import key_html
from examgen.selecting import variants
from examgen.sheets import Solved, head, marking_tables, solved_variant, strips
from examgen.solving import solve

STAGES = ("templates", "flow", "setting", "writing")


def stages(exam: Exam, solved: Sequence[Solved]) -> tuple[dict[str, float], float]:
    """Seconds of each stage for one key of these variants, and those of the layout."""
    parts = (marking_tables(exam, solved), strips(exam, solved))
    worked = [solved_variant(exam, *each) for each in solved]
    times = [process_time()]
    html = key_html(head(exam), *parts, worked)
    times.append(process_time())
    start, running, content = opened(html)
    events = list(flow(content))
    times.append(process_time())
    book = Book(head(exam), start, running, [events], [])
    for units in book.units.values():
        for unit in units:
            unit.known.clear()
    laid_out = process_time()
    leaves = book.pages(events)
    set_at = process_time()
    Press(book).write(io.BytesIO(), [Section(leaves, "")], through=True)
    written = process_time()
    spent = (times[1] - times[0], times[2] - times[1], set_at - laid_out, written - set_at)
    return dict(zip(STAGES, spent, strict=True)), laid_out - times[2]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=60, help="variants of the larger key")
    count = parser.parse_args().n
    exam = read_exam(ROOT / "variants" / "lecture6.toml")
    solved = []
    for variant in variants(exam, count):
        pairs = zip(variant.instances, exam.tasks, strict=True)
        found = [solve(one, task.decimals, working=task.working) for one, task in pairs]
        solved.append((variant, tuple(replace(each, mistakes=mistaken(each)) for each in found)))
    stages(exam, solved[:2])  # what is read and compiled once
    small, large = solved[: count // 3], solved
    (few, _), (many, once) = stages(exam, small), stages(exam, large)
    for stage in STAGES:
        print(f"{stage:10} {1000 * (many[stage] - few[stage]) / (len(large) - len(small)):8.2f} ms a variant")
    total = sum(many.values()) - sum(few.values())
    print(f"{'all':10} {1000 * total / (len(large) - len(small)):8.2f} ms a variant, layout once {once:.1f} s")


if __name__ == "__main__":
    main()
