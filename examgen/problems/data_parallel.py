"""Data parallelism: the gradient of each device's part of a batch, their mean, and the gradient of the whole batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial, reduce
from operator import add
from typing import Any

from examgen.drawing import Stream
from examgen.graph import Builder, Graph, Node, Ref
from examgen.mistakes import Mistake, local, node_replaced, passed, unchanged
from examgen.model import Ask, Convention, Expression, Grid, Index, Instance, Leaf, Line, Reminder, Step, Term
from examgen.narration import Worked, given
from examgen.problem import Preset, Problem, param
from examgen.problems import _reminders as rules
from examgen.terms import tidy

LARGEST_TARGET = 20


@dataclass(frozen=True)
class Params:
    devices: int = param(2, "k, devices", low=2, high=4)
    samples: int = param(2, "samples on each device", low=1, high=8)
    last: int = param(0, "samples on the last device; 0: as many as on the others", low=0, high=8)
    features: int = param(2, "D, weights", low=1, high=4)

    @property
    def counts(self) -> tuple[int, ...]:
        return (*[self.samples] * (self.devices - 1), self.last or self.samples)

    @property
    def even(self) -> bool:
        return len(set(self.counts)) == 1


class DataParallel(Problem):
    name = "data_parallel"
    title = "Data parallelism"
    source = "Goyal et al., 2017, section 2; PyTorch, DistributedDataParallel"
    params = Params
    default = "2_devices"
    example = 'w=2,-1 X1="1 2; 3 1" y1=1,4 X2="2 -1; 1 1" y2=3,2'
    presets = {
        "2_devices": Preset(Params(), (7, 8)),
        "4_devices": Preset(Params(4, 1), (7, 8)),
        "uneven": Preset(Params(2, 4, last=1), (9, 10)),
    }

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Residuals are drawn, and the targets are what leads to them."""
        weights = tuple(stream.signed(1, 3) for _ in range(params.features))
        data: dict[str, Any] = {"w": weights}
        for i, count in enumerate(params.counts, start=1):
            rows = tuple(tuple(stream.signed(1, 4) for _ in weights) for _ in range(count))
            predicted = (sum(x * w for x, w in zip(row, weights, strict=True)) for row in rows)
            data |= {f"X{i}": rows, f"y{i}": tuple(found - stream.signed(1, 4) for found in predicted)}
        return Instance(self.name, params, data)

    def graph(self, params: Params) -> Graph:
        """Each device has its copy of the weights, and the whole batch one of its own.

        A device holds a k-th of k times the weights: what comes back to these is the mean of the devices' gradients.
        """
        b, total = Builder(), sum(params.counts)
        w = b.input("w", (params.features,))
        whole, times = passed(b, w, "full"), b.const(params.devices)
        shared = b.op("mul", w, times, name="mean") / times
        losses, sums = list[Ref](), list[Ref]()
        for i, count in enumerate(params.counts, start=1):
            x, y = b.input(f"X{i}", (count, params.features)), b.input(f"y{i}", (count,))
            r = b.op("sub", b.matmul(x, passed(b, shared, f"copy{i}")), y, name=f"r{i}")
            losses.append(b.reduce("mean", b.power(r, 2), name=f"L{i}"))
            sums.append(b.reduce("sum", b.power(b.matmul(x, whole) - y, 2, name=f"squares{i}")))
        loss = b.op("mul", b.const(Fraction(1, total)), reduce(add, sums), name="L")
        return b.build(b.op("add", reduce(add, losses), loss, name="all"))

    def asks(self, params: Params) -> tuple[Ask, ...]:
        names = [(f"g{i}", f"copy{i}", f"g_{{{i}}}", "parts") for i in range(1, params.devices + 1)]
        names += [("mean", "mean", "g", ""), ("full", "full", r"\nabla L", "")]
        dims = (params.features,)
        return tuple(Ask(key, node, says, "array", True, shape=dims, group=group) for key, node, says, group in names)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        k, total = instance.params.devices, sum(instance.params.counts)
        return (
            Convention("model", MODEL),
            Convention("split", SPLIT, {"devices": k, "total": total}),
            Convention("parts", PARTS, {"devices": k}),
            Convention("full", FULL, {"total": total}),
        )

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return (rules.CHAIN, rules.TWICE, rules.SQUARE)

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if any(abs(y) > LARGEST_TARGET for i in range(1, instance.params.devices + 1) for y in values[f"y{i}"]):
            yield f"a target is beyond ±{LARGEST_TARGET}"

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        """Of a part's gradient, of their mean, and of the gradient of the whole batch where parts differ in size."""
        total = Fraction(1, sum(params.counts))
        uneven = [Mistake("parallel_share", SHARE, forward=node_replaced("L", partial(_unweighted, params)))]
        whole = [Mistake("parallel_own_size", OWN, slopes={"mean": partial(_spread, total)})]
        summed = [Mistake("parallel_part_summed", MEAN, slopes={"mean": partial(_spread, Fraction(1))})]
        return (
            Mistake("parallel_factor", FACTOR, slopes={"pow": local(lambda b, node: b.inputs(node)[0])}),
            Mistake("parallel_sign", SIGN, slopes={"sub": lambda b, node, g: (-g, None)}),
            Mistake("parallel_input", INPUT, slopes={"matmul": _without_input}),
            *whole, *(summed if max(params.counts) > 1 else []),
            Mistake("parallel_added", ADDED, slopes={"div": unchanged}),
            *([] if params.even else uneven),
        )

    def sizes(self, given: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Devices, samples and weights from what is given for each of them."""
        counts = [len(value) for name, value in sorted(data.items()) if name.startswith("y") and isinstance(value, tuple)]
        last = counts[-1] if len(set(counts)) > 1 else 0
        found = {"devices": len(counts), "samples": counts[0], "last": last} if counts else {}
        return found | ({"features": len(data["w"])} if isinstance(data.get("w"), tuple) else {})

    def symbol(self, graph: Graph, node: str, index: Index) -> str:
        """Samples are counted through the whole batch."""
        letter, device = node.rstrip("0123456789"), node[len(node.rstrip("0123456789")) :]
        if letter in ("X", "y", "r") and index:
            before = sum(graph[f"y{i}"].shape[0] for i in range(1, int(device)))
            return f"{letter.lower()}_{{{before + index[0] + 1}{''.join(str(j + 1) for j in index[1:])}}}"
        return super().symbol(graph, "w" if letter in ("copy", "full", "mean") else node, index)

    def steps(self, worked: Worked) -> Iterator[Step]:
        counts = [worked.graph[f"y{i}"].shape[0] for i in range(1, len(worked.graph.inputs) // 2 + 1)]
        places, parts = range(worked.graph["w"].shape[0]), range(1, len(counts) + 1)
        yield given(worked)
        residuals = (worked.line(f"r{i}", (n,)) for i in parts for n in range(counts[i - 1]))
        yield Step("residuals", RESIDUALS, lines=tuple(residuals))
        for i in parts:
            shown = grids(worked, f"copy{i}", f"g_{{{i}}}")
            lines = (_gradient(worked, f"copy{i}", f"g_{{{i}{j + 1}}}", [i], j) for j in places)
            yield Step("device", PART, {"device": i}, tuple(lines), shown)
        lines = (_mean(worked, parts, j) for j in places)
        yield Step("mean", AVERAGE, lines=tuple(lines), grids=grids(worked, "mean", "g"))
        lines = (_gradient(worked, "full", rf"\partial L/\partial w_{{{j + 1}}}", parts, j) for j in places)
        even = len(set(counts)) == 1
        yield Step("full", SAME if even else OTHER, lines=tuple(lines), grids=grids(worked, "full", r"\nabla L"))


def grids(worked: Worked, node: str, symbol: str) -> tuple[Grid, ...]:
    return (Grid(symbol, (worked.array(node, (), True),), what=(node, True, ())),)


def _gradient(worked: Worked, node: str, symbol: str, parts: Sequence[int], j: int) -> Line:
    """Twice the mean of residuals times inputs, over all samples of some devices."""
    pairs = [(i, n) for i in parts for n in range(worked.graph[f"y{i}"].shape[0])]
    products = tuple(Term("*", (worked.leaf(f"r{i}", (n,)), worked.leaf(f"X{i}", (n, j)))) for i, n in pairs)
    if len(pairs) == 1:
        return _line(worked, node, symbol, j, Term("*", (Leaf(Fraction(2)), *products[0].args)))
    return _line(worked, node, symbol, j, tidy(Term("*", (Leaf(Fraction(2, len(pairs))), Term("+", products)))))


def _mean(worked: Worked, parts: Sequence[int], j: int) -> Line:
    own = tuple(Leaf(worked.value(f"copy{i}", (j,), True), f"g_{{{i}{j + 1}}}") for i in parts)
    return _line(worked, "mean", f"g_{{{j + 1}}}", j, Term("/", (Term("+", own), Leaf(Fraction(len(own))))))


def _line(worked: Worked, node: str, symbol: str, j: int, term: Expression) -> Line:
    return worked.equation(symbol, term, worked.value(node, (j,), True), what=(node, True, (j,)))


def _spread(share: Fraction, b: Builder, node: Node, g: Ref) -> tuple[Ref, ...]:
    """Each sample with another share than that of a mean."""
    (x,) = b.inputs(node)
    return (b.op("spread", g * b.const(share), axes=node["axes"], shape=x.shape),)


def _without_input(b: Builder, node: Node, g: Ref) -> tuple[Ref | None, ...]:
    """Residuals alone, the same for each weight."""
    return None, b.op("spread", b.reduce("sum", g), axes=(-1,), shape=b.inputs(node)[1].shape)


def _unweighted(params: Params, b: Builder, node: Node) -> Ref:
    means = [b.reduce("mean", b.ref(f"squares{i}")) for i in range(1, params.devices + 1)]
    return b.op("mul", reduce(add, means), b.const(Fraction(1, params.devices)), name=node.name)


MODEL = r"A model predicts $p_n=\sum_j w_j x_{nj}$ for sample $n$; the loss of a sample is $(p_n-y_n)^2$."
SPLIT = "A batch of %(total)s samples is split over %(devices)s devices; each has a copy of the weights $w$."
PARTS = (
    r"The loss $L_i$ of device $i$ is the mean over **its own** samples. Find the gradient $g_i=\partial L_i/\partial w$ of "
    r"each device and the mean $g$ of these %(devices)s gradients."
)
FULL = (
    r"Compare: find $\nabla L=\partial L/\partial w$ on one device that has the whole batch, where $L$ is the mean over "
    "%(total)s samples."
)
RESIDUALS = r"The residuals $r_n=p_n-y_n$:"
PART = r"Device %(device)s: twice the mean of $r_n x_n$ over its samples."
AVERAGE = "The mean of the devices' gradients:"
SAME = "The whole batch: all parts are of the same size, so that the mean of their gradients is its gradient."
OTHER = "The whole batch: parts of different sizes count by their share of it, so that the mean of their gradients differs."
FACTOR = "The derivative of a square has the factor 2."
SIGN = "The residual in the gradient is the prediction minus the target."
INPUT = "Each residual is multiplied by its sample's own input."
OWN = "Each part's loss is the mean over its own samples, not over the batch."
MEAN = "Each part's loss is a mean: divide its gradient by its samples."
ADDED = "The gradients of the devices are averaged, not added."
SHARE = "In the whole batch each sample counts the same, whatever device has it."
PROBLEM = DataParallel()
