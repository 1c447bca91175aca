"""What stands in a box, read as the box asks: numbers, or one of its choices."""

from __future__ import annotations

from fractions import Fraction

from examgen.choices import chosen
from examgen.keyfile import KeyBox
from examgen.written import Unreadable, Written, read

CHOICE = "No choice can be read; there are %(letters)s."


def read_box(text: str, box: KeyBox, *, forms: bool = True) -> Written:
    """The numbers that a text states, or the place of the choice that it names. Raises: Unreadable."""
    if not box.options:
        return read(text, box.shape, forms=forms)
    place = chosen(text, len(box.options))
    if place is None:
        raise Unreadable(CHOICE, {"letters": ", ".join(box.options)})
    return Written(Fraction(place), None)
