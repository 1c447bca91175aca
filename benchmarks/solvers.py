"""The public functions against PyTorch on the same work, in one run.

    python benchmarks/solvers.py [--samples N] [--classes C] [--side S] [--filters F] [--repeats R]

Prints the median seconds of both and their ratio, the most memory that ours takes beyond its arguments, and what
`import examgen` and the first call cost in fresh processes over NumPy's own import.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import examgen

NEURON = "z = w0 * x0 + w1 * x1 + w2; f = sigmoid(z)"
INPUTS = {"w0": 1.0, "x0": -1.0, "w1": -2.0, "x1": 1.0, "w2": 1.0}
PARSED = iter(range(10**9))
TIMED = "import time; {}; start = time.perf_counter(); {}; print(time.perf_counter() - start)"
FIRST = "import examgen; examgen.svm_loss([[1, 2], [3, 4]], [0, 1])"


def seconds(work: Callable[[], Any], repeats: int) -> float:
    found = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        found.append(perf_counter() - start)
    return median(found)


def peak(work: Callable[[], Any]) -> int:
    """Bytes at the most, as Python and NumPy ask for them."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def fresh(statement: str, repeats: int, before: str = "import numpy") -> float:
    """Seconds that a statement takes in a process of its own, behind another that is not counted."""
    run = [sys.executable, "-c", TIMED.format(before, statement)]
    return median(float(subprocess.run(run, capture_output=True, text=True, check=True).stdout) for _ in range(repeats))


def losses(samples: int, classes: int) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal((samples, classes)), rng.integers(0, classes, samples)
    truth = torch.from_numpy(labels)

    def hinge() -> None:
        x = torch.from_numpy(scores).requires_grad_()
        (F.multi_margin_loss(x, truth) * classes).backward()  # PyTorch's is a mean over the classes too

    def entropy() -> None:
        x = torch.from_numpy(scores).requires_grad_()
        F.cross_entropy(x, truth).backward()

    size = f"{samples:,} × {classes:,}"
    return {
        f"svm_loss {size}": (lambda: examgen.svm_loss(scores, labels), hinge),
        f"softmax_loss {size}": (lambda: examgen.softmax_loss(scores, labels), entropy),
    }


def convolutions(side: int, filters: int) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    rng = np.random.default_rng(0)
    image, kernels = rng.standard_normal((3, side, side)), rng.standard_normal((filters, 3, 3, 3))

    def forward(*, backward: bool = False) -> None:
        x, k = (torch.from_numpy(array).requires_grad_(backward) for array in (image, kernels))
        pooled = F.max_pool2d(F.relu(F.conv2d(x[None], k)), 2)
        if backward:
            pooled.sum().backward()

    size = f"3 × {side} × {side}, {filters} filters"
    return {
        f"conv_relu_pool {size}": (lambda: examgen.conv_relu_pool(image, kernels), forward),
        "  and backward": (lambda: examgen.conv_relu_pool(image, kernels, upstream=1), lambda: forward(backward=True)),
    }


def neuron() -> None:
    leaves = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in INPUTS.items()}
    w0, x0, w1, x1, w2 = leaves.values()
    torch.sigmoid(w0 * x0 + w1 * x1 + w2).backward()
    assert all(leaf.grad is not None and leaf.grad.item() for leaf in leaves.values())


def graphs() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """A formula that was read before, and one that is new each time."""
    return {
        "backprop, sigmoid neuron": (lambda: examgen.backprop(NEURON, INPUTS), neuron),
        "  read for the first time": (lambda: examgen.backprop(f"{NEURON} + 0 * {next(PARSED)}", INPUTS), neuron),
    }


def compare(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int) -> None:
    ours(), theirs()
    mine, torchs = seconds(ours, repeats), seconds(theirs, repeats)
    print(f"{name:<44}{mine:>11.5f}{torchs:>11.5f}{mine / torchs:>8.1f}{peak(ours) / 2**20:>10.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="The public functions against PyTorch.")
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--classes", type=int, default=1_000)
    parser.add_argument("--side", type=int, default=256, help="rows and columns of the image")
    parser.add_argument("--filters", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print(f"{'seconds, median of ' + str(given.repeats):<44}{'examgen':>11}{'PyTorch':>11}{'ratio':>8}{'MiB':>10}")
    for group in (losses(given.samples, given.classes), convolutions(given.side, given.filters)):
        for name, (ours, theirs) in group.items():
            compare(name, ours, theirs, given.repeats)
    for name, (ours, theirs) in graphs().items():
        compare(name, ours, theirs, 100 * given.repeats)
    print("milliseconds in fresh processes")
    print(f"  import numpy                           {1000 * fresh('import numpy', 5 * given.repeats, 'pass'):7.1f}")
    for name, statement in {"import examgen": "import examgen", "and a first svm_loss": FIRST}.items():
        print(f"  {name:<39}{1000 * fresh(statement, 5 * given.repeats):7.1f} over it")


if __name__ == "__main__":
    main()
