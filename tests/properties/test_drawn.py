"""What every preset draws, pinned: an old seed draws the same numbers until the preset says that they are others."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from examgen import registry
from examgen.drawing import Stream, key
from examgen.errors import DrawError
from examgen.model import Instance
from examgen.problem import Preset, Problem
from examgen.problems import _repair

PINNED = Path(__file__).parents[1] / "golden" / "draws.json"
GOLDEN = json.loads(PINNED.read_text(encoding="utf-8"))
PRESETS = [(name, label) for name, problem in registry.problems().items() for label in problem.presets]
DRAWS = 40


def drawn(problem: Problem, preset: Preset, number: int) -> str:
    """One candidate as text, or why there is none."""
    try:
        found: Instance = problem.draw(preset.params, Stream(key("golden", number, problem.name, preset.version)).fork(0))
    except DrawError as error:
        return str(error)
    return repr((found.params, found.data))


def digest(name: str, label: str) -> dict[str, str]:
    problem, preset = registry.problem(name), registry.preset(name, label)
    text = "".join(drawn(problem, preset, number) for number in range(DRAWS))
    return {f"{name} {label} version {preset.version}": sha256(text.encode()).hexdigest()[:16]}


@pytest.mark.parametrize(("name", "label"), PRESETS)
def test_a_preset_draws_what_it_drew(name: str, label: str) -> None:
    """Other numbers are another version of the preset, and stand in the golden file beside the new version."""
    found = digest(name, label)
    assert {what: GOLDEN.get(what) for what in found} == found


def test_the_golden_file_names_no_other_presets() -> None:
    """What is pinned is there."""
    assert GOLDEN.keys() == {what for preset in PRESETS for what in digest(*preset)}


def test_one_pixel_repaired_otherwise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order in which a stream is asked counts."""
    offence = _repair._offence

    def turned(*given: Any) -> list[int] | None:
        found = offence(*given)
        return found and found[::-1]

    monkeypatch.setattr(_repair, "_offence", turned)
    assert digest("conv_relu_pool", "6x6").items() - GOLDEN.items()
