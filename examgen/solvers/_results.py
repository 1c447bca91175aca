"""What solvers give: frozen results that print well, compare by value, and carry their worked solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from examgen.answers import accepted
from examgen.errors import InputError
from examgen.graph import UNNAMED
from examgen.honesty import Interval
from examgen.model import Step, cells, each, freeze, pick
from examgen.solvers._arguments import whole
from examgen.solvers._reading import answer, place
from examgen.solvers._task import Task

Value = Any  # a float or a float64 array; with exact=True a Fraction, a SymPy expression, or nested tuples of them
LONGEST_PAGE = 200  # steps that a notebook shows
SHOWN = 12  # cells of an array that are printed
LONGEST = 60  # characters of a number printed; of an array, which is printed whole or by its shape, three times as many
CUT = "..."


class NodeResult(NamedTuple):
    """A named statement's value and the gradient at it; None for a statement of constants alone."""

    value: Value
    gradient: Value


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class Result:
    """What all results can do. Two are equal where they are of one kind and their fields hold equal numbers."""

    _task: Task = field(repr=False)

    @classmethod
    def of(cls, found: Mapping[str, Value], task: Task) -> Result:
        """The result from what the task's fields are found to be."""
        return cls(_task=task, **{f.name: found.get(f.name) for f in fields(cls) if f.name[0] != "_"})

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The worked solution as data, made when it is asked for. Raises: InputError over 10,000 numbers."""
        from examgen.explaining import explain

        task = self._task
        task.check_small("a worked solution is")
        data = {name: given.exact for name, given in task.data.items()}
        if task.upstream is not None:
            return explain(task.problem, task.graph, data, task.upstream.exact)
        return explain(task.problem, task.graph, data, 1, {(node.name, False) for node in task.graph.nodes})

    def accepts(self, field: str, text: str, working: int = 4, decimals: int = 2) -> bool:
        """Whether a person's own answer is right: within one unit of the last decimal of the exact value, or reached by it.

        Reached is what a solver writes who rounds, or cuts off, intermediate results to `working` decimals or more.

        `field` is a field, one entry or row of it ("losses[0]", "dscores[1,2]", counted from 0), or a value or gradient by
        its name in a formula ("q", "dx"). `text` is a number as people write it (1.27, 1,27, 19/15, 1 4/15, ln(9/2), with any
        minus), or rows of them ("1 -2; 3 1", "[[1,-2],[3,1]]"). Whole numbers that come from whole ones without a division, a
        mean or a function must be met exactly.
        Raises: InputError for a field that is not there, a text that cannot be read, or numbers that are not decimals.
        """
        kept, unit = whole("working", working, 0), whole("decimals", decimals, 0)
        name, index = place(field)
        exact = self._exact(name, index)
        stated = list(cells(answer(text, _shape(exact))))
        right = list(cells(exact))
        if self._task.data and self._task.whole and all(cell.denominator == 1 for cell in right):
            return stated == right
        within = zip(stated, right, self._reach(name, index, kept, len(right)), strict=True)
        return all(_accepts(cell, exactly, reach, unit) for cell, exactly, reach in within)

    def _reach(self, name: str, index: tuple[int, ...], working: int, count: int) -> list[Interval | None]:
        """What honest solvers can have for each cell; None where that is not known."""
        reach = self._task.reach(self._named()[name], working) if self._task.data else None
        if reach is None:
            return [None] * count
        part = reach[index]
        return list(part.ravel()) if isinstance(part, np.ndarray) else [part]

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain lists and numbers, fit for JSON; exact numbers as text."""
        return {name: _plain(value) for name, value in self._fields().items()}

    def _fields(self) -> dict[str, Value]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name[0] != "_"}

    def _named(self) -> dict[str, str]:
        """What `accepts` calls a field -> the field's name in the task."""
        return {name: name for name in self._task.fields}

    def _exact(self, name: str, index: tuple[int, ...]) -> Any:
        """Nested fractions: of the task where it is small enough to be worked out exactly, else of the floats here."""
        known = self._named()
        if name not in known or (value := self._value(known[name])) is None:
            there = [key for key in known if self._value(known[key]) is not None]
            raise InputError(f"field is {name!r}, which this result does not hold: it has {', '.join(there)}")
        try:
            return pick(self._cells(known[name], value), index)
        except (IndexError, TypeError):
            raise InputError(f"field is {name}{list(index)}, which is outside shape {np.shape(value)}") from None

    def _cells(self, key: str, value: Value) -> Any:
        """A field in nested fractions; those of the floats here where exact ones would have hundreds of digits."""
        if self._task.data:
            try:
                return freeze(self._task.exactly(key).tolist())
            except (ArithmeticError, ValueError):
                pass
        return each(freeze(np.asarray(value).tolist()), Fraction)

    def _value(self, key: str) -> Value:
        return getattr(self, key, None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result) or type(self) is not type(other):
            return NotImplemented
        return _same(self._fields(), other._fields())

    __hash__ = None  # type: ignore[assignment]  # how Python is told that there is no hash

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_shown(value)}' for name, value in self._fields().items())})"

    def _repr_html_(self) -> str | None:
        """The worked solution in its short form where a notebook shows the result; its text where there is none to read."""
        if not (self._task.small and self._task.data):
            return None
        try:
            return _page(self.steps)
        except InputError:
            return None


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class SvmLossResult(Result):
    """`losses` (N,), their mean or sum `loss`, and its gradient `dscores`, shaped as the scores."""

    losses: Value
    loss: Value
    dscores: Value


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class SoftmaxLossResult(Result):
    """`losses` (N,), their mean or sum `loss`, its gradient `dscores` and the `probabilities`, both shaped as the scores."""

    losses: Value
    loss: Value
    dscores: Value
    probabilities: Value


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class BackpropResult(Result):
    """`value` of the last statement, `gradients` by input, and `nodes`: statement -> (value, gradient), in their order."""

    value: Value
    gradients: dict[str, Value]
    nodes: dict[str, NodeResult]

    @classmethod
    def of(cls, found: Mapping[str, Value], task: Task) -> BackpropResult:
        graph = task.graph
        held = {(where.node, where.gradient): found[name] for name, where in task.fields.items()}
        leaves = [node.name for node in graph.inputs]
        named = [node.name for node in graph.nodes if node.name[0] != UNNAMED and node.name not in leaves]
        return cls(
            _task=task,
            value=held[graph.output, False],
            gradients={name: held[name, True] for name in leaves},
            nodes={name: NodeResult(held[name, False], held.get((name, True))) for name in named},
        )

    def _named(self) -> dict[str, str]:
        return {"value": self._task.graph.output, **super()._named()}

    def _value(self, key: str) -> Value:
        where = self._task.fields[key]
        if where.node in self.gradients:
            return self.gradients[where.node]
        return self.nodes[where.node][where.gradient]


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class ConvReluPoolResult(Result):
    """`conv`, `relu` and `pooled`, and where an upstream gradient is given `dimage`, `dkernels` and `dbias`, else None."""

    conv: Value
    relu: Value
    pooled: Value
    dimage: Value
    dkernels: Value
    dbias: Value


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class TaskResult(Result):
    """The result of any problem type: its fields by name in `found`, and as attributes."""

    found: dict[str, Value]

    @classmethod
    def of(cls, found: Mapping[str, Value], task: Task) -> TaskResult:
        return cls(_task=task, found=dict(found))

    def __getattr__(self, name: str) -> Value:
        found = self.__dict__.get("found", {})
        if name not in found:
            raise AttributeError(f"the result has no {name!r}: it has {', '.join(found)}")
        return found[name]

    def _fields(self) -> dict[str, Value]:
        return self.found

    def _value(self, key: str) -> Value:
        return self.found.get(key)


def _accepts(stated: Fraction, exactly: Fraction, reach: Interval | None, decimals: int) -> bool:
    low, high = map(Fraction, accepted(exactly, [reach], decimals, whole=False))
    return low <= stated <= high


def _shape(value: Any) -> tuple[int, ...]:
    return np.shape(np.asarray(value, dtype=object))


def _same(one: Any, other: Any) -> bool:
    """Equal numbers in equal places; an array equals only an array."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return type(one) is type(other) and np.array_equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _plain(value: Value) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, NodeResult):
        return {"value": _plain(value.value), "gradient": _plain(value.gradient)}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, float) else str(value)


def _shown(value: Value) -> str:
    if isinstance(value, NodeResult):
        return f"({_shown(value.value)}, {_shown(value.gradient)})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r}: {_shown(part)}' for name, part in value.items())}}}"
    if isinstance(value, (np.ndarray, tuple)):
        array = np.asarray(value, dtype=object)
        text = _listed(array.tolist()) if array.size <= SHOWN else ""
        whole = CUT not in text and 0 < len(text) <= 3 * LONGEST
        return text if whole else f"<array {' × '.join(map(str, array.shape))}>"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - len(CUT)]}{CUT}"


def _listed(value: Any) -> str:
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, list) else _shown(value)


def _page(steps: tuple[Step, ...]) -> str | None:
    from examgen.render.html import steps_html
    from examgen.render.paper import Head
    from examgen.writing import Style, write

    written = write(steps, Style(), {}, full=False)
    return steps_html(Head(""), written) if len(written) <= LONGEST_PAGE else None
