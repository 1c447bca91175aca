"""Pictures that would fill the memory or take for ever, known by their first bytes or by their references."""

from __future__ import annotations

import re
from io import BytesIO
from warnings import catch_warnings, simplefilter
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

DOTS = 40_000_000  # of a picture: a page of A4 at 600 dots per inch has 35 million
PARTS = 20_000  # of a drawing, each as often as it is drawn
_REFERENCE = re.compile(r"^\s*#([^\s)]+)\s*$|url\(\s*[\"']?#([^)\"']+)")


def too_much(content: bytes, suffix: str) -> str | None:
    """What is wrong with a picture's size, and the remedy; None for one of which its reader may judge."""
    if suffix == ".svg":
        return _drawing(content)
    return None if suffix == ".css" else _photo(content)


def _photo(content: bytes) -> str | None:
    from PIL import Image, UnidentifiedImageError  # here, since it takes long to load

    try:
        with catch_warnings():
            simplefilter("ignore", Image.DecompressionBombWarning)
            width, height = Image.open(BytesIO(content)).size
    except Image.DecompressionBombError:
        return f"has more than {DOTS // 10**6} million dots, make it smaller"
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, OverflowError):
        return None  # which is told where it is laid out
    if width * height > DOTS:
        return f"has {width} by {height} dots, more than {DOTS // 10**6} million, make it smaller"
    return None


def _drawing(content: bytes) -> str | None:
    try:
        root = ElementTree.fromstring(content)
        named = {element.get("id", ""): element for element in root.iter()}
        parts = _parts(root, named, {}, frozenset())
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    except RecursionError:
        return "is nested too deeply, or a part of it holds itself: save it anew"
    return f"draws more than {PARTS} parts, make it simpler" if parts > PARTS else None


def _parts(element: Element, named: dict[str, Element], known: dict[Element, int], above: frozenset[Element]) -> int:
    """How many parts are drawn for one, with all that it refers to. Raises: RecursionError where that is the part itself."""
    if element in above:
        raise RecursionError
    if element not in known:
        below = above | {element}
        references = (match for value in element.attrib.values() for match in _REFERENCE.finditer(value))
        meant = (named.get(match[1] or match[2]) for match in references)
        inner = [*element, *(other for other in meant if other is not None)]
        known[element] = 1 + sum(_parts(other, named, known, below) for other in inner)
    return known[element]
