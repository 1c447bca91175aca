"""What the formula sheet reminds of where a convolution is asked: sizes and cells forward, the parts of the way back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examgen.model import Reminder
from examgen.problems import _reminders as rules

SIZE = Reminder("Size of a map, from window $F$, padding $P$ and stride $S$:", r"\frac{W-F+2P}{S}+1")
DILATED = Reminder(
    "Size of a map, from window $F$, dilation $D$, padding $P$ and stride $S$:", r"\frac{W-D\,(F-1)-1+2P}{S}+1"
)
SIDE = Reminder("Side of a map, from window $K$, padding $P$ and stride $S$:", r"\lfloor\frac{H-K+2P}{S}\rfloor+1")
PARAMETERS = Reminder(
    "Parameters of $F$ filters over $C$ channels, and of $U$ units over $D$ inputs:", r"F\,(K^2 C+1),\quad U\,(D+1)"
)
RECEPTIVE = Reminder(
    "Receptive field, from the product $J$ of all strides below:", r"R_i=R_{i-1}+J_{i-1}\,(K_i-1),\quad J_i=J_{i-1}S_i"
)
CELL = "A cell of the map, counted from 0 in the image with its padding:"
CLIPPED = Reminder("ReLU of a cell:", r"A=\max(0,\,Z)")
WINDOW = {
    "max": Reminder(
        "Largest cell $m$ of a window, by that cell $x_k$ and by another $x_j$:",
        r"\frac{\partial m}{\partial x_k}=1,\quad \frac{\partial m}{\partial x_j}=0",
    ),
    "avg": Reminder("Mean $m$ of a window of $n$ cells, by each of them:", r"\frac{\partial m}{\partial x_k}=\frac{1}{n}"),
}


def conv_reminders(params: Any) -> Iterator[Reminder]:
    """The gradients that are asked have to be put together from what is given for the way back."""
    yield DILATED if params.dilation > 1 else SIZE
    yield Reminder(CELL, _cell(params))
    if params.relu:
        yield CLIPPED
    if params.gradient != "none":
        yield from (rules.CHAIN, rules.TWICE, rules.WEIGHTED)
        if params.relu:
            yield rules.RELU
        if params.pool in WINDOW:
            yield WINDOW[params.pool]
    if params.gradient == "target":
        yield rules.SQUARE


def _cell(params: Any) -> str:
    """The weighted sum with all that these parameters have: channels, stride, dilation, bias."""
    plane, cell = ("c,", "c,u,v") if params.channels > 1 else ("", "u,v")
    stride, apart = ("" if size == 1 else letter for size, letter in ((params.stride, "S"), (params.dilation, "D")))
    rows, columns = (f"{i}{stride}+{u}{apart}" for i, u in (("i", "u"), ("j", "v")))
    bias = "+b" if params.bias else ""
    return rf"Z_{{i,j}}=\sum_{{{cell}}}K_{{{cell}}}\, I_{{{plane}{rows},\,{columns}}}{bias}"
