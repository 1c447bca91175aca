"""The paper's own fonts: a text family with Cyrillic, and a second one for the symbols the first lacks."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from examgen.resources import find

FAMILIES = {"serif": "Exam Serif", "symbols": "Exam Symbols"}
SCHEME = "examgen-font:"
WEIGHTS = (400, 700)
LAYOUT = ("GDEF", "GPOS", "GSUB")  # kerning and ligatures: single symbols need none
# Greek, sub- and superscripts, letterlike signs, arrows, operators, brackets of a floor: what the symbol family is for.
SYMBOLS = (*range(0x370, 0x400), *range(0x2070, 0x20A0), *range(0x2100, 0x2150), *range(0x2190, 0x230C))


@cache
def faces() -> dict[str, tuple[str, str, int]]:
    """Every face: its name -> family, style and weight."""
    found = {}
    for kind, family in FAMILIES.items():
        for path in sorted(find(kind).glob("*.ttf")):
            style = "italic" if "Italic" in path.name else "normal"
            for weight in WEIGHTS if _variable(path) else (700 if "Bold" in path.name else 400,):
                found[f"{kind}-{style}-{weight}"] = (family, style, weight)
    return found


@cache
def face(name: str) -> bytes | None:
    """The font file of a face; None if there is no face of that name.

    A variable font is made static here: left to WeasyPrint, it would carry the time of day into the PDF.
    """
    if name not in faces():
        return None
    kind, style, weight = name.split("-")
    files = [path for path in sorted(find(kind).glob("*.ttf")) if ("Italic" in path.name) == (style == "italic")]
    for path in files:
        if _variable(path):
            return _instance(path, int(weight))
        if ("Bold" in path.name) == (weight == "700"):
            return path.read_bytes()
    return None


def font_faces() -> str:
    """The @font-face rules of all faces."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-style: {style}; font-weight: {weight}; src: url("{SCHEME}{name}"); }}'
        for name, (family, style, weight) in faces().items()
    )


def _variable(path: Path) -> bool:
    """Whether a file holds a whole range of weights: such files name their axes in brackets."""
    return "[" in path.name


def _instance(path: Path, weight: int) -> bytes:
    """The symbols of a variable font at one weight, with the time stamp the font came with."""
    # here, since they take long to load and only paper needs them
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    with TTFont(io.BytesIO(path.read_bytes()), recalcTimestamp=False, lazy=True) as font:
        for table in LAYOUT:
            del font[table]
        subsetter = Subsetter(Options(notdef_outline=True))
        subsetter.populate(unicodes=SYMBOLS)
        subsetter.subset(font)
        static = instantiateVariableFont(font, {"wght": weight}, static=True)
        made = io.BytesIO()
        static.save(made)
    return made.getvalue()
