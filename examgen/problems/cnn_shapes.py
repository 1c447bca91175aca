"""Sizes, numbers of parameters and the receptive field of a stack of convolutions, poolings and linear layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from examgen.formula import symbol
from examgen.graph import UNNAMED, Graph
from examgen.model import Ask, Calculator, Convention, Exact, Instance, Line, Reminder, Step
from examgen.narration import GIVEN
from examgen.problem import HALF, DrawError, InputError, Mistake, Preset, Problem, ResultField, Stream, Worked, param
from examgen.problems._conv_reminders import PARAMETERS, RECEPTIVE, SIDE
from examgen.problems._stack import WINDOWED, maps, network, stack_mistakes
from examgen.problems._windows import TRIES, check_windows, layer_drawn, spans_of


@dataclass(frozen=True)
class Params:
    layers: str = param("conv pool conv pool linear", "the stack: conv and pool in any order, then linear")
    counts: bool = param(True, "ask for the parameters of every layer and their sum")
    receptive: bool = param(False, "ask for the receptive field of the last map")
    smallest: int = param(12, "least side of a drawn image", low=4, high=256)
    largest: int = param(32, "greatest side of a drawn image", low=4, high=256)


class CnnShapes(Problem):
    name = "cnn_shapes"
    title = "Sizes and parameters of a convolutional network"
    source = "Dumoulin and Visin, A guide to convolution arithmetic, 2016; torch.nn"
    params = Params
    default = "counts"
    text = "layers"
    example = '"conv pool linear" image="3 32" conv="8 5 1 2" pool="2 2" linear=10'
    presets = {
        "sizes": Preset(Params("conv pool conv pool", counts=False), (3, 4), "quiz"),
        "counts": Preset(Params(), (6, 7), calculator="simple"),
        "receptive": Preset(Params("conv conv pool conv", counts=False, receptive=True), (5, 5)),
    }

    def check(self, params: Params) -> None:
        stack = params.layers.split()
        if wrong := next((layer for layer in stack if layer not in (*WINDOWED, "linear")), None):
            raise InputError(f"layers holds {wrong!r}: allowed are conv, pool and linear")
        maps = stack[: len(stack) - stack.count("linear")]
        if not maps or "linear" in maps or len(stack) > 8:
            raise InputError(f"layers = {params.layers!r}: give conv and pool first, then linear, at most 8 layers")
        if not params.counts and "linear" in stack:
            raise InputError("counts = false leaves nothing to ask of a linear layer: take it off layers")
        if params.smallest > params.largest:
            raise InputError(f"smallest = {params.smallest} is above largest = {params.largest}")

    def calculator(self, params: Params) -> Calculator:
        """Parameters are products of several numbers."""
        return "simple" if params.counts else "none"

    def draw(self, params: Params, stream: Stream) -> Instance:
        """Windows that fit, with padding somewhere, a stride somewhere, and a size that is rounded down."""
        stack = params.layers.split()
        for _ in range(TRIES):
            rows = [layer_drawn(kind, stream) for kind in stack]
            image, windows = (3, stream.integer(params.smallest, params.largest)), rows[: len(stack) - stack.count("linear")]
            spans = list(spans_of(image[1], windows))
            padded = any(len(row) == 4 and row[3] for row in windows) or "conv" not in stack
            if all(span > 0 for span, _ in spans) and any(span % stride for span, stride in spans) and padded:
                table = {kind: tuple(row for name, row in zip(stack, rows, strict=True) if name == kind) for kind in stack}
                return Instance(self.name, params, {"image": image, **table})
        raise DrawError(f"no windows of {params.layers} fit: take larger images or fewer layers")

    def graph(self, params: Params) -> Graph:
        self.check(params)
        return network(params)

    def asks(self, params: Params) -> tuple[Ask, ...]:
        """The side of every map, then the parameters of every layer and their sum, then the receptive field."""
        names = [node.name for node in self.graph(params).nodes if node.op != "getitem" and node.name[0] in "HN"]
        names = [*sorted(names, key=lambda name: name[0]), *[f"R{len(maps(params))}"] * params.receptive]
        points = {"H": HALF, "N": HALF, "R": Fraction(1)}
        return tuple(Ask(name, name, symbol(name), "integer", points=points[name[0]], group=name[0]) for name in names)

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        params = instance.params
        counted = (Convention("counts", COUNTS),) if params.counts else ()
        field = (Convention("field", FIELD, {"last": len(maps(params))}),) if params.receptive else ()
        return (Convention("square", SQUARE), Convention("floor", FLOOR), *counted, *field)

    def reminders(self, params: Params) -> tuple[Reminder, ...]:
        return (SIDE, *((PARAMETERS,) if params.counts else ()), *((RECEPTIVE,) if params.receptive else ()))

    def mistakes(self, params: Params) -> tuple[Mistake, ...]:
        """Whatever changes nothing of a stack, such as its parameters where none are asked, is passed over by itself."""
        return tuple(stack_mistakes(params))

    def results(self, graph: Graph) -> Mapping[str, ResultField]:
        found = (node.name for node in graph.nodes if node.op not in ("input", "getitem") and node.name[0] != UNNAMED)
        return {name: ResultField(name) for name in found}

    def steps(self, worked: Worked) -> Iterator[Step]:
        """What is given, then layer by layer what follows for it."""
        nodes = [node for node in worked.graph.nodes if node.op != "input" and node.name[0] != UNNAMED]
        read = [node for node in nodes if node.op == "getitem"]
        yield Step("given", GIVEN, lines=tuple(Line(worked.symbol(node.name), (), worked.value(node.name)) for node in read))
        made = [node for node in nodes if node.op != "getitem"]
        for layer in dict.fromkeys(node.name[1:] for node in made):
            lines = tuple(worked.line(node.name) for node in made if node.name[1:] == layer)
            yield Step("layer", LAYER if layer else TOTAL, {"number": layer}, lines=lines)

    def completed(self, params: Params, data: dict[str, Exact]) -> dict[str, Exact]:
        check_windows(maps(params), data)
        return data


SQUARE = (
    "The image, all maps and all windows are square; the table gives their sides. $C_0$ is the number of channels of the image "
    "and $H_0$ its side. Find the side $H_i$ of the map after each layer $i$."
)
FLOOR = "Sizes are rounded down, as in PyTorch, and padding is put on every side."
COUNTS = (
    "Find the number of parameters $N_i$ of each convolution and each linear layer, and their sum $N$. **Every filter and "
    "every unit has a bias.** Before the first linear layer all channels of the last map are flattened."
)
FIELD = (
    "Find the receptive field $R_{%(last)s}$: how many cells of the image, along one axis, a cell of the last map depends on "
    "(away from the edge)."
)
LAYER = "Layer %(number)s:"
TOTAL = "All layers together:"
PROBLEM = CnnShapes()
