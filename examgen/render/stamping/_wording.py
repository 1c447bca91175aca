"""What a sheet says as HTML: whether what its master was laid out from, with other numbers, is what the templates make of it.

A template that computes with a number, asks for it or takes it apart would keep the master's on every sheet.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from markupsafe import escape

from examgen.codes import page_label
from examgen.render import qr
from examgen.render.html import sheet_html
from examgen.render.own import SUFFIX
from examgen.render.paper import Head, SheetVariant
from examgen.render.stamping._texts import Get, Texts, Unlike, condition
from examgen.render.tracing import MARKED, OPEN, WHEN, Trace, plain
from examgen.render.typeset.streams import Unreadable

TOLD = ("data-who", "data-bookmark", "alt")  # attributes whose texts find their way onto paper; and names of pictures
PIECE = re.compile(f'{MARKED.pattern}| {WHEN}="([0-9]+)"')
# how styles learn what a sheet says; a class that a number decides on is set apart from the others
ASKING = re.compile(r"\.framed|attr\(|\[\s*(?:data|aria|alt|class|style)\b|:has\(|content\(|running\(", re.IGNORECASE)
PATH = '<path d="{}"/>'

Piece = str | int | tuple[Get, int, str]


class Wording:
    """The HTML of a master with places for numbers; what another sheet makes of it, and what the templates make."""

    def __init__(self, marked: str, master: SheetVariant, trace: Trace, texts: Texts, head: Head) -> None:
        self.master, self.trace, self.texts, self.head = master, trace, texts, head
        self.exam = (master.head or head).exam
        bare = "".join(map(_still, re.split(r"(<[^>]*>)", marked)))
        parts = PIECE.split(self._without_codes(bare, master))
        self.pieces: list[Piece] = [parts[0]]
        for hole, when, constant in zip(parts[1::4], parts[3::4], parts[4::4], strict=True):
            self.pieces += [self._place(hole, when), constant]
        if self.said(master, texts.read(master)) != self.ordinary(master):
            raise Unreadable("a template does more with a number than print it")

    def check(self, sheet: SheetVariant, texts: list[str]) -> None:
        """Raises: Unlike where a sheet with these texts says something else than the templates make of it."""
        if self.said(sheet, texts) != self.ordinary(sheet):
            raise Unlike("a template does more with a number than print it")

    def _place(self, hole: str | None, when: str | None) -> Piece:
        if hole is not None:
            (number,) = self.texts.compiled((self.trace.holes[int(hole)],))
            return number
        found = self.trace.whens[int(when or 0)]
        return (*condition(found), found.name)

    def said(self, sheet: SheetVariant, texts: list[str]) -> str:
        """What a sheet that is stamped says."""
        return "".join(self._filled(piece, sheet, texts) for piece in self.pieces)

    @staticmethod
    def _filled(piece: Piece, sheet: SheetVariant, texts: list[str]) -> str:
        if isinstance(piece, str):
            return piece
        if isinstance(piece, int):
            return str(escape(texts[piece]))
        get, value, name = piece
        return f' class="{name}"' if get(sheet) == value else ""

    def ordinary(self, sheet: SheetVariant) -> str:
        """What the templates make of it, in the room that the master has."""
        master = self.master
        tasks = tuple(replace(one, space=other.space) for one, other in zip(sheet.tasks, master.tasks, strict=True))
        alike = replace(sheet, sheet=master.sheet, pages=master.pages, spare=master.spare, tasks=tasks)
        return self._without_codes(str(sheet_html(self.head, alike)), sheet)

    def _without_codes(self, html: str, sheet: SheetVariant) -> str:
        """Pages are named instead of their codes for scanners. Raises: Unreadable where codes stand elsewhere too."""
        for page in range(1, self.master.pages + 1) if self.exam else ():
            path = PATH.format(qr.drawn(page_label(self.exam, sheet.code, page)).path)
            if html.count(path) > 1:
                raise Unreadable("a page has several codes for scanners")
            html = html.replace(path, f"<path {page}/>")
        return html


def _still(token: str) -> str:
    """A piece of HTML, in whose attributes only those marks stay that reach paper."""
    if not token.startswith("<") or OPEN not in token:
        return token
    named = 'role="img"' in token
    return re.sub(r' ([\w-]+)="([^"]*)"', lambda found: _attribute(found, named=named), token)


def _attribute(found: re.Match[str], *, named: bool) -> str:
    told = found[1] in TOLD or (found[1] == "aria-label" and named)
    return found[0] if told else plain(found[0])


def asking(folder: Path | None) -> str:
    """Why the styles of own templates may look at what differs between sheets; empty where they don't."""
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if path.suffix in (SUFFIX, ".css") and path.is_file():
            found = ASKING.search(path.read_text(encoding="utf-8", errors="replace"))
            if found:
                return f"{path.name} asks for {found[0]}"
    return ""
