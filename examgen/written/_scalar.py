"""One number, or a chain of the same number in several forms behind its name: `L = 3,8/3 ≈ 1,27`."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations

from examgen.written._data import Unreadable, excerpt
from examgen.written._decimal import LONGEST, Part, decimal
from examgen.written._expression import CONSTANTS, FUNCTIONS, UNFINISHED, expression
from examgen.written._numbers import snapped
from examgen.written._spelling import BLANK, TOO_LONG

ONE_NUMBER = 'One number is asked, and "%(text)s" holds more: write that number alone.'
TOO_MANY_PARTS = '"%(text)s" has too many equals signs: write the answer once.'
DIFFERENT = 'There are two different numbers in "%(text)s": write one answer.'
DECIMAL_ASKED = "A decimal number is asked here, no fraction or expression: write one such as 1.27."

MOST_PARTS = 8
ALIKE = Fraction(1, 10**25)  # how near two expressions are that mean the same

_EQUALS = re.compile("[=≈]{1,2}")
_SEVERAL = re.compile(r"[;\n]|, |[\])}],")
_NAME = re.compile(r"(?!.{41})[\w∂∇][\w∂∇/,\[\](){}'′ ]*")
# what is called with a number is no name, even where it has no value: ln(0), e/0
_CALLED = re.compile(rf"(?:{'|'.join((*FUNCTIONS, 'log'))}) *[(\[{{]? *[\d.,+-]|(?:{'|'.join(CONSTANTS)}) */", re.IGNORECASE)
_SIMPLE = re.compile(r"(-?\d{1,30})(?:[.,](\d{1,30})|/0*([1-9]\d{0,29}))?", re.ASCII)


def scalar(text: str, forms: bool) -> Part:
    """The one number that a spelled text states, its name passed over. Raises: Unreadable."""
    told = unnamed(text)
    if _SEVERAL.search(told):
        raise Unreadable(ONE_NUMBER, {"text": excerpt(told)})
    return number(told, forms)


def unnamed(text: str) -> str:
    """The text without the names it begins with, and without the sign that it then begins with."""
    for _ in range(MOST_PARTS):
        match = _EQUALS.search(text)
        if match is None:
            break
        head = text[: match.start()].strip()
        if head and not _is_name(head):
            return text
        text = text[match.end() :].strip()
        if not head:
            break
    if not text:
        raise Unreadable(BLANK)
    return text


def number(text: str, forms: bool) -> Part:
    """The number that a text without a name states; all members of a chain agree. Raises: Unreadable."""
    if found := simple(text, forms):
        return found
    if not text:
        raise Unreadable(BLANK)
    if len(text) > LONGEST:
        raise Unreadable(TOO_LONG, {"most": LONGEST})
    texts = [part.strip() for part in _EQUALS.split(text)]
    if len(texts) > MOST_PARTS:
        raise Unreadable(TOO_MANY_PARTS, {"text": excerpt(text)})
    if "" in texts:
        raise Unreadable(UNFINISHED, {"text": excerpt(text)})
    parts = [decimal(part) or Part(snapped(expression(part))) for part in texts]
    if not all(_agree(one, other) for one, other in combinations(parts, 2)):
        raise Unreadable(DIFFERENT, {"text": excerpt(text)})
    if not forms and parts[-1].unit is None:
        raise Unreadable(DECIMAL_ASKED)
    return parts[0 if forms else -1]


def simple(text: str, forms: bool) -> Part | None:
    """A decimal or a fraction that is read at a glance, as nearly all cells of a large array are."""
    match = _SIMPLE.fullmatch(text)
    if match is None:
        return None
    whole, decimals, below = match.groups()
    if below:
        return Part(Fraction(int(whole), int(below))) if forms else None
    places = len(decimals or "")
    unit = Fraction(1, 10**places)
    return Part(int(whole + (decimals or "")) * unit, unit, places)


def _is_name(text: str) -> bool:
    """Whether a text before an equals sign names what is asked: it is no number, or is e or π themselves."""
    if not _NAME.fullmatch(text) or _CALLED.match(text) or text[0].isnumeric():
        return False
    if text in CONSTANTS:
        return True
    try:
        expression(text)
    except Unreadable:
        return True
    return False


def _agree(one: Part, other: Part) -> bool:
    """Equal, or within one unit of the last decimal of the coarser one."""
    if one.unit == other.unit == 1:  # whole numbers are not rounded ones: 2 = 3 is no slip of the last digit
        return one.value == other.value
    units = [part.unit for part in (one, other) if part.unit]
    return abs(one.value - other.value) <= (max(units) if units else ALIKE * max(Fraction(1), abs(one.value)))
