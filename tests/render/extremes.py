"""Exams at the edge of what a definition may say: long words, many tasks, many decimals, large tables, deep circuits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.model import Instance, Solution
from examgen.render.html import key_html, sheets_html, solution_html
from examgen.sheets import Solved, Variant, head, marking_tables, sheet_variant, solved_variant, strips
from examgen.solving import draw, solve

WORDS = ("A test on computing losses and gradients by hand with scores, circuits and small convolutional nets, " * 2)[:200]
SMALL = '[[task]]\nproblem = "backprop"\npreset = "sum_times"\n'
CNN = '[[task]]\nproblem = "conv_relu_pool"\n'
BACKPROP = '[[task]]\nproblem = "backprop"\n'
FIVE_DIGITS = [[f"{12345.25 + 777 * (i * 7 + j * 3) % 9999:.2f}" for j in range(6)] for i in range(6)]

EXTREMES = {
    "a long title": f'title = "{WORDS}"\n' + SMALL,
    "a title of one word": f'title = "{"Fehlerrückführung" * 11}"\n' + SMALL,
    "ten tasks": "[[task]]\nproblem = 'svm_loss'\n" * 5 + SMALL * 5,
    "forty tasks": SMALL * 40,
    "forty tasks of hundred points": (SMALL + "points = 100\n") * 40,
    "many decimals": "working = 9\ndecimals = 6\n"
    + "".join(f'[[task]]\nproblem = "{name}"\npreset = "{label}"\n' for name, label in (
        ("backprop", "sigmoid_gates"), ("backprop", "tanh_neuron"), ("softmax_loss", "3x3_gradient"),
        ("svm_loss", "3x3_gradient"), ("conv_relu_pool", "average"),
    )),
    "eight classes": "".join(
        f'[[task]]\nproblem = "{name}"\nparams = {{ samples = 8, classes = 8, gradient = true{more} }}\n'
        for name, more in (("svm_loss", ", digits = 3, limit = 100"), ("softmax_loss", ", class_axis = 0"))
    ),
    "ten classes, twelve images": '[[task]]\nproblem = "svm_loss"\nparams = { samples = 12, classes = 10, class_axis = 0 }\n',
    "a circuit eight gates deep": BACKPROP + 'params = { formula = "random", depth = 8, ask = "all" }\n',
    "a circuit twelve gates deep": BACKPROP + 'params = { formula = "random", depth = 12 }\n',
    "six maps": CNN + "params = { height = 8, width = 8, stride = 1, gradient = 'upstream', image_gradient = true }\n",
    "a large image": CNN + "params = { height = 12, width = 12, stride = 1, pool = 'avg', pool_stride = 1 }\n",
    "the largest image": CNN + "params = { height = 16, width = 16, stride = 1, kernel = [5, 5], pool_size = 3, pool_stride = 3 }\n",
    "channels and filters": CNN
    + "params = { channels = 4, filters = 4, stride = 2, bias = true, gradient = 'upstream', image_gradient = true }\n",
    "long numbers": CNN
    + f"data = {{ image = {FIVE_DIGITS}, kernels = [[-1.25, 0, 1.5], [0, 2.75, -3.5], [1, 0, -1]] }}\n".replace("'", ""),
    "long scores": '[[task]]\nproblem = "svm_loss"\n'
    "data = { scores = [[-12345.678, 98765.432, 45678.901], [11111.111, -22222.222, 33333.333]], labels = [0, 2] }\n",
    "a long formula": BACKPROP
    + 'params = { ask = "all", formula = "f = ((a + b) * (c - d) + (e * g - max(h, k))) * ((a - c) * (b + d) - (e + g) * (h - k))" }\n'
    + "data = { a = 1, b = 2, c = 3, d = 4, e = 5, g = 6, h = 7, k = 8 }\n",
    "long names": BACKPROP
    + 'params = { formula = "activation = learning_rate * momentum_of_last_step + bias_of_the_neuron; f = activation * activation" }\n'
    "data = { learning_rate = 12345.678, momentum_of_last_step = -98765.4321, bias_of_the_neuron = 0.000123 }\n",
}


@cache
def exam(name: str, language: str) -> Exam:
    """The definition of that name, read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exam.toml"
        text = EXTREMES[name] if "title" in EXTREMES[name] else 'title = "Extremes"\n' + EXTREMES[name]
        start, tasks = text.partition("[[task]]")[::2]
        path.write_text(f'{start}variants = 1\nseed = "a seed of extremes"\n[[task]]{tasks}', encoding="utf-8")
        return read_exam(path, language=language)


@cache
def solved(name: str) -> Solved:
    """One variant of it, with its solutions; drawn without the fairness that takes several."""
    told = exam(name, "en")
    choices = [task.choice(1) for task in told.tasks]
    instances = tuple(c.pinned or draw(c.problem, c.preset, "extremes", i) for i, c in enumerate(choices))
    solutions = tuple(_solution(i, task.decimals, task.working) for i, task in zip(instances, told.tasks, strict=True))
    return Variant(1, "W3MXTK", instances), solutions


def _solution(instance: Instance, decimals: int, working: int) -> Solution:
    found = solve(instance, decimals, working=working)
    return replace(found, mistakes=mistaken(found))


def documents(name: str, language: str) -> Iterator[tuple[str, str]]:
    """What is printed of it."""
    told, (variant, solutions) = exam(name, language), solved(name)
    worked = solved_variant(told, variant, solutions)
    yield "sheet", sheets_html(head(told), [sheet_variant(told, variant)])
    pair = [(variant, solutions)]
    yield "key", key_html(head(told), marking_tables(told, pair), strips(told, pair), [worked])
    yield "solution", solution_html(head(told), worked)
