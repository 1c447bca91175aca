"""What the answer boxes are called: the task's number and a letter of the paper's language, 1a or 1а; read back as typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from examgen.render.language import languages, say

LETTERS = "abcdefghijklmnopqrstuvwxyz"  # a message: each catalogue has its own
SHAPES = str.maketrans("aceopxykmht", "асеорхукмнт")  # Latin letters that look like Cyrillic ones
_LABEL = re.compile(r"(\d{1,2})[\s.,()/-]*([^\W\d_]{1,2})[\s.)]*")


def labels(task: int, count: int, language: str) -> tuple[str, ...]:
    """The boxes of a task on paper, in the table of answers and in the key: 1a, 1b, … (1а, 1б, … in Russian)."""
    letters = say(language, LETTERS)
    pairs = (divmod(i, len(letters)) for i in range(count))
    return tuple(f"{task}{letters[round - 1] if round else ''}{letters[i]}" for round, i in pairs)


def is_label(name: str) -> bool:
    """Whether a box may be meant, of whatever paper."""
    return _LABEL.fullmatch(name.strip().lower()) is not None


def typed(names: Iterable[str], language: str) -> Mapping[str, str]:
    """What is meant by labels as people type them, `1.A` or `2б)`; those that are no labels are left out.

    Where all letters are of another language's alphabet they count by their places in it: 1b is the second box of any paper.
    Where alphabets are mixed, letters stand for those that look like them.
    """
    found = {name: match for name in names if (match := _LABEL.fullmatch(name.strip().lower()))}
    letters = "".join(match[2] for match in found.values())
    alphabet = next((other for other in _alphabets(language) if set(letters) <= set(other)), None)
    own = say(language, LETTERS)
    meant = {name: _moved(match[2], alphabet, own) for name, match in found.items()}
    return {name: f"{int(found[name][1])}{text}" for name, text in meant.items() if set(text) <= set(own)}


def alike(letter: str) -> tuple[str, ...]:
    """The letters of other alphabets that look like this one."""
    return tuple({letter.translate(SHAPES), letter.translate(_BACK)} - {letter})


def _alphabets(language: str) -> list[str]:
    """The paper's own first."""
    return [say(language, LETTERS), *(say(other, LETTERS) for other in languages() if other != language)]


def _moved(text: str, alphabet: str | None, own: str) -> str:
    if alphabet is None:
        return text.translate(SHAPES) if set(text.translate(SHAPES)) <= set(own) else text.translate(_BACK)
    return "".join(own[alphabet.index(letter)] if alphabet.index(letter) < len(own) else "?" for letter in text)


_BACK = {cyrillic: latin for latin, cyrillic in SHAPES.items()}
