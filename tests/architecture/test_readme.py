"""The README names what is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def broken(text: str) -> list[str]:
    """Relative links that lead nowhere."""
    return [target for target in LINK.findall(text) if not (ROOT / target).exists()]


def test_every_link_leads_somewhere() -> None:
    """Pictures and pages that the README shows are in the repository."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 5 <= len(LINK.findall(text))
    assert [] == broken(text)


def test_a_dead_link_is_noticed() -> None:
    """The tooth."""
    assert ["docs/nowhere.md"] == broken("see [this](docs/nowhere.md) and [that](README.md)")


def test_every_make_target_is_there() -> None:
    """`make x` in the README is a target of the Makefile."""
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"exam", "test", "lint"} <= named <= targets
