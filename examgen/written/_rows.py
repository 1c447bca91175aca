"""Arrays of numbers: brackets and rows, and the two meanings of a comma, told apart by the shape that is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import prod

from examgen.model import Exact, cells, each, nest, shape
from examgen.written._data import Unreadable, Written, excerpt
from examgen.written._decimal import DEEPEST, LONGEST, Part, decimal
from examgen.written._expression import BRACKETS, CLOSING, TOO_DEEP
from examgen.written._scalar import number, simple, unnamed
from examgen.written._spelling import BLANK

UNEQUAL = 'The rows in "%(text)s" are of unequal length: write as many numbers in each.'
TOO_MANY = "Here are %(written)s numbers, and %(asked)s are asked: write those alone."
LONG_EXPRESSIONS = "The expressions among these numbers are too long together: write decimals for some of them."
COMMAS = 'The commas in "%(text)s" can be read in two ways: write ; between the numbers, or decimal points.'

MOST_EXPRESSIONS = 1200  # characters, in all readings together

_COMMA_SPACE, _SPACE, _ANY_SPACE, _NOTHING, _COMMA = map(re.compile, (r",\s+", r"\s+", r",?\s+", r"(?!)", ","))
_BRACKET = re.compile(r"[\[\](){}]")
_BETWEEN = re.compile(r"[\s,;]*")
_ROW_END = re.compile(r"[;\n]+")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_PARTED = re.compile(r"[\s;]")

# How the numbers of a row are parted, the likeliest first; only the last takes a comma before a digit for a separator.
CUTS = (
    lambda row: _COMMA_SPACE if _COMMA_SPACE.search(row) else _SPACE,
    lambda row: _ANY_SPACE,
    lambda row: _NOTHING,
    lambda row: _COMMA,
)
Cut = Callable[[str], re.Pattern[str]]


@dataclass(slots=True)
class _Pair:
    """A pair of brackets, or all of the text: where its inside begins and ends, and the pairs right within it."""

    start: int
    end: int = 0
    within: list[_Pair] = field(default_factory=list)


@dataclass
class _Cells:
    """Reads cells, each text once, until the expressions among them have grown too long together."""

    forms: bool
    known: dict[str, Part] = field(default_factory=dict)
    length: int = 0

    def __call__(self, text: str) -> Part:
        found = self.known.get(text) or simple(text, self.forms) or decimal(text)
        if found is None:
            self.length += len(text) if len(text) <= LONGEST else 0  # a longer one is refused as such
            if self.length > MOST_EXPRESSIONS:
                raise Unreadable(LONG_EXPRESSIONS)
            found = number(text, self.forms)
        self.known[text] = found
        return found


def rows(text: str, dims: tuple[int, ...], forms: bool) -> Written:
    """The numbers of a spelled text, in the asked shape where they fill it, else in their own. Raises: Unreadable."""
    told = unnamed(text)
    if (count := len(_ROW_END.findall(told))) > _most(dims):
        raise Unreadable(TOO_MANY, {"asked": prod(dims), "written": count + 1})
    whole, read = _pairs(told), _Cells(forms)
    trees = list(dict.fromkeys(_outermost(told, whole, cut) for cut in _cuts(told)))
    if not any(next(cells(tree), None) for tree in trees):
        raise Unreadable(BLANK)
    reasons: list[Unreadable] = []
    fitting = list(_readable((tree for tree in trees if _fits(tree, dims)), read, reasons))
    if fitting:
        return _written(nest(_only(fitting, told), dims))
    for _, found in _readable((_bounded(tree, told, dims) for tree in trees), read, reasons):
        return _written(found)
    raise reasons[0]


def _readable(
    trees: Iterable[Exact | Unreadable], read: _Cells, reasons: list[Unreadable]
) -> Iterator[tuple[Exact, Exact]]:
    """The trees all of whose cells are numbers, with those numbers; why others cannot be read goes to `reasons`."""
    for tree in trees:
        try:
            if isinstance(tree, Unreadable):
                raise tree
            yield tree, each(tree, read)
        except Unreadable as reason:
            reasons.append(reason)


def _only(readings: list[tuple[Exact, Exact]], text: str) -> list[Part]:
    """The numbers of the first reading. Raises: Unreadable where another one states others and is as likely.

    That it never is where all commas stand in decimals, as in `1,5 2/3`.
    """
    flat = [list(cells(numbers)) for _, numbers in readings]
    if all(_DECIMAL_COMMA.fullmatch(cell) for cell in cells(readings[0][0]) if "," in cell):
        return flat[0]
    if any([part.value for part in other] != [part.value for part in flat[0]] for other in flat[1:]):
        raise Unreadable(COMMAS, {"text": excerpt(text)})
    return flat[0]


def _bounded(tree: Exact, text: str, dims: tuple[int, ...]) -> Exact | Unreadable:
    """A tree of another shape than asked, or what is wrong with it."""
    if not _even(tree, shape(tree)):
        return Unreadable(UNEQUAL, {"text": excerpt(text)})
    if (count := prod(shape(tree))) > _most(dims):
        return Unreadable(TOO_MANY, {"asked": prod(dims), "written": count})
    return tree


def _most(dims: tuple[int, ...]) -> int:
    """How many numbers are read at most where so many are asked: enough to tell that the size is wrong."""
    return 2 * prod(dims) + 50


def _written(parts: Exact) -> Written:
    return Written(each(parts, lambda part: part.value), each(parts, lambda part: part.places))


def _fits(tree: Exact, dims: tuple[int, ...]) -> bool:
    """Whether a tree fills a shape, axes of length 1 aside: those may be left out, and a row may stand for a column."""
    found = shape(tree)
    return _even(tree, found) and [n for n in found if n != 1] == [n for n in dims if n != 1]


def _even(value: Exact, dims: tuple[int, ...]) -> bool:
    if not dims:
        return not isinstance(value, tuple)
    return isinstance(value, tuple) and len(value) == dims[0] and all(_even(part, dims[1:]) for part in value)


def _cuts(text: str) -> tuple[Cut, ...]:
    """The ways to part rows that can differ for a text."""
    if "," not in text:
        return CUTS[::2]
    return CUTS if _SPACE.search(text) else (CUTS[0], CUTS[-1])


def _pairs(text: str) -> _Pair:
    """The brackets of a text, each with those within. Raises: Unreadable where they do not match."""
    open_pairs = [_Pair(0, len(text))]
    for match in _BRACKET.finditer(text):
        if match[0] in CLOSING:
            open_pairs.append(_Pair(match.end()))
            if len(open_pairs) > DEEPEST + 1:
                raise Unreadable(TOO_DEEP, {"text": excerpt(text)})
            continue
        pair = open_pairs.pop()
        if not open_pairs or CLOSING[text[pair.start - 1]] != match[0]:
            raise Unreadable(BRACKETS, {"text": excerpt(text)})
        pair.end = match.start()
        open_pairs[-1].within.append(pair)
    if len(open_pairs) > 1:
        raise Unreadable(BRACKETS, {"text": excerpt(text)})
    return open_pairs[0]


def _outermost(text: str, whole: _Pair, cut: Cut) -> Exact:
    """Nested tuples of the cells' texts; one pair of brackets around all of it is no axis of its own."""
    tree = _tree(text, whole, cut)
    return tree[0] if len(tree) == 1 and isinstance(tree[0], tuple) else tree


def _tree(text: str, pair: _Pair, cut: Cut) -> tuple[Exact, ...]:
    if pair.within and all(map(_BETWEEN.fullmatch, _gaps(text, pair))):
        return tuple(_element(text, inner, cut) for inner in pair.within)
    inside = text[pair.start : pair.end]
    if not _PARTED.search(inside) and not pair.within:
        told = inside.removesuffix(",")
        return tuple(told.split(",") if cut is CUTS[-1] else [told]) if told else ()
    masked = _masked(text, pair)
    spans = [span for span in _spans(masked, _ROW_END) if masked[slice(*span)].strip()]
    found = [_cells(inside[slice(*span)], masked[slice(*span)], cut) for span in spans]
    if len(found) == 1:
        return found[0]
    return tuple(row[0] for row in found) if all(len(row) == 1 for row in found) else tuple(found)


def _element(text: str, pair: _Pair, cut: Cut) -> Exact:
    """What one pair of brackets holds: an array, or one number where they are round."""
    tree = _tree(text, pair, cut)
    return tree[0] if len(tree) == 1 and text[pair.start - 1] == "(" else tree


def _cells(row: str, masked: str, cut: Cut) -> tuple[str, ...]:
    """The texts of a row's numbers; a comma at its end parts nothing."""
    if "," not in masked and not _PARTED.search(masked):
        return (row,)
    begin, end = len(masked) - len(masked.lstrip()), len(masked.rstrip().removesuffix(",").rstrip())
    spans = _spans(masked[begin:end], cut(masked[begin:end]))
    return tuple(row[begin:end][slice(*span)].strip() for span in spans)


def _spans(text: str, between: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Where the pieces lie that a pattern parts."""
    at = 0
    for match in between.finditer(text):
        yield at, match.start()
        at = match.end()
    yield at, len(text)


def _masked(text: str, pair: _Pair) -> str:
    """The inside of a pair, just as long, with nothing to part in the pairs within it."""
    parts, at = [], pair.start
    for inner in pair.within:
        parts += [text[at : inner.start], "_" * (inner.end - inner.start)]
        at = inner.end
    return "".join([*parts, text[at : pair.end]])


def _gaps(text: str, pair: _Pair) -> Iterator[str]:
    """What stands between the pairs right within a pair, their brackets aside."""
    at = pair.start
    for inner in pair.within:
        yield text[at : inner.start - 1]
        at = inner.end + 1
    yield text[at : pair.end]
