"""Keys and worked solutions made both ways, set and laid out, and what two PDFs of the same have to have in common."""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf

from examgen.exam import Exam, read_exam
from examgen.mistaken import mistaken
from examgen.model import Solution
from examgen.registry import problem, problems
from examgen.render.galley import set_key, set_solutions
from examgen.render.html import key_html, solution_html
from examgen.render.paper import Head, MarkingTable, SolvedVariant, Strip
from examgen.render.pdf import write_pdf
from examgen.sheets import Variant, head, marking_tables, solved_variant, strips
from examgen.solving import draw, solve
from tests.render import pixels
from tests.render.structure import Element, tree

TASKS = 7  # of an exam, at most
VARIANTS = 3
THIRD = 3  # problems of which one has its solutions looked at too, which are set as those of keys are
DPI = 60
STEP = 96  # of 255 by which a pixel may be darker or lighter than all around it in the other picture
MOVED = 0.35  # points by which a word may stand elsewhere
NEEDLESS = ("Span", "NonStruct", "Div")
CELLS = ("TD", "TH")  # an empty cell is still a cell
Part = tuple[Any, ...]  # of a structure: what it is, what is said of it, its parts
Word = tuple[str, float, float, float, float]  # a text with its left, top, right and bottom


@dataclass(frozen=True)
class Told:
    """What a key is made of."""

    head: Head
    tables: tuple[MarkingTable, ...]
    strips: tuple[Strip, ...]
    solved: tuple[SolvedVariant, ...]


@dataclass(frozen=True)
class Pair:
    """The same document set and laid out."""

    set: bytes
    plain: bytes


def chosen() -> list[tuple[str, tuple[str, ...], str]]:
    """Exams that have every preset of every problem as a task: problem, presets, language."""
    groups = [
        (name, tuple(found.presets)[i : i + TASKS])
        for name, found in problems().items()
        for i in range(0, len(found.presets), TASKS)
    ]
    return [(name, labels, ("en", "ru")[i % 2]) for i, (name, labels) in enumerate(groups)]


@cache
def told(name: str, labels: tuple[str, ...], language: str, *, full: bool = False, more: str = "") -> Told:
    """What the key of such an exam is made of; drawn without the fairness that takes several."""
    text = f'title = "A test"\nvariants = {VARIANTS}\nseed = "a galley"\ncalculator = "scientific"\n' + more
    text += "".join(f'[[task]]\nproblem = "{name}"\npreset = "{label}"\n' for label in labels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exam.toml"
        path.write_text(text, encoding="utf-8")
        exam = read_exam(path, language=language)
    solved = [_solved(exam, name, labels, number) for number in range(1, VARIANTS + 1)]
    written = tuple(solved_variant(exam, variant, solutions, full=full) for variant, solutions in solved)
    return Told(head(exam), tuple(marking_tables(exam, solved)), tuple(strips(exam, solved)), written)


def _solved(exam: Exam, name: str, labels: Sequence[str], number: int) -> tuple[Variant, tuple[Solution, ...]]:
    instances = tuple(draw(name, problem(name).presets[label], "a galley", label, number) for label in labels)
    found = (
        solve(instance, task.decimals, working=task.working) for instance, task in zip(instances, exam.tasks, strict=True)
    )
    return Variant(number, f"W{number}MXTK", instances), tuple(replace(each, mistakes=mistaken(each)) for each in found)


@cache
def key(*chosen: Any) -> Pair:
    """A key with the last variant's solution."""
    of = told(*chosen)
    parts = of.head, of.tables, of.strips, of.solved[2:]
    return Pair(set_key(*parts), write_pdf(key_html(*parts), of.head))


@cache
def solutions(*chosen: Any) -> list[Pair]:
    """The worked solution of the second variant, set along with that of the first."""
    of = told(*chosen)
    made: dict[int, bytes] = {}
    set_solutions(of.head, of.solved[:2], lambda variant, pdf: made.__setitem__(variant.number, pdf))
    return [Pair(made[each.number], write_pdf(solution_html(of.head, each), of.head)) for each in of.solved[1:2]]


def pairs(*chosen: Any) -> list[Pair]:
    """The key, and of one problem in three the solution."""
    place = list(problems()).index(chosen[0])
    return [key(*chosen), *(solutions(*chosen) if place % THIRD == 0 else ())]


def run(*command: str, given: bytes) -> bytes:
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')


def words(pdf: bytes) -> list[list[Word]]:
    """The words of each page and where they stand."""
    told_pages = run("pdftotext", "-bbox", "-", "-", given=pdf).decode().split("<page ")[1:]
    return [[(text, *map(float, places)) for *places, text in WORD.findall(page)] for page in told_pages]


def astray(one: Sequence[Word], other: Sequence[Word]) -> list[Word]:
    """The words of a page that do not stand on the other one; where a gap parts two may differ."""
    mine, theirs = _lost(one, other), _lost(other, one)
    same = "".join(text for text, *_ in mine) == "".join(text for text, *_ in theirs)
    return [] if same and (not mine or _near(_around(mine), _around(theirs))) else mine or theirs


def _lost(one: Sequence[Word], other: Sequence[Word]) -> list[Word]:
    there: dict[str, list[Word]] = {}
    for word in other:
        there.setdefault(word[0], []).append(word)
    lost = []
    for word in one:
        places = there.get(word[0], [])
        near = next((i for i, each in enumerate(places) if _near(word[1:], each[1:])), None)
        if near is None:
            lost.append(word)
        else:
            places.pop(near)
    return lost


def _near(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) < MOVED for a, b in zip(one, other, strict=True))


def _around(found: Sequence[Word]) -> list[float]:
    """The box around words."""
    _, lefts, tops, rights, bottoms = zip(*found, strict=True)
    return [min(lefts), min(tops), max(rights), max(bottoms)]


def pictures(pdf: bytes) -> Iterator[Any]:
    """Pages in grey."""
    return pixels.pictures(pdf, DPI)


def apart(one: Any, other: Any) -> int:
    """How many pixels of two pictures are not each other's."""
    return pixels.apart(one, other, STEP)


def structure(pdf: bytes) -> list[Any]:
    """The structure of a document without what says nothing: kinds, words, attributes; content is one dot."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [part for kid in tree(document).kids if isinstance(kid, Element) for part in _pruned(kid)]


def _pruned(element: Element) -> list[Any]:
    inner: list[Any] = []
    for kid in element.kids:
        for part in _pruned(kid) if isinstance(kid, Element) else ["."]:
            if part != "." or inner[-1:] != ["."]:
                inner.append(part)
    says = {name: element.text(name) for name in ("Alt", "Lang") if element.text(name)} | _attributes(element.entry)
    if not says and element.kind in NEEDLESS:
        return inner
    return [(element.kind, tuple(sorted(says.items())), tuple(inner))] if inner or says or element.kind in CELLS else []


def _attributes(entry: Any) -> dict[str, str]:
    """What is said of an element; heads are found by their scope, and names of cells lead nowhere without them."""
    held = entry.get("/A", pikepdf.Dictionary())
    return {str(name): str(held[name]) for name in dict(held) if name not in ("/Headers", "/O", "/BBox")}


def places(pdf: bytes) -> list[float]:
    """The corners of all pictures."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found = (element.attribute("BBox") for element in tree(document).walk())
        return [float(part) for box in found if box is not None for part in box]


def bookmarks(pdf: bytes) -> list[tuple[int, str, int, float]]:
    """The levels and names of all bookmarks, with the page and the height that each leads to."""
    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_outline() as outline:
        numbers = {page.obj.objgen: i for i, page in enumerate(document.pages)}

        def below(items: Any, level: int) -> Iterator[tuple[int, str, int, float]]:
            for item in items:
                yield level, item.title, numbers[item.destination[0].objgen], round(float(item.destination[3]))
                yield from below(item.children, level + 1)

        return list(below(outline.root, 1))
