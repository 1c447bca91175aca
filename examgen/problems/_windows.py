"""Windows over the sides of square maps: the numbers of a layer as they are drawn, and whether one's own fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.model import Exact, cells
from examgen.problem import with_axes

FILTERS, UNITS = (4, 6, 8, 10, 16), (10, 16, 20)
TRIES = 400  # stacks that are drawn until one fits


def layer_drawn(kind: str, stream: Stream) -> Any:
    """The numbers of a layer: filters, window, stride and padding; window and stride; or units."""
    if kind == "linear":
        return stream.choice(UNITS)
    if kind == "pool":
        return stream.weighted((2, 3), (3, 1)), 2
    window = stream.weighted((3, 5), (2, 1))
    return stream.choice(FILTERS), window, stream.weighted((1, 2), (3, 1)), stream.integer(0, window // 2)


def spans_of(side: Any, windows: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """How far the window of each layer can move, and by what stride it does; up to one that does not fit."""
    for row in windows:
        window, stride = row[-3:-1] if len(row) == 4 else row
        span = side + 2 * (row[3] if len(row) == 4 else 0) - window
        yield span, stride
        if span < 0 or stride < 1:
            return
        side = span // stride + 1


def check_windows(kinds: Sequence[str], data: Mapping[str, Exact]) -> None:
    """Of the layers of these kinds, each in a table of its kind; a list is a table of one row.

    Raises: InputError on what is no size, or a window that does not fit.
    """
    if wrong := next((cell for value in data.values() for cell in cells(value) if cell != int(cell) or cell < 0), None):
        raise InputError(f"data holds {wrong}: sizes are whole numbers, and none is below 0")
    rows = {kind: iter(with_axes(data.get(kind, ((),)), 2)) for kind in kinds}
    windows = [next(rows[kind], ()) for kind in kinds]
    image = data.get("image", ())
    whole = len(tuple(cells(image))) == 2 and all(len(row) in (2, 4) for row in windows)
    if whole and any(span < 0 or stride < 1 for span, stride in spans_of(tuple(cells(image))[1], windows)):
        raise InputError("a window does not fit its map: take a larger image, smaller windows or more padding")
