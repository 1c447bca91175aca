"""Whatever silences a tool says why."""

from __future__ import annotations

import pytest

from tests.architecture.sources import ROOT, programs, unexplained


def test_every_exception_has_a_reason() -> None:
    """A comment that silences a type checker or linter is followed by a comment of its own."""
    found = {path: list(unexplained(path.read_text(encoding="utf-8"))) for path in programs()}
    assert {} == {path: lines for path, lines in found.items() if lines}
    assert {"examgen", "tests", "benchmarks", ".ci"} <= {path.relative_to(ROOT).parts[0] for path in found}


def test_settings_give_their_reasons() -> None:
    """What pyproject.toml excepts stands beside or below a comment."""
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    begin = ("ignore = ", '"tests/', '"{examgen/problems', "module = ")
    excepting = [i for i, line in enumerate(lines) if line.startswith(begin)]
    assert len(excepting) >= 4
    assert [] == [lines[i] for i in excepting if "#" not in lines[i] and not lines[i - 1].startswith("#")]


SILENT = ("x = 1  # type: ignore", "x = 1  # type: ignore[misc]", "import x  # noqa: F401", "# ruff: noqa: E501", "x()  # noqa")


@pytest.mark.parametrize("line", SILENT)
def test_an_exception_without_a_reason_is_noticed(line: str) -> None:
    """In each of its forms; with a reason behind it, it is none; in a string, it silences nothing."""
    assert 1 == len(list(unexplained(f"{line}\n")))
    assert [] == list(unexplained(f"{line}  # because\n"))
    assert [] == list(unexplained(f"text = {line!r}\n"))
