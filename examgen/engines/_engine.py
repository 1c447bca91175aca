"""What an engine is: a module with one table and `runs`, and nothing shared with the others but this.

`runs(device)` gives (exact, where, evaluate) for each kind of numbers the engine works in: exact ones, or float64;
`where` is the kind of device, or empty where there is only one. `evaluate` takes a graph, its data and the upstream
gradient, and gives an `Evaluation` of arrays or nested lists; given `count`, all of these are stacks of so many instances,
arrays with an axis for them in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Evaluation:
    """Node name -> array of its value, and node name -> array of the output's gradient with respect to it."""

    values: Mapping[str, Any]
    gradients: Mapping[str, Any]
