"""Drawn and solved instances, and how an oracle's boxes are held against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from examgen.model import Instance
from examgen.problem import Preset
from examgen.registry import graph_of, problem, problems
from examgen.solving import draw, solve
from tests.oracles.own import own

INSTANCES = 6
MINUTES = (1.0, 1.0)

# parameters that no preset has, so that each option of a problem meets each oracle
EXTRAS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "svm_loss": {
        "sum": {"samples": 2, "classes": 3, "reduction": "sum", "gradient": True},
        "margin": {"samples": 3, "classes": 3, "margin": Fraction(1, 2), "gradient": True, "class_axis": 0},
        "squared_columns": {"samples": 2, "classes": 4, "squared": True, "gradient": True, "class_axis": 0},
        "diagonal": {"samples": 3, "classes": 4, "labels": "diagonal"},
    },
    "softmax_loss": {
        "sum": {"samples": 2, "classes": 3, "reduction": "sum", "gradient": True},
        "columns_gradient": {"samples": 3, "classes": 2, "class_axis": 0, "gradient": True},
        "log_gradient": {"samples": 2, "classes": 3, "log_scores": True, "limit": 6, "gradient": True},
    },
    "backprop": {
        "sigmoid_upstream": {"formula": "sigmoid_neuron", "upstream": "drawn"},
        "tanh_one": {"formula": "tanh_neuron", "upstream": "one"},
        "random_8": {"formula": "random", "depth": 8},
    },
    "conv_relu_pool": {
        "everything": {
            "channels": 2, "height": 6, "width": 6, "filters": 2, "kernel": (2, 2), "bias": True, "stride": 2,
            "padding": 1, "gradient": "upstream", "image_gradient": True,
        },
        "dilated_gradient": {
            "height": 6, "width": 7, "kernel": (2, 3), "dilation": 2, "padding": 1, "gradient": "target",
            "image_gradient": True, "pool": "none",
        },
        "overlapping_average": {
            "height": 5, "width": 5, "pool": "avg", "pool_stride": 1, "gradient": "upstream", "image_gradient": True,
        },
        "overlapping_max": {
            "height": 5, "width": 6, "kernel": (3, 3), "pool_stride": 1, "gradient": "upstream", "relu": False,
        },
    },
    **own("EXTRAS"),
}

CASES = [(name, label) for name, chosen in problems().items() for label in (*chosen.presets, *EXTRAS[name])]


def preset_of(name: str, label: str) -> Preset:
    chosen = problem(name)
    extra = EXTRAS[name].get(label)
    return chosen.presets[label] if extra is None else Preset(chosen.with_params(extra), MINUTES)


@cache
def solved(name: str, label: str) -> tuple[tuple[Instance, dict[str, Any]], ...]:
    """A few instances and what the package answers to each box."""
    drawn = (draw(name, preset_of(name, label), "oracle", i) for i in range(INSTANCES))
    return tuple((instance, {a.ask.key: a.value for a in solve(instance).answers}) for instance in drawn)


def exactness(instance: Instance) -> Fraction:
    """What the direct formulas must meet: nothing where all is rational, else 45 digits."""
    irrational = graph_of(instance.problem, instance.params).transcendental
    return Fraction(1, 10**45) if irrational else Fraction(0)


def differing(expected: Mapping[str, Any], found: Mapping[str, Any], bound: Fraction) -> Iterator[str]:
    """The boxes on which an oracle and the package differ; a box the oracle does not know differs."""
    for key, value in found.items():
        if key not in expected or not near(expected[key], value, bound):
            yield key


def near(expected: Any, found: Any, bound: Fraction) -> bool:
    """Same shape, and each cell within the bound, relative where the number is above 1."""
    listed = [isinstance(value, (tuple, list)) for value in (expected, found)]
    if any(listed):
        return all(listed) and len(expected) == len(found) and all(
            near(mine, theirs, bound) for mine, theirs in zip(expected, found, strict=True)
        )
    return bool(abs(Fraction(expected) - found) <= bound * max(1, abs(found)))
