"""Marks made by hand: one box of every status, with what adapters must cope with."""

from __future__ import annotations

from fractions import Fraction

from examgen.marking import BoxMark, Mark, TaskMark

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
SENTENCE = "The mean is asked: divide the sum by the number of images."

MARK = Mark(
    "44H3T4", "en",
    (
        TaskMark(1, "svm_loss", (
            BoxMark(1, "1a", "losses[0]", Fraction(1), Fraction(1), "right", "0"),
            BoxMark(1, "1b", "losses[1]", Fraction(0), Fraction(1), "wrong", "-3.9", (SENTENCE, "See margin 2."), ("sum",)),
            BoxMark(1, "1c", "losses[2]", HALF, HALF, "implied"),
            BoxMark(1, "1d", "loss", HALF, Fraction(1), "followed", "5", ("It follows from what stands in 1b.",)),
        )),
        TaskMark(2, "conv_relu_pool", (
            BoxMark(2, "2a", "conv", THIRD, Fraction(2), "partial", "[[0, 1]]", ("A cell is wrong.",), (), ((0, 1), (1, 0))),
            BoxMark(2, "2b", "relu", Fraction(0), HALF, "blank"),
            BoxMark(2, "2c", "pooled", Fraction(0), Fraction(0), "cancelled"),
        )),
    ),
    ("There is no box 9z.",),
)  # fmt: skip


def one_box(says: str = "", key: str = "loss") -> Mark:
    """A mark of one wrong box that says this."""
    box = BoxMark(1, "1a", key, Fraction(0), Fraction(1), "wrong", "7", (says,) if says else ())
    return Mark("44H3T4", "en", (TaskMark(1, "svm_loss", (box,)),))
