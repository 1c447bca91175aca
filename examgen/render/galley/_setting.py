"""Units set again with the texts of any piece that has their look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from examgen.render.galley._faces import Faces
from examgen.render.galley._lines import Placed, Setting, Unfit
from examgen.render.galley._paragraphs import Paragraph, broken
from examgen.render.galley._paragraphs import code as paragraph_code
from examgen.render.galley._units import EVEN, Code, Held, Unit
from examgen.render.typeset.matrices import number
from examgen.render.typeset.streams import Run
from examgen.render.typeset.text import text_code

_known = lru_cache(maxsize=1 << 14)(number)  # lines of a unit stand as high whatever their texts


def set_again(faces: Faces, unit: Unit, texts: Sequence[str]) -> Code:
    """The unit with texts of its look. Raises: Unfit."""
    if unit.only is not None and unit.only != tuple(texts):
        raise Unfit("it is another piece")
    if unit.paragraph is not None:
        return _paragraph_again(faces, unit, unit.paragraph, texts)
    widths: dict[int, float] = {}
    codes: dict[int, bytes] = {}
    for slot, place in unit.slots.items():
        word = unit.words[place]
        text = texts[slot]
        found = word.known.get(text)
        if found is None:
            trimmed = " ".join(text.replace("\n", " ").split(" ")).strip(" ")
            trimmed = f"{' ' if word.lead else ''}{trimmed}{' ' if word.tail else ''}"
            wide, code = faces.shown(word.style, word.run.size, trimmed)
            if word.spacing:
                wide, code = wide + word.spacing * len(trimmed), b"%b Tc %b 0 Tc" % (number(word.spacing), code)
            found = word.known[text] = wide, code
        widths[place], codes[place] = found
    setting = Setting(widths, faces)
    for line in unit.lines:
        setting.line(line)
    return Code(tuple(_filled(unit, setting.placed, codes)), unit.height)


def _paragraph_again(faces: Faces, unit: Unit, paragraph: Paragraph, texts: Sequence[str]) -> Code:
    lines = broken(paragraph, texts, faces)
    high, code = paragraph_code(paragraph, texts, lines, faces)
    return Code((b"%b<</MCID\n" % unit.owners[0].kind.encode(), 0, b">>BDC\n%b\nEMC" % code), paragraph.more + high)


def _filled(unit: Unit, placed: Placed, codes: dict[int, bytes]) -> Iterator[Any]:
    """The code of a unit between the numbers of its content."""
    gathered = [_drawn(held, *placed.bounds[held.place]) for held in unit.held]
    if gathered:
        gathered = [b"/Artifact BMC", *gathered, b"EMC"]
    for part in unit.parts:
        if type(part) is bytes:
            gathered.append(part)
        elif part[0] == "content":
            yield b"\n".join([*gathered, b""])
            yield part[1]
            gathered = []
        else:
            _, place, run = part
            x, code = placed.words[place], codes.get(place)
            gathered.append(_text_at(run, x) if code is None else b"BT %b %b Td %b ET" % (number(x), _known(run.y), code))
    yield b"\n".join(gathered)


def _drawn(held: Held, left: float, right: float) -> bytes:
    """What is drawn, moved along, and made wider or narrower with what it holds on to."""
    by, wider = left - held.extent.left, right - held.extent.right
    if abs(by - wider) < EVEN:
        return held.form if abs(by) < EVEN else b"q 1 0 0 1 %b 0 cm %b Q" % (number(by), held.form)
    middle = (held.extent.left + held.extent.right) / 2
    return b"\n".join(stroke.code(lambda x: x + (by if x < middle else wider)) for stroke in held.strokes)


def _text_at(run: Run, x: float) -> bytes:
    return text_code(replace(run, x=x))
