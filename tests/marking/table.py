"""The tables of docs/marking.md, made from the cases that are also tests.

    python -m tests.marking.table       renews them in the page
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from tests.architecture.sources import ROOT
from tests.marking import rule_cases, written_cases

PAGE = ROOT / "docs" / "marking.md"
RENEW = "python -m tests.marking.table"
TABLES: Mapping[str, Callable[[], str]] = {"rules": rule_cases.table, "written": written_cases.table}


def renewed(page: str) -> str:
    """The page with the tables as the cases give them. Raises: ValueError where the marks of a table are not there once."""
    for name, table in TABLES.items():
        begin = f"<!-- {name}: {RENEW} -->\n"
        pattern = re.compile(f"({re.escape(begin)}).*?(<!-- end -->)", re.DOTALL)
        page, count = pattern.subn(partial(_filled, table()), page)
        if count != 1:
            raise ValueError(f"{begin.strip()} and <!-- end --> stand {count} times in the page")
    return page


def _filled(table: str, match: re.Match[str]) -> str:
    return f"{match[1]}\n{table}\n{match[2]}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
