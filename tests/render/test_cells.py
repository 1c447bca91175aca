"""Grids put together cell by cell: as they come out where each of them is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from examgen.exam import read_exam
from examgen.render.galley import _book, _cells, opened
from examgen.render.galley._book import Book
from examgen.render.galley._content import page_code
from examgen.render.galley._fragments import Piece, flow
from examgen.render.galley._reading import Font, differing, marks
from examgen.render.html import key_html
from examgen.render.paper import SolvedVariant
from examgen.resources import find
from examgen.selecting import variants
from examgen.sheets import head, solved_variant
from examgen.solving import solve

COUNT = 12  # variants, whose true classes and clipped cells stand in other places each time
LECTURE = find("variants") / "lecture6.toml"
BORDERED = ".grid td.true { border: 3pt solid #000; }"  # which moves all that is beside it


@cache
def worked() -> tuple[SolvedVariant, ...]:
    """The worked solutions of a few variants."""
    exam = read_exam(LECTURE)
    solved = [(each, tuple(map(solve, each.instances))) for each in variants(exam, COUNT)]
    return tuple(solved_variant(exam, *each) for each in solved)


def book(style: str = "") -> tuple[Book, Sequence[Any]]:
    start, running, content = opened(key_html(head(read_exam(LECTURE)), (), (), worked()))
    events = list(flow(content))
    return Book(head(read_exam(LECTURE)), start.replace("</style>", f"{style}</style>", 1), running, [events], []), events


def shown(made: Book, events: Sequence[Any]) -> list[Any]:
    """All that can be seen on each page."""
    fonts = {name: Font(means, made.faces.widths[name]) for name, means in made.faces.read.items()}
    leaves = made.pages(events)
    codes = [page_code(made, leaf, "", number, len(leaves)) for number, leaf in enumerate(leaves, 1)]
    return [marks(code, fonts, list(made.forms)) for code in codes]


def otherwise(one: Sequence[Any], other: Sequence[Any]) -> list[str]:
    """In what pages differ."""
    return [found for a, b in zip(one, other, strict=True) if (found := differing(a, b))]


@cache
def laid_out(style: str = "") -> list[Any]:
    """The pages where every look is laid out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_book, "enough", lambda pieces: pieces)
        return shown(*book(style))


def test_grids_put_together_look_as_laid_out() -> None:
    """Fewer looks are laid out than there are, and every page looks the same."""
    made, events = book()
    looks = {event.seen for event in events if isinstance(event, Piece)}
    assert 4 < len(looks) - len(made.masters)
    assert [] == otherwise(laid_out(), shown(made, events))


def test_cells_that_move_others_are_laid_out() -> None:
    """Where a mark moves the cells beside it no grid is put together, and pages are right all the same."""
    made, events = book(BORDERED)
    assert [] == otherwise(laid_out(BORDERED), shown(made, events))


BROKEN: dict[str, tuple[str, Any]] = {
    "every cell is that of the first grid": ("_source", lambda self, place, kind: 0),
    "marks are left out": ("_held", lambda self, number, sources, form: replace(self.base.held[number], strokes=(), form=b"")),
}


@pytest.mark.parametrize("how", BROKEN)
def test_wrong_cells_are_noticed(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth."""
    monkeypatch.setattr(_cells._Family, *BROKEN[how])
    assert otherwise(laid_out(), shown(*book()))


def test_enough_are_laid_out() -> None:
    """Every cell in every class, no grid more, and all that is no grid."""
    around = ((), ())
    looks = [("a", "b"), ("b", "a"), ("a", "a"), ("b", "b"), ("c", "a")]
    grids = ["".join(f'<td class="{kind}">{_cells.OPEN}</td>' for kind in kinds) for kinds in looks]
    pieces = [Piece(around[0], look, around[1], look, (), (), "") for look in ["<p>", *grids, "<i>"]]
    assert ["<p>", grids[0], grids[1], grids[4], "<i>"] == [piece.look for piece in _cells.enough(pieces)]


def test_other_tables_are_no_grids() -> None:
    """A cell with two texts, or with none."""
    for inner in ("", _cells.OPEN * 2):
        assert _cells.grid(((), (), f'<td class="">{inner}</td>')) is None
