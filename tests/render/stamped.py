"""Sheets made both ways, stamped and plain, and what two PDFs of the same sheets have to have in common."""

from __future__ import annotations

import gc
import io
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pikepdf
import zxingcpp

from examgen.render.paging import sheets_pdf
from examgen.render.paper import Head, SheetVariant
from examgen.render.stamping import Stamped, stamp_sheets
from examgen.sheets import sheet_task
from tests.render import pixels
from tests.render.specimens import drawn, every_params, head
from tests.render.structure import Element, tree

EXAM = "7KQ2M"
VARIANTS = 2  # of every preset
DPI = 144
STEP = 48  # of 255 by which a pixel may be darker or lighter than all around it in the other picture
CORNER = (0.11, 0.16)  # of the width and height of a page, right and below, where its code for scanners stands
NEEDLESS = ("Span", "NonStruct")
GROUPING = "Div"  # says nothing where it holds no content itself
CELLS = ("TD", "TH")  # an empty cell is still a cell
Part = tuple[Any, ...]  # of a structure: what it is, what is said of it, its parts and texts


@dataclass(frozen=True)
class Pair:
    """The same sheets stamped and plain, and how the stamped ones were made."""

    stamped: bytes
    plain: bytes
    made: Stamped


def both(told: Head, sheets: Sequence[SheetVariant], *, large: bool = False) -> Pair:
    """Sheets made both ways."""
    out = io.BytesIO()
    gc.collect()
    gc.disable()  # it would walk through the growing layout again and again
    try:
        made = stamp_sheets(told, sheets, out, large=large)
        return Pair(out.getvalue(), sheets_pdf(told, sheets, large=large), made)
    finally:
        gc.enable()


@cache
def every_preset(language: str) -> Pair:
    """Some variants of every other preset and option, the others in the other language, all of them named by their codes."""
    chosen = [pair for i, pair in enumerate(every_params()) if i % 2 == ("en", "ru").index(language)]
    sheets = [
        SheetVariant(VARIANTS * i + k + 1, f"K{i:02d}QM{k}", (sheet_task(1, drawn(found.name, params, f"seed {k}"), language),))
        for i, (found, params) in enumerate(chosen)
        for k in range(VARIANTS)
    ]
    return both(head(language, exam=EXAM), sheets)


def texts(pdf: bytes) -> list[str]:
    """The text of each page in the order of its content."""
    return run("pdftotext", "-raw", "-", "-", given=pdf).decode().split("\f")


def run(*command: str, given: bytes) -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def pictures(pdf: bytes, first: int = 1, last: int = 0) -> Iterator[Any]:
    """Pages in grey, all of them or some."""
    return pixels.pictures(pdf, DPI, "-f", str(first), "-l", str(last)) if last else pixels.pictures(pdf, DPI)


def apart(one: Any, other: Any) -> int:
    """How many pixels of two pictures are not each other's: none where only strokes begin at other fractions of a pixel."""
    return pixels.apart(one, other, STEP)


def _corner(picture: Any) -> Any:
    high, wide = picture.shape
    return picture[-int(CORNER[1] * high) :, -int(CORNER[0] * wide) :]


def uncoded(picture: Any) -> Any:
    """A page without the corner where its code stands: modules are whole pixels in one way of drawing it."""
    bare = picture.copy()
    _corner(bare)[:] = 255
    return bare


def scanned(picture: Any) -> str:
    """What a scanner reads off the corner; empty where there is no code."""
    found = zxingcpp.read_barcode(_corner(picture).astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1))
    return "" if found is None else str(found.text)


class Words:
    """The text of every marked content of a document, forms that a page shows included."""

    def __init__(self, document: pikepdf.Pdf) -> None:
        self.signs: dict[Any, dict[str, str]] = {}
        self.forms: dict[Any, str] = {}
        self.pages = [dict(self._told(page, page.resources)) for page in document.pages]

    def _told(self, page: pikepdf.Page, resources: Any) -> Iterator[tuple[int, str]]:
        marks: list[int | None] = []
        parts: dict[int, str] = {}
        for operands, operator, text in self._read(page, resources):
            if operator == "BDC" or operator == "BMC":
                held = operands[1] if len(operands) > 1 else {}
                marks.append(int(held["/MCID"]) if "/MCID" in held else None)
            elif operator == "EMC":
                marks.pop()
            elif marks and marks[-1] is not None:
                parts[marks[-1]] = parts.get(marks[-1], "") + text
        yield from parts.items()

    def _read(self, stream: Any, resources: Any) -> Iterator[tuple[Any, str, str]]:
        """Instructions with the text that each shows."""
        signs: dict[str, str] = {}
        for operands, name in pikepdf.parse_content_stream(stream):
            operator, text = str(name), ""
            if operator == "Tf":
                signs = self._signs(resources.Font[str(operands[0])])
            elif operator in ("Tj", "TJ"):
                shown = operands[0] if operator == "TJ" else [operands[0]]
                text = "".join(_letters(bytes(part), signs) for part in shown if isinstance(part, pikepdf.String))
            elif operator == "Do":
                text = self._form(resources.XObject[str(operands[0])])
            yield operands, operator, text

    def _form(self, form: Any) -> str:
        if form.get("/Subtype") != "/Form":
            return ""
        if form.objgen not in self.forms:
            self.forms[form.objgen] = "".join(text for *_, text in self._read(form, form.Resources))
        return self.forms[form.objgen]

    def _signs(self, font: Any) -> dict[str, str]:
        """What its glyphs mean."""
        if font.objgen not in self.signs:
            pairs = re.findall(rb"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>\s", font.ToUnicode.read_bytes())
            self.signs[font.objgen] = {
                code.decode().lower(): bytes.fromhex(meant.decode()).decode("utf-16-be") for code, meant in pairs
            }
        return self.signs[font.objgen]


def _letters(shown: bytes, signs: dict[str, str]) -> str:
    codes = shown.hex()
    return "".join(signs[codes[i : i + 4]] for i in range(0, len(codes), 4))


def structure(pdf: bytes) -> list[Part]:
    """The structure of each page's part without what says nothing: kinds, words, attributes, and the text of each part."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        words = Words(document).pages
        (root,) = (kid for kid in tree(document).kids if isinstance(kid, Element))
        return [part for kid in root.kids if isinstance(kid, Element) for part in _pruned(kid, words)]


def _pruned(element: Element, words: list[dict[int, str]]) -> list[Any]:
    """An element as it is compared, or what is in it where it says nothing itself."""
    inner: list[Any] = []
    for kid in element.kids:
        found = _pruned(kid, words) if isinstance(kid, Element) else [words[kid[0]].get(kid[1], "")]
        for part in found:
            if isinstance(part, str) and inner and isinstance(inner[-1], str):
                inner[-1] += part
            elif part != "":
                inner.append(part)
    says = {name: element.text(name) for name in ("Alt", "Lang") if element.text(name)} | _attributes(element.entry)
    direct = any(isinstance(part, str) for part in inner)
    if not says and (element.kind in NEEDLESS or (element.kind == GROUPING and not direct)):
        return inner
    return [(element.kind, tuple(sorted(says.items())), tuple(inner))] if inner or says or element.kind in CELLS else []


def _attributes(entry: Any) -> dict[str, str]:
    """What is said of an element; heads are found by their scope, and names of cells lead nowhere without them."""
    held = entry.get("/A", pikepdf.Dictionary())
    return {str(name): _text(held[name]) for name in held if name not in ("/Headers", "/O")}


def _text(value: Any) -> str:
    return str([float(part) for part in value]) if isinstance(value, pikepdf.Array) else str(value)


def bookmarks(pdf: bytes) -> list[tuple[str, int, float]]:
    """The names of all bookmarks, with the page and the height that each leads to."""
    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_outline() as outline:
        numbers = {page.obj.objgen: i for i, page in enumerate(document.pages)}

        def below(items: Any) -> Iterator[tuple[str, int, float]]:
            for item in items:
                yield item.title, numbers[item.destination[0].objgen], round(float(item.destination[3]), 1)
                yield from below(item.children)

        return list(below(outline.root))
