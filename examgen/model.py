"""The frozen data that passes between the layers: instances, what is asked, and what was found.

Numbers are exact: `int` or `fractions.Fraction`. An array is a tuple of equally long tuples, down to numbers;
a scalar is the bare number. Shapes are tuples of ints, `()` for a scalar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

Exact = Any  # int or Fraction, or nested tuples of them: mypy has no way to say it that isinstance would narrow
Calculator = Literal["none", "simple", "scientific"]
Standard = Literal["ua", "a"]  # what a PDF keeps to: PDF/UA-1, accessible; with PDF/A-2a, archival, as well
Kind = Literal["integer", "number", "array", "choice"]


def shape(value: Exact) -> tuple[int, ...]:
    """Shape of nested tuples or lists, read along the first entries; `()` for a scalar."""
    dims: list[int] = []
    while isinstance(value, (tuple, list)):
        dims.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(dims)


def cells(value: Exact) -> Iterator[Any]:
    """The scalars of a nested value in row-major order."""
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from cells(part)
    else:
        yield value


def nest(flat: Sequence[Any], dims: Sequence[int]) -> Exact:
    """The inverse of `cells`: row-major scalars folded into nested tuples of the given shape."""
    if not dims:
        return flat[0]
    if len(dims) == 1:
        return tuple(flat)
    step = len(flat) // dims[0] if dims[0] else 0
    return tuple(nest(flat[i * step : (i + 1) * step], dims[1:]) for i in range(dims[0]))


def freeze(value: Any) -> Exact:
    """Nested lists made nested tuples; scalars pass unchanged."""
    return tuple(map(freeze, value)) if isinstance(value, (list, tuple)) else value


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Every scalar of nested tuples or lists changed; the result is nested tuples."""
    return tuple(each(part, change) for part in value) if isinstance(value, (tuple, list)) else change(value)


def pick(value: Exact, index: Sequence[int] | None) -> Exact:
    """One entry of a nested value, or all of it where `index` is None."""
    for i in index or ():
        value = value[i]
    return value


@dataclass(frozen=True)
class Instance:
    """One task's numbers: a problem's name, its parameters (a frozen dataclass) and the exact data.

    `data` maps the graph's input names to exact values; `upstream`, where present, is the gradient given at the output.
    """

    problem: str
    params: Any
    data: Mapping[str, Exact]


@dataclass(frozen=True)
class Ask:
    """One answer box: a value or a gradient of one graph node, whole or one entry of it.

    `symbol` is LaTeX, as printed before the box. `points` is the box's share when the definition does not say otherwise.
    `group` names the boxes that always carry equal points. `cell_kind` is the kind of the single numbers. A choice has
    `options`, English messages (gettext ids), and its value is the place of one of them, counted from 1.
    """

    key: str
    node: str
    symbol: str
    kind: Kind = "number"
    gradient: bool = False
    index: tuple[int, ...] | None = None
    shape: tuple[int, ...] = ()
    points: Fraction = Fraction(1)
    group: str = ""
    cell_kind: Literal["integer", "number"] = "number"
    options: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether whole numbers are asked, or a choice: exactly one of them is right."""
        return self.kind == "choice" or "integer" in (self.kind, self.cell_kind)


@dataclass(frozen=True)
class Convention:
    """Something a solver must be told: `says` is an English message (a gettext id) that stands on the sheet word for word."""

    key: str
    says: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reminder:
    """A formula of the lecture for the formula sheet: what it is, an English message (a gettext id), and its line of LaTeX."""

    says: str
    latex: str


@dataclass(frozen=True)
class Answer:
    """One proved answer.

    `exact` is a fraction or closed form as text, nested as `value` is, or None where it would be longer than 200 characters.
    `value` is the exact result as a fraction, of 55 digits behind exp and ln. `accept` is the closed interval that is marked
    right, per cell, as outward-rounded decimal strings. `decimals` is 0 for integers.
    """

    ask: Ask
    exact: Any
    value: Any
    accept: Any
    decimals: int


@dataclass(frozen=True)
class Certificate:
    """What was proved of one answer: engine name -> the bounds met, such as "exact; float64 within 1e-12"."""

    key: str
    bounds: Mapping[str, str]


@dataclass(frozen=True)
class Mistaken:
    """What one mistake makes of a task: `says` is its sentence, an English message (a gettext id).

    `results` holds the number or numbers of every box that it leads astray, by the box's key: None where it leads to no
    number, of another shape than the box where the mistake changes that. All other boxes come out right.
    """

    key: str
    says: str
    results: Mapping[str, Exact | None]


@dataclass(frozen=True)
class Solution:
    """A solved and proved task: its answers, with one certificate each, and what mistakes lead to where that was asked."""

    instance: Instance
    answers: tuple[Answer, ...]
    certificates: tuple[Certificate, ...]
    mistakes: tuple[Mistaken, ...] = ()


Index = tuple[int, ...]
What = tuple[str, bool, Index]  # a node, whether its gradient is meant, and which part of it; () for all


@dataclass(frozen=True)
class Leaf:
    """A number in an expression; `symbol` is its LaTeX name, empty for a bare number."""

    value: Exact
    symbol: str = ""


@dataclass(frozen=True)
class Term:
    """An expression over numbers, as a person writes it out.

    `do` is one of + * (of any number of operands), - / ** (of two), neg, a function (exp log sqrt sin cos tanh sigmoid abs
    floor), max or min, or a slope: step (1 above 0, else 0), sign, share (1, 1/2 or 0 as the first operand is above, equal
    to or below the second), largest and smallest (the first operand's equal share among all of them).
    """

    do: str
    args: tuple[Any, ...]  # terms and leaves; in a rule of the op table also cells of operands


Expression = Term | Leaf


@dataclass(frozen=True)
class Line:
    """One equation: symbol = forms[0] = forms[1] = … = value.

    Each form is an expression whose value is `value`; `general` is one too, and is written with its leaves' names before
    the others are written with their numbers. `what` says which node, or gradient at it, the line states; None for a
    number on the way. `note` is an English message (a gettext id) beside the line.
    """

    symbol: str
    forms: tuple[Expression, ...]
    value: Exact
    general: Expression | None = None
    what: What | None = None
    note: str = ""


@dataclass(frozen=True)
class Grid:
    """A named matrix of numbers, with marks on some cells and frames around some windows.

    `marks`: (row, column) -> clipped, winner, padding, used or true (the true class).
    `windows`: top, left, height, width of each frame.
    """

    symbol: str
    rows: Exact
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)
    windows: tuple[tuple[int, int, int, int], ...] = ()
    what: What | None = None


@dataclass(frozen=True)
class Edge:
    """One wire of a circuit backward, from the gate it enters to the node it comes from.

    The wire's part of the gradient is `upstream` (at the gate's result) times `slope` (the gate's derivative), which each
    form of `local` equals.
    """

    gate: str
    source: str
    upstream: Leaf
    local: tuple[Expression, ...]
    slope: Exact
    value: Exact
    note: str = ""


@dataclass(frozen=True)
class Gate:
    """One node of a circuit: LaTeX name ("" without one), the gate's sign ("" for an input or constant), who feeds it.

    `gradient` is None for a constant.
    """

    name: str
    symbol: str
    sign: str
    sources: tuple[str, ...]
    value: Exact
    gradient: Exact | None


@dataclass(frozen=True)
class Circuit:
    """A graph of scalars with every value and gradient; nodes in order of evaluation."""

    gates: tuple[Gate, ...]
    output: str


@dataclass(frozen=True)
class Step:
    """One step of a worked solution: what is done, in words, then grids, lines, edges or a circuit.

    `says` is an English message (a gettext id) with %(name)s places for `values`. `brief` steps stand in the short form too.
    """

    key: str
    says: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    grids: tuple[Grid, ...] = ()
    edges: tuple[Edge, ...] = ()
    circuit: Circuit | None = None
    brief: bool = True
