"""What the marking rules make of whole answers: the cases of the tests, and a table for readers.

A case is a task of the lecture's homework, the rules that it is marked by, what was written into its boxes, and what each of
them then earns: box by box a status and points.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from examgen.marking import Mark, grade
from tests.marking.keys import pinned, right

SCORES = [[2.1, 1.6, 2.1], [3.0, 3.2, 2.8], [-2, 3.7, 3.8]]
IMAGE = [[1, 2, 3, 4, 5], [2, 2, 1, 1, 1], [3, 2, 1, 1, 1], [4, 1, 1, 1, 1], [5, 1, 1, 1, 1]]
FILTER = [[0, -1, 0], [1, 1, 1], [0, -1, 0]]
TASKS: Mapping[str, tuple[str, str, Mapping[str, Any], str]] = {
    "svm": (
        "svm_loss", "3x3", {"scores": SCORES},
        "Losses of three images (1a 1.5, 1b 1.4, 1c 0.9) and their mean (1d 1.27), one point each",
    ),
    "neuron": (
        "backprop", "sigmoid_neuron", {"w0": 1, "w1": -2, "w2": 1, "x0": -1, "x1": 1, "upstream": 1},
        "A sigmoid neuron: z (1a −2), f (1b 0.12), the gradient at z (1c 0.105), at w₀ (1d −0.105) and so on to 1h",
    ),
    "conv": (
        "conv_relu_pool", "5x5_stride2", {"image": IMAGE, "kernels": FILTER, "bias": [0]},
        "A map (1a 1 −2; 3 1), ReLU of it (1b 1 0; 3 1), its largest number (1c 3)",
    ),
}


class Rule(NamedTuple):
    """`writes` holds the boxes that differ from right answers; `earns` a status, and points, of each box named."""

    task: str
    group: str
    writes: Mapping[str, str]
    earns: str
    rules: Mapping[str, Any] = {}


NOTHING = "1a wrong 0, 1b wrong 0, 1c wrong 0, 1d wrong 0"
RULES: Sequence[Rule] = (
    Rule("svm", "follow-through", {}, "1a right 1, 1b right 1, 1c right 1, 1d right 1"),
    Rule("svm", "follow-through", {"1a": "1.6", "1d": "1.3"}, "1a wrong 0, 1d followed 1"),
    Rule("svm", "follow-through", {"1a": "1.6", "1b": "2", "1d": "1.5"}, "1a wrong 0, 1b wrong 0, 1d followed 1"),
    Rule("svm", "follow-through", {"1a": "1.6", "1b": "2", "1d": "1.3"}, "1a wrong 0, 1b wrong 0, 1d followed 1"),
    Rule("svm", "follow-through", {"1a": "1.6"}, "1a wrong 0, 1d right 1"),
    Rule("svm", "follow-through", {"1a": "1.6", "1d": "3.9"}, "1a wrong 0, 1d wrong 0"),
    Rule("svm", "follow-through", {"1a": "2 or 3", "1d": "1.3"}, "1a unreadable 0, 1b right 1, 1d wrong 0"),
    Rule("svm", "follow-through", {"1a": "1.6", "1d": "1.3"}, "1a wrong 0, 1d followed 1/2", {"follow": Fraction(1, 2)}),
    Rule("svm", "follow-through", {"1a": "1.6", "1d": "1.3"}, "1a wrong 0, 1d followed 0", {"follow": Fraction(0)}),
    Rule("neuron", "follow-through", {"1a": "-1", "1b": "0.27"}, "1a wrong 0, 1b followed 1/2, 1c right 1"),
    Rule(
        "neuron", "follow-through", {"1c": "0.2", "1d": "-0.2", "1e": "0.2"}, "1c wrong 0, 1d followed 1/2, 1e followed 1/2",
    ),
    Rule("svm", "blank boxes", {"1a": "", "1b": ""}, "1a implied 1, 1b implied 1, 1d right 1"),
    Rule("svm", "blank boxes", {"1a": "", "1d": "1.3"}, "1a blank 0, 1d wrong 0"),
    Rule("svm", "blank boxes", {"1d": ""}, "1a right 1, 1d blank 0"),
    Rule("svm", "blank boxes", {"1a": "0", "1d": "0.77"}, "1a wrong 0, 1d followed 1"),
    Rule("svm", "blank boxes", {"1a": "", "1b": ""}, "1a blank 0, 1b blank 0, 1d right 1", {"blank": "strict"}),
    Rule("neuron", "blank boxes", {"1a": "", "1b": ""}, "1a implied 1/2, 1b implied 1/2"),
    Rule("neuron", "blank boxes", {"1a": "-1", "1b": "", "1c": "0.197"}, "1a wrong 0, 1b implied 1/2, 1c followed 1"),
    Rule("conv", "arrays", {"1a": "1 -2; 4 1"}, "1a partial 1, 1b right 1/2, 1c right 1/2"),
    Rule("conv", "arrays", {"1a": "1 -2; 4 1", "1b": "1 0; 4 1", "1c": "4"}, "1a partial 1, 1b followed 1/2, 1c followed 1/2"),
    Rule("conv", "arrays", {"1a": "2 -2; 4 1"}, "1a wrong 0, 1b right 1/2"),
    Rule("conv", "arrays", {"1a": "2 -2; 4 1"}, "1a partial 1", {"cells": "each"}),
    Rule("conv", "arrays", {"1a": "1 -2; 4 1"}, "1a wrong 0", {"cells": "all"}),
    Rule("conv", "arrays", {"1a": "1 -2; 3"}, "1a unreadable 0, 1b right 1/2"),
    Rule("conv", "arrays", {"1a": "1 -2 3 1"}, "1a wrong 0, 1b right 1/2"),
    Rule(
        "conv", "arrays", {"1a": "1 -2 0; 5 1 0; 4 0 0", "1b": "1 0 0; 5 1 0; 4 0 0", "1c": "5"},
        "1a wrong 0, 1b followed 1/2, 1c followed 1/2",
    ),
    Rule("svm", "trivial results", {"1a": "0", "1b": "0", "1c": "0", "1d": "0"}, NOTHING),
    Rule("svm", "trivial results", {"1a": "2", "1b": "2", "1c": "2", "1d": "2"}, NOTHING),
    Rule("svm", "trivial results", {"1a": "1.15", "1d": "1.15"}, "1a wrong 0, 1d followed 1"),
    Rule("conv", "trivial results", {"1a": "-1 -2; -3 -1", "1b": "0 0; 0 0", "1c": "0"}, "1a wrong 0, 1b wrong 0, 1c wrong 0"),
    Rule("conv", "trivial results", {"1a": "1 2; 4 3", "1b": "1 2; 4 3", "1c": "4"}, "1a wrong 0, 1b wrong 0, 1c followed 1/2"),
    Rule(
        "neuron", "trivial results", {"1b": "1", **dict.fromkeys(("1c", "1d", "1e", "1f", "1g", "1h"), "0")},
        "1a right 1/2, 1b wrong 0, 1c wrong 0, 1d wrong 0, 1h wrong 0",
    ),
    Rule(
        "neuron", "trivial results", {"1a": "40", "1b": "1", "1c": "0", "1d": "0"},
        "1a wrong 0, 1b followed 1/2, 1c wrong 0, 1d wrong 0",
    ),
)


def marked(rule: Rule) -> Mark:
    """What the marker makes of a case."""
    name, label, data, _ = TASKS[rule.task]
    key = pinned(name, label, data, **rule.rules)
    return grade(key, {**right(key), **rule.writes})


def outcome(rule: Rule) -> str:
    """The same in the words of the case, of the boxes that it names."""
    mark, named = marked(rule), [part.split()[0] for part in rule.earns.split(", ")]
    return ", ".join(f"{label} {mark[label].status} {mark[label].points}" for label in named)


def table() -> str:
    """The cases as Markdown: a table for each group, what earns its points and what does not side by side."""
    found = []
    for group, cases in groupby(RULES, key=lambda rule: rule.group):
        head = f"### {group}\n\n| written | earns points | earns none | rules |\n|---|---|---|---|"
        found.append("\n".join((head, *_lines(list(cases)))))
    tasks = "\n".join(f"- {says}." for *_, says in TASKS.values())
    return f"{tasks}\n\n" + "\n\n".join(found) + "\n"


def _lines(cases: Sequence[Rule]) -> Iterator[str]:
    for rule in cases:
        told = [part.split() for part in rule.earns.split(", ")]
        good = ", ".join(f"{label} {status}: {points}" for label, status, points in told if points != "0")
        bad = ", ".join(f"{label} {status}" for label, status, points in told if points == "0")
        wrote = "; ".join(f"{label} `{text}`" if text else f"{label} blank" for label, text in rule.writes.items())
        how = ", ".join(f"`{name} = {_toml(value)}`" for name, value in rule.rules.items())
        task = {"svm": "losses", "neuron": "neuron", "conv": "map"}[rule.task]
        yield f"| {task}: {wrote or 'all right'} | {good} | {bad} | {how} |"


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{float(value):g}"
