"""What pdfLaTeX and Typst set for comparison says what our sheets and worked keys say: read back from the documents' text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from benchmarks import ours
from benchmarks.peers import latex, latex_keys, typst
from benchmarks.peers.latex_text import text
from examgen.model import cells
from examgen.render.html import sheets_html, solution_html
from examgen.render.notation import num, places
from examgen.render.paper import Head, SheetVariant, SolvedVariant, WrittenStep
from examgen.sheets import head

COUNT = 2  # an SVM loss stands in the first, a softmax loss in the second
WORD = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn and solved variants of the exam."""
    made = tmp_path_factory.mktemp("peers")
    ours.sample(COUNT, made)
    ours.solved(COUNT, made)
    return made


@pytest.fixture(scope="module")
def sheets(folder: Path) -> list[SheetVariant]:
    return ours.sheets(folder, COUNT)


@pytest.fixture(scope="module")
def keys(folder: Path) -> list[SolvedVariant]:
    return list(ours.worked(folder, COUNT))


@cache
def shared() -> Head:
    return head(ours.exam())


def printed(sheet: SheetVariant) -> dict[str, list[str]]:
    """The numbers of a sheet by where they stand, as we print them."""
    scores, _circuit, image = (task.data for task in sheet.tasks)
    drawn = sheet.tasks[1].diagram
    assert drawn is not None
    shown = places(cells(scores["scores"]))
    over = [each for node in drawn.nodes for each in (node.value, node.gradient) if each is not None]
    return {
        "scores": [num(score, False, shown) for score in cells(scores["scores"])],
        "framed": [num(row[label], False, shown) for row, label in zip(scores["scores"], scores["labels"], strict=True)],
        "grids": [num(cell) for name in ("image", "kernels") for cell in cells(image[name])],
        "circuit": [each if isinstance(each, str) else num(each) for each in over],
    }


def in_latex(sheet: str) -> dict[str, list[str]]:
    """The same, read back from LaTeX."""
    found = {
        "scores": re.findall(r"\\(?:score|framed)cell\{([^{}]+)\}", sheet),
        "framed": re.findall(r"\\framedcell\{([^{}]+)\}", sheet),
        "grids": re.findall(r"\\cell\{([^{}]+)\}", sheet),
        "circuit": re.findall(r"\\at\{[\d.]+\}\{[\d.]+\}\{([^{}]+)\}", sheet),
    }
    return {place: [number.strip("$").replace("-", "−") for number in numbers] for place, numbers in found.items()}


def in_typst(sheet: str) -> dict[str, list[str]]:
    """The same, read back from Typst."""
    table = re.search(r"#scores\(\(.*?\), (\(.*)\)", sheet)
    grids = re.findall(r"numbers\(\[[^\[\]]*\], \d+, (.*?\])\)", sheet)
    assert table
    return {
        "scores": re.findall(r"\[([−\d.]+)\]", table[1]),
        "framed": re.findall(r"framed\[([−\d.]+)\]", table[1]),
        "grids": [cell for grid in grids for cell in re.findall(r"\[([^\[\]]+)\]", grid)],
        "circuit": re.findall(r"over\([\d.]+, [\d.]+, \[([−\d./]+)\]\)", sheet),
    }


def of_variants(document: str, mark: str) -> list[str]:
    """What stands in a document for each variant."""
    return document.split(mark)[1:]


def test_latex_has_the_numbers_of_the_sheets(sheets: list[SheetVariant]) -> None:
    """Scores and which are framed, images and filters, and what stands on the circuit, each once and in order."""
    document = latex.sheets(shared(), sheets).partition(r"\begin{document}")[2]
    assert [printed(sheet) for sheet in sheets] == [in_latex(each) for each in of_variants(document, r"\ofvariant")]


def test_typst_has_the_numbers_of_the_sheets(sheets: list[SheetVariant]) -> None:
    """The same in Typst."""
    found = of_variants(typst.sheets(shared(), sheets), "#banner")
    assert [printed(sheet) for sheet in sheets] == [in_typst(each) for each in found]


@pytest.mark.parametrize("place", ["scores", "grids", "circuit"])
def test_another_number_is_found(sheets: list[SheetVariant], place: str) -> None:
    """The tooth: documents of another sheet do not have the numbers of this one, at any place."""
    document = latex.sheets(shared(), sheets[1:]).partition(r"\begin{document}")[2]
    assert printed(sheets[0])[place] != in_latex(document)[place]
    assert printed(sheets[0])[place] != in_typst(typst.sheets(shared(), sheets[1:]))[place]


def test_variant_code_and_points_stand_in_both(sheets: list[SheetVariant]) -> None:
    """Whose sheet it is, what each box is called and what it is worth."""
    made = of_variants(latex.sheets(shared(), sheets).partition(r"\begin{document}")[2], r"\ofvariant")
    compared = typst.sheets(shared(), sheets)
    for sheet, document in zip(sheets, made, strict=True):
        assert document.startswith(f"{{{sheet.number}}}{{{sheet.code}}}")
        assert f"[{sheet.number}], [{sheet.code}]" in compared
        for box in (box for task in sheet.tasks for box in task.boxes):
            assert re.search(rf"\\answer(?:matrix)?\{{{box.label}\}}.*?\{{{re.escape(num(box.points))}\}}", document)
            assert re.search(rf"#answer(?:-matrix)?\(\[{box.label}\].*?\[{re.escape(num(box.points))}\]", compared)


def words(html: str) -> set[str]:
    """The words that a page of ours shows."""
    body = re.sub(r"<(style|svg|title|math)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return set(WORD.findall(re.sub(r"<[^>]*>", " ", body).replace("&#39;", "'")))


def test_peers_have_the_words_of_the_sheets(sheets: list[SheetVariant]) -> None:
    """Every word that our templates print stands in the peers' documents."""
    said = words(sheets_html(shared(), sheets))
    assert {"earns", "Marked", "filter", "classifier"} <= said
    for document in (latex.sheets(shared(), sheets), typst.sheets(shared(), sheets)):
        assert set() == said - set(WORD.findall(document))


def forms(step: WrittenStep) -> Iterator[str]:
    """All that a step says in LaTeX or in numbers."""
    for line in step.lines:
        yield from (line.left, *(form for _, form in line.forms), *filter(None, (line.answer, line.note)))
    for edge in step.edges:
        yield from (edge.gate, edge.source, edge.upstream, *(form for _, form in edge.local), edge.value[1])


def in_order(document: str, pieces: Iterator[str]) -> str | None:
    """The first piece that does not stand behind those before it."""
    end = 0
    for piece in pieces:
        end = document.find(piece, end)
        if end < 0:
            return piece
        end += len(piece)
    return None


def test_latex_has_every_form_of_the_worked_keys(keys: list[SolvedVariant]) -> None:
    """Step by step: the sentence, then its equations form by form, its wires, what is noted."""
    documents = of_variants(latex_keys.keys(shared(), keys).partition(r"\begin{document}")[2], r"\ofvariant")
    for key, document in zip(keys, documents, strict=True):
        steps = [step for task in key.tasks for step in task.steps]
        found = document.split(r"\step{")[1:]
        assert len(steps) == len(found)
        for step, each in zip(steps, found, strict=True):
            assert each.startswith(text(step.says))
            assert None is in_order(each, forms(step))


def test_a_lost_form_is_found(keys: list[SolvedVariant]) -> None:
    """The tooth: without one of the forms something is missing."""
    step = next(step for task in keys[0].tasks for step in task.steps if len(step.lines) > 2)
    made = latex_keys.keys(shared(), keys[:1])
    lost = step.lines[1].forms[-2][1]
    assert None is in_order(made, forms(step))
    assert lost == in_order(made.replace(lost, ""), forms(step))


def test_latex_has_the_grids_and_circuits_of_the_worked_keys(keys: list[SolvedVariant]) -> None:
    """Every cell in its order, whatever marks it; every value and gradient that is found."""
    for key in keys:
        document = latex_keys.keys(shared(), [key]).partition(r"\begin{document}")[2]
        steps = [step for task in key.tasks for step in task.steps]
        cell = re.findall(r"\\num(?:\{[\d.]+\}){3}\{(?:\\\w+\{)?(\(?)\$?([-\d.]+)", document)
        expected = [(one.mark, one.text) for step in steps for grid in step.grids for row in grid.rows for one in row]
        assert [("(" * (mark == "clipped"), shown.replace("−", "-")) for mark, shown in expected] == cell
        written = re.findall(r"\\at\{[\d.]+\}\{[\d.]+\}\{(?:\\footnotesize\\text\w+\{)?\$?([-\d.]+)\$?\}", document)
        found = [each for step in steps if step.circuit for pair in step.circuit.found.values() for each in pair]
        assert sorted(num(each).replace("−", "-") for each in found if each is not None) == sorted(written)


def test_latex_has_the_words_of_the_worked_keys(keys: list[SolvedVariant]) -> None:
    """Every word that our key prints stands in the peer's."""
    said = set().union(*(words(solution_html(shared(), key)) for key in keys))
    assert {"solution", "rounded", "operand"} <= said
    assert set() == said - set(WORD.findall(latex_keys.keys(shared(), keys)))
