"""The worked solution of a loss on a matrix of scores: image by image, then the loss, then the gradient row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from examgen.graph import Graph
from examgen.model import Expression, Index, Leaf, Line, Step, Term
from examgen.narration import Worked, grids
from examgen.terms import tidy

LETTERS = {"scores": "s", "logits": "s", "rows": "s", "probabilities": "p", "true_probabilities": "p", "losses": "L"}
GIVEN = {  # by whether a column is an image, and whether the table holds numbers under ln
    (False, False): (
        "Given are the scores, a row is an image, a column is a class: "
        "$s_{ij}$ is the score of image $i$ for class $j$; those of the true classes are framed."
    ),
    (True, False): (
        "Given are the scores, a column is an image, a row is a class: "
        "$s_{ij}$ is the score of image $i$ for class $j$; those of the true classes are framed."
    ),
    (False, True): (
        "Given are the numbers $e^{s_{ij}}$, a row is an image, a column is a class: "
        "$s_{ij}$ is the score of image $i$ for class $j$; those of the true classes are framed."
    ),
    (True, True): (
        "Given are the numbers $e^{s_{ij}}$, a column is an image, a row is a class: "
        "$s_{ij}$ is the score of image $i$ for class $j$; those of the true classes are framed."
    ),
}
SAMPLE = "Image %(image)s: $y_{%(image)s}=%(true)s$, the score of the true class is $%(symbol)s=%(score)s$."
LOSS = {"mean": "The mean over the images:", "sum": "The sum over the images:"}
ROW = "The gradient of image %(image)s, class by class:"
TABLE = "All of it, in the order of the table:"

Lines = Callable[[Worked, int], Iterator[Line]]


def symbol(graph: Graph, node: str, index: Index) -> str:
    """s_{ij} for image i and class j, counted from 1, however the table lies."""
    if node == "loss" or not index:
        return {"loss": "L", "scores": "s", "logits": "s"}.get(node, LETTERS.get(node, node))
    if node in ("scores", "logits") and "rows" in graph:
        index = index[::-1]
    parts = [str(i + 1) for i in index]
    return f"{LETTERS.get(node, node)}_{{{(',' if max(index) > 8 else '').join(parts)}}}"


def steps(worked: Worked, sample: Lines, gradient: Lines, loss: Callable[[Worked], Line] | None = None) -> Iterator[Step]:
    """`sample` gives the lines of one image's loss, `gradient` those of its row of the gradient; `loss` that of them all."""
    labels = worked.values["labels"]
    framed = {cell(worked, i, int(label)): "true" for i, label in enumerate(labels)}
    (table,) = grids(worked, "scores")
    columns, logarithms = "rows" in worked.graph, "logits" in worked.graph
    shown = replace(table, symbol="e^{s}" if logarithms else table.symbol, marks=framed)
    yield Step("given", GIVEN[columns, logarithms], grids=(shown,))
    for i, label in enumerate(labels):
        score = logits(worked, i, int(label))
        values = {"image": i + 1, "true": int(label) + 1, "symbol": score.symbol, "score": written(worked, i, int(label))}
        yield Step("sample", SAMPLE, values, lines=tuple(sample(worked, i)))
    if len(labels) > 1:
        yield Step("loss", LOSS[worked.graph["loss"].op], lines=((loss or _loss)(worked),))
    if any(worked.wants(name, True) for name in ("scores", "logits")):
        for i in range(len(labels)):
            yield Step("gradient", ROW, {"image": i + 1}, lines=tuple(gradient(worked, i)))
        yield Step("table", TABLE, grids=grids(worked, scored(worked), True))


def _loss(worked: Worked) -> Line:
    return worked.line("loss", stop={"losses"})


def scored(worked: Worked) -> str:
    """The node that holds the scores: behind ln where the table holds numbers under it."""
    return "logits" if "logits" in worked.graph else "scores"


def cell(worked: Worked, i: int, j: int) -> tuple[int, int]:
    """Where the score of image i for class j stands in the table."""
    return (j, i) if "rows" in worked.graph else (i, j)


def logits(worked: Worked, i: int, j: int) -> Leaf:
    return worked.leaf(scored(worked), cell(worked, i, j))


def written(worked: Worked, i: int, j: int) -> Any:
    """A score as the table prints it: a number, or ln of one."""
    score = worked.value("scores", cell(worked, i, j))
    return Term("log", (Leaf(score),)) if scored(worked) == "logits" else score


def classes(worked: Worked) -> int:
    dims = worked.graph["scores"].shape
    return dims[0] if "rows" in worked.graph else dims[1]


def averaged(worked: Worked, term: Expression) -> Expression:
    """An image's share of the gradient: divided by their number under the mean, times the gradient at the loss."""
    if term == Leaf(Fraction(0)):
        return term
    count, upstream = len(worked.values["labels"]), worked.value("loss", (), True)
    if worked.graph["loss"].op == "mean" and count > 1:
        term = Term("/", (term, Leaf(count)))
    return tidy(Term("*", (Leaf(upstream), term)))


def gradient_line(worked: Worked, i: int, j: int, term: Expression) -> Line:
    node, index = scored(worked), cell(worked, i, j)
    value = worked.value(node, index, True)
    return worked.equation(worked.symbol(node, index, True), averaged(worked, term), value, what=(node, True, index))


def summed(leaves: Sequence[Expression]) -> Expression:
    """A sum with every part in it, zeros too: each stands for a term of the formula."""
    return Term("+", tuple(leaves)) if len(leaves) > 1 else leaves[0]


def number(value: Any) -> Leaf:
    return Leaf(Fraction(value))
