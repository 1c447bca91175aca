"""Numbers that know where they come from: a sheet filled in with them tells where every number of its variant stands.

A traced number prints as itself between private characters, which `split` takes out of the finished HTML again. What stands
between them is a hole: a place of the data and how it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from markupsafe import Markup, escape

OPEN, INNER, CLOSE = "\ue000", "\ue001", "\ue002"  # around a number and its text, of no font
MARKED = re.compile(f"{OPEN}([0-9]+){INNER}([^{CLOSE}]*){CLOSE}")
SLOT, WHEN = "data-slot", "data-when"  # attributes of what is marked in the HTML
TAG = "data"  # of a slot: an element of no style

Path = tuple[Any, ...]
Write = Callable[[Any], str]
Found = TypeVar("Found")


class Hole(NamedTuple):
    """A place of a sheet's data, and how what stands there is written. `key` names the way of writing."""

    path: Path
    key: tuple[Any, ...]
    write: Write


Told = tuple[str | Hole, ...]  # text with holes


class When(NamedTuple):
    """A class, by its name, that an element has where a place of the data holds a value."""

    path: Path
    value: int
    name: str


@dataclass
class Trace:
    """What one document has of traced numbers.

    `limits` are the widest texts, in mm at so many points, for which nothing else changes; `equal` are groups of places whose
    numbers have to be written with as many decimals as here; `guards` are functions of text that have to give what they gave
    here. `refused` says why no other variant can be printed alike.
    """

    holes: list[Hole] = field(default_factory=list)
    slots: list[Told] = field(default_factory=list)
    whens: list[When] = field(default_factory=list)
    texts: dict[str, Told] = field(default_factory=dict)
    limits: dict[Path, tuple[float, float]] = field(default_factory=dict)
    equal: list[tuple[tuple[Path, ...], int | None]] = field(default_factory=list)
    guards: list[tuple[Told, Callable[[str], Any], Any]] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # sheet -> why

    def marked(self, path: Path, key: tuple[Any, ...], write: Write, text: str) -> str:
        """The text of a place between its marks."""
        self.holes.append(Hole(path, key, write))
        return f"{OPEN}{len(self.holes) - 1}{INNER}{text}{CLOSE}"

    def told(self, marked: str) -> Told:
        """Marked text as plain text with holes."""
        parts = MARKED.split(marked)
        pieces: list[str | Hole] = []
        for constant, number in zip(parts[::3], [*parts[1::3], ""], strict=True):
            pieces += [constant] if constant else []
            pieces += [self.holes[int(number)]] if number else []
        return tuple(pieces)

    def split(self, html: str) -> str:
        """The document without marks: text that has any is a slot of its own, attributes are kept in `texts`."""
        return "".join(self._token(token) for token in re.split(r"(<[^>]*>)", html))

    def _token(self, token: str) -> str:
        if OPEN not in token:
            return token
        if token.startswith("<"):
            return re.sub(r'="([^"]*)"', self._attribute, token)
        parts = re.fullmatch(r"(\s*)(.*?)(\s*)", token, re.DOTALL)
        assert parts is not None  # it fits any text
        lead, text, tail = parts.groups()
        self.slots.append(self.told(Markup(text).unescape()))
        return f'{lead}<{TAG} {SLOT}="{len(self.slots) - 1}">{plain(text)}</{TAG}>{tail}'

    def _attribute(self, match: re.Match[str]) -> str:
        bare = plain(match[1])
        if OPEN in match[1]:
            self.texts[Markup(bare).unescape()] = self.told(Markup(match[1]).unescape())
        return f'="{bare}"'


_current: ContextVar[Trace] = ContextVar("trace")


@contextmanager
def into(trace: Trace) -> Iterator[None]:
    """While a document is made, its traced numbers are noted here."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)


class Traced:
    """A value that knows its place: the number of its sheet comes first in its path."""

    path: Path

    def marked(self, key: tuple[Any, ...], write: Write) -> str:
        """What is written for it, between marks."""
        return _current.get().marked(self.path, key, write, write(self))

    def __html__(self) -> str:
        return str(escape(self.marked(("text",), _text)))


class TracedInt(Traced, int):
    """A whole number that knows its place."""

    def __eq__(self, other: object) -> Any:
        return Condition(self, other)

    __hash__ = int.__hash__


class TracedFraction(Traced, Fraction):
    """A fraction that knows its place."""


class TracedText(Traced, str):
    """A text that knows its place."""


class Condition:
    """Whether a traced whole number is another one."""

    def __init__(self, traced: TracedInt, other: object) -> None:
        self.traced, self.other = traced, other

    def __bool__(self) -> bool:
        return bool(int.__eq__(self.traced, self.other) is True)

    def __str__(self) -> str:
        return str(bool(self))


def _text(value: Any) -> str:
    return str.__str__(value) if isinstance(value, str) else str(int(value))


def traced(value: Any, *path: Any) -> Any:
    """A number, a text or nested numbers that know their places; anything else as it is."""
    if isinstance(value, tuple):
        return tuple(traced(part, *path, i) for i, part in enumerate(value))
    kind = {int: TracedInt, Fraction: TracedFraction, str: TracedText}.get(type(value))
    if kind is None:
        return value
    made: Any = kind(value)
    made.path = path
    return made


def written(value: Any, key: tuple[Any, ...], write: Write) -> str:
    """What is written for a value, between marks where it is traced."""
    return value.marked(key, write) if isinstance(value, Traced) else write(value)


def plain(text: str) -> str:
    """A text without marks."""
    return MARKED.sub(r"\2", text)


def when(condition: Any, name: str) -> Markup:
    """The class of an element that has it on a condition; a traced condition is noted and the class left out."""
    if not isinstance(condition, Condition) or not isinstance(condition.other, int):
        return Markup(' class="{}"').format(name) if condition else Markup("")
    whens = _current.get().whens
    whens.append(When(condition.traced.path, int(condition.other), name))
    return Markup(' {}="{}"').format(Markup(WHEN), len(whens) - 1)


def leaves(nested: Any) -> Iterator[Traced]:
    """The traced values among nested ones."""
    if isinstance(nested, Traced):
        yield nested
    elif isinstance(nested, list | tuple):
        for part in nested:
            yield from leaves(part)


def limited(found: Found, usual: bool, nested: Any, millimetres: float, points: float) -> Found:
    """What was found for nested numbers, noting how wide they may be for it to stay as usual."""
    for leaf in leaves(nested):
        if usual:
            _current.get().limits[leaf.path] = (millimetres, points)
        else:
            _current.get().refused[leaf.path[0]] = "a number is wider than its cell"
    return found


def same_decimals(found: int | None, nested: Iterable[Any]) -> int | None:
    """The decimals found for nested numbers, noting that others must have as many."""
    if several := tuple(leaf.path for leaf in leaves(nested)):
        _current.get().equal.append((several, found))
    return found


def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of text that has to give for every variant what it gives for a traced one; text given back keeps its marks."""

    def guarding(text: Any, *rest: Any, **named: Any) -> Any:
        marked = str(escape(text)) if isinstance(text, Traced) else text
        if not isinstance(marked, str) or OPEN not in marked:
            return function(text, *rest, **named)
        bare = Markup(plain(marked)).unescape()

        def again(other: str) -> Any:
            result = function(other, *rest, **named)
            return result == other if isinstance(result, str) else result

        result = function(bare, *rest, **named)
        trace = _current.get()
        trace.guards.append((trace.told(Markup(marked).unescape()), again, again(bare)))
        return Markup(marked) if result == bare else result

    return guarding


class Names(list[str]):
    """A list of names, of which a traced number picks one that is marked."""

    def __getitem__(self, place: Any) -> Any:
        if not isinstance(place, TracedInt):
            return super().__getitem__(place)
        names = tuple(self)
        return Markup(escape(place.marked(("names", names), names.__getitem__)))
