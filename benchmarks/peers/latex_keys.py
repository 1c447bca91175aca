"""Our full worked keys as LaTeX for pdfLaTeX: one document for all variants, each starting a page.

On how many pages a key stands is left out, in favour of pdfLaTeX, which needs a second run to know it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.peers import content
from benchmarks.peers.latex_circuits import circuit, saved
from benchmarks.peers.latex_text import FAR, RULE, document, number, text
from examgen.render import diagram
from examgen.render.paper import Head, SolvedVariant, WrittenCell, WrittenEdge, WrittenGrid, WrittenLine, WrittenStep

HIGH = 5.2  # mm of a grid's cell
PALE = ("used", "winner", "clipped")  # marks whose cells are grey
INDENT, END = r"\hspace*{7mm}", r"\par"


def keys(head: Head, solved: Sequence[SolvedVariant]) -> str:
    """All worked solutions as one document, each starting a page."""
    steps = (step for variant in solved for task in variant.tasks for step in task.steps)
    boxes = saved(step.circuit.diagram for step in steps if step.circuit)
    return document(head, boxes, (_key(head, variant) for variant in solved))


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
        drawing = diagram.draw_circuit(step.circuit.diagram, step.circuit.found)
        made.append(rf"\begin{{center}}{circuit(drawing)}\end{{center}}")
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
    heads, rows = " & ".join(map(text, content.EDGES)), "".join(map(_edge, edges))
    return rf"{{\small{INDENT}\begin{{tabular}}{{|l|l|l|l|l|}}\hline {heads}{RULE}{rows}\end{{tabular}}{END}}}"


def _edge(edge: WrittenEdge) -> str:
    local = f"${_forms(edge.local)}${_noted(edge)}"
    return f"${edge.gate}$ & ${edge.source}$ & ${edge.upstream}$ & {local} & ${' '.join(edge.value)}${RULE}"


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
