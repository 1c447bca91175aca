"""Anything that `build` accepts, `verify` proves: a few random exams; `benchmarks/fuzz.py --built` takes hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

import examgen.build
from examgen.bundle import certificates_json
from tests.fuzzing.built import EXAMS, proved

EXAM = 'title = "T"\nvariants = 2\nseed = "s"\n[[task]]\nproblem = "svm_loss"\npreset = "2x3"\n'


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(EXAMS)
def test_what_is_built_is_proved(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever problems, presets, parameters, points and roundings an exam has."""
    assert proved(text, tmp_path_factory.getbasetemp()) in ("refused", "without room", "built and proved")


def test_a_build_that_proves_too_little_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: a build that leaves out certificates is not what `verify` proves; a sound one is."""
    assert "built and proved" == proved(EXAM, tmp_path)
    monkeypatch.setattr(examgen.build, "certificates_json", lambda exam, one: list(certificates_json(exam, one))[1:])
    with pytest.raises(AssertionError, match="certificate"):
        proved(EXAM, tmp_path)
