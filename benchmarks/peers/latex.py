"""Our sheets and worked keys as LaTeX for pdfLaTeX: one document for all variants, a preamble without what nobody needs.

Pages are numbered by a counter, and circuits are drawn with pict2e, which costs TeX far less than TikZ. Left out, in favour
of pdfLaTeX: bookmarks, tags, alternative texts and, in the keys, on how many pages one stands, which takes a second run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32
from pathlib import Path

from benchmarks.peers import content
from examgen.render import diagram, qr
from examgen.render.notation import num
from examgen.render.paper import (
    Box,
    Head,
    SheetTask,
    SheetVariant,
    SolvedVariant,
    WrittenCell,
    WrittenEdge,
    WrittenGrid,
    WrittenLine,
    WrittenStep,
)

PREAMBLE = Path(__file__).with_name("preamble.tex")
SPECIAL = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "·": r"\textperiodcentered{}"}
SIGNS = {"−": "-", "×": r"\times ", "σ": r"\sigma ", "·": r"\cdot "}
HIGH = 5.2  # mm of a grid's cell in a solution
PALE = ("used", "winner", "clipped")  # marks whose cells are grey
FAR, RULE = r"\qquad ", r"\\\hline "  # between things side by side; the end of a row of a table
INDENT, END = r"\hspace*{7mm}", r"\par"
VECTOR, LINE = r"\vector", r"\line"
BIG_POINT = 72 / 25.4  # in a millimetre


def sheets(head: Head, variants: Sequence[SheetVariant], *, codes: bool = True) -> str:
    """All sheets as one document, each on two pages; `codes` draws the squares that scanners read."""
    saved = _saved(task.diagram for variant in variants for task in variant.tasks)
    setting = rf"{saved}\foottail{{ of {content.PAGES}}}\namedpages"
    return _document(head, setting, (_sheet(head, variant, codes) for variant in variants))


def keys(head: Head, solved: Sequence[SolvedVariant]) -> str:
    """All worked solutions as one document, each starting a page."""
    steps = (step for variant in solved for task in variant.tasks for step in task.steps)
    saved = _saved(step.circuit.diagram for step in steps if step.circuit)
    return _document(head, saved, (_key(head, variant) for variant in solved))


def _document(head: Head, setting: str, each: Iterable[str]) -> str:
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


def _sheet(head: Head, variant: SheetVariant, codes: bool) -> str:
    identity = rf"\identity{{{variant.number}}}{{{variant.code}}}"
    lines = [
        rf"\ofvariant{{{variant.number}}}{{{variant.code}}}\banner{{{text(content.allowance(head))}}}{{{identity}}}",
        rf"\who{{{_marks(variant)}}}\rules{{{text(content.rules(head))}}}",
    ]
    for page, tasks in enumerate(content.pages(variant), start=1):
        if codes:
            lines.append(_squares(content.code(head, variant, page)))
        lines += [_task(head, task) for task in tasks]
        lines.append(r"\clearpage")
    return "\n".join(lines)


def _squares(code: qr.Drawn) -> str:
    runs = re.findall(r"M(\d+) (\d+)h(\d+)", code.path)
    path = " ".join(f"{x} {y} {run} 1 re" for x, y, run in runs)
    return rf"\squares{{{content.CODE * BIG_POINT / code.side:.4f}}}{{{path}}}"


def _marks(variant: SheetVariant) -> str:
    heads = [str(task.number) for task in variant.tasks] + ["Total"]
    most = [num(task.points) for task in variant.tasks] + [num(variant.points)]
    rows = [" & ".join(["Task", *heads]), " & ".join(["Maximum", *most]), rf"\rule[-2mm]{{0pt}}{{7mm}}Marked{'&' * len(heads)}", ""]
    return rf"\begin{{tabular}}[b]{{|p{{17mm}}*{{{len(heads)}}}{{|C}}|}}\hline {RULE.join(rows)}\end{{tabular}}"


def _task(head: Head, task: SheetTask) -> str:
    blocks = (_block(block) for block in content.statement(task))
    return "\n".join([rf"\task{{{task.number}}}{{{num(task.points)}}}", *blocks, _field(head, task)])


def _block(block: content.Block) -> str:
    match block:
        case content.Prose(words):
            return f"{text(words)}\\par"
        case content.Defined(words, formulas):
            return rf"{words}{FAR}{FAR.join(map(math, formulas))}\par"
        case content.Scores():
            return _scores(block)
        case content.Grids(grids):
            tables = (rf"\gridof{{{symbol}}}{{{_grid(rows)}}}" for symbol, rows in grids)
            return rf"\begin{{center}}{FAR.join(tables)}\end{{center}}"
        case content.Items(texts):
            return "".join(rf"\numbered{{{i}}}{{{text(words)}}}" for i, words in enumerate(texts, start=1))
        case content.Circuit(drawing):
            return rf"\begin{{center}}{_circuit(drawing)}\end{{center}}"


def _scores(table: content.Scores) -> str:
    *classes, true_class = table.heads
    heads = " & ".join(["", *(rf"\makebox[16mm]{{{name}}}" for name in classes), _class(true_class)])
    rows = (
        " & ".join([name, *(_score(score, i == framed) for i, score in enumerate(scores)), _class(true)])
        for name, scores, framed, true in table.rows
    )
    columns = f"l*{{{len(table.heads)}}}{{c}}"
    body = r"\\".join(rows)
    tabular = rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}{heads}{RULE}\rule{{0pt}}{{5mm}}{body}\end{{tabular}}"
    return rf"\begin{{center}}{tabular}\end{{center}}"


def _class(name: str) -> str:
    return rf"\textit{{{name}}}"


def _score(score: str, framed: bool) -> str:
    return rf"\{'framed' if framed else 'score'}cell{{{number(score)}}}"


def number(shown: str) -> str:
    """A number in text: only a sign needs mathematics."""
    return f"${shown.replace('−', '-')}$" if shown.startswith("−") else shown


def _grid(rows: Sequence[Sequence[str]]) -> str:
    lines = (" & ".join(rf"\cell{{{number(cell)}}}" for cell in row) + RULE for row in rows)
    return rf"\begin{{tabular}}[b]{{*{{{len(rows[0])}}}{{|@{{}}c@{{}}}}|}}\hline {''.join(lines)}\end{{tabular}}"


def _field(head: Head, task: SheetTask) -> str:
    rounding, (room, box_width) = content.rounding(head, task), content.widths(task.boxes)
    answers = "".join(_answer(box, box_width) for box in task.boxes)
    return rf"{rounding}\par\answers{{{174 - room}mm}}{{{room}mm}}{{{answers}}}"


def _answer(box: Box, width: float) -> str:
    points = num(box.points)
    if box.kind != "array":
        return rf"\answer{{{box.label}}}{{{box.symbol}}}{{{width}mm}}{{{points}}}"
    cell = content.BLANK[box.cell_kind == "number"]
    row = " & ".join([rf"\rule{{{cell}mm}}{{0pt}}\rule[-3mm]{{0pt}}{{7.6mm}}"] * box.shape[-1])
    body, columns = RULE.join([row] * box.shape[-2]), "|".join("c" * box.shape[-1])
    blank = rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}{body}\end{{tabular}}"
    return rf"\answermatrix{{{box.label}}}{{{box.symbol}}}{{{blank}}}{{{points}}}"


def _circuit(drawing: diagram.Drawing) -> str:
    """Numbers over a drawing that is set once."""
    numbers = "".join(number for spot in drawing.spots for number in _numbers(drawing, spot))
    return rf"\begin{{picture}}{_size(drawing)}\drawn{{{_name(_fixed(drawing))}}}{numbers}\end{{picture}}"


def _saved(diagrams: Iterable[diagram.Diagram | None]) -> str:
    """Each of the drawings once, in a box of its own, for all variants."""
    drawn = {_fixed(diagram.draw_circuit(each)): None for each in diagrams if each}
    return "".join(rf"\drawonce{{{_name(fixed)}}}{{{fixed}}}" for fixed in drawn)


def _name(fixed: str) -> str:
    return f"{crc32(fixed.encode()):08x}"


def _size(drawing: diagram.Drawing) -> str:
    return f"({drawing.width:.2f},{drawing.height:.2f})"


def _fixed(drawing: diagram.Drawing) -> str:
    """Wires, gates and names: what circuits of one structure share."""
    height = drawing.height
    wires = "".join(_wire(path, height) for path in drawing.wires)
    spots = "".join(part for spot in drawing.spots for part in _spot(drawing, spot))
    marks = "".join(rf"\at{{{mark.x:.2f}}}{{{height - mark.y:.2f}}}{{{math(mark.latex)}}}" for mark in drawing.marks)
    return rf"\begin{{picture}}{_size(drawing)}{wires}{spots}{marks}\end{{picture}}"


def _wire(path: str, height: float) -> str:
    """SVG path data of straight pieces; TeX counts heights from below."""
    steps, y = [], 0.0
    for sign, found in re.findall(r"([MLH])([^MLH]+)", path):
        x, *below = map(float, found.split())
        y = height - below[0] if below else y
        steps.append(rf"\{'moveto' if sign == 'M' else 'lineto'}({x:.2f},{y:.2f})")
    return "".join(steps) + r"\strokepath"


def _spot(drawing: diagram.Drawing, spot: diagram.Spot) -> Iterator[str]:
    y, start = drawing.height - spot.y, spot.x + drawing.gate
    yield rf"\put({start:.2f},{y:.2f}){{{VECTOR if spot.last else LINE}(1,0){{{drawing.stub:.2f}}}}}"
    if not spot.node.gate:
        yield rf"\atright{{{start - 1:.2f}}}{{{y:.2f}}}{{{math(spot.node.inside)}}}"
        return
    yield rf"\gate{{{spot.x + drawing.gate / 2:.2f}}}{{{y:.2f}}}{{{math(spot.node.inside)[1:-1]}}}"
    left, top, width, tall = spot.naming
    if spot.node.label:
        yield rf"\atright{{{left + width:.2f}}}{{{drawing.height - top - tall / 2:.2f}}}{{\footnotesize{math(spot.node.label)}}}"


def _numbers(drawing: diagram.Drawing, spot: diagram.Spot) -> Iterator[str]:
    x, y = spot.x + drawing.gate + drawing.stub / 2, drawing.height - spot.y
    if not spot.node.constant:
        yield from _written(x, y + drawing.writing / 2, spot.node.value, spot.found_value, r"\textbf")
        yield from _written(x, y - drawing.writing / 2, spot.node.gradient, spot.found_gradient, r"\textit")


def _written(x: float, y: float, given: diagram.Shown, found: diagram.Shown, face: str) -> Iterator[str]:
    if given is not None:
        yield rf"\at{{{x:.2f}}}{{{y:.2f}}}{{{number(_shown(given))}}}"
    elif found is not None:
        yield rf"\at{{{x:.2f}}}{{{y:.2f}}}{{\footnotesize{face}{{{number(_shown(found))}}}}}"


def _shown(value: diagram.Shown) -> str:
    return value if isinstance(value, str) or value is None else num(value)  # type: ignore[return-value]


def _key(head: Head, solved: SolvedVariant) -> str:
    identity = rf"\identity{{{solved.number}}}{{{solved.code}}}"
    lines = [
        rf"\ofvariant{{{solved.number}}}{{{solved.code}}}\banner{{Worked solution}}{{{identity}}}",
        rf"\rules{{{text(content.ROUNDING.format(head.working))}}}",
    ]
    for task in solved.tasks:
        lines.append(rf"\solvedtask{{{task.number}}}{{{text(task.title)}}}")
        lines += [_step(step) for step in task.steps]
    return "\n".join([*lines, r"\clearpage"])


def _step(step: WrittenStep) -> str:
    made = [rf"\step{{{text(step.says)}}}"]
    if step.grids:
        made.append(INDENT + FAR.join(map(_marked_grid, step.grids)) + END)
    if step.circuit:
        made.append(rf"\begin{{center}}{_circuit(diagram.draw_circuit(step.circuit.diagram, step.circuit.found))}\end{{center}}")
    if step.key == "given" and step.lines:
        given = (f"${line.left}{_forms(line.forms)}$" for line in step.lines)
        made.append(INDENT + FAR.join(given) + END)
    elif step.lines:
        made += map(_line, step.lines)
    if step.edges:
        made.append(_edges(step.edges))
    return "\n".join(made)


def _forms(forms: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{sign} {form}" for sign, form in forms)


def _line(line: WrittenLine) -> str:
    """One equation; what fills an answer box is framed."""
    *before, (sign, last) = line.forms
    boxed = line.final and not line.answer
    end = rf"{sign}$ \final{{{last}}}" if boxed else f"{sign} {last}$"
    answer = rf" \final{{{line.answer}}}" if line.answer else ""
    note = rf"\note{{{text(line.note)}}}" if line.note else ""
    return rf"\eq{{{line.label}}}{{${line.left}{_forms(before)}{end}{answer}{note}}}"


def _edges(edges: Sequence[WrittenEdge]) -> str:
    heads = " & ".join(map(text, content.EDGES))
    rows = (
        f"${edge.gate}$ & ${edge.source}$ & ${edge.upstream}$ & ${_forms(edge.local)}${_noted(edge)} & ${' '.join(edge.value)}${RULE}"
        for edge in edges
    )
    return rf"{INDENT}\begin{{tabular}}{{|l|l|l|l|l|}}\hline\small {heads}{RULE}{''.join(rows)}\end{{tabular}}{END}"


def _noted(edge: WrittenEdge) -> str:
    return rf"\note{{{text(edge.note)}}}" if edge.note else ""


def _marked_grid(grid: WrittenGrid) -> str:
    """A grid whose cells may be grey, underlined, bold, framed or in brackets, in TeX's picture mode."""
    rows, columns, wide = len(grid.rows), len(grid.rows[0]), grid.cell_width
    places = [
        (wide * x, HIGH * (rows - 1 - y), cell) for y, row in enumerate(grid.rows) for x, cell in enumerate(row)
    ]
    drawn = [rf"\pale{{{x:.1f}}}{{{y:.1f}}}{{{wide:.1f}}}" for x, y, cell in places if cell.mark in PALE]
    drawn.append(rf"\multiput(0,0)(0,{HIGH}){{{rows + 1}}}{{\line(1,0){{{wide * columns:.1f}}}}}")
    drawn.append(rf"\multiput(0,0)({wide:.1f},0){{{columns + 1}}}{{\line(0,1){{{HIGH * rows:.1f}}}}}")
    drawn += _frames(places, wide)
    drawn += [rf"\num{{{x:.1f}}}{{{y:.1f}}}{{{wide:.1f}}}{{{_marked(cell)}}}" for x, y, cell in places]
    label = rf"\textbf{{{grid.label}}} " if grid.label else ""
    picture = rf"\begin{{picture}}({wide * columns:.1f},{HIGH * rows:.1f}){''.join(drawn)}\end{{picture}}"
    return rf"\begin{{tabular}}[t]{{@{{}}c@{{}}}}{label}${grid.symbol}$\\[.5mm]{picture}\end{{tabular}}"


def _marked(cell: WrittenCell) -> str:
    shown = number(cell.text)
    forms = {"used": rf"\underline{{{shown}}}", "winner": rf"\textbf{{{shown}}}", "true": rf"\textbf{{{shown}}}"}
    return forms.get(cell.mark, rf"\textit{{({shown})}}" if cell.mark == "clipped" else shown)


def _frames(places: Sequence[tuple[float, float, WrittenCell]], wide: float) -> Iterator[str]:
    """The thick lines of windows, and those around the score of a true class."""
    framed = ((x, y, "blrt" if cell.mark == "true" else cell.sides) for x, y, cell in places)
    if lines := [_side(x, y, side, wide) for x, y, sides in framed for side in sides]:
        yield rf"\linethickness{{1.6pt}}{''.join(lines)}\linethickness{{.4pt}}"


def _side(x: float, y: float, side: str, wide: float) -> str:
    left, low = x + wide * (side == "r"), y + HIGH * (side == "t")
    level = side in "bt"
    return rf"\put({left:.1f},{low:.1f}){{\line({'1,0' if level else '0,1'}){{{wide if level else HIGH:.1f}}}}}"
