"""The benchmark of many draws, at a two-hundredth of its count, and whether it would notice."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import draws
from examgen import registry, solving
from examgen.drawing import Stream
from examgen.engines import _numpy
from examgen.graph import Builder, Graph
from examgen.model import Instance, nest
from examgen.ops import OPS
from examgen.problems.conv_relu_pool import ConvReluPool
from examgen.problems.svm_loss import SvmLoss
from examgen.sifting._batch import Batch
from examgen.testing import kinks_by_loops, known

COUNT = 100


class NaiveSvm(SvmLoss):
    """Scores drawn without a thought for kinks."""

    def draw(self, params: Any, stream: Stream) -> Instance:
        table = stream.array((params.samples, params.classes), lambda: stream.integer(-5, 5))
        return Instance(self.name, params, {"scores": table, "labels": tuple(range(params.samples))})

    def flaws(self, instance: Instance, values: Any) -> Any:
        return iter(())


class NaiveConv(ConvReluPool):
    """Pixels and filter cells drawn without a thought for kinks."""

    def draw(self, params: Any, stream: Stream) -> Instance:
        image = stream.array((1, params.height, params.width), lambda: stream.integer(0, 5))
        kernels = stream.array((1, 1, *params.kernel), lambda: stream.integer(-1, 2))
        return Instance(self.name, params, {"image": image, "kernels": kernels})

    def flaws(self, instance: Instance, values: Any) -> Any:
        return iter(())


class SilentSvm(NaiveSvm):
    """Every margin met with room to spare: nothing is left to compute."""

    def draw(self, params: Any, stream: Stream) -> Instance:
        row = [-4 + stream.below(2) for _ in range(params.samples * params.classes)]
        for i in range(params.samples):
            row[i * params.classes + i] = 4
        table = nest(row, (params.samples, params.classes))
        return Instance(self.name, params, {"scores": table, "labels": tuple(range(params.samples))})


class StumblingSvm(NaiveSvm):
    def draw(self, params: Any, stream: Stream) -> Instance:
        raise ArithmeticError("never a variant")


def presets() -> list[Any]:
    return [
        pytest.param(name, label, id=f"{name}-{label}")
        for name, problem in registry.problems().items()
        for label in problem.presets
    ]


@pytest.mark.parametrize(("name", "label"), presets())
def test_many_draws_are_sound(name: str, label: str) -> None:
    """No draw fails, none sits on a kink or tie, none is trivial."""
    found = draws.tally(registry.problem(name), label, COUNT)
    assert (0, 0, 0, "") == (found.failures, found.kinks, found.trivial, found.first)


@pytest.mark.parametrize(("naive", "label"), [(NaiveSvm(), "3x3"), (NaiveConv(), "5x5_stride2")])
def test_naive_draws_are_noticed(monkeypatch: pytest.MonkeyPatch, naive: Any, label: str) -> None:
    """Where a problem draws naively and the drawing loop does not ask, more than a tenth of the draws sit on a kink."""
    monkeypatch.setattr(solving, "kinks", lambda graph, values: iter(()))
    with known(naive):
        assert COUNT / 10 < draws.tally(naive, label, COUNT).kinks


def test_trivial_draws_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table in which every loss is 0 counts as trivial; it would not be drawn, since it tells no mistake apart."""
    monkeypatch.setattr(solving, "confusions", lambda *asked: iter(()))
    monkeypatch.setattr(Batch, "_tell", lambda *asked: None)
    with known(silent := SilentSvm()):
        assert COUNT == draws.tally(silent, "3x3", COUNT).trivial


def test_failures_are_noticed() -> None:
    """A draw that raises counts as failed, and the first reason is kept."""
    with known(stumbling := StumblingSvm()):
        found = draws.tally(stumbling, "3x3", 3)
    assert (3, "draw 0: ArithmeticError: never a variant") == (found.failures, found.first)


def test_exit_status_says_whether_draws_are_sound(capsys: pytest.CaptureFixture[str]) -> None:
    """0 where all draws are sound, 1 where one is not."""
    assert 0 == draws.main(["-n", "2", "-p", "svm_loss"])
    with known(StumblingSvm()):
        assert 1 == draws.main(["-n", "2", "-p", "svm_loss"])
    assert "never a variant" in capsys.readouterr().out


def built(op: str, dims: tuple[int, ...], **attrs: Any) -> Graph:
    b = Builder()
    return b.build(b.op(op, b.input("x", dims), **attrs))


def paired(op: str) -> Graph:
    b = Builder()
    return b.build(b.op(op, b.input("x", (2, 2)), b.input("y", (2,))))


POOL = {"size": (2, 2), "stride": (2, 2), "padding": (0, 0)}
OVERLAPPING = {"size": (2, 2), "stride": (1, 1), "padding": (1, 1)}
ROWS = {"axes": (-1,), "keepdims": False}
AT_KINKS = [
    (built("relu", (2,)), {"x": (3, 0)}, {"x": (3, -1)}),
    (built("abs", (2,)), {"x": (3, 0)}, {"x": (3, -1)}),
    (paired("maximum"), {"x": ((1, 2), (3, 4)), "y": (5, 4)}, {"x": ((1, 2), (3, 4)), "y": (2, 5)}),
    (paired("minimum"), {"x": ((1, 2), (3, 4)), "y": (3, 9)}, {"x": ((1, 2), (3, 4)), "y": (2, 1)}),
    (built("amax", (2, 2), **ROWS), {"x": ((1, 2), (4, 4))}, {"x": ((1, 4), (4, 3))}),
    (built("amin", (2, 2), **ROWS), {"x": ((1, 2), (4, 4))}, {"x": ((1, 4), (1, 3))}),
    (built("maxpool", (1, 2, 4), **POOL), {"x": (((1, 2, 3, 1), (0, 0, 1, 3)),)}, {"x": (((1, 2, 2, 1), (0, 0, 1, 3)),)}),
    (built("maxpool", (1, 2, 2), **OVERLAPPING), {"x": (((5, 5), (1, 2)),)}, {"x": (((5, 4), (3, 2)),)}),
]


@pytest.mark.parametrize(("graph", "at", "off"), AT_KINKS, ids=[graph.nodes[-1].op for graph, *_ in AT_KINKS])
def test_loops_and_op_table_see_the_same_kinks(graph: Graph, at: Any, off: Any) -> None:
    """Both find the kink there is and none beside it."""
    for data, wanted in ((at, True), (off, False)):
        values = {name: array.ravel().tolist() for name, array in _numpy.run(graph, data, "exact").items()}
        rule = OPS[graph.nodes[-1].op].kinks
        assert rule is not None
        by_table = list(rule(graph, graph.nodes[-1], *(values[name] for name in graph.nodes[-1].inputs)))
        assert (wanted, wanted) == (bool(list(kinks_by_loops(graph, values))), bool(by_table))


def test_every_op_with_a_kink_is_looked_at() -> None:
    """No op states a kink that the loops were never tried on."""
    assert {name for name, op in OPS.items() if op.kinks} == {graph.nodes[-1].op for graph, *_ in AT_KINKS}
