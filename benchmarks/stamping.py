"""How long a stamped page takes, and how large it is: what each further variant costs, and the layout that comes once before.

    python benchmarks/stamping.py                 the seed's exam, 300 and 3,000 variants
    python benchmarks/stamping.py -n 100 1000     other numbers of them
    python benchmarks/stamping.py --untagged      sheets that say nothing of their structure

The slope between the two is the cost of a page; what the smaller one takes beyond that is the layout of the masters.
"""

from __future__ import annotations

import argparse
import gc
import io
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from examgen.model import Instance
from examgen.problem import Preset
from examgen.registry import problem
from examgen.render.paper import Head, SheetVariant
from examgen.render.stamping import Stamped, stamp_sheets
from examgen.sheets import sheet_task
from examgen.solving import draw

TASKS = (
    (("svm_loss", "3x4"), ("softmax_loss", "2x3")), (("backprop", "sigmoid_neuron"),), (("conv_relu_pool", "5x5_stride2"),),
)
SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def sheets(count: int, language: str) -> list[SheetVariant]:
    """Sheets of first candidates, which may sit on a kink: paper does not mind."""
    made = []
    for i in range(count):
        chosen = [choices[i % len(choices)] for choices in TASKS]
        tasks = tuple(sheet_task(n, _drawn(*one, i), language) for n, one in enumerate(chosen, start=1))
        made.append(SheetVariant(i + 1, _code(i), tasks))
    return made


def _drawn(name: str, label: str, place: int) -> Instance:
    return draw(name, Preset(problem(name).presets[label].params, (1, 1)), f"stamping {place}")


def _code(place: int) -> str:
    return "K" + "".join(SIGNS[place * 7919 // 32**i % 32] for i in range(5))


def stamped(head: Head, chosen: Sequence[SheetVariant]) -> tuple[float, int, Stamped]:
    """Seconds of the processor, bytes, and how they were made."""
    gc.collect()
    gc.disable()
    start, out = process_time(), io.BytesIO()
    made = stamp_sheets(head, chosen, out)
    seconds = process_time() - start
    gc.enable()
    return seconds, len(out.getvalue()), made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, nargs=2, default=(300, 3000), metavar=("FEW", "MANY"), help="variants")
    parser.add_argument("--untagged", action="store_true", help="without structure")
    parser.add_argument("--language", default="ru")
    asked = parser.parse_args()
    head = Head("Контрольная работа", asked.language, exam="7KQ2M", calculator="scientific")
    head, (few, many) = replace(head, tagged=not asked.untagged), sorted(asked.n)
    every = sheets(many, asked.language)
    stamped(head, every[:2])  # loads what is loaded once
    (less, small, _), (more, large, made) = stamped(head, every[:few]), stamped(head, every)
    pages = 2  # of a sheet of this exam
    slope = (more - less) / (many - few) / pages
    print(f"{many:,} sheets of {pages} pages{' without tags' * asked.untagged}, {made.structures} structures")
    print(f"a page     {1000 * slope:8.3f} ms {(large - small) / (many - few) / pages:8.0f} bytes")
    print(f"the layout {less - slope * few * pages:8.2f} s  once")
    print(f"in all     {more:8.2f} s  {large / 1e6:8.2f} MB{f'; {made.note}' if made.note else ''}")


if __name__ == "__main__":
    main()
