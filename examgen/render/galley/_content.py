"""The content of a set page as code."""

from __future__ import annotations

from collections.abc import Iterator

from examgen.render.galley._book import Book
from examgen.render.galley._flow import Leaf, Set
from examgen.render.typeset.matrices import number


def page_code(book: Book, leaf: Leaf, whose: str, page: int, pages: int) -> bytes:
    """Everything that stands on a page, in its margins too."""
    code: list[bytes] = []
    count = 0
    for one in leaf.sets:
        code += _placed(one, lift(book, one), count)
        count += one.unit.contents
    return b"\n".join([*code, b"/Artifact BMC", book.margins.code(whose, page, pages), b"EMC"])


def lift(book: Book, one: Set) -> float:
    """How much higher a piece stands on its page than where it was laid out."""
    high: float = book.high - book.top - one.y - one.unit.top
    return high


def _placed(one: Set, dy: float, count: int) -> Iterator[bytes]:
    yield b"q 1 0 0 1 %b %b cm" % (number(one.x), number(dy))
    yield b"".join(part if type(part) is bytes else b" %d" % (count + part) for part in one.code.parts)
    yield b"Q"
