"""Graphs by families: a few that hold every op, then random ones, the same every time."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings

from examgen.graph import backward
from tests.engines.kink_cases import KINKS
from tests.properties.every_op import EVERY
from tests.properties.graphs import Case, array_graphs, conv_graphs, labelled_graphs, some

STRATEGIES = {"array": array_graphs(), "conv": conv_graphs(), "labelled": labelled_graphs()}


def cases(family: str, examples: int, what: Callable[[Case], None]) -> None:
    """Calls it with the cases that hold every op of a family, and with so many random ones."""
    for case in EVERY[family]:
        what(case)

    @settings(max_examples=some(examples), database=None, suppress_health_check=list(HealthCheck))
    @given(STRATEGIES[family])
    def run(case: Case) -> None:
        what(case)

    run()


def reached() -> set[str]:
    """The ops that all cases hold whatever is drawn, backward passes too, along with those on kinks."""
    graphs = [case.graph for family in STRATEGIES for case in EVERY[family]] + [kink.graph for kink in KINKS.values()]
    return {node.op for graph in graphs for node in backward(graph).graph.nodes}
