"""Exams at the edge of what a definition may say: long words, many tasks, many decimals, large tables, deep circuits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.model import Instance, Solution
from examgen.render.html import key_html
from examgen.render.paging import set_sheets
from examgen.render.pdf import lay_out
from examgen.sheets import Solved, Variant, head, marking_tables, sheet_variant, solved_variant, strips
from examgen.solving import draw, solve

WORDS = ("A test on computing losses and gradients by hand with scores, circuits and small convolutional nets, " * 2)[:200]
SUM = '[[task]]\nproblem = "backprop"\npreset = "sum_times"\n'
PRECISE = (
    ("backprop", "sigmoid_gates"), ("backprop", "tanh_neuron"), ("softmax_loss", "3x3_gradient"),
    ("svm_loss", "3x3_gradient"), ("conv_relu_pool", "average"),
)
FORMULA = "f = ((a + b) * (c - d) + (e * g - max(h, k))) * ((a - c) * (b + d) - (e + g) * (h - k))"
NEURON = "activation = learning_rate * momentum_of_last_step + bias_of_the_neuron; f = activation * activation"


def numbers(rows: int, columns: int, step: Fraction, most: int) -> str:
    """A matrix of different-looking numbers up to ±`most` in such steps, as TOML."""
    count = int(2 * most / step)
    found = [[float((37 * i + 61 * j + i * j) % count * step - most) for j in range(columns)] for i in range(rows)]
    return str(found)


def task(problem: str, params: str = "", **data: object) -> str:
    """A task with these numbers, or one that is drawn."""
    pinned = ", ".join(f"{name} = {value}" for name, value in data.items())
    return f'[[task]]\nproblem = "{problem}"\nparams = {{ {params} }}\n' + (f"data = {{ {pinned} }}\n" if data else "")


WORKED = 10  # tasks whose solutions are set
TENTHS, WHOLE = Fraction(1, 10), Fraction(1)
FILTER = "[[1, 0, -1], [2, -1, 0], [0, 1, 1]]"

EXTREMES = {
    "a long title": f'title = "{WORDS}"\n' + SUM,
    "a title of one word": f'title = "{"Fehlerrückführung" * 11}"\n' + SUM,
    "ten tasks": '[[task]]\nproblem = "svm_loss"\n' * 5 + SUM * 5,
    "forty tasks": SUM * 39 + SUM + "points = 100\n",
    "many decimals": "working = 9\ndecimals = 6\n"
    + "".join(f'[[task]]\nproblem = "{name}"\npreset = "{label}"\n' for name, label in PRECISE),
    "eight classes": task("svm_loss", "gradient = true", scores=numbers(8, 8, Fraction(1, 1000), 100), labels=[*range(8)]),
    "eight images in columns": task(
        "softmax_loss", "gradient = true, class_axis = 0", scores=numbers(8, 8, TENTHS, 2), labels=[7, 6, 5, 4, 3, 2, 1, 0]
    ),
    "twelve images": task("svm_loss", "class_axis = 0", scores=numbers(10, 12, TENTHS, 5), labels=[*range(10), 0, 1]),
    "twelve rows": task("svm_loss", "", scores=numbers(12, 10, TENTHS, 5), labels=[*range(10), 8, 9]),
    "a circuit eight gates deep": task("backprop", 'formula = "random", depth = 8, ask = "all"'),
    "a circuit twelve gates deep": task("backprop", 'formula = "random", depth = 12'),
    "six by six maps": task(
        "conv_relu_pool", "image_gradient = true",
        image=numbers(8, 8, WHOLE, 3), kernels=FILTER, upstream=numbers(3, 3, WHOLE, 2),
    ),
    "a large image": task("conv_relu_pool", 'pool = "avg", pool_stride = 1', image=numbers(12, 12, WHOLE, 3), kernels=FILTER),
    "the largest image": task(
        "conv_relu_pool", "pool_size = 3, pool_stride = 3", image=numbers(16, 16, WHOLE, 5), kernels=numbers(5, 5, WHOLE, 2)
    ),
    "channels and filters": task(
        "conv_relu_pool", "stride = 2, image_gradient = true",
        image=[numbers(5, 5, WHOLE, k) for k in (2, 3, 4, 5)],
        kernels=[[numbers(3, 3, WHOLE, 2 + (f + c) % 3) for c in range(4)] for f in range(4)],
        bias=[1, -1, 2, -2], upstream=[[[1]], [[-2]], [[3]], [[-1]]],
    ).replace("'", ""),
    "long numbers": task("conv_relu_pool", "", image=numbers(6, 6, Fraction(1, 100), 99999), kernels=FILTER),
    "long scores": task("svm_loss", "", scores=numbers(2, 3, Fraction(1, 1000), 99999), labels=[0, 2]),
    "a long formula": task("backprop", f'ask = "all", formula = "{FORMULA}"', **dict.fromkeys("abcdeghk", 3)),
    "long names": task(
        "backprop", f'formula = "{NEURON}"',
        learning_rate=12345.678, momentum_of_last_step=-98765.4321, bias_of_the_neuron=0.0123,
    ),
}


@cache
def exam(name: str, language: str, paper: str) -> Exam:
    """The definition of that name, read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exam.toml"
        text = EXTREMES[name] if "title" in EXTREMES[name] else 'title = "Extremes"\n' + EXTREMES[name]
        start, tasks = text.partition("[[task]]")[::2]
        more = f'variants = 1\nseed = "a seed of extremes"\npaper = "{paper}"\n'
        path.write_text(f"{start}{more}[[task]]{tasks}", encoding="utf-8")
        return read_exam(path, language=language)


@cache
def solved(name: str) -> Solved:
    """One variant of it, with its solutions; drawn without the fairness that takes several."""
    told = exam(name, "en", "a4")
    choices = [one.choice(1) for one in told.tasks]
    instances = tuple(c.pinned or draw(c.problem, c.preset, "extremes", i) for i, c in enumerate(choices))
    solutions = tuple(_solution(i, one.decimals, one.working) for i, one in zip(instances, told.tasks, strict=True))
    return Variant(1, "W3MXTK", instances), solutions


def _solution(instance: Instance, decimals: int, working: int) -> Solution:
    found = solve(instance, decimals, working=working)
    return replace(found, mistakes=mistaken(found))


def documents(name: str, language: str, paper: str) -> Iterator[tuple[str, Any]]:
    """What is printed of it, laid out."""
    told, (variant, solutions) = exam(name, language, paper), solved(name)
    worked, pair = solved_variant(told, variant, solutions), [(variant, solutions)]
    shown = [worked] if len(solutions) <= WORKED else []
    yield "sheet", set_sheets(head(told), [sheet_variant(told, variant)])
    yield "key", lay_out(key_html(head(told), marking_tables(told, pair), strips(told, pair), shown))
