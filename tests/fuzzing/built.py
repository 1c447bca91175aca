"""Random exams of all problem types, presets, parameters, points, roundings and languages; what a build accepts is proved."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import examgen.build
from examgen.errors import DrawError, InputError
from examgen.exam import read_exam
from examgen.folder import verify
from examgen.registry import problems
from tests.unset import unset

WORDS = st.text("абвxyz<&>'%#{}₂🙂 ", min_size=1, max_size=12).filter(str.strip)


def toml(value: Any) -> str:
    """A value as TOML, inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return "'" + value + "'" if "'" not in value else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml(name)} = {toml(part)}" for name, part in value.items()) + "}"
    if isinstance(value, Fraction):
        return f"{float(value):g}"
    return str(value)


def parameter(field: Any) -> st.SearchStrategy[Any] | None:
    """Values for a parameter after what it says of itself."""
    told = field.metadata
    if isinstance(field.default, bool):
        return st.booleans()
    if told.get("choices"):
        one = st.sampled_from(told["choices"])
        return st.lists(one, min_size=1, max_size=3, unique=True) if isinstance(field.default, tuple) else one
    if isinstance(field.default, int) and told.get("low") is not None:
        return st.integers(told["low"] - 1, min(told["high"] or 9, told["low"] + 8) + 1)
    return None


@st.composite
def tasks(draw: st.DrawFn) -> str:
    """A [[task]] of one problem type, or of two in turn."""
    known = problems()
    most = draw(st.sampled_from([1, 1, 1, 2]))
    names = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=most, unique=True))
    lines = [f"problem = {toml(names if len(names) > 1 else names[0])}"]
    if len(names) == 1:
        chosen = known[names[0]]
        lines += [f"preset = {toml(draw(st.sampled_from(sorted(chosen.presets))))}"] * draw(st.sampled_from([0, 1, 1]))
        strategies = {field.name: found for field in fields(chosen.params) if (found := parameter(field)) is not None}
        if strategies and draw(st.booleans()):
            changed = draw(st.lists(st.sampled_from(sorted(strategies)), min_size=1, max_size=2, unique=True))
            lines.append(f"params = {toml({name: draw(strategies[name]) for name in changed})}")
    if draw(st.booleans()):
        lines.append(f"points = {toml(Fraction(draw(st.integers(1, 24)), 2))}")
    if draw(st.booleans()):
        decimals = draw(st.integers(0, 6))
        lines += [f"decimals = {decimals}", f"working = {draw(st.integers(decimals, 9))}"]
    return "\n".join(["[[task]]", *lines, ""])


@st.composite
def exams(draw: st.DrawFn) -> str:
    lines = [
        f"title = {toml(draw(WORDS))}", "variants = 2", f"seed = {toml(draw(WORDS))}",
        f"language = {toml(draw(st.sampled_from(['ru', 'en'])))}",
        f"calculator = {toml(draw(st.sampled_from(['scientific', 'scientific', 'simple', 'none'])))}",
        f"formulas = {toml(draw(st.booleans()))}", f"exact_forms = {toml(draw(st.booleans()))}",
        f"cells = {toml(draw(st.sampled_from(['half', 'each', 'all'])))}", f"band = {draw(st.integers(5, 60))}",
    ]  # fmt: skip
    return "\n".join([*lines, *draw(st.lists(tasks(), min_size=1, max_size=2))])


EXAMS = exams()


def proved(text: str, place: Path) -> str:
    """What becomes of an exam: refused, no room for its variants, or built and proved. Fails where a proof does not hold."""
    (place / "exam.toml").write_text(text, encoding="utf-8")
    shutil.rmtree(place / "out", ignore_errors=True)
    try:
        exam = read_exam(place / "exam.toml")
    except InputError:
        return "refused"
    with pytest.MonkeyPatch.context() as patch:
        unset(patch)
        patch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
        try:
            examgen.build.build(exam, place / "out", count=2)
        except DrawError:
            return "without room"
    verdict = verify(place / "out")
    assert () == verdict.failures, f"{verdict.failures[:3]}\n{text}"
    assert (2, True) == (verdict.variants, verdict.answers > 0)
    return "built and proved"
