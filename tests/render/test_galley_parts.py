"""The parts of setting keys: documents as flows of pieces, pieces on pages, paragraphs in lines, strokes, pages read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.render.galley._drawings import strokes
from examgen.render.galley._flow import Frame, Leaf, pages
from examgen.render.galley._fragments import Piece, filled, flow
from examgen.render.galley._lines import Unfit
from examgen.render.galley._paragraphs import Paragraph, Pen, broken
from examgen.render.galley._reading import Font, differing, marks
from examgen.render.galley._units import Code, Holder, Unit


def pieces(html: str) -> list[Piece]:
    return [event for event in flow(html) if isinstance(event, Piece)]


def test_texts_of_numbers_are_no_part_of_the_look() -> None:
    """Two lines that differ in numbers look the same; two sentences do not."""
    one, other = pieces('<p class="line">x = 1</p><p class="line">x = 2</p>')
    assert (one.seen, ("x = 1",), ("x = 2",)) == (other.seen, one.texts, other.texts)
    one, other = pieces("<p>x = 1</p><p>x = 2</p>")
    assert one.seen != other.seen


def test_a_flow_keeps_all_there_is() -> None:
    """Edges and pieces, in their order, make the document again."""
    html = '<section class="a"><h2>One</h2><div class="step"><p class="line">x<b>1</b></p></div></section>'
    again = [event.html if isinstance(event, Piece) else event.tag if event.opens else "/" for event in flow(html)]
    assert ['<section class="a">', "<h2>One</h2>", '<div class="step">', '<p class="line">x<b>1</b></p>', "/", "/"] == again


@pytest.mark.parametrize("html", ["a word<p>1</p>", "<p>1</p>a word", "<section><p>1</p>a word</section>", "<section><p>1</p>"])
def test_more_than_blocks_is_refused(html: str) -> None:
    """No word of an own template is lost."""
    with pytest.raises(Unfit):
        list(flow(html))


def test_a_piece_knows_what_its_style_asks_for() -> None:
    """A second row of answers stands further away than the first; a master has what makes it so."""
    first, second = pieces('<div class="strip-tasks"><p>1</p></div><div class="strip-tasks"><p>1</p></div>')
    assert first.seen != second.seen
    assert filled(second, 0).startswith('<div class="strip-tasks"></div><div class="strip-tasks" data-leaf="0">')


HIGH = 100.0


def set_pages(html: str, heights: dict[str, float], **changes: Any) -> list[list[str]]:
    """The first word of each piece, page by page; `changes` are those of units by that word."""

    def find(piece: Piece) -> tuple[Unit, Code]:
        word = piece.html.split(">")[-2].split("<")[0] or piece.html.split(">")[1].split("<")[0]
        around = tuple(Holder(0.0, 0.0, "step" in tag, "turns" in tag, False) for tag in piece.around)
        keeps = piece.html.startswith("<h2")
        unit = Unit(0.0, heights[word], (0.0, changes.get(word, 0.0)), around, keeps, None)
        return unit, Code((), heights[word])

    return [_words(leaf) for leaf in pages(list(flow(html)), find, Frame(HIGH, 500.0, False))]


def _words(leaf: Leaf) -> list[str]:
    return [one.piece.html.split(">")[-2].split("<")[0] for one in leaf.sets]


@given(st.lists(st.integers(1, 100), min_size=1, max_size=30))
def test_pages_are_filled_in_order(heights: list[int]) -> None:
    """Nothing is lost, nothing stands higher than a page, and the next piece would not have fitted."""
    names = [f"p{i}" for i in range(len(heights))]
    found = set_pages("".join(f"<p>{name}</p>" for name in names), dict(zip(names, map(float, heights), strict=True)))
    assert names == [name for page in found for name in page]
    tall = dict(zip(names, heights, strict=True))
    for page, after in zip(found, [*found[1:], []], strict=True):
        used = sum(tall[name] for name in page)
        assert used <= HIGH
        assert not after or used + tall[after[0]] > HIGH


def test_a_heading_stays_with_what_follows() -> None:
    """Though it alone had room."""
    assert [["a"], ["h", "b"]] == set_pages("<p>a</p><h2>h</h2><p>b</p>", {"a": 70.0, "h": 20.0, "b": 40.0})


def test_a_step_stays_whole() -> None:
    """It goes to the next page with all that is in it."""
    html = '<p>a</p><div class="step"><p>b</p><p>c</p></div>'
    assert [["a"], ["b", "c"]] == set_pages(html, {"a": 60.0, "b": 30.0, "c": 30.0})


def test_the_head_of_a_table_is_repeated() -> None:
    """On each page where it goes on."""
    rows = "<tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody>"
    html = f'<table class="accepted"><thead><tr><th>h</th></tr></thead>{rows}</table>'

    def find(piece: Piece) -> tuple[Unit, Code]:
        around = tuple(Holder(0.0, 0.0, False, False, False) for _ in piece.around)
        high = 20.0 if piece.html.startswith("<thead") else 60.0
        return Unit(0.0, high, (0.0, 0.0), around, False, None), Code((), high)

    leaves = pages(list(flow(html)), find, Frame(HIGH, 500.0, False))
    assert [2, 2] == [len(leaf.sets) for leaf in leaves]
    assert [True, True] == [leaf.sets[0].piece.html.startswith("<thead") for leaf in leaves]


def test_a_forced_break_begins_a_page() -> None:
    """Though there is room."""
    html = '<p>a</p><section class="turns"><p>b</p></section>'
    assert [["a"], ["b"]] == set_pages(html, {"a": 10.0, "b": 10.0})


def test_margins_that_meet_are_one() -> None:
    """A margin below takes room between two pieces, and none at the end of a page."""
    html, heights = "<p>a</p><p>b</p>", {"a": 50.0, "b": 50.0}
    assert [["a", "b"]] == set_pages(html, heights, b=9.0)
    assert [["a"], ["b"]] == set_pages(html, heights, a=9.0)


def test_what_is_higher_than_a_page_is_refused() -> None:
    """No piece is cut off."""
    with pytest.raises(Unfit):
        set_pages("<p>a</p>", {"a": HIGH + 1})


class Typewriter:
    """Faces in which every letter is one point wide."""

    def shown(self, style: int, size: float, text: str) -> tuple[float, bytes]:
        return float(len(text)), b""


def lines(texts: Sequence[str], room: float, pens: Sequence[Pen]) -> list[str]:
    paragraph = Paragraph(list(pens), [i > 0 for i in range(len(pens))], 0.0, 0.0, room, 0.0)
    return [" ".join(text for _, _, text in line) for line in broken(paragraph, texts, Typewriter())]  # type: ignore[arg-type]  # a stand-in


@given(st.lists(st.text("ab", min_size=1, max_size=9), min_size=1, max_size=30), st.integers(9, 40))
def test_words_go_on_a_line_as_long_as_they_fit(words: list[str], room: int) -> None:
    """No line is longer than its room, and none could have taken the next word."""
    found = [line.split() for line in lines([" ".join(words)], room, [Pen(0, 10.0, b"", 0.0, False)])]
    assert words == [word for line in found for word in line]
    for line, after in zip(found, [*found[1:], None], strict=True):
        assert len(" ".join(line)) <= room
        assert after is None or len(" ".join([*line, after[0]])) > room


def test_what_is_not_broken_goes_to_the_next_line_whole() -> None:
    """The room behind it must fit too."""
    loose, whole = Pen(0, 10.0, b"", 0.0, False), Pen(0, 10.0, b"", 0.0, True, after=2.0)
    assert ["aaa", "1 2 3"] == lines(["aaa", "1 2 3"], 8.0, [loose, whole])
    assert ["aaa", "1 2 3"] == lines(["aaa", "1 2 3"], 10.0, [loose, whole])
    assert ["aaa 1 2 3"] == lines(["aaa", "1 2 3"], 11.0, [loose, whole])


def test_strokes_are_told_in_points_of_the_page() -> None:
    """Moved, made larger, clipped and coloured as they are."""
    code = b"q\n2 0 0 2 10 20 cm\n0 0 5 5 re\nW\nn\n1 0 0 rg\n0 0 9 1 re\nf\nQ\n0 0 1 1 re\nf"
    first, second = strokes(code)
    assert ((10.0, 20.0, 20.0, 22.0), (b"1 0 0 rg",)) == (first.corners, first.settings)
    assert ((0.0, 0.0, 1.0, 1.0), (b"0 0 0 rg",)) == (second.corners, second.settings)


FONTS = {b"/F": Font({1: "1", 2: "2"}, {1: 500.0, 2: 500.0})}
PAGE = b"q 1 0 0 1 100 200 cm\nBT 1 2 Td /F 10 Tf<00010002>Tj ET\n0 0 50 1 re\nf\nQ"


@pytest.mark.parametrize(("before", "after"), [
    (b"BT 1 2 Td", b"BT 3 2 Td"), (b"<00010002>", b"<00010001>"), (b"/F 10 Tf", b"/F 12 Tf"), (b"0 0 50 1 re\nf", b""),
    (b"0 0 50 1 re", b"0 0 52 1 re"), (b"BT", b".5 0 0 rg BT"), (b"<00010002>", b"<0001>"),
])
def test_other_pages_are_told_apart(before: bytes, after: bytes) -> None:
    """By letters, their places, sizes and colours, and by strokes; whichever page has more."""
    one, other = marks(PAGE, FONTS), marks(PAGE.replace(before, after), FONTS)
    assert differing(one, other)
    assert differing(other, one)


def test_the_same_page_written_otherwise_is_the_same() -> None:
    """By forms, text matrices, and glyphs set apart by numbers; a fraction of a point does not count."""
    again = b"q\n1 0 0 1 0 0 cm\nBT 10 0 0 10 101.2 202 Tm /F 1 Tf [<0001>0<0002>] TJ ET\nQ\n/E0 Do"
    assert "" == differing(marks(PAGE, FONTS), marks(again, FONTS, [b"100 200.1 50 1 re\nf"]))
