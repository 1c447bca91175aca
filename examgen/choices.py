"""Choices: the letters that name them on paper, and the one that somebody wrote, in whatever alphabet."""

from __future__ import annotations

import re
from fractions import Fraction

from examgen.labels import LETTERS, alike
from examgen.render.language import languages, say
from examgen.render.notation import num

_LETTER = re.compile(r"[\s(\[\"'«]*(\w{1,2}?)(?:(?<=\d)[.,]0+)?[\s.)\]\"'»]*")  # spreadsheets make 2.0 of a 2


def letters(count: int, language: str) -> tuple[str, ...]:
    """What so many choices are called: a, b, c, … (а, б, в, … in Russian)."""
    return tuple(say(language, LETTERS)[:count])


def letter(value: Fraction | int | float, names: tuple[str, ...]) -> str:
    """What a choice is called that is known by its place from 1; a number that is no such place as it is."""
    place = int(value)
    return names[place - 1] if place == value and 1 <= place <= len(names) else num(Fraction(value))


def chosen(text: str, count: int) -> int | None:
    """The choice that is meant, from 1: `b`, `B)`, `б` and `2` are the second of any paper; None where none of them is.

    A letter counts by its place in its own alphabet; one that is too far behind there stands for the one that it looks like.
    """
    found = _LETTER.fullmatch(text.lower())
    if found is None:
        return None
    name = found[1]
    if name.isascii() and name.isdigit():
        return int(name) if 1 <= int(name) <= count else None
    alphabets = [say(language, LETTERS)[:count] for language in languages()]
    meant = (alphabet.index(sign) + 1 for sign in (name, *alike(name)) for alphabet in alphabets if sign in alphabet)
    return next(meant, None) if len(name) == 1 else None
