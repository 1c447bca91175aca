"""What is written down of a mistake that is worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Hand:
    """One mistake in one small task, and what it leads to in the boxes that it spoils."""

    key: str
    problem: str
    data: Mapping[str, Any]
    wrong: Mapping[str, Any]
    params: Mapping[str, Any] = field(default_factory=dict)
