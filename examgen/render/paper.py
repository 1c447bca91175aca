"""What the templates print, as frozen data: a head, sheets without answers, marking tables and answer strips.

Numbers are exact (`int`, `Fraction`), arrays nested tuples of them; texts are already in the language of the paper;
symbols are LaTeX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from examgen.model import Calculator, Exact, Standard
from examgen.render.diagram import Diagram
from examgen.render.language import decimal_mark

# what the classes of a classifier are called, in order; a label counts from 0 into this list
CLASSES = ("cat", "car", "frog", "ship", "dog", "horse", "bird", "deer", "truck", "plane")
PARTS = {4: 5, 3: 7, 2: 9}  # in how many parts side by side a table of a function stands, and up to how many decimals
IMAGE, TRUE_CLASS = "image %(number)s", "true class"


@dataclass(frozen=True)
class Head:
    """What all variants of an exam share.

    `working` is the number of decimals to keep, `decimals` that of an answer. `exact_forms` lets fractions and expressions
    with e and ln stand as answers. `sample` prints SAMPLE on every page. `comma` None means: as the language does. `paper`
    is one of `sizes.PAPERS`; `exam` tells scanners which exam a page is of, and without it no page has a code for them.
    `pdf` is the standard that its papers keep to, `tagged` whether sheets say how they are built, `templates` a folder of
    own templates.
    `formulas` says whether a sheet of formulas is handed out, and `tables` of what functions, in LaTeX, it holds tables.
    """

    title: str
    language: str = "en"
    minutes: int = 45
    calculator: Calculator = "none"
    working: int = 4
    decimals: int = 2
    exact_forms: bool = True
    sample: bool = False
    comma: bool | None = None
    course: str = ""
    date: str = ""
    paper: str = "a4"
    duplex: bool = False
    exam: str = ""
    pdf: Standard = "ua"
    tagged: bool = True
    templates: Path | None = None
    formulas: bool = False
    tables: tuple[str, ...] = ()

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers are printed with a decimal comma."""
        return decimal_mark(self.language) == "," if self.comma is None else self.comma


@dataclass(frozen=True)
class Box:
    """One answer box: `label` is what it is called on paper (1a), `symbol` the LaTeX of what is asked.

    `options` are the choices, worded, and `letters` what they are called.
    """

    key: str
    label: str
    symbol: str
    kind: Literal["integer", "number", "array", "choice"] = "number"
    cell_kind: Literal["integer", "number"] = "number"
    shape: tuple[int, ...] = ()
    points: Fraction = Fraction(1)
    decimals: int = 2
    options: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetTask:
    """One task as the student gets it; it has no place for an answer.

    `params` is the problem's frozen dataclass, `data` its exact input by name, `says` convention key -> sentence (with
    $latex$ and **bold**), `formula` the lines of the formula in LaTeX. `space` is the room for its working, mm; None leaves
    it to the page. `unrounded` answers stay fractions and logarithms.
    """

    number: int
    problem: str
    params: Any
    data: Mapping[str, Exact]
    boxes: tuple[Box, ...]
    says: Mapping[str, str] = field(default_factory=dict)
    formula: tuple[str, ...] = ()
    diagram: Diagram | None = None
    decimals: int = 2
    space: float | None = None
    unrounded: bool = False

    @property
    def points(self) -> Fraction:
        """The sum of the boxes' points."""
        return sum((box.points for box in self.boxes), Fraction(0))


@dataclass(frozen=True)
class SheetVariant:
    """One student's sheet.

    `name`, `group` and `place` (where the student sits) are printed where they are known. `head` is that of a student who
    has other minutes or another language than the exam. `pages` is how many pages it takes in all, `spare` how many of them
    are empty ones at its end, for working; both are found by laying it out. `sheet` is its place among the sheets of one
    document, from 1, where several may be of one variant.
    """

    number: int
    code: str
    tasks: tuple[SheetTask, ...]
    name: str = ""
    group: str = ""
    place: str = ""
    head: Head | None = None
    pages: int = 0
    spare: int = 0
    sheet: int = 0

    @property
    def points(self) -> Fraction:
        """The sum of the tasks' points."""
        return sum((task.points for task in self.tasks), Fraction(0))


@dataclass(frozen=True)
class Accepted:
    """What is marked right in one box.

    `rounded` is a number, or nested tuples of numbers, already rounded to the box's decimals; `exact` is the same in exact
    form: fractions, or LaTeX where exp or ln occur, or None where it is too long to print. `kept` answers are not rounded by
    students: the exact form comes first.
    """

    rounded: Exact
    exact: Any = None
    kept: bool = False


@dataclass(frozen=True)
class MarkingRow:
    """One variant's line of a marking table: one `Accepted` per box."""

    number: int
    code: str
    accepted: tuple[Accepted, ...]


@dataclass(frozen=True)
class MarkingTable:
    """One task's answers over all variants that got this problem; `title` is its name in the language of the paper."""

    task: int
    title: str
    boxes: tuple[Box, ...]
    rows: tuple[MarkingRow, ...]


@dataclass(frozen=True)
class Misled:
    """What a mistake leads to: the boxes that come out wrong, each with what stands in it, and what to tell the student.

    A number is rounded to the box's decimals, and None where there is none to write; `shape` of the box is that of the
    number or numbers.
    """

    says: str
    found: tuple[tuple[Box, Exact | None], ...]


@dataclass(frozen=True)
class StripTask:
    """One task of an answer strip: its boxes and what each accepts, in the order of the sheet, and what mistakes lead to."""

    number: int
    boxes: tuple[Box, ...]
    accepted: tuple[Accepted, ...]
    mistakes: tuple[Misled, ...] = ()

    @property
    def size(self) -> int:
        """How many lines its boxes take, about."""
        return sum(box.shape[-2] if len(box.shape) > 1 else 1 for box in self.boxes)


@dataclass(frozen=True)
class Strip:
    """One variant's answers, to be laid beside the paper."""

    number: int
    code: str
    tasks: tuple[StripTask, ...]


@dataclass(frozen=True)
class WrittenLine:
    """One equation: `left`, then `forms`, each with its relation sign in front; LaTeX on paper, text on a terminal.

    A `final` line fills the answer box that `label` names (empty where boxes have no names); `answer` is the rounded answer
    where that differs from the last form.
    """

    left: str
    forms: tuple[tuple[str, str], ...]
    final: bool = False
    label: str = ""
    answer: str = ""
    note: str = ""


@dataclass(frozen=True)
class WrittenCell:
    """A number of a grid; `mark` as in `model.Grid`; `sides` are those of a window's frame, out of b, l, r, t."""

    text: str
    mark: str = ""
    sides: str = ""


WIDTHS = (3, 4, 6, 8)  # characters for which the cells of a grid have room


@dataclass(frozen=True)
class WrittenGrid:
    """A named matrix; `label` names the answer box it fills."""

    symbol: str
    rows: tuple[tuple[WrittenCell, ...], ...]
    label: str = ""

    @property
    def cell_width(self) -> float:
        """How much room its longest number needs, in mm: few widths, so that grids of many variants look alike."""
        longest = max(len(cell.text) for row in self.rows for cell in row)
        return 2.0 + 1.9 * next((count for count in WIDTHS if longest <= count), longest)


@dataclass(frozen=True)
class WrittenEdge:
    """One wire backward: names of its ends, the gradient from above, the local derivative step by step, their product.

    `local` and `value` have their relation signs in front, the first form of `local` an empty one.
    """

    gate: str
    source: str
    upstream: str
    local: tuple[tuple[str, str], ...]
    value: tuple[str, str]
    note: str = ""


@dataclass(frozen=True)
class WrittenCircuit:
    """A circuit, and what is written in: node -> value and gradient, rounded."""

    diagram: Diagram
    found: Mapping[str, tuple[Exact, Exact | None]]


@dataclass(frozen=True)
class WrittenStep:
    """One step of a worked solution in the language of the reader; `says` holds $latex$ on paper."""

    key: str
    says: str
    lines: tuple[WrittenLine, ...] = ()
    grids: tuple[WrittenGrid, ...] = ()
    edges: tuple[WrittenEdge, ...] = ()
    circuit: WrittenCircuit | None = None


@dataclass(frozen=True)
class SolvedTask:
    """One task's worked solution, its numbers first; `title` is the problem's name in the language of the paper."""

    number: int
    title: str
    steps: tuple[WrittenStep, ...]


@dataclass(frozen=True)
class SolvedVariant:
    """One variant's worked solution."""

    number: int
    code: str
    tasks: tuple[SolvedTask, ...]


@dataclass(frozen=True)
class Formulas:
    """The formulas of one problem: `title` is its name in the language of the paper, a line what a formula is and its LaTeX."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FunctionTable:
    """A table of a function: rows of z, its value and its derivative, which are LaTeX in the heads, rounded to `decimals`.

    `rules` are LaTeX: what the derivative is, and what both are at -z.
    """

    function: str
    slope: str
    rules: tuple[str, ...]
    rows: tuple[tuple[Fraction, ...], ...]
    decimals: int

    @property
    def columns(self) -> int:
        """How many parts of the table stand side by side."""
        return next(parts for parts, most in PARTS.items() if self.decimals <= most)


@dataclass(frozen=True)
class FormulaSheet:
    """What is handed out with every variant of an exam."""

    groups: tuple[Formulas, ...]
    tables: tuple[FunctionTable, ...] = ()
