"""Text of a taken-apart page as code again, and pieces that belong to one element."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from examgen.render.typeset.matrices import number
from examgen.render.typeset.streams import Item, Run
from examgen.render.typeset.tree import Element

NONE = re.compile(rb">0<")  # glyphs that stand as far apart as they are wide


def grouped(items: Sequence[Item], whose: Mapping[int, Element]) -> Iterator[list[Item]]:
    """Pieces that stand one behind another in one element, in the stream and in its structure."""
    group: list[Item] = []
    for item in items:
        if group and _joins(group[-1], item, whose):
            group.append(item)
            continue
        if group:
            yield group
        group = [item]
    if group:
        yield group


def _joins(before: Item, item: Item, whose: Mapping[int, Element]) -> bool:
    if before.mcid is None or item.mcid is None:
        return False
    owner = whose.get(before.mcid)
    if owner is None or whose.get(item.mcid) is not owner:
        return False
    place = owner.kids.index(before.mcid)
    return owner.kids[place + 1 : place + 2] == [item.mcid]


def text_code(run: Run) -> bytes:
    """A run as it was shown."""
    more = b"".join(b"%b %b Tf%b" % (font, number(size), _close(shown)) for font, size, shown in run.more)
    where = (run.font, number(run.size), number(run.x), number(run.y))
    return b"BT%b %b Tf %b %b Td%b%b ET" % (*where, _close(run.shown), more)


def _close(shown: bytes) -> bytes:
    return NONE.sub(b"", shown).replace(b">0]", b">]")
