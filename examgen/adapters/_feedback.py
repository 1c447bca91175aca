"""What a student is shown of a marked box: which one it is, and the sentences of its mark, no longer than a screen."""

from __future__ import annotations

from examgen.marking import BoxMark

LONGEST = 2000  # characters; a web page should show a box's feedback whole


def name(box: BoxMark) -> str:
    """The box by its label on paper and what it asks, as `1a: losses[0]`."""
    return plain(f"{box.label}: {box.key}")


def feedback(box: BoxMark) -> str:
    """The mark's own sentences, a line each; where points are missing without one, the status stands in for them."""
    told = "\n".join(box.says)
    return plain(told if told or box.points >= box.most else box.status)


def plain(text: str) -> str:
    """Text that any system shows as it is: printable, of valid characters, and cut off where it is too long.

    Sentences may repeat what a student wrote, and that may be anything.
    """
    valid = text.encode("utf-8", "replace").decode("utf-8")
    shown = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in valid)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
