"""Coordinates of PDF: matrices of six numbers, and numbers as they are written."""

from __future__ import annotations

Matrix = tuple[float, ...]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def numbers(line: bytes) -> tuple[float, ...]:
    """The operands of an operation that takes numbers alone."""
    return tuple(map(float, line.split()[:-1]))


def multiplied(first: Matrix, then: Matrix) -> Matrix:
    """What it is to go through one and then through the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def number(value: float) -> bytes:
    """To a thousandth of a point, and no longer than that needs."""
    text = b"%.3f" % value
    text = text.rstrip(b"0").rstrip(b".")
    return b"0" if text in (b"-0", b"") else text
