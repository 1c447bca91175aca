"""The tasks worked out in plain Python: loops, fractions, and 60 decimal digits of the standard library.

Nothing of the package is used but the numbers drawn. Each function maps the key of every box to its answer; where
options stand, a wrong one (a flipped filter, no max) is how the tests show that the comparison can fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from typing import Any

DIGITS = 60

Rows = Sequence[Sequence[Any]]
Expected = dict[str, Any]


def decimal(value: Fraction | int) -> Decimal:
    exact = Fraction(value)
    return Decimal(exact.numerator) / exact.denominator


def precise(function: Callable[..., Expected]) -> Callable[..., Expected]:
    """The function run with 60 digits, its decimals given back as fractions."""

    def run(*args: Any, **options: Any) -> Expected:
        with localcontext() as context:
            context.prec = DIGITS
            return {key: plain(value) for key, value in function(*args, **options).items()}

    return run


def plain(value: Any) -> Any:
    """Nested tuples of fractions; None where a mistake leaves no number."""
    return tuple(map(plain, value)) if isinstance(value, (tuple, list)) else None if value is None else Fraction(value)


def transposed(table: Rows) -> list[tuple[Any, ...]]:
    return list(zip(*table, strict=True))


def rows_of(params: Any, scores: Rows) -> Rows:
    """One row per image, however the table is printed."""
    return scores if params.class_axis == 1 else transposed(scores)


def loss_boxes(params: Any, losses: Sequence[Any], gradient: Rows) -> Expected:
    """The boxes that both losses have; the gradient stands as the table is printed."""
    parts = len(losses) if params.reduction == "mean" else 1
    boxes: Expected = {f"losses[{i}]": loss for i, loss in enumerate(losses)}
    boxes["loss"] = sum(losses) / parts
    if params.gradient:
        rows = [[cell / parts for cell in row] for row in gradient]
        boxes["dscores"] = rows if params.class_axis == 1 else transposed(rows)
    return boxes


@precise
def svm(
    params: Any, data: Mapping[str, Any], *, sign: int = 1, hinge: bool = True, only_worst: bool = False
) -> Expected:
    """Multiclass hinge loss: each wrong class pays what it comes nearer to the true one than the margin."""
    losses, gradient = [], []
    for row, y in zip(rows_of(params, data["scores"]), data["labels"], strict=True):
        short = [Fraction(0) if j == y else sign * (Fraction(s) - row[y]) + params.margin for j, s in enumerate(row)]
        short = [max(0, gap) for gap in short] if hinge else short
        short = [gap if gap == max(short) else Fraction(0) for gap in short] if only_worst else short
        slopes = [2 * gap if params.squared else Fraction(gap > 0) for gap in short]
        slopes[y] = -sum(slopes)
        losses.append(sum((gap**2 for gap in short) if params.squared else short, Fraction(0)))
        gradient.append(slopes)
    return loss_boxes(params, losses, gradient)


@precise
def softmax(
    params: Any, data: Mapping[str, Any], *, ten: bool = False, without_true: bool = False, minus_one: bool = True
) -> Expected:
    """-ln of the true class's share of the exponentials. Scores that are logarithms have whole exponentials."""
    probabilities, losses, gradient = [], [], []
    for row, y in zip(rows_of(params, data["scores"]), data["labels"], strict=True):
        weights = [decimal(s) if params.log_scores else decimal(s).exp() for s in row]
        total = sum(weights) - (weights[y] if without_true else 0)
        p = weights[y] / total
        probabilities.append(p)
        losses.append((total / weights[y]).log10() if ten else (total / weights[y]).ln())
        gradient.append([w / total - (j == y and minus_one) for j, w in enumerate(weights)])
    shares = {f"p[{i}]": p for i, p in enumerate(probabilities)}
    return shares | loss_boxes(params, losses, gradient)


def flipped(kernels: Any) -> Any:
    """Every filter turned by 180 degrees, which is what convolution proper lays on the window."""
    return [[[row[::-1] for row in plane[::-1]] for plane in bank] for bank in kernels]


def grid(dims: Sequence[int], of: Callable[..., Any]) -> Any:
    """Nested lists of the given shape, each cell worked out from its index."""
    if not dims:
        return of()
    return [grid(dims[1:], lambda *rest, i=i: of(i, *rest)) for i in range(dims[0])]


def window(params: Any, i: int, j: int) -> Iterator[tuple[int, int, int, int]]:
    """(filter row, filter column, image row, image column) of what one cell of the map looks at, padding left out."""
    for a, b in product(range(params.kernel[0]), range(params.kernel[1])):
        y = i * params.stride + a * params.dilation - params.padding
        x = j * params.stride + b * params.dilation - params.padding
        if 0 <= y < params.height and 0 <= x < params.width:
            yield a, b, y, x


def map_lengths(params: Any) -> tuple[int, int]:
    """Rows and columns of the map: how many windows start inside the padded image and end there."""
    lengths = zip((params.height, params.width), params.kernel, strict=True)
    return tuple(  # type: ignore[return-value]  # rows and columns
        len(range(0, length + 2 * params.padding - params.dilation * (k - 1), params.stride)) for length, k in lengths
    )


def conv_map(params: Any, image: Any, kernels: Any, bias: Sequence[Any]) -> Any:
    """Filter laid over the window as it is, multiplied cell by cell, added up over the channels, then the bias."""

    def cell(f: int, i: int, j: int) -> Any:
        taps = product(range(params.channels), window(params, i, j))
        return bias[f] + sum(kernels[f][c][a][b] * image[c][y][x] for c, (a, b, y, x) in taps)

    return grid((params.filters, *map_lengths(params)), cell)


def pool_cells(params: Any, i: int, j: int) -> list[tuple[int, int]]:
    top, left = i * params.pool_stride, j * params.pool_stride
    return [(top + a, left + b) for a, b in product(range(params.pool_size), repeat=2)]


def pooled_map(params: Any, maps: Any) -> Any:
    """The largest or the mean of each window that lies in the map whole."""
    rows = len(range(0, len(maps[0]) - params.pool_size + 1, params.pool_stride))
    columns = len(range(0, len(maps[0][0]) - params.pool_size + 1, params.pool_stride))

    def cell(f: int, i: int, j: int) -> Any:
        found = [maps[f][y][x] for y, x in pool_cells(params, i, j)]
        return max(found) if params.pool == "max" else Fraction(sum(found)) / len(found)

    return grid((params.filters, rows, columns), cell)


def first_largest(plane: Any, covered: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return max(covered, key=lambda at: plane[at[0]][at[1]])


def map_gradient(params: Any, conv: Any, acted: Any, upstream: Any, *, mask: bool = True, spread: bool = False) -> Any:
    """The gradient at the map: from each pooled number to the first cell that holds it, or evenly; then through ReLU."""
    if params.pool == "none":
        through = upstream
    else:
        through = grid((len(conv), len(conv[0]), len(conv[0][0])), lambda *_: Fraction(0))
        for f, plane in enumerate(upstream):
            for i, row in enumerate(plane):
                for j, g in enumerate(row):
                    covered = pool_cells(params, i, j)
                    even = spread or params.pool == "avg"
                    for y, x in covered if even else [first_largest(acted[f], covered)]:
                        through[f][y][x] += Fraction(g, len(covered) if even else 1)
    passes = params.relu and mask
    return grid(
        (len(conv), len(conv[0]), len(conv[0][0])),
        lambda f, i, j: through[f][i][j] if not passes or conv[f][i][j] > 0 else 0,
    )


def weight_gradients(params: Any, image: Any, kernels: Any, dconv: Any) -> tuple[Any, Any, Any]:
    """Gradients of filters, biases and image: each tap of each window gives its share."""
    dkernels = grid((params.filters, params.channels, *params.kernel), lambda *_: 0)
    dimage = grid((params.channels, params.height, params.width), lambda *_: 0)
    rows, columns = map_lengths(params)
    for f, c, i, j in product(range(params.filters), range(params.channels), range(rows), range(columns)):
        for a, b, y, x in window(params, i, j):
            dkernels[f][c][a][b] += dconv[f][i][j] * image[c][y][x]
            dimage[c][y][x] += dconv[f][i][j] * kernels[f][c][a][b]
    return dkernels, [sum(sum(row) for row in plane) for plane in dconv], dimage


@precise
def conv(
    params: Any, data: Mapping[str, Any], *,
    flip: bool = False, mask: bool = True, spread: bool = False, half: bool = True,
) -> Expected:
    """conv -> ReLU -> pool, and back from a given gradient or from half the squared error."""
    image, kernels = data["image"], flipped(data["kernels"]) if flip else data["kernels"]
    maps = conv_map(params, image, kernels, data["bias"] if params.bias else (0,) * params.filters)
    found = {"conv": maps}
    if params.relu:
        found["relu"] = grid((len(maps), len(maps[0]), len(maps[0][0])), lambda f, i, j: max(0, maps[f][i][j]))
    acted = last = found["relu"] if params.relu else maps
    if params.pool != "none":
        found["pooled"] = last = pooled_map(params, acted)
    if params.gradient == "none":
        return conv_boxes(params, found)
    upstream = data.get("upstream")
    if params.gradient == "target":
        flat, target = grid_cells(last), grid_cells(data["target"])
        errors = [p - t for p, t in zip(flat, target, strict=True)]
        found["loss"] = Fraction(sum(e * e for e in errors)) / (2 if half else 1)
        rest = iter([e if half else 2 * e for e in errors])
        upstream = grid((len(last), len(last[0]), len(last[0][0])), lambda *_: next(rest))
    found["dconv"] = map_gradient(params, maps, acted, upstream, mask=mask, spread=spread)
    found["dkernels"], found["dbias"], found["dimage"] = weight_gradients(params, image, kernels, found["dconv"])
    return conv_boxes(params, found)


def grid_cells(nested: Any) -> list[Any]:
    return [cell for part in nested for cell in grid_cells(part)] if isinstance(nested, (list, tuple)) else [nested]


def conv_boxes(params: Any, found: Mapping[str, Any]) -> Expected:
    """Boxes by key: one per filter, per channel, or per pair of them; a map of one cell is a number."""
    boxes: Expected = {}
    for name in ("conv", "relu", "pooled", "dconv", "dbias"):
        for f, part in enumerate(found.get(name, ()) if name != "dbias" or params.bias else ()):
            boxes[f"{name}[{f}]" if params.filters > 1 else name] = number_of(part)
    for f, bank in enumerate(found.get("dkernels", ())):
        for c, plane in enumerate(bank):
            which = f"[{f}]" * (params.filters > 1) + f"[{c}]" * (params.channels > 1)
            boxes[f"dkernels{which}"] = number_of(plane)
    for c, plane in enumerate(found.get("dimage", ()) if params.image_gradient else ()):
        boxes[f"dimage[{c}]" if params.channels > 1 else "dimage"] = number_of(plane)
    return boxes | ({"loss": found["loss"]} if "loss" in found else {})


def number_of(part: Any) -> Any:
    return part[0][0] if isinstance(part, list) and len(part) == len(part[0]) == 1 else part
