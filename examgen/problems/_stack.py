"""A stack of layers as a graph of its sizes: sides of maps, parameters, receptive fields; and how they are miscounted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from examgen.graph import Builder, Graph, Ref
from examgen.mistakes import Mistake

WINDOWED = ("conv", "pool")
LETTERS = {"image": "CH", "conv": "FKSP", "pool": "KS", "linear": "U"}  # of the numbers of a layer


@dataclass(frozen=True)
class Habits:
    """How somebody counts; as it stands, soundly."""

    sides: int = 2  # of the image that are padded along an axis
    last: int = 1  # for the window that the others are counted from
    up: bool = False
    strides: bool = True
    biases: int = 1
    channels: bool = True  # of a filter
    flattens: bool = True  # the channels too
    jumps: bool = True  # of the windows below
    less: int = 1  # than a window's side is what it adds to the field


SOUND = Habits()


def maps(params: Any) -> list[str]:
    """The layers that have windows."""
    return [layer for layer in params.layers.split() if layer in WINDOWED]


def stack_mistakes(params: Any) -> Iterator[Mistake]:
    for key, (says, habit) in HABITS.items():
        yield Mistake(key, says, _counted_by(params, Habits(**habit)))


def _counted_by(params: Any, habits: Habits) -> Callable[[Graph], Graph]:
    return lambda graph: network(params, habits)


def network(params: Any, habits: Habits = SOUND) -> Graph:
    """Every number of the data is a node of its own, called by a letter and the number of its layer.

    Sides of maps are H, parameters N, receptive fields R, the steps of a window in the image J, inputs of a linear layer D.
    """
    return _Stack(params, habits).graph()


class _Stack:
    """The layers one upon the other: what has come out of those so far."""

    def __init__(self, params: Any, habits: Habits) -> None:
        self.b, self.params, self.habits = Builder(), params, habits
        self.stack: list[str] = params.layers.split()
        self.tables = {"image": self.b.input("image", (2,))}
        for kind in dict.fromkeys(self.stack):
            lengths = (len(LETTERS[kind]),) if kind in WINDOWED else ()
            self.tables[kind] = self.b.input(kind, (self.stack.count(kind), *lengths))
        self.width, self.side = self._read("image", 0)
        self.field = self.jump = self.b.const(1)
        self.counted: list[Ref] = []

    def graph(self) -> Graph:
        for number, kind in enumerate(self.stack, start=1):
            self._linear(number) if kind == "linear" else self._windowed(kind, number)
        if len(self.counted) > 1:
            return self.b.build(self.b.op("add", reduce(add, self.counted[:-1]), self.counted[-1], name="N"))
        return self.b.build(self.counted[0] if self.counted else self.field if self.params.receptive else self.side)

    def _read(self, kind: str, number: int) -> list[Ref]:
        """The numbers of a layer, as nodes; a linear one has no more than its units."""
        row = () if kind == "image" else (self.stack[: number - 1].count(kind),)
        places = [(*row, column) for column in range(len(LETTERS[kind]))] if kind != "linear" else [row]
        named = zip(LETTERS[kind], places, strict=True)
        return [self.b.op("getitem", self.tables[kind], index=place, name=f"{letter}{number}") for letter, place in named]

    def _windowed(self, kind: str, number: int) -> None:
        b, habits, numbers = self.b, self.habits, self._read(kind, number)
        window, stride = numbers[-3:-1] if kind == "conv" else numbers
        padded = self.side + b.const(habits.sides) * numbers[-1] if kind == "conv" else self.side
        moves = (padded - window) / stride if habits.strides else padded - window
        whole = -b.op("floor", -moves) if habits.up else b.op("floor", moves)
        self.side = b.op("add", whole, b.const(habits.last), name=f"H{number}")
        if kind == "conv":
            self._count(number, numbers[0], window * window * self.width if habits.channels else window * window)
            self.width = numbers[0]
        if self.params.receptive:
            added = self.jump * (window - b.const(habits.less))
            self.field = b.op("add", self.field, added, name=f"R{number}")
            if number < len(self.stack) and habits.jumps:
                self.jump = b.op("mul", self.jump, stride, name=f"J{number}")

    def _linear(self, number: int) -> None:
        if self.stack[number - 2] in WINDOWED:
            planes = self.width if self.habits.flattens else self.b.const(1)
            self.width = self.b.op("mul", planes, self.side * self.side, name=f"D{number}")
        (units,) = self._read("linear", number)
        self._count(number, units, self.width)
        self.width = units

    def _count(self, number: int, times: Ref, inputs: Ref) -> None:
        if self.params.counts:
            self.counted.append(self.b.op("mul", times, inputs + self.b.const(self.habits.biases), name=f"N{number}"))


HABITS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "shape_padding_once": ("Padding is added on both sides, so it counts twice.", {"sides": 1}),
    "shape_plus_one": ("The window that the others are counted from is one more.", {"last": 0}),
    "shape_up": ("A size that is not whole is rounded down.", {"up": True}),
    "shape_stride": ("What the window can move is divided by the stride.", {"strides": False}),
    "count_bias": ("Each filter and each unit has a bias of its own.", {"biases": 0}),
    "count_channels": ("A filter has weights for every channel below it.", {"channels": False}),
    "count_flat": ("Flattening keeps all channels: their number times the side squared.", {"flattens": False}),
    "field_jump": ("A window's steps are as long as all strides below together.", {"jumps": False}),
    "field_window": ("A window adds its side less 1 to the receptive field.", {"less": 0}),
}
