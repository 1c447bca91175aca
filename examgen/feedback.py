"""What a student reads of boxes on a terminal: what each takes, then what became of it and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from examgen.marking import BoxMark, Mark
from examgen.render.language import say
from examgen.render.notation import num
from examgen.writing import Style

STATUS = {
    "right": ("right", "green"),
    "followed": ("counts as right", "green"),
    "implied": ("counts as right", "green"),
    "partial": ("partly right", "yellow"),
    "wrong": ("wrong", "red"),
    "blank": ("blank", "yellow"),
    "unreadable": ("unreadable", "red"),
    "cancelled": ("does not count", "yellow"),
    "hand": ("marked by hand", "yellow"),
}
POINTS = "Points: %(points)s of %(most)s."
REVEALED = "Right is %(value)s."
NOTHING_MORE = ("Not answered.", "Wrong.")  # sentences that say no more than the word beside them
WHOLE, DECIMALS, WHOLE_CELLS, MATRIX = "a whole number", "decimals: %(decimals)s", "whole numbers", "matrix %(size)s"
CHOICE = "one of %(letters)s"
MESSAGES = (CHOICE, WHOLE, DECIMALS, WHOLE_CELLS, MATRIX, POINTS, REVEALED, *(word for word, _ in STATUS.values()))
SETTLED = ("right", "partial", "wrong", "blank", "unreadable", "cancelled", "hand")  # whatever they are worth
LONGEST = 40  # characters of an answer that are shown again


def takes(dims: Sequence[int], whole: bool, decimals: int, language: str, letters: Sequence[str] = ()) -> str:
    """What a box takes: a whole number, so many decimals, a matrix of either; `dims` is the shape of its answer.

    `letters` are what the choices are called, where it takes one of them.
    """
    if letters:
        return say(language, CHOICE, {"letters": ", ".join(letters)})
    number = say(language, DECIMALS, {"decimals": decimals})
    if not dims:
        return say(language, WHOLE) if whole else number
    size = "×".join(map(str, dims if len(dims) > 1 else (1, *dims)))
    return f"{say(language, MATRIX, {'size': size})}, {say(language, WHOLE_CELLS) if whole else number}"


def parts(
    mark: Mark, style: Style, names: Mapping[str, str], *, written: bool = False, values: Mapping[str, str] | None = None
) -> Iterator[RenderableType]:
    """A line for each box, then the points; `names` say what is asked, by label.

    `written` shows once more what the student wrote; `values` are right ones to be revealed where something else stands.
    """
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    nothing = [style.say(sentence) for sentence in NOTHING_MORE]
    for box in mark.boxes:
        word, colour = STATUS[box.status] if box.status in SETTLED or box.points == box.most else STATUS[_less(box)]
        says = [sentence for sentence in box.says if sentence not in nothing]
        if values and box.status != "right":
            says.append(style.say(REVEALED, {"value": values[box.label]}))
        asked = f"{names[box.label]} = {brief(box.written)}" if written and box.written else names[box.label]
        table.add_row(Text(box.label, "bold"), Text(asked), Text(style.say(word), colour), Text(" ".join(says)))
    yield table
    points, most = (num(points, style.comma) for points in (mark.points, mark.most))
    yield Text(style.say(POINTS, {"points": points, "most": most}))
    yield from map(Text, mark.notes)


def _less(box: BoxMark) -> str:
    """What to call a box that follows and is not worth all of its points."""
    return "partial" if box.points else "wrong"


def brief(written: str) -> str:
    """An answer on one line, without what no terminal can show."""
    seen = "".join(letter if letter.isprintable() else " " for letter in written)
    return seen if len(seen) <= LONGEST else f"{seen[:LONGEST]}…"
