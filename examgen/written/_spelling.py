"""One spelling for what people type in many: spaces, minus signs, dots and crosses, fraction bars."""

from __future__ import annotations

import re
from unicodedata import category

from examgen.written._data import Unreadable, excerpt

TOO_LONG = "The answer is too long: write at most %(most)s characters."
BLANK = "There is no number: write one such as 1.27, 19/15 or ln(9/2)."
CHARACTER = 'The character "%(character)s" cannot stand in an answer: write numbers with the digits 0 to 9.'

CYRILLIC = "еЕ"  # the letters that a Russian keyboard gives
ALIKE = {
    "-": "\u2212\u2010\u2011\u2012\u2013\u2014\u2015\ufe63",
    "*": "×·∙⋅•",
    "/": "÷∕⁄",
    ":": "∶",
    "≈": "~≃≅≐∼",
    "e": CYRILLIC[0],
    "E": CYRILLIC[1],
    " ": "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\r",
}
_SPELLED = str.maketrans({other: char for char, others in ALIKE.items() for other in others})
_ODD = re.compile(r"[^\n\x20-\x7e]")
_CROSS = re.compile(r"(?<=[0-9]) ?[xх] ?(?=10 ?(?:\^|\*\*|[⁻⁰¹²³⁴-⁹]))")  # 1.2x10^-3, the letter of either alphabet
_SPACES = re.compile(" {2,}")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Nd")  # digits of other scripts look like ours and are not


def spelled(text: str, most: int) -> str:
    """The text with one sign for each meaning. Raises: Unreadable for one that is blank, too long or not to be seen."""
    if len(text) > most:
        raise Unreadable(TOO_LONG, {"most": most})
    plain = text.translate(_SPELLED).strip()
    if not plain:
        raise Unreadable(BLANK)
    for char in dict.fromkeys(_ODD.findall(plain)):
        if category(char) in _UNSEEN:
            raise Unreadable(CHARACTER, {"character": excerpt(char)})
    return _CROSS.sub("*", _SPACES.sub(" ", plain))


def as_written(quoted: str, text: str) -> str:
    """What a sentence quotes of a spelled text, with the letters that the text itself has there: привет, not привeт."""
    begin = quoted.removesuffix("…")
    start = text.translate(_SPELLED).find(begin)
    if start < 0:
        return quoted
    own = text[start : start + len(begin)]
    return "".join(there if there in CYRILLIC else char for there, char in zip(own, begin, strict=True)) + quoted[len(begin) :]
