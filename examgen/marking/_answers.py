"""Answers as they come in: by labels as people type them, as text, numbers or nested lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from examgen.errors import InputError
from examgen.keyfile import KeyVariant
from examgen.labels import typed

DEEPEST, LONGEST = 8, 1000  # lists within lists, and bits of a number: far beyond any answer
DASHES = "-–—− "  # what people write where they have nothing to write


def by_label(told: Mapping[str, Any], variant: KeyVariant, language: str) -> tuple[dict[str, Any], list[str]]:
    """What is told by the labels of the key, and the names that are none of them. Raises: InputError for one told twice."""
    known = variant.labels
    told = {str(name): value for name, value in told.items()}
    meant = typed(told, language)
    found: dict[str, Any] = {}
    unknown = []
    for name, value in told.items():
        label = name if name in known else meant.get(name)
        if label not in known or label is None:
            unknown.append(name)
        elif label in found:
            raise InputError(f"{name}: box {label} is there twice, keep one of them")
        else:
            found[label] = value
    return found, unknown


def text_of(answer: Any, deepest: int = DEEPEST) -> str:
    """An answer as text, nested lists in brackets; None and a dash are blank. What no sheet can ask for states nothing."""
    if answer is None:
        return ""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, (list, tuple)):
        return "[" + ", ".join(text_of(part, deepest - 1) for part in answer) + "]" if deepest else "[…]"
    if isinstance(answer, int) and answer.bit_length() > LONGEST:
        return "…"
    try:
        text = str(answer).strip()
    except ValueError:  # a fraction of thousands of digits
        return "…"
    return text if text.strip(DASHES) else ""
