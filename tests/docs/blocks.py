"""What pages show: their blocks of code, in order, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.architecture.sources import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = {".", "apt-get", "cat", "cd", "cp", "dask", "examgen", "ls", "make", "mkdir", "pip", "printf", "pytest", "python"}
FILE = re.compile(r"`([\w./-]+\.(?:csv|j2|json|po|py|toml))`")


def called(page: Path) -> str:
    """A page as tests name it."""
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A fenced or indented block.

    `kind` is the fence's word, or of an indented block `commands`, `session` (with what they print) or `file`; `named` is
    the file that the sentence before it names last, if it names one.
    """

    kind: str
    text: str
    line: int
    named: str = ""

    @property
    def first(self) -> str:
        """Its first line, by which it is told from others."""
        return self.text.strip().partition("\n")[0]


def blocks(text: str) -> Iterator[Block]:
    """Every block of a page that is no directive of the site."""
    said = ""
    for token in MarkdownIt().parse(text):
        if token.type == "inline":
            said = token.content
        elif token.type in ("fence", "code_block") and not token.info.startswith("{"):
            yield Block(_kind(token), token.content, (token.map or [0])[0] + 1, ([*FILE.findall(said)] or [""])[-1])


def _kind(token: Token) -> str:
    if token.type == "fence":
        return token.info or "unnamed"
    if token.content.startswith("$ "):
        return "session"
    return "commands" if all(line.split()[0] in PROGRAMS for line in token.content.splitlines() if line) else "file"


def commands(block: Block) -> list[str]:
    """The lines of a block that somebody types."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    return [line[2:] for line in lines if line.startswith("$ ")] if block.kind in ("session", "console") else lines


def spans(text: str) -> Iterator[str]:
    """Every word or line of code within a page's sentences and tables."""
    for token in MarkdownIt().enable("table").parse(text):
        yield from (part.content for part in token.children or () if part.type == "code_inline")
