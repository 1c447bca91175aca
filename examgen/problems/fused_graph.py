"""A static graph that is optimised before it runs: which operations may change places, and what two of them are fused to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise, product
from operator import add, mul
from typing import Any

from examgen.drawing import Stream
from examgen.errors import InputError
from examgen.graph import Builder, Graph, Ref
from examgen.mistakes import Forward, Mistake, node_replaced
from examgen.model import Ask, Convention, Exact, Index, Instance, Line, Step
from examgen.narration import Worked, given, grids
from examgen.problem import Preset, Problem, ResultField, param

SCALES, POOLS = ("up", "down"), ("max", "sum")  # by a positive factor, by a negative one
LATEX = {
    "shift": "{0}+b", "up": r"{1}\cdot {0}", "down": r"{1}\cdot {0}",
    "relu": r"\max(0,\;{0})", "max": r"\max_i {0}", "sum": r"\sum_i {0}",
}
FUSED = (r"$y=a\,h+a\,b$", r"$y=a\,h+b$", r"$y=(a+b)\,h$", r"$y=a\,h+a+b$")  # of a (h + b): the first is right


@dataclass(frozen=True)
class Params:
    ops: tuple[str, ...] = param(("shift", "up", "relu", "down"), "four in their order: shift, up, down, relu, max, sum")
    order: int = param(0, "which way to fuse comes first among the choices", low=0, high=3, timed=False)
    inputs: int = param(2, "numbers on which the graphs are run", low=2, high=6)
    draw: str = param("no", "draw the operations too", choices=("no", "cells", "pooled"), timed=False)

    @property
    def block(self) -> int:
        """Where a shift with a scaling behind it begins, the two that are fused."""
        return next((i for i, (op, behind) in enumerate(pairwise(self.ops)) if op == "shift" and behind in SCALES), -1)

    @property
    def constants(self) -> tuple[str, ...]:
        """The number that each operation takes: b, and a where it is fused, else c."""
        scale = {i: "a" if i == self.block + 1 else "c" for i, op in enumerate(self.ops) if op in SCALES}
        return tuple("b" if op == "shift" else scale.get(i, "") for i, op in enumerate(self.ops))

    @property
    def swap(self) -> int:
        """The right choice: the neighbours that may change places, or none of them."""
        sound = [i for i, pair in enumerate(pairwise(self.ops), start=1) if RULES[frozenset(pair)][0]]
        return sound[0] if len(sound) == 1 else 4 - 10 * len(sound)


class FusedGraph(Problem):
    name = "fused_graph"
    title = "Optimising a static graph"
    source = "CS231n, deep learning software: static graphs"
    params = Params
    default = "random_cells"
    example = "x=2,-3 a=2 b=1 c=-3"
    presets = {
        "random_cells": Preset(Params(draw="cells"), (7, 8)),
        "random_pooled": Preset(Params(("shift", "down", "relu", "max"), draw="pooled"), (6, 7)),
    }

    def check(self, params: Params) -> None:
        early, others = set(params.ops[:2]) & set(POOLS), set(params.ops) - set(LATEX)
        if others or early or len(params.ops) != 4 or params.block < 0 or params.ops.count("shift") > 1:
            raise InputError(f"ops: four of {', '.join(LATEX)}, one shift right before up or down, max or sum behind it")
        if params.swap < 0:
            raise InputError("ops: more than one pair of neighbours may change places, so that there is no single choice")

    def draw(self, params: Params, stream: Stream) -> Instance:
        if params.draw != "no":
            params = replace(params, ops=stream.choice(_chains(params)), order=stream.below(4), draw="no")
        sizes = dict(zip("ac", stream.shuffled((2, 3)), strict=True))
        scales = ((name, op) for name, op in zip(params.constants, params.ops, strict=True) if op in SCALES)
        data = {name: sizes[name] * (1 if op == "up" else -1) for name, op in scales}
        x = stream.sample([k for k in range(-5, 6) if k], params.inputs)
        return Instance(self.name, params, {"x": tuple(x), "b": stream.signed(1, 4), **data})

    def graph(self, params: Params) -> Graph:
        """The graph as it is and as each choice would have it, run on the same numbers; right is the choice that agrees."""
        b, ops = Builder(), tuple(zip(params.ops, params.constants, strict=True))
        x = b.input("x", (params.inputs,))
        held = {name: b.input(name) for name in sorted({*params.constants} - {""})}
        f = _run(b, x, ops, held, "f")
        swapped = (_run(b, x, (*ops[:i], ops[i + 1], ops[i], *ops[i + 2 :]), held, f"s{i + 1}") for i in range(3))
        same = [_agrees(b, f, other) for other in swapped]
        swap = _place(b, [*same, reduce(mul, (b.const(1) - each for each in same))], "swap")
        h, scale, shift = _run(b, x, ops[: params.block], held), held["a"], held["b"]
        ways = scale * h + scale * shift, scale * h + shift, (scale + shift) * h, scale * h + scale + shift
        turned = enumerate(_turned(ways, params.order), start=1)
        fused = (_run(b, way, ops[params.block + 2 :], held, f"w{i}") for i, way in turned)
        return b.build(b.op("add", swap, _place(b, [_agrees(b, f, other) for other in fused], "fuse"), name="all"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        return (
            Ask("swap", "swap", "Q_{1}", "choice", options=SWAPS),
            Ask("fuse", "fuse", "Q_{2}", "choice", options=_turned(FUSED, params.order)),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        first = instance.params.block + 1
        return (
            Convention("graph", GRAPH),
            Convention("swap", SWAP),
            Convention("fuse", FUSE, {"first": first, "second": first + 1}),
            Convention("run", RUN),
        )

    def formula(self, params: Params) -> tuple[str, ...]:
        names = ["x_i", *(f"h_{i}" for i in range(1, len(params.ops))), "f"]
        steps = zip(params.ops, params.constants, names, names[1:], strict=False)
        return tuple(f"{new} = {LATEX[op].format(old, constant)}" for op, constant, old, new in steps)

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        """The numbers show every difference there is, and ReLU clips some of what it is given and not all."""
        params = instance.params
        if values["swap"] != [params.swap] or values["fuse"] != [1 + (-params.order) % 4]:
            yield "the numbers do not tell the choices apart"
        if not any(values["f"]):
            yield "every result is 0"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        """Each wrong choice is one: of neighbours that do not commute, or of none where some do, or of a way to fuse.

        Their keys count the wrong choices, so that variants in which another one is right show the same mistakes.
        """
        pairs = [RULES[frozenset(pair)][1] for pair in pairwise(params.ops)]
        says = [*pairs, pairs[params.swap - 1] if params.swap < 4 else ""]
        wrong = enumerate((i for i in range(1, 5) if i != params.swap), start=1)
        swaps = (Mistake(f"fused_swap_{n}", says[i - 1], _chosen("swap", i)) for n, i in wrong)
        ways = (Mistake(f"fused_{key}", rule, _chosen("fuse", 1 + (i - params.order) % 4)) for i, (key, rule) in WAYS.items())
        return (*swaps, *ways)

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        for op, name in zip(params.ops, params.constants, strict=True):
            if op in SCALES and name in data and (data[name] > 0) != (op == "up"):
                raise InputError(f"{name} = {data[name]}: {op} takes a factor {'above' if op == 'up' else 'below'} 0")
        return data

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        if node[0] in "sw" and node[1:].isdigit():
            return f"f_{{{node[1:]}{int(node[1:]) + 1}}}" if node[0] == "s" else f"F_{{{node[1:]}}}"
        return {"swap": "Q_{1}", "fuse": "Q_{2}"}.get(node) or super().symbol(graph, node, index)

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        return {name: ResultField(name) for name in ("f", "swap", "fuse")}

    def steps(self, worked: Worked) -> Iterator[Step]:
        yield given(worked)
        yield Step("as_it_is", AS_IT_IS, grids=grids(worked, "f"))
        for key, says, nodes in (("swap", SWAPPED, ("s1", "s2", "s3")), ("fuse", WAYS_RUN, ("w1", "w2", "w3", "w4"))):
            shown = tuple(grid for name in nodes for grid in grids(worked, name))
            note = NONE if key == "swap" and worked.value(key) == len(SWAPS) else AGREES
            line = Line(worked.symbol(key), (), worked.value(key), what=(key, False, ()), note=note)
            yield Step(f"{key}_run", says, lines=(line,), grids=shown)


def _chains(params: Params) -> list[tuple[str, ...]]:
    """Operations of which two neighbours commute at most."""
    if params.draw == "cells":
        found = [(*front, *back) for one, other in product(SCALES, SCALES) for front, back in
                 ((("shift", one), ("relu", other)), ((other, "relu"), ("shift", one)))]
    else:
        found = [("shift", one, "relu", pool) for one, pool in product(SCALES, POOLS)]
    return [ops for ops in found if replace(params, ops=ops).swap > 0]


def _turned(ways: Sequence[Any], order: int) -> tuple[Any, ...]:
    return (*ways[order:], *ways[:order])


def _run(b: Builder, x: Ref, ops: Sequence[tuple[str, str]], held: Mapping[str, Ref], name: str = "") -> Ref:
    """One operation after the other; the last one has the name."""
    for i, (op, constant) in enumerate(ops, start=1):
        own = name if i == len(ops) and name else None
        if op in POOLS:
            x = b.reduce("amax" if op == "max" else op, x, keepdims=True, name=own)
        elif op == "relu":
            x = b.op(op, x, name=own)
        else:
            x = b.op("add" if op == "shift" else "mul", x, held[constant], name=own)
    return x if not name or ops else b.op("add", x, b.const(0), name=name)


def _agrees(b: Builder, f: Ref, other: Ref) -> Ref:
    """1 where two graphs give the same numbers, else 0."""
    return b.const(1) - b.op("step", b.reduce("sum", b.power(f - other, 2)))


def _place(b: Builder, same: Sequence[Ref], name: str) -> Ref:
    """The place, from 1, of the one that is the same."""
    parts = [b.const(i) * each for i, each in enumerate(same, start=1)]
    return b.op("add", reduce(add, parts[:-1]), parts[-1], name=name)


def _chosen(name: str, place: int) -> Forward:
    return node_replaced(name, lambda b, node: b.const(place, name=node.name))


GRAPH = "A static graph is known before it runs, so that it can be optimised. This one takes the numbers $x_i$, cell by cell:"
SWAP = "$Q_1$: which two neighbouring operations may change places, so that $f$ stays the same for **every** $x$?"
FUSE = (
    "$Q_2$: operations %(first)s and %(second)s are fused into a single one with the input $h$ and the output $y$. Which one "
    "gives the same $f$ for **every** $x$?"
)
RUN = "Numbers to try it on; no wrong choice gives the same $f$ on them:"
SWAPS = ("operations 1 and 2", "operations 2 and 3", "operations 3 and 4", "none of these pairs")
AS_IT_IS = "The graph as it is, run on the numbers given:"
SWAPPED = "With two operations exchanged, $f_{ij}$ with operations $i$ and $j$:"
WAYS_RUN = "With each way to fuse, in the order of the choices:"
AGREES, NONE = "the only choice with the numbers of the graph as it is", "every exchange leads to other numbers"
FACTOR = "A factor multiplies what was added before it: a(h + b) is not ah + b."
RULES = {  # whether two neighbours may change places, and why
    frozenset(("shift", "up")): (False, FACTOR),
    frozenset(("shift", "down")): (False, FACTOR),
    frozenset(("shift", "relu")): (False, "A shift moves the place at which ReLU clips."),
    frozenset(("up", "relu")): (True, "A positive factor and ReLU may change places."),
    frozenset(("down", "relu")): (False, "A negative factor exchanges what ReLU clips and what it passes."),
    frozenset(("relu", "max")): (True, "ReLU keeps the order of numbers, so it may follow the maximum."),
    frozenset(("relu", "sum")): (False, "A sum of clipped numbers is not the clipped sum."),
    frozenset(("up", "max")): (True, "A positive factor keeps the largest number the largest."),
    frozenset(("down", "max")): (False, "A negative factor makes the largest number the smallest."),
    frozenset(("up", "sum")): (True, "A common factor can be taken out of a sum."),
    frozenset(("down", "sum")): (True, "A common factor can be taken out of a sum."),
}
WAYS = {
    1: ("shift_alone", FACTOR),
    2: ("shift_factor", "What is added does not become a factor of the input."),
    3: ("shift_sum", "The shift is multiplied by the factor, not added to it."),
}
PROBLEM = FusedGraph()
