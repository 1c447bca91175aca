"""The worked solution of an affine classifier: scores, loss, regularisation, and the gradient weight by weight."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from examgen.model import Index, Leaf, Line, Step, Term
from examgen.narration import Worked, given, grids, indices

AFFINE = "The scores, class by class:"
DATA = "The loss of the image, whose true class is $y=%(true)s$:"
ADDED = "The regularisation, and all of the loss:"
AT_SCORES = "The gradient at the scores:"
TO_WEIGHTS = (
    "The gradient with respect to a weight: that at its score times its number of the image, and that of the regularisation."
)


def steps(worked: Worked) -> Iterator[Step]:
    places, label = range(worked.graph["f"].shape[0]), int(worked.values["label"][0])
    yield given(worked)
    yield Step("affine", AFFINE, lines=tuple(worked.line("f", (j,)) for j in places), grids=grids(worked, "f"))
    yield Step("loss", DATA, {"true": label + 1}, lines=tuple(_loss(worked, label)))
    yield Step("regularisation", ADDED, lines=(worked.line("R", stop={"W"}), worked.line("loss", stop={"losses", "R"})))
    if worked.backward:
        yield Step("slopes", AT_SCORES, lines=tuple(_slope(worked, j, int(j == label)) for j in places))
        lines = tuple(_weight(worked, index) for index in indices(worked.graph["W"].shape))
        yield Step("gradient", TO_WEIGHTS, lines=lines, grids=grids(worked, "W", True))


def _loss(worked: Worked, label: int) -> Iterator[Line]:
    """The sum of a hinge written out; or every probability, and -ln of the true class's."""
    if "probabilities" not in worked.graph:
        yield worked.line("losses", stop={"f"})
        return
    yield from (worked.line("probabilities", (j,), stop={"f"}) for j in range(worked.graph["f"].shape[0]) if j != label)
    yield worked.line("true_probabilities", stop={"f"})
    term = Term("neg", (Term("log", (worked.leaf("true_probabilities"),)),))
    yield worked.equation(worked.symbol("losses"), term, worked.value("losses"), what=("losses", False, ()))


def _slope(worked: Worked, j: int, own: int) -> Line:
    """At a score: p, less 1 at the true class; or how often its margin counts, which needs no reckoning."""
    value, term = worked.value("f", (j,), True), None
    if "probabilities" in worked.graph:
        term = Term("-", (worked.leaf("probabilities", (j,)), Leaf(Fraction(own))))
    return worked.equation(worked.symbol("f", (j,), True), term or Leaf(value), value, what=("f", True, (j,)))


def _weight(worked: Worked, index: Index) -> Line:
    """What comes from the score, and what comes from the square of the weight."""
    data = Term("*", (worked.leaf("f", index[:1], True), worked.leaf("x", index[1:])))
    penalty = Term("*", (Leaf(worked.value("squares", index, True)), Leaf(Fraction(2)), worked.leaf("W", index)))
    symbol, value = worked.symbol("W", index, True), worked.value("W", index, True)
    return worked.equation(symbol, Term("+", (data, penalty)), value, what=("W", True, index))
