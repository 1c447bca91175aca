"""The reference of commands: what Typer's own writer of documents makes of the command, in the place of a mark."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.cli import get_docs_for_click

from examgen.cli import app as examgen

MARK = "<!-- every command, from examgen itself -->\n"
CUT = re.compile(r"^\*\*Commands\*\*:.*?(?=^###)", re.DOTALL | re.MULTILINE)  # a list of first words; the headings say more
EXAMPLE = re.compile(r"^Example: (.+)$", re.MULTILINE)


def written() -> str:
    """Every command with its arguments and options, defaults and help, as Markdown."""
    command = typer.main.get_command(examgen)
    context = typer.Context(command, info_name="examgen", **command.context_settings)
    text = get_docs_for_click(obj=command, ctx=context, name="examgen", indent=1, title="The command")
    return EXAMPLE.sub(r"Example: `\1`", CUT.sub("", text))


def filled(app: Any, docname: str, source: list[str]) -> None:
    source[0] = source[0].replace(MARK, written()) if MARK in source[0] else source[0]


def setup(app: Any) -> dict[str, bool]:
    app.connect("source-read", filled)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
