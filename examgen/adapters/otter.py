"""otter-grader: test files that mark a notebook's `answers`, what they call, and a plugin that grades without running code.

Source: otter-grader 7, exception-based test files and plugin events.
"""

from __future__ import annotations

import ast
import json
import shutil
import warnings
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from examgen.adapters._feedback import feedback, plain
from examgen.errors import InputError
from examgen.marking import BoxMark, Mark, grade
from examgen.staging import write_file

ANSWERS = "answers"  # the notebook's variable: a dict, box labels and "variant" -> what the student found
LONGEST = 100_000  # characters of a cell that is looked into
PACKED = Path("../source")  # seen from Otter's folder of the submission: what the instructor packed
HEAD = '''\
"""{title}: written by examgen.adapters.otter.task_tests. The key lies beside the notebook while this runs."""

import json
from pathlib import Path

from otter.test_files import test_case

from examgen.adapters.otter import check

OK_FORMAT = False
name = "task{number}"
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))
'''
Asked = tuple[str, str | int, Fraction]  # a test case's name, the box or task that it checks, its points
CASE = '''

@test_case(name={name}, points={points}, hidden={hidden})
def test_{place}(answers):
    check(KEY, answers, {what})
'''


def check(key: Mapping[str, Any], answers: object, what: str | int) -> None:
    """Passes where a box, by its label, or a task, by its number, has all of its points.

    Raises: AssertionError with the sentences for the student, no right value among them; InputError, also one sentence,
    where the answers cannot be marked.
    """
    mark = marked(key, answers)
    boxes = [mark[what]] if isinstance(what, str) else mark.tasks[what - 1].boxes
    if told := _told(boxes, alone=isinstance(what, str)):
        raise AssertionError(told)


def marked(key: Mapping[str, Any], answers: object) -> Mark:
    """The mark of a notebook's `answers`. Raises: InputError, one sentence."""
    if not isinstance(answers, Mapping):
        raise InputError(f"there are no answers: run the cell that begins with `{ANSWERS} = {{`")
    return grade(key, {str(label): answer for label, answer in answers.items()})


def task_tests(key: Mapping[str, Any], number: int, *, hidden: bool = False) -> str:
    """Otter's test file `task{number}.py`: a test case for each box, with its points.

    Where variants ask differently in the task, one test case for all of it, since Otter must know the points before it knows
    the variant. What `hidden` cases say is kept from students.
    """
    first, *others = ([_asked(box) for box in variant["tasks"][number - 1]["answers"]] for variant in key["variants"])
    whole: list[Asked] = [(f"task {number}", number, sum((points for *_, points in first), Fraction(0)))]
    return HEAD.format(title=f"Task {number}", number=number) + "".join(
        CASE.format(name=_quoted(name), points=float(points), hidden=hidden, place=place, what=_quoted(what))
        for place, (name, what, points) in enumerate(first if all(other == first for other in others) else whole, start=1)
    )


def write_tests(key: Mapping[str, Any], folder: Path, *, hidden: bool = False) -> tuple[Path, ...]:
    """Writes a test file for each task into Otter's folder of tests. Raises: OutputError."""
    numbers = range(1, len(key["variants"][0]["tasks"]) + 1)
    paths = tuple(folder / f"task{number}.py" for number in numbers)
    for number, path in zip(numbers, paths, strict=True):
        write_file(path, task_tests(key, number, hidden=hidden).encode("utf-8"))
    return paths


class Grading:
    """Otter's plugin for marks that count. Of what was handed in, nothing runs: neither cells nor modules nor logs.

    The notebook is replaced by its answers, which have to be literals. Its scores become those of the mark, which a test case
    that passes or fails cannot give: a box half right has half of its points. `config` may say where the key lies (`key`).
    """

    def __init__(self, submission_path: str | None, metadata: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        self._submission = submission_path  # None while `otter generate` packs
        self._key = Path(config.get("key", "key.json"))
        self._mark: Mark | None = None
        self._sentence = ""

    def before_grading(self, config: object) -> None:
        """Removes what came with the notebook: Otter would unpickle a log, and Python might import a module."""
        kept = {Path(str(self._submission)).name, "tests", *(path.name for path in (PACKED / "files").glob("*"))}
        graded = Path.cwd().name == "submission" and (PACKED / "otter_config.json").is_file()
        for path in Path().iterdir() if graded else ():
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def before_execution(self, notebook: Any) -> Any:
        """The notebook with one cell, `answers = …`, and without the metadata that could choose a kernel or run a check."""
        node = type(notebook)
        source = ""
        try:
            expression = literal(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
            source = f"{ANSWERS} = {expression}"
            self._mark = marked(json.loads(self._key.read_text(encoding="utf-8")), ast.literal_eval(expression))
        except InputError as error:
            self._sentence = str(error)
        cell = node(id=ANSWERS, cell_type="code", execution_count=None, metadata=node(), outputs=[], source=source)
        notebook["cells"], notebook["metadata"] = [cell], node()
        return notebook

    def after_grading(self, results: Any) -> None:
        """Points to the fraction, task by task, and the sentences that concern the whole submission."""
        for task in self._mark.tasks if self._mark else ():
            if f"task{task.number}" in results.test_files:
                results.update_score(f"task{task.number}", float(task.points))
        notes = self._mark.notes if self._mark else (self._sentence,)
        if notes:
            results.set_output(plain("\n".join(notes)))


def literal(cells: Iterable[str]) -> str:
    """The last dict that cells assign to `answers`, as an expression of literals only.

    Raises: InputError where there is none, or where something would have to be computed.
    """
    found = [value for cell in cells for value in _assigned(cell)]
    if not found:
        raise InputError(f"the notebook has no cell that reads `{ANSWERS} = {{…}}`")
    try:
        if isinstance(ast.literal_eval(found[-1]), dict):
            return ast.unparse(found[-1])
    except (ValueError, TypeError, MemoryError, RecursionError):
        pass
    raise InputError(f"`{ANSWERS}` must be a dict of text, numbers and lists as they are, nothing that is computed")


def _assigned(cell: str) -> list[ast.expr]:
    """What a cell assigns to `answers` at its top level; nothing where it is no Python, as a cell of magics."""
    try:
        with warnings.catch_warnings():  # a cell's stray backslashes are its own affair
            warnings.simplefilter("ignore")
            body = ast.parse(cell).body if len(cell) <= LONGEST else []
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    return [
        statement.value
        for statement in body
        if isinstance(statement, ast.Assign) and [getattr(name, "id", "") for name in statement.targets] == [ANSWERS]
    ]


def _asked(box: Mapping[str, Any]) -> Asked:
    return f"{box['label']}: {box['key']}", box["label"], Fraction(box["points"])


def _quoted(value: str | int) -> str:
    """As Python and JSON both write it."""
    return json.dumps(value, ensure_ascii=False)


def _told(boxes: Iterable[BoxMark], *, alone: bool) -> str:
    """Feedback on the boxes that lost points, by their labels where there may be several."""
    lost = [box for box in boxes if box.points < box.most]
    return plain("\n".join(feedback(box) if alone else f"{box.label}: {feedback(box)}" for box in lost))
