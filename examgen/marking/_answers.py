"""Answers as they come in: by labels as people type them, as text, numbers or nested lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from examgen.errors import InputError
from examgen.keyfile import KeyVariant
from examgen.labels import typed

DASHES = "-–—− "  # what people write where they have nothing to write


def by_label(told: Mapping[str, Any], variant: KeyVariant, language: str) -> tuple[dict[str, Any], list[str]]:
    """What is told by the labels of the key, and the names that are none of them. Raises: InputError for one told twice."""
    known = {box.label for box in variant.boxes}
    meant = typed([name for name in told if name not in known], language)
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


def text_of(answer: Any) -> str:
    """An answer as text, nested lists in brackets; None is blank, and so is a dash."""
    if answer is None:
        return ""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, (list, tuple)):
        return "[" + ", ".join(map(text_of, answer)) + "]"
    text = str(answer).strip()
    return text if text.strip(DASHES) else ""
