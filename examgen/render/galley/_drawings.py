"""What is drawn on a page, stroke by stroke, so that strokes can go along with the texts that they belong to.

Source: ISO 32000-1, 8.5 (paths).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from examgen.render.typeset.matrices import IDENTITY, Matrix, multiplied, number

Points = tuple[tuple[float, float], ...]
Path = tuple[tuple[bytes, Points], ...]
PAINTS = frozenset((b"f", b"f*", b"F", b"S", b"s", b"B", b"B*", b"b", b"b*"))


@dataclass(frozen=True)
class Stroke:
    """One painted path, all in points of the page: what clips it, itself, how it is painted and what is set for it."""

    clips: tuple[tuple[Path, bytes], ...]
    path: Path
    paint: bytes
    settings: tuple[bytes, ...]

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of what can be seen of it."""
        left, bottom, right, top = _corners(self.path)
        for clip, _ in self.clips:
            own = _corners(clip)
            left, bottom = max(left, own[0]), max(bottom, own[1])
            right, top = min(right, own[2]), min(top, own[3])
        return left, bottom, right, top

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of all of it, what clips hide too."""
        left, bottom, right, top = _corners(self.path)
        return (left + right) / 2, (bottom + top) / 2

    def lifted(self, by: float) -> Stroke:
        """The same so much higher."""
        clips = tuple((_lifted(clip, by), how) for clip, how in self.clips)
        return replace(self, clips=clips, path=_lifted(self.path, by))

    @property
    def seen(self) -> tuple[Any, ...]:
        """What is alike in strokes that look alike."""
        return tuple((_near(clip), how) for clip, how in self.clips), _near(self.path), self.paint, self.settings

    def code(self, move: Callable[[float], float] = lambda x: x) -> bytes:
        """Its code, where `move` tells for every x to which x it goes."""
        out = [b"q"] if self.clips else []
        for clip, how in self.clips:
            out += [*_code(clip, move), how, b"n"]
        out += [*self.settings, *_code(self.path, move), self.paint]
        return b"\n".join([*out, b"Q"] if self.clips else out)


def _corners(path: Path) -> tuple[float, float, float, float]:
    xs = [x for _, points in path for x, _ in points]
    ys = [y for _, points in path for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _lifted(path: Path, by: float) -> Path:
    return tuple((operator, tuple((x, y + by) for x, y in points)) for operator, points in path)


def _near(path: Path) -> Path:
    return tuple((operator, tuple((round(x, 1), round(y, 1)) for x, y in points)) for operator, points in path)


def _code(path: Path, move: Callable[[float], float]) -> Iterator[bytes]:
    for operator, points in path:
        yield b" ".join([*(part for x, y in points for part in (number(move(x)), number(y))), operator])


@dataclass
class _State:
    matrix: Matrix = IDENTITY
    fill: bytes = b"0 0 0 rg"
    stroke: bytes = b"0 0 0 RG"
    width: float = 1.0
    dash: bytes = b"[] 0 d"
    clips: list[tuple[Path, bytes]] = field(default_factory=list)

    def copy(self) -> _State:
        return _State(self.matrix, self.fill, self.stroke, self.width, self.dash, list(self.clips))


class Unknown(ValueError):
    """Something is drawn in a way that is not known here."""


def strokes(code: bytes) -> Iterator[Stroke]:
    """Everything that is painted. Raises: Unknown."""
    state, stack = _State(), []
    path: list[tuple[bytes, Points]] = []
    clip = b""
    for line in code.split(b"\n"):
        *operands, operator = line.split()
        if operator in (b"m", b"l", b"c", b"h", b"re"):
            path += _moved(operator, tuple(map(float, operands)), state.matrix)
        elif operator in (b"W", b"W*"):
            clip = operator
        elif operator == b"n":
            if clip:
                state.clips.append((tuple(path), clip))
            path, clip = [], b""
        elif operator in PAINTS:
            if any(points for _, points in path):
                yield Stroke(tuple(state.clips), tuple(path), operator, _settings(state, operator))
            path = []
        elif operator == b"q":
            stack.append(state.copy())
        elif operator == b"Q":
            state = stack.pop()
        elif operator == b"cm":
            state.matrix = multiplied(tuple(map(float, operands)), state.matrix)
        elif operator == b"rg":
            state.fill = line
        elif operator == b"RG":
            state.stroke = line
        elif operator == b"w":
            state.width = float(operands[0]) * abs(state.matrix[0])
        elif operator == b"d":
            state.dash = _dashed(line, abs(state.matrix[0]))
        elif operator not in (b"J", b"j", b"M"):
            raise Unknown(f"the operator {operator.decode()}")


def _settings(state: _State, paint: bytes) -> tuple[bytes, ...]:
    fill = (state.fill,) if paint not in (b"S", b"s") else ()
    line = (state.stroke, number(state.width) + b" w", state.dash) if paint in (b"S", b"s", b"B", b"B*", b"b", b"b*") else ()
    return (*fill, *line)


def _dashed(line: bytes, scale: float) -> bytes:
    inner, _, rest = line.strip().removeprefix(b"[").partition(b"]")
    phase = rest.split()[0]
    parts = b" ".join(number(float(part) * scale) for part in inner.split())
    return b"[%b] %b d" % (parts, number(float(phase) * scale))


def _moved(operator: bytes, values: tuple[float, ...], matrix: Matrix) -> Iterator[tuple[bytes, Points]]:
    if operator == b"re":
        x, y, w, h = values
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        for i, corner in enumerate(corners):
            yield b"l" if i else b"m", (_point(corner, matrix),)
        yield b"h", ()
        return
    yield operator, tuple(_point((x, y), matrix) for x, y in zip(values[::2], values[1::2], strict=True))


def _point(point: tuple[float, float], matrix: Matrix) -> tuple[float, float]:
    x, y = point
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
