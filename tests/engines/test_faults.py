"""One wrong entry in one engine's table, and the proof fails and names the node.

Some faults any drawn instance shows. A wrong slope at a kink shows only on the kink, where the test puts it on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sympy import Add, Integer, log
from sympy.core.cache import clear_cache

from examgen import graph as graph_module
from examgen.engines import _numpy, _sympy, _sympy_expressions, _torch
from examgen.errors import ProofError
from examgen.graph import Graph
from examgen.model import Exact
from examgen.ops import OPS
from examgen.registry import graph_of, preset
from examgen.solving import draw
from examgen.verifying import prove
from tests.engines.kink_cases import KINKS

ENTRIES = {"numpy": _numpy.TABLE, "sympy": _sympy_expressions.TABLE, "torch": _torch.TABLE}
MODULES: tuple[ModuleType, ...] = (graph_module, _numpy, _sympy, _sympy_expressions, _torch)


def forget() -> None:
    """Empties what engines keep of a graph's structure, SymPy's own memory included."""
    for module in MODULES:
        for thing in list(vars(module).values()):
            if hasattr(thing, "cache_clear"):
                thing.cache_clear()
    clear_cache()


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget()
    yield
    forget()


@dataclass(frozen=True)
class Fault:
    """What to spoil (a table's engine, "vjp", or a SymPy function's derivative), the entry, what stands there instead.

    `where` is (problem, preset) or the name of a kink; `names` is the node, in the words of the message.
    """

    table: str
    entry: str
    wrong: Any
    where: tuple[str, str] | str
    names: str

    @property
    def engine(self) -> str:
        return {"vjp": "numpy", "fdiff": "sympy"}.get(self.table, self.table)

    def inject(self, patch: pytest.MonkeyPatch) -> None:
        if self.table == "vjp":
            patch.setitem(OPS, self.entry, replace(OPS[self.entry], vjp=self.wrong))
        elif self.table == "fdiff":
            patch.setattr(getattr(_sympy_expressions, self.entry), "fdiff", self.wrong)
        else:
            patch.setitem(ENTRIES[self.table], self.entry, self.wrong)
        forget()


def _own_factor(b: Any, node: Any, g: Any) -> Any:
    x, y = b.inputs(node)
    return b.sum_to(g * x, x.shape), b.sum_to(g * y, y.shape)


def _sigma_alone(b: Any, node: Any, g: Any) -> Any:
    return (g * b.ref(node),)


def _tanh_not_squared(b: Any, node: Any, g: Any) -> Any:
    return (g * (b.const(1) - b.ref(node)),)


def _not_divided(b: Any, node: Any, g: Any) -> Any:
    (x,) = b.inputs(node)
    return (b.op("spread", g, axes=() if node["keepdims"] else node["axes"], shape=x.shape),)


def _without_upstream(b: Any, node: Any, g: Any) -> Any:
    return (b.op("step", *b.inputs(node)),)


def _no_minus_one(b: Any, node: Any, g: Any) -> Any:
    (scores, _) = b.inputs(node)
    return b.op("spread", g, axes=(-1,), shape=(*g.shape, 1)) * b.op("softmax", scores), None


def _last_maximum(node: Any, g: Any, x: Any) -> Any:
    """Turned by 180 degrees there and back, with a window that fits a whole number of times."""
    return MAXPOOL_DX(node, g[..., ::-1, ::-1], x[..., ::-1, ::-1])[..., ::-1, ::-1]


def _torch_last_maximum(node: Any, x: Any) -> Any:
    return TORCH_MAXPOOL(node, x.flip(-1, -2)).flip(-1, -2)


def _first_of_row(node: Any, x: Any) -> Any:
    shares = EXTREME_SHARE(node, x)
    first = np.cumsum(shares != 0, axis=-1) == 1
    return np.where(first & (shares != 0), x * 0 + 1, x * 0)


MAXPOOL_DX, EXTREME_SHARE = _numpy.TABLE["maxpool_dx"], _numpy.TABLE["extreme_share"]
CONV_NUMPY, CONV_SYMPY, CONV_TORCH = (table["conv2d"] for table in ENTRIES.values())
OTHERS, TORCH_MAXPOOL = _numpy.TABLE["others"], _torch.TABLE["maxpool"]
POSITIVE, IS_FIRST = _sympy_expressions.IsPositive, _sympy_expressions.IsFirstLargest


def _numpy_log10(node: Any, x: Any) -> Any:
    return np.frompyfunc(mpmath.log10, 1, 1)(x) if x.dtype == object else np.log10(x)


def _flipped_kernel(node: Any, at: Any, x: Any, kernels: Any) -> Any:
    height, width = kernels.shape[-2:]
    turned = _sympy_expressions.Cells(
        kernels.shape, lambda i: kernels[(*i[:2], height - 1 - i[2], width - 1 - i[3])]
    )
    return CONV_SYMPY(node, at, x, turned)


def _covered_only(node: Any, at: Any, x: Any) -> Any:
    members = _sympy_expressions._window(node, at, x)
    return Add(*members) / len(members)


def _always_class_0(node: Any, at: Any, scores: Any, labels: Any) -> Any:
    return -log(_sympy_expressions._softmax(node, (*at, 0), scores))


def _first_wins(self: Any, argindex: int = 1) -> Any:
    x, y = self.args
    return 1 - POSITIVE(y - x) if argindex == 1 else POSITIVE(y - x)


def _last_largest(self: Any, argindex: int = 1) -> Any:
    return IS_FIRST(Integer(len(self.args) - argindex), *reversed(self.args))


def _first_largest(self: Any, argindex: int = 1) -> Any:
    return IS_FIRST(Integer(argindex - 1), *self.args)


SEED_CONV, SIGMOID, TANH = ("conv_relu_pool", "5x5_gradient"), ("backprop", "sigmoid_neuron"), ("backprop", "tanh_neuron")

DRAWN = {
    "numpy: product passes its own factor": Fault("vjp", "mul", _own_factor, ("backprop", "product_max"), "gradient at y"),
    "numpy: sigmoid without 1 - σ": Fault("vjp", "sigmoid", _sigma_alone, SIGMOID, "gradient at z"),
    "numpy: tanh without the square": Fault("vjp", "tanh", _tanh_not_squared, TANH, "gradient at z"),
    "numpy: mean not divided": Fault("vjp", "mean", _not_divided, ("svm_loss", "3x3"), "gradient at losses"),
    "numpy: ReLU forgets the upstream": Fault("vjp", "relu", _without_upstream, ("svm_loss", "3x3"), "gradient at raised"),
    "numpy: p instead of p - 1": Fault("vjp", "cross_entropy", _no_minus_one, ("softmax_loss", "2x3"), "gradient at scores"),
    "numpy: flipped filter": Fault(
        "numpy", "conv2d", lambda node, x, k: CONV_NUMPY(node, x, k[..., ::-1, ::-1]), SEED_CONV, "value of conv",
    ),
    "numpy: log base ten": Fault("numpy", "log", _numpy_log10, ("softmax_loss", "3x3_log"), "value of logits"),
    "numpy: wrong classes in the wrong order": Fault(
        "numpy", "others", lambda node, s, y: OTHERS(node, s, y)[..., ::-1], ("svm_loss", "3x3"), "value of other_scores",
    ),
    "sympy: flipped filter": Fault("sympy", "conv2d", _flipped_kernel, SEED_CONV, "value of conv"),
    "sympy: cross-entropy of the first class": Fault(
        "sympy", "cross_entropy", _always_class_0, ("softmax_loss", "2x3"), "value of losses",
    ),
    "sympy: sum for mean": Fault(
        "sympy", "mean", _sympy_expressions.TABLE["sum"], ("svm_loss", "3x3"), "value of loss",
    ),
    "torch: flipped filter": Fault(
        "torch", "conv2d", lambda node, x, k: CONV_TORCH(node, x, k.flip(-1, -2)), SEED_CONV, "value of conv",
    ),
    "torch: sum for mean": Fault("torch", "mean", lambda node, x: x.sum(), ("softmax_loss", "3x3"), "value of loss"),
    "torch: leaky ReLU": Fault(
        "torch", "relu", lambda node, x: F.leaky_relu(x, 1e-9), ("svm_loss", "3x3"), "value of margins",
    ),
    "torch: sigmoid in single precision": Fault(
        "torch", "sigmoid", lambda node, x: torch.sigmoid(x.float()).double(), SIGMOID, "value of f",
    ),
    "torch: pool passes no gradient": Fault(
        "torch", "maxpool", lambda node, x: TORCH_MAXPOOL(node, x.detach()) + 0 * x.sum(), SEED_CONV, "gradient at relu",
    ),
}

KNOT = "ReLU of slope 1 at 0"
ON_KINKS = {
    "numpy: ReLU of slope 1 at 0": Fault(
        "numpy", "step", lambda node, x: np.where(x >= 0, x * 0 + 1, x * 0), "relu", "gradient at x",
    ),
    "numpy: |x| of slope 1 at 0": Fault(
        "numpy", "sign", lambda node, x: np.where(x >= 0, x * 0 + 1, x * 0 - 1), "abs", "gradient at x",
    ),
    "numpy: maximum all to the first": Fault(
        "numpy", "share", lambda node, x, y: np.where(x >= y, (x - y) * 0 + 1, (x - y) * 0), "maximum", "gradient at y",
    ),
    "numpy: minimum all to the first": Fault(
        "numpy", "share", lambda node, x, y: np.where(x >= y, (x - y) * 0 + 1, (x - y) * 0), "minimum", "gradient at y",
    ),
    "numpy: amax all to the first": Fault("numpy", "extreme_share", _first_of_row, "amax of rows", "gradient at x"),
    "numpy: maxpool to the last": Fault("numpy", "maxpool_dx", _last_maximum, "maxpool", "gradient at x"),
    "numpy: a knot's slope is that of the piece before": Fault(
        "vjp", "piecewise", lambda b, node, g: (g * b.op("step", *b.inputs(node)),), KNOT, "gradient at x",
    ),
    "sympy: a knot's slope is that of the piece before": Fault(
        "sympy", "piecewise", lambda node, at, x: _sympy_expressions.Relu(x[at]), KNOT, "gradient at x",
    ),
    "torch: a knot's slope is that of the piece before": Fault(
        "torch", "piecewise", lambda node, x: torch.relu(x), KNOT, "gradient at x",
    ),
    "sympy: ReLU of slope 1 at 0": Fault(
        "fdiff", "Relu", lambda self, argindex=1: 1 - POSITIVE(-self.args[0]), "relu", "gradient at x",
    ),
    "sympy: |x| of slope 1 at 0": Fault(
        "fdiff", "Absolute", lambda self, argindex=1: 1 - 2 * POSITIVE(-self.args[0]), "abs", "gradient at x",
    ),
    "sympy: maximum all to the first": Fault("fdiff", "Larger", _first_wins, "maximum", "gradient at y"),
    "sympy: amax all to the first": Fault("fdiff", "Largest", _first_largest, "amax of rows", "gradient at x"),
    "sympy: maxpool to the last": Fault("fdiff", "FirstLargest", _last_largest, "maxpool", "gradient at x"),
    "torch: clamp for ReLU": Fault("torch", "relu", lambda node, x: x.clamp(min=0), "relu", "gradient at x"),
    "torch: |x| of slope 1 at 0": Fault("torch", "abs", lambda node, x: torch.where(x >= 0, x, -x), "abs", "gradient at x"),
    "torch: maximum all to the first": Fault(
        "torch", "maximum", lambda node, x, y: torch.where(x >= y, x, y), "maximum", "gradient at y",
    ),
    "torch: amax all to one": Fault(
        "torch", "amax", lambda node, x: x.max(dim=-1).values, "amax of rows", "gradient at x",
    ),
    "torch: maxpool to the last": Fault("torch", "maxpool", _torch_last_maximum, "maxpool", "gradient at x"),
}

def instance_of(fault: Fault, *, beside: bool = False) -> tuple[Graph, dict[str, Exact]]:
    """The graph and data on which a fault is looked for; `beside` moves kinks away."""
    if isinstance(fault.where, tuple):
        name, label = fault.where
        instance = draw(name, preset(name, label), "fault", 0)
        return graph_of(name, instance.params), dict(instance.data)
    case = KINKS[fault.where]
    assert case.beside is not None
    return case.graph, {**(case.beside if beside else case.data), "upstream": case.upstream}


def caught(graph: Graph, data: dict[str, Exact]) -> str:
    with pytest.raises(ProofError) as raised:
        prove(graph, data)
    return str(raised.value)


@pytest.mark.parametrize("label", [*DRAWN, *ON_KINKS])
def test_fault_is_caught(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    """The proof holds, and with the one entry spoilt it fails: the message names node and engine."""
    fault = {**DRAWN, **ON_KINKS}[label]
    graph, data = instance_of(fault)
    prove(graph, data)
    fault.inject(monkeypatch)
    message = caught(graph, data)
    assert f"the {fault.names}, cell" in message
    assert fault.engine in message.split(" disagree")[0]


@pytest.mark.parametrize("label", ON_KINKS)
def test_wrong_convention_is_silent_beside_the_kink(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    """Why kinks are visited on purpose: beside them the same fault proves."""
    fault = ON_KINKS[label]
    fault.inject(monkeypatch)
    prove(*instance_of(fault, beside=True))


def test_overwritten_fan_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backward pass that keeps one of two gradients of a variable used twice."""
    instance = draw("backprop", preset("backprop", "fan_out"), "fault", 0)
    graph = graph_of("backprop", instance.params)
    monkeypatch.setattr(graph_module, "reduce", lambda add, parts: parts[-1])
    forget()
    assert "the gradient at b," in caught(graph, dict(instance.data))


def test_every_engine_is_faulted() -> None:
    """Each of the three is wrong in turn, on drawn numbers and on kinks."""
    for faults in (DRAWN, ON_KINKS):
        assert {"numpy", "sympy", "torch"} == {fault.engine for fault in faults.values()}
