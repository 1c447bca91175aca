"""Answers of students who know everything, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def right(variant: Mapping[str, Any]) -> dict[str, Any]:
    """Every box as the key has it, to the decimals asked; matrices as nested lists."""
    boxes = [box for task in variant["tasks"] for box in task["answers"]]
    return {"variant": variant["code"], **{box["label"]: _written(box["value"], box["decimals"]) for box in boxes}}


def wrong(variant: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers that are right nowhere, and no two of which follow from one another."""
    boxes = [box for task in variant["tasks"] for box in task["answers"]]
    numbered = ((f"-{4711 + place**3}.5", box) for place, box in enumerate(boxes))
    return {"variant": variant["code"], **{box["label"]: _replaced(box["value"], text) for text, box in numbered}}


def points(variant: Mapping[str, Any]) -> float:
    """What a variant is worth."""
    return sum(float(box["points"]) for task in variant["tasks"] for box in task["answers"])


def _written(value: Any, decimals: int) -> Any:
    return [_written(part, decimals) for part in value] if isinstance(value, list) else f"{value:.{decimals}f}"


def _replaced(value: Any, text: str) -> Any:
    return [_replaced(part, text) for part in value] if isinstance(value, list) else text
