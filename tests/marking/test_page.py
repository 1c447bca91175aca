"""docs/marking.md shows what the cases give, and stays short beside them."""

from __future__ import annotations

import re

import pytest

from tests.marking.rule_cases import RULES
from tests.marking.table import PAGE, RENEW, renewed

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_shows_the_tables_as_they_are() -> None:
    """Where it does not: python -m tests.marking.table."""
    assert renewed(TEXT) == TEXT, f"renew the page: {RENEW}"
    assert len(RULES) <= sum(line.startswith(("| losses", "| neuron", "| map")) for line in TEXT.splitlines())


def test_the_page_is_short_beside_its_tables() -> None:
    """No more than 150 lines."""
    beside = re.sub(r"<!-- \w+: .*?<!-- end -->", "", TEXT, flags=re.DOTALL)
    assert len(beside.splitlines()) <= 150


def test_a_changed_table_is_noticed() -> None:
    """The tooth: another figure in a table, a table without its marks."""
    changed = TEXT.replace("1d followed: 1/2", "1d followed: 1", 1)
    assert changed != TEXT and renewed(changed) == TEXT
    with pytest.raises(ValueError, match="stand 0 times"):
        renewed(TEXT.replace("<!-- rules", "<!-- rule"))
