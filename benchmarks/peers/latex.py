"""Our sheets as LaTeX for pdfLaTeX: one document for all variants, a preamble without what nobody needs.

Pages are numbered by a counter, and circuits are drawn with pict2e, which costs TeX far less than TikZ. Left out, in favour
of pdfLaTeX: bookmarks, tags and alternative texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.peers import content
from benchmarks.peers.latex_circuits import circuit, saved
from benchmarks.peers.latex_text import FAR, RULE, document, math, number, text
from examgen.render import qr
from examgen.render.notation import num
from examgen.render.paper import Box, Head, SheetTask, SheetVariant

BIG_POINT = 72 / 25.4  # in a millimetre


def sheets(head: Head, variants: Sequence[SheetVariant], *, codes: bool = True) -> str:
    """All sheets as one document, each on two pages; `codes` draws the squares that scanners read."""
    boxes = saved(task.diagram for variant in variants for task in variant.tasks)
    setting = rf"{boxes}\foottail{{ of {content.PAGES}}}\namedpages"
    return document(head, setting, (_sheet(head, variant, codes) for variant in variants))


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
    marked = rf"\rule[-2mm]{{0pt}}{{7mm}}Marked{'&' * len(heads)}"
    rows = [" & ".join(["Task", *heads]), " & ".join(["Maximum", *most]), marked, ""]
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
            return rf"\begin{{center}}{circuit(drawing)}\end{{center}}"


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
