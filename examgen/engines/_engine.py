"""What an engine is: a module with a name and one function, and nothing shared with the others but this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Evaluation:
    """Node name -> array of its value, and node name -> array of the output's gradient with respect to it."""

    values: Mapping[str, Any]
    gradients: Mapping[str, Any]
