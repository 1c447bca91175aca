"""A document's HTML as a flow of pieces that are set one below another, each with its texts taken out.

Two pieces with the same look differ in nothing but their texts. In prose only numbers may differ; in equations, tables and
circuits every text may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from examgen.render.galley._lines import Unfit

HOLDING = frozenset(("article", "section", "tbody"))  # a table's rows are pieces only where the table is one of these:
HOLDING_CLASSES = frozenset(("step", "accepted", "mistakes", "third", "single"))
FREE = frozenset(  # classes of pieces whose every text may differ
    ("line", "given-numbers", "step-grids", "circuit", "edges", "strip-tasks", "answered", "misled")
)
FOLLOWING = frozenset(("strip-tasks",))  # classes of pieces whose style depends on whether another such one stands before
TAG = re.compile(r"(<[^>]*>)")
NAME = re.compile(r"</?([a-zA-Z0-9]+)")
CLASS = re.compile(r'class="([^"]*)"')
MATH = re.compile(r"<math.*?</math>", re.DOTALL)
LABEL = re.compile(r' aria-label="([^"]*)"')
VOID = frozenset(("br", "img", "meta", "hr", "wbr"))
HERE = "data-leaf"


Look = tuple[tuple[str, ...], tuple[str, ...], str]


@dataclass(frozen=True)
class Piece:
    """One block: the tags around it, its look, its texts, its formulas, and what is said of it if it is a picture.

    `html` is all of it. `level` and `label` are its bookmark's, 0 where it has none. `before` are the tags of what stands
    before each of those around it and before itself, where its style depends on that.
    """

    around: tuple[str, ...]
    look: str
    before: tuple[str, ...]
    html: str
    texts: tuple[str, ...]
    formulas: tuple[str, ...]
    words: str
    level: int = 0
    label: str = ""

    @property
    def seen(self) -> Look:
        """What its looks depend on."""
        return self.around, self.before, self.look


@dataclass(frozen=True)
class Edge:
    """Where something that holds pieces begins or ends."""

    tag: str
    opens: bool


@dataclass(frozen=True)
class Tag:
    """What a tag says: whether it ends an element, whether none is needed to end it, and what its texts and looks are."""

    closing: bool
    alone: bool
    slot: bool
    number: bool
    head: bool
    seen: str


@lru_cache(maxsize=1 << 16)
def _tag(token: str) -> Tag:
    name = NAME.match(token)
    if name is None:
        raise Unfit(f"{token[:40]!r} is no tag")
    alone = name[1] in VOID or token.endswith("/>")
    return Tag(
        token.startswith("</"), alone, "slot" in classes(token), token.startswith("<mn"), token.startswith("<th"),
        BOOKMARKED.sub("", token),
    )


def flow(html: str) -> Iterator[Piece | Edge]:
    """What stands in a body, in its order. Raises: Unfit where that is more than blocks."""
    around: list[str] = []
    beside = [""]  # by depth, the last element that stands there
    place = 0
    while (found := TAG.search(html, place)) is not None:
        if html[place : found.start()].strip():
            raise Unfit(f"the text {html[place : found.start()].strip()[:40]!r} stands in no block")
        token, place = found[0], found.end()
        if token.startswith("<!"):
            continue
        tag = _tag(token)
        if tag.closing:
            ended = around.pop() if around else ""
            beside[-2:] = [ended]
            yield Edge(ended, False)
        elif _holds(token, around[-1] if around else ""):
            around.append(token)
            beside.append("")
            yield Edge(token, True)
        elif not tag.alone:
            place = _end(html, ending(token)[2:-1], place)
            yield _piece(tuple(around), html[found.start() : place], beside)
            beside[-1] = token
    if around or html[place:].strip():
        raise Unfit("a tag is not closed, or a text stands behind the last one")


def _end(html: str, name: str, place: int) -> int:
    """Where an element ends whose first tag does. Raises: Unfit where it never does."""
    depth = 1
    for found in _tags(name).finditer(html, place):
        depth += -1 if found[1] else 1
        if not depth:
            return found.end()
    raise Unfit(f"a {name} is not closed")


@lru_cache(maxsize=64)
def _tags(name: str) -> re.Pattern[str]:
    return re.compile(rf"<(/?){name}\b[^>]*>")


@lru_cache(maxsize=4096)
def _holds(token: str, above: str) -> bool:
    own = classes(token)
    inner = "strip-task" in own and "single" in classes(above)
    return inner or ending(token)[2:-1] in HOLDING or not HOLDING_CLASSES.isdisjoint(own)


def classes(token: str) -> list[str]:
    """The classes of an element, by its tag."""
    found = CLASS.search(token)
    return found[1].split() if found else []


def _piece(around: tuple[str, ...], html: str, before: Sequence[str]) -> Piece:
    cut = _cut(html)
    own_tags = (*around, cut.tag)
    known = tuple(before) if not any(before) else tuple(
        tag if tag and ((not place and cut.level and tag.startswith("<section")) or _follows(own_tags[place], tag)) else ""
        for place, tag in enumerate(before)
    )
    return Piece(around, cut.look, known, html, cut.texts, cut.formulas, cut.words, cut.level, cut.label)


class _Cut(NamedTuple):
    """What a piece is by itself: its first tag, and of `Piece` what does not depend on where it stands."""

    tag: str
    look: str
    texts: tuple[str, ...]
    formulas: tuple[str, ...]
    words: str
    level: int
    label: str


@lru_cache(maxsize=8192)  # headings and prose stand again in every variant
def _cut(html: str) -> _Cut:
    parts = TAG.split(html)
    own, words = classes(parts[1]), ""
    picture = "circuit" in own
    if picture:
        found = LABEL.search(parts[1])
        words = unescape(found[1]) if found else ""
        parts[1] = LABEL.sub(' aria-label=""', parts[1])
    look, texts = _taken(parts, bool(FREE.intersection(own)) or parts[1].startswith("<tr"))
    level, label = _bookmark(html) if "<h" in html else (0, "")
    formulas = tuple(MATH.findall(html)) if "<math" in html and not picture else ()
    return _Cut(parts[1], look, texts, formulas, words, level, label)


@lru_cache(maxsize=4096)
def _follows(tag: str, before: str) -> bool:
    return not FOLLOWING.isdisjoint(classes(tag)) and not FOLLOWING.isdisjoint(classes(before))


def _bookmark(html: str) -> tuple[int, str]:
    """Level and label of the bookmark of the first heading in a piece."""
    found = HEADING.search(html)
    if found is None:
        return 0, ""
    told = LABELLED.search(found[2])
    return int(found[1]), unescape(told[1]) if told else " ".join(unescape(TAG.sub("", found[3])).split())


HEADING = re.compile(r"<h([1-6])\b([^>]*)>(.*?)</h\1>", re.DOTALL)
LABELLED = re.compile(r'data-bookmark="([^"]*)"')
BOOKMARKED = re.compile(r' data-bookmark="[^"]*"')
OPEN, LEAD, TAIL = "\ue010", "\ue011", "\ue012"  # a slot, and whether its text begins and ends with a space


def _taken(parts: list[str], free: bool) -> tuple[str, tuple[str, ...]]:
    """The look, and the texts that may differ: those of numbers and slots; where all are `free`, but for heads of tables."""
    slots: Sequence[int] = range(0, len(parts), 2)
    if not free or any(part.startswith("<th") for part in parts[1::2]):
        slots = _slots(parts, free)
        parts = [_tag(part).seen if i % 2 else _blank(part) for i, part in enumerate(parts)]
    texts: list[str] = []
    for i in slots:
        parts[i], said = _slot(parts[i])
        if said is not None:
            texts.append(said)
    return "".join(parts), tuple(texts)


@lru_cache(maxsize=1 << 16)
def _slot(text: str) -> tuple[str, str | None]:
    """What stands for a text in the look, and what it says; a blank says nothing."""
    if not text.strip():
        return _blank(text), None
    return f"{OPEN}{LEAD * text[0].isspace()}{TAIL * text[-1].isspace()}", unescape(text)


def _blank(text: str) -> str:
    return text if not text or text.strip() else " "


def _slots(parts: list[str], free: bool) -> list[int]:
    """Which parts between tags are texts that may differ."""
    found: list[int] = []
    stack: list[tuple[bool, bool]] = []  # whether it is a slot, and a head
    slots = heads = 0
    for i, part in enumerate(parts):
        if i % 2 == 0:
            if slots or (free and not heads):
                found.append(i)
            continue
        tag = _tag(part)
        if tag.closing:
            slot, head = stack.pop()
            slots, heads = slots - slot, heads - head
        elif not tag.alone:
            stack.append((tag.slot or (tag.number and not heads), tag.head))
            slots, heads = slots + stack[-1][0], heads + stack[-1][1]
    return found


def filled(piece: Piece, number: int) -> str:
    """The piece with its tags around it, its texts marked as slots."""
    tags = TAG.split(piece.html)
    look = TAG.split(piece.look)
    slot = 0
    out = []
    for i, (own, seen) in enumerate(zip(tags, look, strict=True)):
        if i % 2 == 0 and seen.startswith(OPEN):
            out.append(f'<x-slot data-slot="{slot}">{own}</x-slot>')
            slot += 1
        else:
            out.append(own)
    out[1] = out[1].replace(">", f' {HERE}="{number}">', 1) if not out[1].endswith("/>") else out[1]
    before = (tag + ending(tag) if tag else "" for tag in piece.before)
    opened = "".join(earlier + tag for earlier, tag in zip(before, (*piece.around, "".join(out)), strict=True))
    return opened + "".join(map(ending, reversed(piece.around)))


def ending(tag: str) -> str:
    """The tag that ends what a tag begins."""
    return f"</{NAME.match(tag)[1]}>"  # type: ignore[index]  # a tag has a name
