"""The worked solution of conv -> ReLU -> pool: window by window forward, then back through the winners and the filter."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from examgen.graph import Graph, Node
from examgen.model import Expression, Grid, Index, Leaf, Line, Step, Term
from examgen.narration import OTHERS, Worked, given, grids, indices
from examgen.ops._cells import Operand, window, winner
from examgen.ops.conv import out_length
from examgen.terms import reductions

LETTERS = {"image": "I", "kernels": "K", "bias": "b", "conv": "Z", "relu": "A", "pooled": "P", "target": "T", "loss": "L"}
WHOLE_IMAGE = 64  # cells up to which a window is shown in its image
FIRST = 2  # windows written out in the short form

SIZE = {
    "conv": "The size of the map, from the image, the filter, the padding and the stride:",
    "pool": "The size after pooling:",
}
WINDOW = "Cell $%(symbol)s$: the filter lies over the framed window, and the products are added."
BIASED = "Cell $%(symbol)s$: the filter lies over the framed window, the products are added, then the bias."
MAP = "The other cells in the same way; the whole map:"
RELU = "ReLU: negative cells become 0 (in brackets), the others stay."
POOL = {
    "maxpool": "Pooling: the largest number of each framed window (bold).",
    "avgpool": "Pooling: the mean of each framed window.",
    "padded": "Pooling: the mean of each framed window with its padding, which counts as zeros.",
}
POOLED = "The map after pooling:"
ERROR = "The loss, from the differences to the target:"
BACK = {
    "upstream": "The gradient at the output:",
    "maxpool": (
        "Back through the pooling: each gradient goes to the cell that won its window, the first of equal ones, all others "
        "get 0."
    ),
    "avgpool": "Back through the pooling: each gradient is spread evenly over its window.",
    "relu": "Back through ReLU: where the cell was not above 0 nothing comes back.",
    "kernels": "The filter's gradient: each weight collects the gradients of the cells it took part in, times the pixels.",
    "bias": "The bias is added to every cell of its map: its gradient is the sum over the map.",
    "image": "The image's gradient: each pixel collects the gradients of the windows it lies in, times the weights.",
}


def symbol(graph: Graph, node: str, index: Index) -> str:
    """Z_{12} for a cell, counted from 1; Z_{2,12} where there are several maps; Z_{2} for one of the maps."""
    letter, dims = LETTERS.get(node, node), graph[node].shape
    plane = max(len(dims) - 2, 0) if node != "bias" else 1
    lead = [str(i + 1) for i, n in zip(index[:plane], dims, strict=False) if n > 1]
    inside = [str(i + 1) for i in index[plane:]]
    parts = [*lead, (("," if max(dims) > 9 else "").join(inside))] if inside else lead
    return f"{letter}_{{{','.join(parts)}}}" if parts else letter


def steps(worked: Worked) -> Iterator[Step]:
    graph = worked.graph
    yield given(worked)
    if "conv" in graph:
        yield from _convolution(worked)
    if "relu" in graph:
        yield _clipping(worked)
    if "pooled" in graph:
        yield from _pooling(worked)
    if "loss" in graph:
        yield _error(worked)
    if worked.backward:
        yield from _backward(worked)


def _numbers(worked: Worked, name: str, index: Index, stop: set[str]) -> Line:
    """An equation in numbers alone: in symbols it would be longer than the page."""
    term = worked.term(name, index, stop)
    forms = reductions(term, worked.reckon)
    return Line(worked.symbol(name, index), forms, worked.value(name, index), what=(name, False, index))


def _sizes(node: Node, source: tuple[int, ...], kernel: tuple[int, int]) -> tuple[Line, ...]:
    """One line where rows and columns are alike."""
    dilation = dict(node.attrs).get("dilation", (1, 1))
    lines = [
        _size(letter, source[axis], kernel[axis], node["padding"][axis], node["stride"][axis], dilation[axis])
        for letter, axis in (("H", -2), ("W", -1))
    ]
    pairs = (source[-2:], kernel, node["padding"], node["stride"], dilation)
    alike = all(len(set(pair)) == 1 for pair in pairs)
    return tuple(lines[:1] if alike else lines)


def _size(letter: str, length: int, kernel: int, padding: int, stride: int, dilation: int) -> Line:
    """(H - F + 2P)/S + 1, rounded down; a dilated filter reaches over D(F - 1) + 1 cells."""
    reach: Expression = Leaf(kernel, "F")
    if dilation > 1:
        reach = Term("+", (Term("*", (Leaf(dilation, "D"), Term("-", (reach, Leaf(1))))), Leaf(1)))
    room = Term("+", (Term("-", (Leaf(length, letter), reach)), Term("*", (Leaf(2), Leaf(padding, "P")))))
    steps_taken: Expression = Term("/", (room, Leaf(stride, "S")))
    if (length - dilation * (kernel - 1) - 1 + 2 * padding) % stride:
        steps_taken = Term("floor", (steps_taken,))
    whole = Term("+", (steps_taken, Leaf(1)))
    return Line(rf"{letter}_{{\mathrm{{out}}}}", (whole,), out_length(length, kernel, stride, padding, dilation), whole)


def _convolution(worked: Worked) -> Iterator[Step]:
    graph = worked.graph
    node = next(node for node in graph.nodes if node.op == "conv2d")
    image, kernels = graph["image"].shape, graph["kernels"].shape
    yield Step("size", SIZE["conv"], lines=_sizes(node, image, (kernels[-2], kernels[-1])))
    says = BIASED if "bias" in graph else WINDOW
    for count, index in enumerate(indices(node.shape)):
        line = _numbers(worked, "conv", index, {"image", "kernels", "bias"})
        shown = tuple(_under(worked, node, index))
        yield Step("window", says, {"symbol": line.symbol}, lines=(line,), grids=shown, brief=count < FIRST)
    yield Step("map", MAP, grids=grids(worked, "conv"))


def _under(worked: Worked, node: Node, index: Index) -> Iterator[Grid]:
    """Per channel the image with the window framed, or the window alone where the image is large; then the filter."""
    *lead, f, top, left = index
    image, kernels = worked.graph["image"].shape, worked.graph["kernels"].shape
    first = f // (kernels[0] // node["groups"]) * kernels[1]
    reach = [d * (k - 1) + 1 for d, k in zip(node["dilation"], kernels[-2:], strict=True)]
    corner = [at * s - p for at, s, p in zip((top, left), node["stride"], node["padding"], strict=True)]
    for c in range(kernels[1]):
        plane = (*lead, first + c)
        used = {
            (corner[0] + i * node["dilation"][0], corner[1] + j * node["dilation"][1]): "used"
            for i in range(kernels[-2]) for j in range(kernels[-1])
        }
        yield _framed(worked, plane, (*corner, *reach), used, whole=image[-2] * image[-1] <= WHOLE_IMAGE)
        yield Grid(worked.symbol("kernels", (f, c)), worked.array("kernels", (f, c)))


def _framed(worked: Worked, plane: Index, frame: Any, used: dict[tuple[int, int], str], *, whole: bool) -> Grid:
    """An image plane with its padding as far as the frame reaches into it."""
    rows = worked.array("image", plane)
    top, left, height, width = frame
    low = (min(top, 0), min(left, 0)) if whole else (top, left)
    high = (max(top + height, len(rows)), max(left + width, len(rows[0]))) if whole else (top + height, left + width)
    cells: list[list[Fraction]] = []
    marks: dict[tuple[int, int], str] = {}
    for y in range(low[0], high[0]):
        cells.append([])
        for x in range(low[1], high[1]):
            inside = 0 <= y < len(rows) and 0 <= x < len(rows[0])
            cells[-1].append(rows[y][x] if inside else Fraction(0))
            if mark := used.get((y, x), "") if inside else "padding":
                marks[y - low[0], x - low[1]] = mark
    shown = tuple(map(tuple, cells))
    return Grid(worked.symbol("image", plane), shown, marks, ((top - low[0], left - low[1], height, width),))


def _clipping(worked: Worked) -> Step:
    source = worked.graph["relu"].inputs[0]
    shown = []
    for grid, before in zip(grids(worked, "relu"), grids(worked, source), strict=True):
        clipped = {
            (i, j): "clipped" for i, row in enumerate(before.rows) for j, cell in enumerate(row) if cell < 0
        }
        shown.append(Grid(grid.symbol, grid.rows, clipped, what=grid.what))
    return Step("relu", RELU, grids=tuple(shown))


def _pooling(worked: Worked) -> Iterator[Step]:
    node = worked.graph["pooled"]
    source = worked.graph[node.inputs[0]]
    yield Step("pool_size", SIZE["pool"], lines=_sizes(node, source.shape, node["size"]), brief=False)
    operand = Operand(source.shape, worked.values[source.name])
    shown = []
    for grid, index in zip(grids(worked, source.name), indices(source.shape[:-2]), strict=True):
        cells = [(*index, *at) for at in indices(node.shape[-2:])]
        frames = tuple(_frame(window(node, cell, source.shape)) for cell in cells)
        winners = [winner(node, cell, operand) for cell in cells] if node.op == "maxpool" else []
        shown.append(Grid(grid.symbol, grid.rows, {(y, x): "winner" for *_, y, x in winners}, frames))
    lines = tuple(_numbers(worked, "pooled", index, {source.name}) for index in indices(node.shape))
    padded = node.op == "avgpool" and any(node["padding"])
    yield Step("pool", POOL["padded" if padded else node.op], grids=tuple(shown), lines=lines)
    if max(node.shape[-2:]) > 1:
        yield Step("pooled", POOLED, grids=grids(worked, "pooled"))


def _frame(cells: list[Index]) -> tuple[int, int, int, int]:
    top, left = cells[0][-2:]
    bottom, right = cells[-1][-2:]
    return top, left, bottom - top + 1, right - left + 1


def _error(worked: Worked) -> Step:
    output = worked.graph["error"].inputs[0]
    return Step("error", ERROR, grids=grids(worked, "target"), lines=(_numbers(worked, "loss", (), {output, "target"}),))


def _backward(worked: Worked) -> Iterator[Step]:
    graph = worked.graph
    last = graph["error"].inputs[0] if "error" in graph else graph.output
    yield Step("upstream", BACK["upstream"], grids=grids(worked, last, True))
    for name in ("pooled", "relu"):
        if name in graph:
            source, op = graph[name].inputs[0], graph[name].op
            yield Step(f"back_{name}", BACK[op], grids=grids(worked, source, True))
    for name in ("kernels", "bias", "image"):
        if name in graph and worked.wants(name, True) and "conv" in graph:
            yield from _collected(worked, name)


def _collected(worked: Worked, name: str) -> Iterator[Step]:
    """A gradient cell by cell, over the gradient of the map, pixels and weights."""
    lines = []
    for index in indices(worked.graph[name].shape):
        term = _back(worked, name, index)
        value = worked.value(name, index, True)
        forms = reductions(term, worked.reckon)
        lines.append(Line(worked.symbol(name, index, True), forms, value, what=(name, True, index)))
    shown = grids(worked, name, True) if name != "bias" else ()
    yield Step(f"d{name}", BACK[name], lines=tuple(lines[:FIRST]), grids=shown)
    if len(lines) > FIRST:
        yield Step(f"d{name}_cells", OTHERS, lines=tuple(lines[FIRST:]), brief=False)


def _back(worked: Worked, name: str, index: Index) -> Expression:
    """The bias comes in by way of a spread: what comes back to it is asked of the sum behind that."""
    if name != "bias":
        gate = "sums" if "sums" in worked.graph else "conv"
        return worked.part(gate, 0 if name == "image" else 1, index, worked.gradients("conv"))
    cells = [at for at in indices(worked.graph["conv"].shape) if at[-3] == index[0]]
    leaves = tuple(worked.leaf("conv", at, True) for at in cells)
    return Term("+", leaves) if len(leaves) > 1 else leaves[0]
