"""A graph with checked numbers, and what an engine makes of it: the road that all solvers share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from examgen.engines import _numpy
from examgen.errors import InputError
from examgen.graph import HAND_SIZED, UNNAMED, Graph
from examgen.honesty import Unbounded, hull
from examgen.model import cells, nest
from examgen.problem import Problem, ResultField
from examgen.solvers._arguments import Array, Given, Shape, choice, finite, flag
from examgen.verifying import ENGINES, engine

DIVIDING = frozenset(("div", "mean", "avgpool", "pow"))


@dataclass(frozen=True)
class Task:
    """A graph of a problem type, numbers for its inputs, and the gradient at its output.

    Without `upstream` there are no gradients. `shapes` says which fields of the result have another shape than their node.
    """

    problem: Problem
    graph: Graph
    data: Mapping[str, Given]
    upstream: Given | None
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    @cached_property
    def fields(self) -> Mapping[str, ResultField]:
        """Where each field of the result is found."""
        return self.problem.results(self.graph)

    @cached_property
    def _sloped(self) -> frozenset[str]:
        return frozenset(node.name for node in self.graph.differentiable)

    @property
    def small(self) -> bool:
        """Whether a person could read it."""
        return self.graph.size <= HAND_SIZED

    def kept(self) -> Task:
        """Numbers of its own where steps may be asked for later; none where the task is too large for them."""
        if not self.small:
            return replace(self, data={}, upstream=None)
        upstream = self.upstream and self.upstream.copy()
        return replace(self, data={name: given.copy() for name, given in self.data.items()}, upstream=upstream)

    def check_small(self, what: str) -> None:
        """Raises: InputError over the limit."""
        if not self.small:
            raise InputError(f"the task has {self.graph.size} numbers: {what} for hand-sized tasks, up to {HAND_SIZED}")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers come in and nothing divides."""
        given = (*self.data.values(), *(() if self.upstream is None else (self.upstream,)))
        constants = (node["value"] for node in self.graph.nodes if node.op == "const")
        return (
            not self.graph.transcendental
            and all(node.op not in DIVIDING or _whole_power(node) for node in self.graph.nodes)
            and all(isinstance(cell, int) for each in given for cell in cells(each.exact))
            and all(Fraction(cell).denominator == 1 for value in constants for cell in cells(value))
        )

    def results(self, name: str = "numpy", exact: bool = False) -> dict[str, Any]:
        """Each field as an array, of float64 or exact; None for a gradient without an upstream one.

        Raises: InputError for an unknown engine, a graph too large for exact numbers, and nodes without a finite value.
        """
        choice("engine", name, ENGINES)
        if flag("exact", exact):
            if name == "torch":
                raise InputError("engine is 'torch' with exact=True: PyTorch has no exact numbers, take 'numpy' or 'sympy'")
            self.check_small("exact=True is")
        wanted = list(dict.fromkeys(w for w in map(self._what, self.fields.values()) if w is not None))
        try:
            found = _evaluated(self, wanted, name, exact)
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(without_value(self)) from None
        if not exact and not all(finite(array) for array in found.values()):
            raise InputError(without_value(self))
        return {key: self.arranged(key, self._array(place, found, exact)) for key, place in self.fields.items()}

    def exactly(self, key: str) -> Array:
        """One field in fractions, of 55 digits behind exp and log."""
        what = self._what(self.fields[key])
        wanted = [] if what is None else [what]
        upstream = 1 if self.upstream is None else self.upstream.exact
        run = _numpy.evaluate(self.graph, _exact_data(self), upstream, "exact", wanted)
        found = {(name, False): x for name, x in run.values.items()} | {(name, True): x for name, x in run.gradients.items()}
        array = self.arranged(key, self._array(self.fields[key], found, True))
        return np.asarray(np.frompyfunc(_as_fraction, 1, 1)(array), dtype=object)

    def reach(self, key: str, working: int) -> Array | None:
        """What honest solvers can have for one field, as pairs of whole numbers of 10^-30; None where that is anything."""
        upstream = 1 if self.upstream is None else self.upstream.exact
        try:
            found = hull(self.graph, _exact_data(self), upstream, working)
        except Unbounded:
            return None
        place = self.fields[key]
        flat = (found.gradients if place.gradient else found.values).get(place.node)
        if flat is None:
            return None
        array = np.empty(len(flat), dtype=object)
        for i, pair in enumerate(flat):
            array[i] = pair
        return np.asarray(self.arranged(key, array.reshape(self.graph[place.node].shape)), dtype=object)

    def arranged(self, key: str, array: Any) -> Any:
        """A node's array in the orientation and shape that its field has."""
        if array is None:
            return None
        array = array.T if self.fields[key].swapped else array
        return array.reshape(self.shapes.get(key, array.shape))

    def _what(self, place: ResultField) -> tuple[str, bool] | None:
        """What an engine has to find for a field; None where there is nothing to find."""
        if not place.gradient:
            return place.node, False
        return (place.node, True) if place.node in self._sloped and self.upstream is not None else None

    def _array(self, place: ResultField, found: Mapping[tuple[str, bool], Array], exact: bool) -> Any:
        if (what := self._what(place)) is not None:
            return found[what]
        dims = self.graph[place.node].shape
        return None if self.upstream is None else np.full(dims, Fraction(0) if exact else 0.0, object if exact else float)


def _whole_power(node: Any) -> bool:
    return bool(node.op == "pow" and node["exponent"] >= 0 and node["exponent"].denominator == 1)


def _as_fraction(cell: Any) -> Fraction:
    """As fractions, to 45 decimals where it has digits, so that equal numbers are equal."""
    return Fraction(round(cell * 10**45), 10**45) if hasattr(cell, "_mpf_") else Fraction(cell)


def _exact_data(task: Task) -> dict[str, Any]:
    return {name: given.exact for name, given in task.data.items()}


def _float_data(task: Task) -> dict[str, Any]:
    return {name: given.array if task.graph[name]["discrete"] else given.floats for name, given in task.data.items()}


def _evaluated(task: Task, wanted: list[tuple[str, bool]], name: str, exact: bool) -> dict[tuple[str, bool], Array]:
    """Arrays of what is wanted, from the engine named; expressions are SymPy's whatever the engine."""
    upstream = Given(np.ones(())) if task.upstream is None else task.upstream
    if exact and (name == "sympy" or task.graph.transcendental):
        found = engine("sympy").symbolic(task.graph, _exact_data(task), upstream.exact, wanted)
        return {what: _symbols(flat, task.graph[what[0]].shape) for what, flat in zip(wanted, found, strict=True)}
    if name == "numpy":
        data, given = (_exact_data(task), upstream.exact) if exact else (_float_data(task), upstream.floats)
        run = _numpy.evaluate(task.graph, data, given, "exact" if exact else "float", wanted)
    elif name == "sympy":
        run = engine(name).evaluate(task.graph, _exact_data(task), upstream.exact)
    else:
        run = engine(name).evaluate(task.graph, _float_data(task), upstream.floats)
    found = {what: (run.gradients if what[1] else run.values)[what[0]] for what in wanted}
    return found if exact or name == "numpy" else {what: _floats(value) for what, value in found.items()}


def _symbols(flat: list[Any], dims: Shape) -> Array:
    array = np.empty(len(flat), dtype=object)
    array[:] = [Fraction(int(cell.p), int(cell.q)) if cell.is_Rational else cell for cell in flat]
    return array.reshape(dims)


def _floats(value: Any) -> Array:
    return np.asarray(value, dtype=object).astype(np.float64)


def without_value(task: Task) -> str:
    """The sentence that names the first node, forward and then backward, that float64 has no finite number for."""
    change = "such as a quotient by 0, the log of a number that is not above 0, or one beyond ±1.8e308: change the numbers"
    upstream = 1.0 if task.upstream is None else task.upstream.floats
    found = _numpy.evaluate(task.graph, _float_data(task), upstream)
    for node in task.graph.nodes:
        if not finite(found.values[node.name]):
            return f"{_statement(task.graph, node.name)} has no finite value, {change}"
    for name in list(found.gradients)[::-1] if task.upstream is not None else ():
        if not finite(found.gradients[name]):
            return f"the gradient at {_statement(task.graph, name)} has no finite value, {change}"
    return f"something in this task has no value, {change}"


def _statement(graph: Graph, name: str) -> str:
    """The node's name, or that of the statement it belongs to: the next one that has a name."""
    names = [node.name for node in graph.nodes]
    return next((after for after in names[names.index(name) :] if not after.startswith(UNNAMED)), "the output")


def own(array: Array, others: list[Array]) -> Array:
    """The array, copied where it cannot be written to or shares memory with the data or another result."""
    shared = not array.flags.writeable or any(np.may_share_memory(array, other) for other in others)
    return array.copy() if shared else array


def bare(array: Any) -> Any:
    """A result as it is handed out: a float, a float64 array, or exact numbers in nested tuples."""
    if array.dtype == object:
        return nest(array.ravel().tolist(), array.shape)
    if array.ndim:
        array.flags.writeable = False  # results are frozen
    return array if array.ndim else float(array)
