"""Our sheets as Typst: one document for all variants, tagged, with alternative texts, so that it can be PDF/UA-1.

Headings, tables and formulas are Typst's own; circuits are drawn with its curves and circles, the drawing once for each
structure. Which page of how many one is stands in the text, which costs Typst less than a counter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from benchmarks.peers import content
from examgen.render import describing, diagram, qr
from examgen.render.notation import num
from examgen.render.paper import Box, Head, SheetTask, SheetVariant

Bound = dict[str, str]  # code -> the name it is bound to
PREAMBLE = Path(__file__).with_name("preamble.typ")
SPECIAL = re.compile(r"[\\#$*_`<>@~\[\]]")
TOKEN = re.compile(r"\\operatorname\{(?P<name>\w+)\}|\\(?P<word>[a-z]+|[,;])|(?P<script>[_^])|(?P<number>[\d.]+)|(?P<sign>\S)")
WORDS = {
    "cdot": "dot", "times": "times", "ne": "!=", "partial": "partial", "sigma": "sigma", "sum": "sum", "max": "max",
    "ln": "ln", ",": "thin", ";": "med", "qquad": "wide", "frac": "frac",
}


def sheets(head: Head, variants: Sequence[SheetVariant], *, codes: bool = True) -> str:
    """All sheets as one document, each on two pages; `codes` draws the squares that scanners read."""
    bound: Bound = {}
    made = [_sheet(head, variant, codes, bound) for variant in variants]
    preamble = f"#set document(title: {_string(head.title)})\n{PREAMBLE.read_text(encoding='utf-8')}"
    return "\n".join([preamble, *(f"#let {name} = {value}" for value, name in bound.items()), *made])


def _bind(bound: Bound, value: str) -> str:
    """What calls a value that is bound to a name once, wherever it is needed again."""
    return f"#{bound.setdefault(value, f'shared-{len(bound)}')};"


def _sheet(head: Head, variant: SheetVariant, codes: bool, bound: Bound) -> str:
    made = []
    for page, tasks in enumerate(content.pages(variant), start=1):
        code = _string(_squares(content.code(head, variant, page))) if codes else "none"
        sample = "SAMPLE" if head.sample else ""
        told = f"[{text(head.title)}], [{sample}], [{text(content.footer(variant, page))}], {code}, {str(page == 1).lower()}"
        body = [*(_top(head, variant, bound) if page == 1 else ()), *(_task(head, task, bound) for task in tasks)]
        made.append(f"#sheet-page({told})[{' '.join(body)}]")
    return "\n".join(made)


def _top(head: Head, variant: SheetVariant, bound: Bound) -> Iterator[str]:
    yield f"#banner([{text(head.title)}], [{text(content.allowance(head))}], [{variant.number}], [{variant.code}])"
    heads = "".join(f"[{task.number}], " for task in variant.tasks) + "[Total]"
    most = "".join(f"[{num(task.points)}], " for task in variant.tasks) + f"[{num(variant.points)}]"
    yield _bind(bound, f"[#who(marks(({heads}), ({most})))#rules[{text(content.rules(head))}]]")


def _squares(code: qr.Drawn) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.side} {code.side}"><path d="{code.path}"/></svg>'


def _string(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text(prose: str) -> str:
    """Prose as Typst's markup, with formulas in its language; a semicolon ends a call, and is not printed."""
    pieces = (_formula(piece) if formula else SPECIAL.sub(r"\\\g<0>", piece) for formula, piece in content.parts(prose))
    return re.sub(r"\\\*\\\*(.+?)\\\*\\\*", r"#strong[\1];", "".join(pieces))


def _formula(piece: str) -> str:
    display = piece.startswith("$$")
    latex = piece.strip("$")
    return f"#{'display' if display else 'm'}({_string(_said(latex))}, ${math(latex)}$);"


def inline(latex: str) -> str:
    """A formula in a line, with what is said of it."""
    return f"#m({_string(_said(latex))}, ${math(latex)}$)"


@cache
def _said(latex: str) -> str:
    return describing.words(latex, "en")


@cache
def math(latex: str) -> str:
    """LaTeX in Typst's language, as far as our sheets need it. Raises: KeyError naming a word that they did not use yet."""
    pieces, end = [], 0
    tokens = list(TOKEN.finditer(latex))
    while end < len(tokens):
        piece, end = _piece(tokens, end)
        pieces.append(piece)
    return " ".join(pieces)


def _piece(tokens: Sequence[re.Match[str]], at: int) -> tuple[str, int]:
    token = tokens[at]
    if token["name"]:
        return f'op("{token["name"]}")', at + 1
    if token["word"] == "frac":
        above, middle = _group(tokens, at + 1)
        below, end = _group(tokens, middle)
        return f"frac({above}, {below})", end
    if token["script"]:
        inner, end = _group(tokens, at + 1)
        return f"{token['script']}({inner})", end
    return WORDS[token["word"]] if token["word"] else {"/": r"\/"}.get(token[0], token[0]), at + 1


def _group(tokens: Sequence[re.Match[str]], at: int) -> tuple[str, int]:
    """What stands in braces, or one piece without them."""
    if tokens[at][0] != "{":
        return _piece(tokens, at)
    pieces, at = [], at + 1
    while tokens[at][0] != "}":
        piece, at = _piece(tokens, at)
        pieces.append(piece)
    return " ".join(pieces), at + 1


def _task(head: Head, task: SheetTask, bound: Bound) -> str:
    room, width = content.widths(task.boxes)
    answers = " ".join(_answer(box, width) for box in task.boxes)
    field = f"[{text(content.rounding(head, task))}\n\n#answers({room}mm)[{answers}]#room]"
    heading = f"#task([{task.number}], [{num(task.points)}])"
    blocks = (_block(task, block, bound) for block in content.statement(task))
    return "\n".join([heading, *blocks, _bind(bound, field)])


def _block(task: SheetTask, block: content.Block, bound: Bound) -> str:
    match block:
        case content.Prose(words):
            return _bind(bound, f"[{text(words)}\n\n]")
        case content.Defined(words, formulas):
            return _bind(bound, f"[{text(words)}#h(5mm){'#h(5mm)'.join(map(inline, formulas))}\n\n]")
        case content.Items(texts):
            items = "\n".join(f"+ {text(words)}" for words in texts)
            return _bind(bound, f"[\n{items}\n\n]")
        case content.Scores(heads, rows):
            return f"#scores(({', '.join(f'[{name}]' for name in heads)}), ({', '.join(map(_row, rows))},))"
        case content.Grids(grids):
            return f"#side-by-side({', '.join(_grid(symbol, rows) for symbol, rows in grids)})"
        case content.Circuit(drawing):
            return _circuit(task, drawing, bound)


def _row(row: tuple[str, tuple[str, ...], int, str]) -> str:
    name, scores, framed, true = row
    cells = (f"framed[{score}]" if i == framed else f"[{score}]" for i, score in enumerate(scores))
    return f"([{name}], {', '.join(cells)}, emph[{true}])"


def _grid(symbol: str, rows: Sequence[Sequence[str]]) -> str:
    cells = ", ".join(f"[{cell}]" for row in rows for cell in row)
    return f"numbers([{inline(symbol)}], {len(rows[0])}, {cells})"


def _answer(box: Box, width: float) -> str:
    asked, points = inline(f"{box.symbol} ="), num(box.points)
    if box.kind != "array":
        return f"#answer([{box.label}], [{asked}], {width}mm, [{points}])"
    *_, rows, columns = 1, *box.shape
    cells = f"blank({rows}, {columns}, {content.BLANK[box.cell_kind == 'number']}mm)"
    return f"#answer-matrix([{box.label}], [{asked}], {cells}, [{points}])"


def _circuit(task: SheetTask, drawing: diagram.Drawing, bound: Bound) -> str:
    said = describing.describe(task.diagram, language="en", comma=False) if task.diagram else ""
    numbers = "; ".join(number for spot in drawing.spots for number in _numbers(drawing, spot))
    size = f"{drawing.width:.2f}, {drawing.height:.2f}"
    drawn = _bind(bound, f"{{ {_fixed(drawing)} }}").strip("#;")
    return f"#circuit({_string(said)}, {size}, {drawn}, {{ {numbers} }})\n\n"


def _fixed(drawing: diagram.Drawing) -> str:
    """Wires, gates and names: what circuits of one structure share."""
    spots = (part for spot in drawing.spots for part in _spot(drawing, spot))
    marks = (f"over({mark.x:.2f}, {mark.y:.2f}, [{inline(mark.latex)}])" for mark in drawing.marks)
    return "; ".join([*map(_wire, drawing.wires), *spots, *marks])


def _wire(path: str) -> str:
    """SVG path data of straight pieces."""
    points, y = [], 0.0
    for sign, found in re.findall(r"([MLH])([^MLH]+)", path):
        x, *given = map(float, found.split())
        y = given[0] if given else y
        points.append(f"curve.{'move' if sign == 'M' else 'line'}(({x:.2f}mm, {y:.2f}mm))")
    return f"wire({', '.join(points)})"


def _spot(drawing: diagram.Drawing, spot: diagram.Spot) -> Iterator[str]:
    start = spot.x + drawing.gate
    tip = start + drawing.stub
    yield _wire(f"M{start:.2f} {spot.y:.2f}H{tip:.2f}")
    if spot.last:
        yield _wire(f"M{tip - 1.6:.2f} {spot.y - 0.9:.2f}L{tip:.2f} {spot.y:.2f}L{tip - 1.6:.2f} {spot.y + 0.9:.2f}")
    if not spot.node.gate:
        yield f"flush({start - 1:.2f}, {spot.y:.2f}, [{inline(spot.node.inside)}])"
        return
    yield f"gate({spot.x + drawing.gate / 2:.2f}, {spot.y:.2f}, [{inline(spot.node.inside)}])"
    left, top, width, tall = spot.naming
    if spot.node.label:
        yield f"flush({left + width:.2f}, {top + tall / 2:.2f}, text(size: 8.5pt)[{inline(spot.node.label)}])"


def _numbers(drawing: diagram.Drawing, spot: diagram.Spot) -> Iterator[str]:
    x = spot.x + drawing.gate + drawing.stub / 2
    written = (-drawing.writing / 2, spot.node.value), (drawing.writing / 2, spot.node.gradient)
    for drop, value in () if spot.node.constant else written:
        if value is not None:
            yield f"over({x:.2f}, {spot.y + drop:.2f}, [{value if isinstance(value, str) else num(value)}])"
