"""A stack of instances gives what each of them gives by itself."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from examgen.batches import floats, stacked
from examgen.drawing import Stream, key
from examgen.engines import _numpy, _sympy, _torch
from examgen.engines._engine import Evaluation
from examgen.graph import Graph, split
from examgen.model import cells, each, nest, shape
from examgen.ops import OPS
from examgen.registry import graph_of, preset, problem, problems
from tests.engines.families import STRATEGIES, cases, reached
from tests.engines.kink_cases import KINKS
from tests.properties.graphs import Case

EXAMPLES = {"array": 70, "conv": 15, "labelled": 20}
SIZES = (Fraction(1), Fraction(1, 2), Fraction(3, 4))  # what the numbers of a case are multiplied with, one instance each
Data = dict[str, Any]


def varied(graph: Graph, data: Any, upstream: Any) -> list[Data]:
    """Instances that differ in every number; labels are turned round where the size is not 1."""
    labels = {node.name for node in graph.inputs if node["discrete"]}

    def one(name: str, value: Any, size: Fraction) -> Any:
        if name in labels:
            return value if size == 1 else nest([*cells(value)][::-1], shape(value))
        return each(value, lambda cell: cell * size)

    whole = {**data, "upstream": upstream}
    return [{name: one(name, value, size) for name, value in whole.items()} for size in SIZES]


RUNS: dict[str, Callable[..., Evaluation]] = {
    "numpy": _numpy.evaluate,
    "numpy, exact": partial(_numpy.evaluate, numbers="exact"),
    "torch": _torch.evaluate,
    "sympy": _sympy.evaluate,
}
EXACT = {"numpy, exact", "sympy"}


def unlike(graph: Graph, datas: list[Data], run: str) -> list[str]:
    """The nodes whose value or gradient in the stack is not that of the instance alone."""
    stack = stacked(graph, datas) if run in EXACT else floats(stacked(graph, datas))
    together = RUNS[run](graph, stack.data, stack.upstream, count=stack.count)
    found = []
    for place, data in enumerate(datas):
        alone = RUNS[run](graph, *split(graph, data))
        pairs = ((together.values, alone.values), (together.gradients, alone.gradients))
        found += [name for mine, theirs in pairs for name in theirs if not same(mine[name][place], theirs[name])]
    return found


def same(mine: Any, theirs: Any) -> bool:
    """Of one shape, and equal to the last digits, which sums in another order may change."""
    if np.shape(mine) != np.shape(theirs):
        return False
    one, other = (np.asarray(x).astype(np.float64) for x in (mine, theirs))
    return bool(np.allclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("family", STRATEGIES)
def test_stacks_of_random_graphs(family: str, run: str) -> None:
    """Every value and gradient of every instance, in float64 and in exact numbers."""
    cases(family, EXAMPLES[family], lambda case: _assert_alike(case.graph, varied(case.graph, case.data, case.upstream), run))


def _assert_alike(graph: Graph, datas: list[Data], run: str) -> None:
    assert [] == unlike(graph, datas, run)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize(("name", "label"), [(name, label) for name, chosen in problems().items() for label in chosen.presets])
def test_stacks_of_drawn_instances(name: str, label: str, run: str) -> None:
    """What is built: every problem and preset."""
    first = problem(name).draw(preset(name, label).params, Stream(key("stack", 0)))
    drawn = [problem(name).draw(first.params, Stream(key("stack", number))) for number in range(9)]
    _assert_alike(graph_of(name, first.params), [one.data for one in drawn if one.params == first.params], run)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("label", KINKS)
def test_stacks_at_kinks(label: str, run: str) -> None:
    """One instance on a kink, another beside it: the conventions hold for each."""
    kink = KINKS[label]
    datas = [{**data, "upstream": kink.upstream} for data in (kink.data, kink.beside) if data is not None]
    _assert_alike(kink.graph, datas, run)


def test_every_op_is_reached() -> None:
    """No op goes untested."""
    assert set(OPS) - {"gradient"} == reached()


SPOILT = {"matmul": "array", "sum_to": "array", "conv2d_dk": "conv", "others": "labelled"}


@pytest.mark.parametrize("op", SPOILT)
def test_instances_that_mix_are_noticed(monkeypatch: pytest.MonkeyPatch, op: str) -> None:
    """The tooth: an op that gives every instance what belongs to the next."""
    right = _numpy.TABLE[op]

    def mixing(node: Any, *x: Any, **lead: Any) -> Any:
        found = np.asarray(right(node, *x, **lead))
        return np.roll(found, 1, axis=0) if found.ndim > len(node.shape) else found

    monkeypatch.setitem(_numpy.TABLE, op, type(right)(mixing) if isinstance(right, _numpy.Summing) else mixing)
    found: list[str] = []
    family = SPOILT[op]

    def look(case: Case) -> None:
        found.extend(unlike(case.graph, varied(case.graph, case.data, case.upstream), "numpy"))

    cases(family, EXAMPLES[family], look)
    assert found
