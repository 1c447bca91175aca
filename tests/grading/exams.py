"""The lecture's exam in eight variants: its key without proofs, and the papers worked out apart from it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from examgen import mistaken
from examgen.exam import read_exam
from examgen.resources import find
from examgen.selecting import variants
from examgen.unproved import unproved_key
from tests.grading.papers import Paper, papers

DEFINITION = find("variants") / "lecture6.toml"
VARIANTS = 8


@lru_cache(maxsize=1)
def drawn() -> tuple[dict[str, Any], dict[str, list[Paper]]]:
    """What key.json of a build holds, and by code the papers with what each mistake leads to."""
    exam = read_exam(DEFINITION)
    told = unproved_key(exam, VARIANTS)
    mistakes = {
        (variant.code, number): mistaken.results(instance)
        for variant in variants(exam, VARIANTS)
        for number, instance in enumerate(variant.instances, 1)
    }
    return told, papers(told, mistakes)
