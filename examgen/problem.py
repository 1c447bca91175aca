"""What a problem type is: parameters, presets, drawing, graph, what is asked and what a solver must be told.

A problem file holds one final subclass of `Problem` and one instance of it, `PROBLEM`. It imports no array library,
no engine and no template: it builds a graph, and everything else reads that. What its signatures name is found here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple, get_args

from examgen.drawing import Stream
from examgen.errors import DrawError, InputError, meant
from examgen.graph import UNNAMED, Graph
from examgen.mistakes import Mistake
from examgen.model import Ask, Calculator, Convention, Exact, Index, Instance, Line, Reminder, Step, cells, freeze, nest, shape
from examgen.narration import Worked, cell_symbol, told
from examgen.points import HALF
from examgen.tabulating import functions

__all__ = [
    "HALF", "Ask", "Calculator", "Convention", "DrawError", "Exact", "Index", "InputError", "Instance", "Line", "Mistake",
    "Preset", "Problem", "Reminder", "ResultField", "Step", "Stream", "Worked", "param",
]  # fmt: skip
CALCULATORS: tuple[Calculator, ...] = get_args(Calculator)  # each can do what those before it can
PLENTY = 20_000  # variants: no preset is asked for more
LARGEST = 10**6  # in size, of any number given: nobody computes with more by hand
DIGITS = 40  # behind the point, of any number given; also the longest fraction as text
DEEPEST = 4  # axes of given arrays
AXES = ("a number", "a list of numbers", "a table, one list of numbers for each row")  # by how many


@dataclass(frozen=True)
class Preset:
    """Parameters under a name: minutes a median student takes, the calculator needed, and what it is for.

    `calculator` is no less than what `Problem.calculator` says of the parameters.
    `version` counts the changes that made an old seed draw other numbers; it is part of the key of every draw. `room` is
    about how many fair variants a build finds where they are few; None stands for more than `PLENTY`.
    """

    params: Any
    minutes: tuple[float, float]
    use: Literal["quiz", "test", "homework"] = "test"
    calculator: Calculator = "none"
    version: int = 1
    room: int | None = None


def param(
    default: Any, doc: str, *, low: int | None = None, high: int | None = None, choices: Any = (), timed: bool = True
) -> Any:
    """A documented, checked parameter: bounds are inclusive, `choices` lists the allowed values.

    `timed` is False where another value leaves the minutes that a preset states as they are.
    """
    allowed = {"doc": doc, "low": low, "high": high, "choices": tuple(choices)}
    return field(default=default, metadata={**allowed, "timed": timed})


def same_minutes(one: Any, other: Any) -> bool:
    """Whether two parameter sets of one problem type differ in nothing that changes how long the task takes."""
    timed = (f.name for f in fields(one) if f.metadata.get("timed", True))
    return all(getattr(one, name) == getattr(other, name) for name in timed)


class ResultField(NamedTuple):
    """Where a field of a result is found: a node, whether its gradient is meant, whether rows and columns change places."""

    node: str
    gradient: bool = False
    swapped: bool = False


class Problem(ABC):
    """One problem type. `name` is what exam definitions say; `title` and all other texts are English gettext ids."""

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    params: ClassVar[type[Any]]
    presets: ClassVar[Mapping[str, Preset]]
    default: ClassVar[str]  # the preset taken where an exam names none
    table: ClassVar[str] = ""  # the input that a bare table of numbers fills
    text: ClassVar[str] = ""  # the parameter that a bare text sets
    sized: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # inputs that are always given -> the parameters that their axes are
    present: ClassVar[Mapping[str, str]] = {}  # parameters that say whether an input is there -> the input
    example: ClassVar[str] = ""  # how the command solves one's own numbers: what follows `examgen solve NAME`

    @abstractmethod
    def draw(self, params: Any, stream: Stream) -> Instance:
        """A candidate; the caller checks it for kinks and flaws, and asks again a bounded number of times."""

    @abstractmethod
    def graph(self, params: Any) -> Graph:
        """The computation for these parameters; its inputs are the data's names (without `upstream`).

        Raises: InputError (ShapeError among them) where the parameters do not go together.
        """

    @abstractmethod
    def asks(self, params: Any) -> tuple[Ask, ...]:
        """The answer boxes, in the order of the sheet.

        Raises: InputError as `graph` does, since a box belongs to one of its nodes.
        """

    @abstractmethod
    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        """Everything a solver must be told, each found word for word on the sheet."""

    def calculator(self, params: Any) -> Calculator:
        """The least calculator that these parameters can be worked out with by hand; see `CALCULATORS`.

        Raises: InputError as `graph` does.
        """
        return "scientific" if self.graph(params).transcendental else "none"

    def tables(self, params: Any) -> tuple[str, ...]:
        """The functions whose tables, handed out, stand in for the calculator; none where one is needed all the same.

        Raises: InputError as `graph` does.
        """
        return functions(self.graph(params)) if self.calculator(params) == "scientific" else ()

    def reminders(self, params: Any) -> tuple[Reminder, ...]:
        """What the formula sheet holds for these parameters: the lecture's formulas, but none that the task wants derived."""
        return ()

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        """Why a kink-free instance is still not fit to print: trivial, or not hand-sized. `values`: node -> exact cells."""
        yield from ()

    def mistakes(self, params: Any) -> tuple[Mistake, ...]:
        """What students get wrong in such a task; one that changes none of the boxes is passed over by itself.

        Every drawn instance tells each of them apart: in at least one box it leads to what is not accepted.
        """
        return ()

    def exceptions(self, params: Any) -> Mapping[str, str]:
        """Mistakes that need not be told apart with these parameters: key -> why no instance can."""
        return {}

    def readings(self, instance: Instance) -> Iterator[str]:
        """What pinned numbers leave open, as notes: never a reason to refuse them."""
        yield from ()

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Exact]) -> dict[str, Any]:
        """Parameters that follow from pinned data, by default those that `sized` and `present` name.

        `given` are the parameters that the user has chosen. An axis of length 1 may be left out in front, or stand there.
        Raises: InputError naming an array that is missing, or has other axes.
        """
        found: dict[str, Any] = {}
        for name, axes in self.sized.items():
            if name not in data:
                raise InputError(f"data has no {name!r}: give {AXES[len(axes)]}")
            dims = shape(with_axes(data[name], len(axes)))
            if len(dims) != len(axes):
                raise InputError(f"{name} has shape {dims}: give {AXES[len(axes)]}")
            found |= zip(axes, dims, strict=True)
        return found | {name: needed in data for name, needed in self.present.items()}

    def completed(self, params: Any, data: dict[str, Exact]) -> dict[str, Exact]:
        """Pinned data with what goes without saying added, such as labels on the diagonal.

        Axes of length 1 that an input has too many or too few of, such as a row given as a table, are seen to afterwards.
        """
        return data

    def formula(self, params: Any) -> tuple[str, ...]:
        """The computation as lines of LaTeX, where the sheet states it so."""
        return ()

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        """LaTeX of one cell of a node in worked solutions, or of all of it where the index is shorter than the shape."""
        return cell_symbol(graph, node, index)

    def steps(self, worked: Worked) -> Iterator[Step]:
        """The worked solution; by default every node forward and every wire backward, as the ops tell it."""
        return told(worked)

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        """What a solver's result holds, by name; by default each named node, and behind a d the gradient at it.

        Gradients are those of nodes that follow from a real input; 0 where nothing leads from one to the output. The
        gradient at x is called d(x) where dx is a name of the graph.
        """
        named = [node.name for node in graph.nodes if not node.name.startswith(UNNAMED)]
        values = {name: ResultField(name) for name in named if graph[name].op != "input"}
        slopes = {name: ResultField(name, True) for name in named if name in graph.real and name not in graph.behind}
        return values | {f"d({name})" if f"d{name}" in graph else f"d{name}": found for name, found in slopes.items()}

    def check(self, params: Any) -> None:
        """Raises InputError where parameters do not go together; the graph's shape rules are checked beside it."""
        self.graph(params)

    def with_params(self, given: Mapping[str, Any], start: Any = None, *, bounded: bool = True) -> Any:
        """Checked parameters: `given` by name over `start` (the defaults where None).

        Upper bounds, and what parameters have to keep together, are for a sheet that is worked out by hand: `bounded` says
        whether they hold.
        Raises: InputError naming the parameter and what is allowed.
        """
        known = {f.name: f for f in fields(self.params)}
        if unknown := [name for name in given if name not in known]:
            remedy = f"{meant(unknown[0], known)}it has {', '.join(known)}"
            raise InputError(f"{self.name} has no parameter {unknown[0]!r}: {remedy}")
        values = {name: getattr(start, name) for name in known} if start is not None else {}
        values |= {name: _checked(known[name], value, bounded) for name, value in given.items()}
        params = self.params(**values)
        if bounded:
            self.check(params)
        return params

    def pin(
        self, given: Mapping[str, Any], data: Mapping[str, Any], start: Any = None, *, bounded: bool = True
    ) -> Instance:
        """An instance with the user's own numbers, shape-checked against the graph; `bounded` as in `with_params`.

        Raises: InputError naming the array, what came and what was expected.
        """
        if strange := [name for name in data if not name.isidentifier()]:
            raise InputError(f"data holds {shown(strange[0])}: a name of letters, digits and _ has to stand there")
        exact = {name: exact_value(name, value, bounded) for name, value in data.items()}
        known = {f.name: getattr(start, f.name) for f in fields(self.params)} if start is not None else {}
        params = self.with_params({**self.sizes({**known, **given}, exact), **given}, start, bounded=bounded)
        exact = self.completed(params, dict(exact))
        graph = self.graph(params) if bounded else self.own_graph(params, exact)
        dims = {node.name: node.shape for node in graph.inputs} | {"upstream": graph[graph.output].shape}
        if "upstream" in exact and not shape(exact["upstream"]):
            exact["upstream"] = nest([exact["upstream"]] * prod(dims["upstream"]), dims["upstream"])
        exact = {name: _as_wide(value, dims.get(name)) for name, value in exact.items()}
        _fit(self.name, dims, exact)
        return Instance(self.name, params, exact)

    def own_graph(self, params: Any, data: Mapping[str, Exact]) -> Graph:
        """The computation for one's own numbers, where their shapes have a say in it."""
        return self.graph(params)


def with_axes(value: Exact, count: int) -> Exact:
    """So many axes where only axes of length 1 in front have to be added or taken away; otherwise as it is."""
    dims = shape(value)
    if any(length != 1 for length in dims[: max(0, len(dims) - count)]):
        return value
    return nest(tuple(cells(value)), ((1,) * (count - len(dims)) + dims)[-count:] if count else ())


def _as_wide(value: Exact, dims: tuple[int, ...] | None) -> Exact:
    """Of the shape that is asked where only axes of length 1 are too many or too few; otherwise as it is."""
    own = shape(value)
    longer = [tuple(length for length in lengths if length != 1) for lengths in (own, dims or ())]
    return value if dims is None or own == dims or longer[0] != longer[1] else nest(tuple(cells(value)), dims)


def _fit(problem: str, dims: Mapping[str, tuple[int, ...]], data: Mapping[str, Exact]) -> None:
    if missing := [name for name in dims if name not in data and name != "upstream"]:
        raise InputError(f"{problem}: data has no {missing[0]!r}: give {', '.join(n for n in dims if n != 'upstream')}")
    for name, value in data.items():
        if name not in dims:
            raise InputError(f"{problem}: data holds {name!r}, which the task does not use: give {', '.join(dims)}")
        if shape(value) != dims[name]:
            raise InputError(f"{problem}: {name} has shape {shape(value)}, expected {dims[name]}")


def exact_value(name: str, value: Any, bounded: bool = True) -> Exact:
    """Nested lists of ints, decimals and fractions as exact nested tuples. Raises InputError on anything else."""
    dims = shape(value)
    if len(dims) > DEEPEST:
        raise InputError(f"{name} is nested {len(dims)} deep: give an array of at most {DEEPEST} axes")
    _rectangular(name, value, dims)
    return freeze(_mapped(value, lambda cell: _exact_number(name, cell, bounded)))


def _rectangular(name: str, value: Any, dims: tuple[int, ...]) -> None:
    here = isinstance(value, (list, tuple))
    if here != bool(dims) or (here and len(value) != dims[0]):
        raise InputError(f"{name} is ragged: every row must have as many numbers as the first")
    if here and not value:
        raise InputError(f"{name} is empty: give at least one number")
    for part in value if here else ():
        _rectangular(name, part, dims[1:])


def _mapped(value: Any, change: Any) -> Any:
    return [_mapped(part, change) for part in value] if isinstance(value, (list, tuple)) else change(value)


def _exact_number(name: str, cell: Any, bounded: bool = True) -> int | Fraction:
    if isinstance(cell, bool) or not isinstance(cell, (int, Fraction, Decimal, float, str)):
        raise InputError(f"{name} holds {shown(cell)}: only numbers can stand there")
    try:
        exact = exact_number(cell, LARGEST if bounded else 10**DIGITS)
    except (ValueError, ArithmeticError):
        raise InputError(f"{name} holds {shown(cell)}: only finite numbers can stand there") from None
    if exact is None:
        size = f"{LARGEST:,}" if bounded else f"1e{DIGITS}"
        raise InputError(f"{name} holds {shown(cell)}: give numbers within ±{size} with at most {DIGITS} decimals")
    return int(exact) if exact.denominator == 1 else exact


def exact_number(cell: int | Fraction | Decimal | float | str, largest: int = LARGEST) -> Fraction | None:
    """A number as the fraction that its text says, or None where it is too long to reckon with, or beyond ± the largest.

    Raises: ValueError or ArithmeticError for anything that is no finite number.
    """
    if isinstance(cell, str) and len(cell) > 2 * DIGITS:
        return None
    if isinstance(cell, (int, Fraction)) or (isinstance(cell, str) and "/" in cell):
        exact = Fraction(cell)
    else:
        decimal = Decimal(repr(cell) if isinstance(cell, float) else cell)
        # a short text such as 1e99999999 is a number that fills the memory: look before it is written out
        if decimal.is_finite() and (decimal.adjusted() > DIGITS or int(decimal.as_tuple().exponent) < -DIGITS):
            return None
        exact = Fraction(decimal)
    return exact if abs(exact) <= largest and exact.denominator <= 10**DIGITS else None


def _checked(f: Any, value: Any, bounded: bool = True) -> Any:
    """One parameter's value, of the type of its default and within what its field allows."""
    default = f.default if f.default is not MISSING else None
    wanted = f.metadata
    if wanted["choices"] and (value not in wanted["choices"] or isinstance(value, bool) != isinstance(default, bool)):
        raise InputError(f"{f.name} = {shown(value)}: allowed are {', '.join(map(shown, wanted['choices']))}")
    value = _typed(f.name, value, default)
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, str):
            continue
        if wanted["low"] is not None and number < wanted["low"]:
            raise InputError(f"{f.name} = {shown(value)}: must be at least {wanted['low']}")
        if bounded and wanted["high"] is not None and number > wanted["high"]:
            raise InputError(f"{f.name} = {shown(value)}: must be at most {wanted['high']}")
    return value


def shown(value: Any) -> str:
    """A value in a message, about as TOML writes it and never longer than a line."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, (list, tuple)):
        text = f"[{', '.join(map(shown, value[:20]))}]"
    elif isinstance(value, dict):
        named = ((name if name.isidentifier() else repr(name), part) for name, part in list(value.items())[:20])
        text = f"{{{', '.join(f'{name} = {shown(part)}' for name, part in named)}}}"
    else:
        long = isinstance(value, int) and value.bit_length() > 1000  # str() refuses thousands of digits
        text = hex(value) if long else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _typed(name: str, value: Any, default: Any) -> Any:
    expected = _expected(default)
    if isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, Fraction):
        good = isinstance(value, (int, Decimal, Fraction)) and not isinstance(value, bool)
        if good:
            return Fraction(_exact_number(name, value))
    elif isinstance(default, int):
        good = isinstance(value, int) and not isinstance(value, bool)
    elif isinstance(default, str):
        good = isinstance(value, str)
    else:
        value = (value, value) if isinstance(value, int) and len(default) == 2 else value
        inner = type(default[0])
        good = isinstance(value, (list, tuple)) and all(type(v) is inner for v in value) and bool(value)
        good = good and (inner is str or len(value) == len(default))
        value = tuple(value) if good else value
    if not good:
        raise InputError(f"{name} = {shown(value)}: expected {expected}")
    return value


def _expected(default: Any) -> str:
    if isinstance(default, tuple):
        return "a list of names" if isinstance(default[0], str) else "a whole number or a pair of them"
    names = ((bool, "true or false"), (int, "a whole number"), (Fraction, "a number"), (str, "text"))
    return next(text for kind, text in names if isinstance(default, kind))
