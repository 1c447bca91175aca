"""Do NumPy, SymPy and PyTorch agree on every node and gradient of many variants of each problem?

    python benchmarks/agreement.py [-n VARIANTS] [--device cpu|cuda]

Prints, per problem, the variants proved, the seconds, and the worst difference of a float64 number from the exact one,
relative where the number is above 1. Ends with 1 at the first disagreement.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from fractions import Fraction
from itertools import cycle, islice
from time import perf_counter
from typing import Any

from examgen.errors import ProofError
from examgen.graph import Graph, split
from examgen.model import Instance, cells
from examgen.registry import graph_of, problems
from examgen.solving import draw
from examgen.verifying import Proof, prove, runs

SEED = "agreement"


def worst_difference(graph: Graph, instance: Instance, proof: Proof, device: str) -> float:
    """Over all engines that run in float64, all values and all gradients."""
    inputs, upstream = split(graph, instance.data)
    rounded = [run for run in runs(device) if not run.exact]
    found = [run.evaluate(graph, inputs, upstream) for run in rounded]
    pairs = [(one.values, proof.values) for one in found] + [(one.gradients, proof.gradients) for one in found]
    return max(_differences(got, exact) for got, exact in pairs)


def _differences(found: Mapping[str, Any], exact: Mapping[str, list[Fraction]]) -> float:
    worst = Fraction(0)
    for name, expected in exact.items():
        array = found[name]
        got = cells(array.tolist() if hasattr(array, "tolist") else array)
        for mine, theirs in zip(got, expected, strict=True):
            worst = max(worst, abs(Fraction(mine) - theirs) / max(Fraction(1), abs(theirs)))
    return float(worst)


def proved(name: str, count: int, device: str) -> float:
    """So many variants, in turn of all presets. Raises ProofError naming the preset and the variant."""
    worst = 0.0
    presets = problems()[name].presets
    for i, (label, preset) in enumerate(islice(cycle(presets.items()), count)):
        instance = draw(name, preset, SEED, i)
        graph = graph_of(name, instance.params)
        try:
            proof = prove(graph, instance.data, device)
        except ProofError as error:
            raise ProofError(f"{name} {label}, variant {i}: {error}") from error
        worst = max(worst, worst_difference(graph, instance, proof, device))
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description="Agreement of the engines on every node and gradient.")
    parser.add_argument("-n", type=int, default=1000, help="variants of each problem")
    parser.add_argument("--device", default="cpu", help="where PyTorch runs")
    given = parser.parse_args()
    print(f"{'problem':<16}{'variants':>9}{'seconds':>9}  worst float64 difference")
    for name in problems():
        start = perf_counter()
        try:
            worst = proved(name, given.n, given.device)
        except ProofError as error:
            print(f"DISAGREEMENT  {error}", file=sys.stderr)
            return 1
        print(f"{name:<16}{given.n:>9}{perf_counter() - start:>9.1f}  {worst:.1e}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
