"""Random graphs by families, the same ones every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, given, settings

from examgen.graph import backward
from tests.engines.kink_cases import KINKS
from tests.properties.graphs import Case, array_graphs, conv_graphs, labelled_graphs

STRATEGIES = {"array": array_graphs(), "conv": conv_graphs(), "labelled": labelled_graphs()}


def cases(family: str, examples: int, what: Callable[[Case], None]) -> None:
    """Calls it with so many random cases of a family."""

    @settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    @given(STRATEGIES[family])
    def run(case: Case) -> None:
        what(case)

    run()


def reached(examples: Mapping[str, int]) -> set[str]:
    """The ops that so many cases of each family hold, backward passes too, along with those on kinks."""
    found = {node.op for kink in KINKS.values() for node in backward(kink.graph).graph.nodes}
    for family in STRATEGIES:
        cases(family, examples[family], lambda case: found.update(node.op for node in backward(case.graph).graph.nodes))
    return found
