"""What all of our LaTeX is made of: a document, prose, formulas and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.peers import content
from examgen.render.paper import Head

PREAMBLE = Path(__file__).with_name("preamble.tex")
SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "·": r"\textperiodcentered{}"}
SIGNS = {"−": "-", "×": r"\times ", "σ": r"\sigma ", "·": r"\cdot "}
FAR, RULE = r"\qquad ", r"\\\hline "  # between things side by side; the end of a row of a table


def document(head: Head, setting: str, each: Iterable[str]) -> str:
    """A whole document: the preamble, what holds for all variants, and each of them."""
    shared = rf"\newcommand\examtitle{{{text(head.title)}}}\newcommand\samplemark{{{'SAMPLE' if head.sample else ''}}}"
    body = "\n".join(each)
    return f"{PREAMBLE.read_text(encoding='utf-8')}{shared}\n\\begin{{document}}{setting}\n{body}\n\\end{{document}}\n"


def text(prose: str) -> str:
    """Prose with its formulas as they are, the rest escaped, **bold** set bold."""
    pieces = (_formula(piece) if formula else _escaped(piece) for formula, piece in content.parts(prose))
    return re.sub(r"\*\*(.+?)\*\*", r"\\textbf{\1}", "".join(pieces))


def _escaped(piece: str) -> str:
    return "".join(SPECIAL.get(char, char) for char in piece)


def _formula(piece: str) -> str:
    return rf"\[{piece[2:-2]}\]" if piece.startswith("$$") else piece


def math(latex: str) -> str:
    """A formula in a line; the signs of our gates are not TeX's."""
    return "$" + "".join(SIGNS.get(char, char) for char in latex) + "$"


def number(shown: str) -> str:
    """A number in text: only a sign needs mathematics."""
    return f"${shown.replace('−', '-')}$" if shown.startswith("−") else shown
