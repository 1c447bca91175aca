"""What a sheet's slots say, and whether it can be stamped at all: every text is written once for each number."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from examgen.render import measuring, notation
from examgen.render.paper import SheetVariant
from examgen.render.tracing import Hole, Path, Told, Trace, When

Get = Callable[[SheetVariant], Any]
CUT = False  # what a guard gives for a text that did not stay whole: what is left of it is no hole


class Unlike(Exception):
    """A sheet is not printed like its master; says why, and what it has in common with others for which that is so."""

    def __init__(self, why: str, like: Hashable = None) -> None:
        super().__init__(why)
        self.like = like


class Texts:
    """Reads the holes of one master out of the sheets of its structure."""

    def __init__(self, trace: Trace, sheet: int) -> None:
        self.trace, self.sheet = trace, sheet
        self.holes: dict[tuple[Path, tuple[Any, ...]], int] = {}
        self._readers: list[tuple[Get, dict[Any, str], Hole]] = []
        self._equal = [(tuple(map(_getter, paths)), found) for paths, found in trace.equal if paths[0][0] == sheet]
        self._guards = [(self.compiled(told), again, found) for told, again, found in trace.guards if self._ours(told)]
        self._places: dict[Any, int | None] = {}

    def _ours(self, told: Told) -> bool:
        return any(isinstance(piece, Hole) and piece.path[0] == self.sheet for piece in told)

    def compiled(self, told: Told) -> tuple[str | int, ...]:
        """A told text with the numbers of its holes."""
        return tuple(piece if isinstance(piece, str) else self._number(piece) for piece in told)

    def _number(self, hole: Hole) -> int:
        known = (hole.path, hole.key)
        if known not in self.holes:
            self.holes[known] = len(self._readers)
            self._readers.append((_getter(hole.path), {}, hole))
        return self.holes[known]

    def read(self, sheet: SheetVariant) -> list[str]:
        """The text of every hole. Raises: Unlike where one is longer than its place."""
        found = []
        for get, known, hole in self._readers:
            value = get(sheet)
            text = known.get(value)
            if text is None:
                text = known[value] = self._written(hole, value)
            found.append(text)
        return found

    def of(self, sheet: SheetVariant) -> list[str]:
        """The text of every hole of a sheet that is printed like the master. Raises: Unlike."""
        decimals = tuple(self._decimals([get(sheet) for get in getters]) for getters, _ in self._equal)
        if any(one != expected for one, (_, expected) in zip(decimals, self._equal, strict=True)):
            raise Unlike("its numbers have other decimals", decimals)
        found = self.read(sheet)
        sizes = tuple(again(filled(told, found)) for told, again, _ in self._guards)
        if any(size != expected or size is CUT for size, (*_, expected) in zip(sizes, self._guards, strict=True)):
            raise Unlike("a name is longer than its place", None if CUT in sizes else sizes)
        return found

    def _written(self, hole: Hole, value: Any) -> str:
        text = hole.write(value)
        limit = self.trace.limits.get(hole.path)
        if limit is not None and measuring.width(text, limit[1]) > limit[0]:
            raise Unlike("a number is wider than its cell")
        return text

    def _decimals(self, values: Sequence[Any]) -> int | None:
        counts = []
        for value in values:
            if value not in self._places:
                self._places[value] = notation.places([value])
            counts.append(self._places[value])
        return None if None in counts else max(count for count in counts if count is not None)


def filled(told: Sequence[str | int], texts: Sequence[str]) -> str:
    """A text with its holes filled."""
    return "".join(piece if isinstance(piece, str) else texts[piece] for piece in told)


def condition(when: When) -> tuple[Get, int]:
    """How a condition is looked up, and what it is compared with."""
    return _getter(when.path), when.value


def _getter(path: Path) -> Get:
    """Finds a place in a sheet of the same structure."""
    kind, *rest = path[1:]
    if not rest:
        return lambda sheet: getattr(sheet, kind)
    task, *inner = rest
    if kind == "node":
        node, attribute = inner
        # a slot of a node comes from a diagram that is there
        return lambda sheet: getattr(sheet.tasks[task].diagram.nodes[node], attribute)  # type: ignore[union-attr]  # see above
    name, *index = inner

    def get(sheet: SheetVariant) -> Any:
        value: Any = sheet.tasks[task].data[name]
        for place in index:
            value = value[place]
        return value

    return get
