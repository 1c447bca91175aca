"""The given numbers of many candidates of one structure, as spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from examgen.graph import Graph
from examgen.model import Exact, cells, shape
from examgen.sifting._fixed import LARGEST, UNIT, Array, Doubt
from examgen.sifting._plan import UPSTREAM
from examgen.sifting._written import Unwritable


@dataclass(frozen=True, eq=False)
class Given:
    """So many candidates: a span for each real input and the gradient at the output, and labels as they are.

    `zeros` and `negatives` count among the given numbers, candidate by candidate; `whole` says whether all are whole.
    """

    count: int
    spans: Mapping[str, Array]
    labels: Mapping[str, Array]
    zeros: Array
    negatives: Array
    whole: bool


def given(graph: Graph, datas: Sequence[Mapping[str, Exact]], doubt: Doubt) -> Given:
    """The data of candidates of one graph, in their order. Raises: Unwritable where they differ in shape."""
    count, discrete = len(datas), {node.name for node in graph.inputs if node["discrete"]}
    names = dict.fromkeys(datas[0])
    if any(data.keys() != names.keys() for data in datas):
        raise Unwritable("other inputs")
    read = {name: _read([data[name] for data in datas], doubt) for name in names}
    spans = {name: found for name, found in read.items() if name not in discrete}
    labels = {name: found[0] // UNIT for name, found in read.items() if name in discrete}
    zeros = sum(((span[0] == 0) & (span[-1] == 0)).sum(axis=-1) for span in spans.values())
    negatives = sum((span[0] < 0).sum(axis=-1) for span in spans.values())
    whole = not any((span % UNIT).any() for span in read.values())
    spans[UPSTREAM] = _upstream(spans.pop("upstream", None), prod(graph[graph.output].shape), count)
    for node in graph.inputs:
        if {**spans, **labels}[node.name].shape[-1] != prod(node.shape):
            raise Unwritable(f"{node.name} of another shape")
    return Given(count, spans, labels, np.asarray(zeros), np.asarray(negatives), whole)


def _read(values: Sequence[Exact], doubt: Doubt) -> Array:
    """A span of numbers of at most 14 decimals."""
    try:
        array = np.array(values)
    except (ValueError, OverflowError):
        raise Unwritable("ragged") from None
    if array.dtype == np.int64:
        doubt.add(np.abs(array.reshape(len(values), -1)) > LARGEST)
        return np.asarray(np.clip(array, -LARGEST, LARGEST) * UNIT).reshape(1, len(values), -1)
    return _fractions(values, doubt)


def _fractions(values: Sequence[Exact], doubt: Doubt) -> Array:
    if len(set(map(shape, values))) > 1:
        raise Unwritable("ragged")
    pairs = [(cell.numerator, cell.denominator) for value in values for cell in cells(value)]
    if any(UNIT % denominator for _, denominator in pairs):
        raise Unwritable("no decimals")
    largest = LARGEST * UNIT
    numbers = [max(-largest, min(largest, number * (UNIT // denominator))) for number, denominator in pairs]
    span = np.array(numbers, dtype=np.int64).reshape(1, len(values), -1)
    doubt.add(np.abs(span) >= largest)
    return span


def _upstream(span: Array | None, size: int, count: int) -> Array:
    """The gradient given at the output, in the output's shape: ones unless given."""
    if span is None:
        return np.full((1, count, size), UNIT)
    if span.shape[-1] == size:
        return span
    if span.shape[-1] != 1:
        raise Unwritable("upstream of another shape")
    return np.repeat(span, size, axis=-1)


def part(stack: Given, chosen: Any) -> Given:
    """Some of the candidates."""
    return Given(
        len(stack.zeros[chosen]), {name: span[:, chosen] for name, span in stack.spans.items()},
        {name: labels[chosen] for name, labels in stack.labels.items()},
        stack.zeros[chosen], stack.negatives[chosen], stack.whole,
    )
