"""Builds whose pages are not laid out: something else stands for each PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import examgen.build
import examgen.setting
from examgen.errors import naming
from examgen.render.html import key_html
from examgen.render.paper import Head, SolvedVariant

Write = Callable[[str, Head], bytes]


def nothing(html: str, head: Head) -> bytes:
    """An empty PDF, so to speak."""
    return b"%PDF-1.7"


def unset(patch: pytest.MonkeyPatch | None, write: Write = nothing) -> None:
    """Keys, solutions and lists are what `write` makes of their HTML; without a patch for good, in a process of its own."""

    def key(head: Head, *told: Any, tell: Any = None) -> bytes:
        return write(key_html(head, *told), head)

    def solutions(
        head: Head, solved: Sequence[SolvedVariant], keep: Callable[[SolvedVariant, bytes], None], tell: Any = None
    ) -> None:
        for one in solved:
            with naming(f"the solution of variant {one.number} ({one.code})"):
                keep(one, write(examgen.setting.solution_html(head, one), head))

    for name, made in (("write_pdf", write), ("key_pdf", key), ("solutions_pdf", solutions)):
        if patch is None:
            setattr(examgen.build, name, made)
        else:
            patch.setattr(examgen.build, name, made)
