"""Sheets and keys to look at and to test: the seed's exam, and every preset of every problem.

Instances are first candidates of a draw: they may sit on a kink, which paper does not mind.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from examgen.formulas import function_table
from examgen.model import Instance, Reminder, nest
from examgen.problem import Preset, Problem
from examgen.problems._reminders import GATES
from examgen.registry import problem, problems
from examgen.render.language import say
from examgen.render.paper import (
    Accepted,
    Box,
    Formulas,
    FormulaSheet,
    Head,
    MarkingRow,
    MarkingTable,
    SheetTask,
    SheetVariant,
    Strip,
    StripTask,
)
from examgen.sheets import sheet_task
from examgen.solving import draw
from examgen.tabulating import TABULATED

TITLES = {"en": "Test: the tools of deep learning", "ru": "Контрольная работа: инструментарий глубокого обучения"}
MORE_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("svm_loss", {"reduction": "sum", "squared": True, "margin": Fraction(3, 2), "class_axis": 0}),
    ("svm_loss", {"reduction": "sum", "gradient": True, "samples": 4, "classes": 5}),
    ("softmax_loss", {"log_scores": True, "limit": 6, "class_axis": 0, "gradient": True, "samples": 3}),
    ("conv_relu_pool", {"height": 4, "width": 4, "padding": 1, "pool": "avg", "bias": True, "gradient": "upstream"}),
    ("conv_relu_pool", {"channels": 2, "filters": 2, "relu": False, "pool": "none", "gradient": "target"}),
    ("conv_relu_pool", {"dilation": 2, "pool": "none", "kernel": (2, 2), "filters": 2}),
    ("backprop", {"formula": "h = relu(w * x + b); g = tanh(h - 2); f = g / (h * h + 1)", "upstream": "drawn"}),
    ("backprop", {"formula": "f = (a + b) * (b + 1)", "ask": "all"}),
)


def head(language: str, **changes: Any) -> Head:
    """The head of the seed's exam."""
    return Head(**{"title": TITLES[language], "language": language, "calculator": "scientific"} | changes)


def drawn(name: str, params: Any, seed: str = "paper") -> Instance:
    """A candidate with these parameters."""
    return draw(name, Preset(params, (1, 1)), seed)


def seed_variants(language: str, count: int = 1) -> tuple[SheetVariant, ...]:
    """The seed's three tasks, as often as wanted, SVM and softmax in turn."""
    return tuple(
        SheetVariant(i + 1, f"K{i:02d}QMX", tuple(_seed_tasks(language, i, f"seed {i}"))) for i in range(count)
    )


def _seed_tasks(language: str, i: int, seed: str) -> Iterable[SheetTask]:
    first = ("svm_loss", "3x4") if i % 2 == 0 else ("softmax_loss", "2x3")
    chosen = (first, ("backprop", "sigmoid_neuron"), ("conv_relu_pool", "5x5_stride2"))
    for number, (name, label) in enumerate(chosen, start=1):
        yield sheet_task(number, drawn(name, problem(name).presets[label].params, seed), language)


def every_instance() -> tuple[Instance, ...]:
    """One instance of every preset, and of the options that no preset has."""
    return tuple(drawn(chosen.name, params) for chosen, params in every_params())


def every_params() -> tuple[tuple[Problem, Any], ...]:
    """The parameters of every preset, and options that no preset has."""
    presets = [(chosen, preset.params) for chosen in problems().values() for preset in chosen.presets.values()]
    return (*presets, *((problem(name), problem(name).with_params(given)) for name, given in MORE_OPTIONS))


def every_variant(language: str) -> tuple[SheetVariant, ...]:
    """Sheets with every instance, one task to a sheet."""
    return tuple(
        SheetVariant(i, f"PQR{i:02d}T", (sheet_task(1, instance, language),))
        for i, instance in enumerate(every_instance(), start=1)
    )


def every_formula(language: str) -> FormulaSheet:
    """A formula sheet with all that any preset or option reminds of, every rule of a gate, and every table there is."""
    reminded: dict[str, dict[Reminder, None]] = {}
    for chosen, params in every_params():
        reminded.setdefault(chosen.title, {}).update(dict.fromkeys(chosen.reminders(params)))
    reminded["Computational graph"] |= dict.fromkeys(GATES.values())
    groups = (
        Formulas(say(language, title), tuple((say(language, each.says), each.latex) for each in found))
        for title, found in reminded.items()
    )
    return FormulaSheet(tuple(groups), tuple(function_table(name, decimals) for name in TABULATED for decimals in (7, 9)))


def made_up(box: Box, salt: int) -> Accepted:
    """An accepted value of the right shape."""
    whole = "integer" in (box.kind, box.cell_kind)
    step = Fraction(1) if whole else Fraction(37, 100)
    count = 1
    for size in box.shape:
        count *= size
    flat = [step * ((salt + 3 * i) % 9 - 3) for i in range(count)]
    return Accepted(nest(flat, box.shape), None if box.shape or whole else Fraction(salt + 1, 3))


def accepted(task: SheetTask, salt: int) -> tuple[Accepted, ...]:
    """Made-up values for all boxes of a task."""
    return tuple(made_up(box, salt + i) for i, box in enumerate(task.boxes))


def key_of(variants: Iterable[SheetVariant]) -> tuple[tuple[MarkingTable, ...], tuple[Strip, ...]]:
    """A key with made-up numbers for the sheets."""
    tables: dict[tuple[int, str, tuple[Box, ...]], list[MarkingRow]] = {}
    strips = []
    for v in variants:
        for task in v.tasks:
            row = MarkingRow(v.number, v.code, accepted(task, v.number))
            tables.setdefault((task.number, task.problem, task.boxes), []).append(row)
        tasks = tuple(StripTask(task.number, task.boxes, accepted(task, v.number)) for task in v.tasks)
        strips.append(Strip(v.number, v.code, tasks))
    return tuple(MarkingTable(*place, tuple(rows)) for place, rows in tables.items()), tuple(strips)
