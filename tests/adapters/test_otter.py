"""otter-grader: what is read out of a notebook, the test files that are written, and the plugin, without Otter itself."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from examgen.adapters.otter import Grading, check, literal, task_tests, write_tests
from examgen.errors import InputError
from tests.adapters.students import right, wrong
from tests.building.folders import leaks

pytestmark = pytest.mark.xdist_group("adapters")


class Node(dict[str, Any]):
    """What nbformat calls a NotebookNode."""


def notebook(*cells: str) -> Node:
    """A notebook of these code cells, with metadata that asks for something."""
    asked = {"otter": {"tests": ['task1")\nimport os#']}}
    made = [Node(cell_type="code", source=cell, metadata=asked) for cell in cells]
    return Node(cells=[Node(cell_type="markdown", source="answers = {}"), *made], metadata={"kernelspec": {"name": "bash"}})


def test_a_right_box_passes_and_another_says_why(homework: dict[str, Any]) -> None:
    """By label or, for a whole task, by number; of what is wrong no right value is told."""
    variant = homework["variants"][0]
    for what in ("1a", "2d", 1, 5):
        check(homework, right(variant), what)
        with pytest.raises(AssertionError) as failure:
            check(homework, wrong(variant), what)
        assert str(failure.value) and [] == leaks(str(failure.value), variant)


@pytest.mark.parametrize("answers", [None, 7, "1a", [("1a", "1")]])
def test_without_answers_there_is_one_sentence(homework: dict[str, Any], answers: object) -> None:
    """A cell that was not run, or a variable of another kind."""
    with pytest.raises(InputError, match="run the cell"):
        check(homework, answers, "1a")


def test_names_that_are_no_text_are_boxes_that_are_not_there(homework: dict[str, Any]) -> None:
    """A dict of numbers is marked as one that names no box."""
    with pytest.raises(AssertionError):
        check(homework, {1: "1", None: 2, ("1a",): 3}, "1a")


def cases(text: str) -> list[tuple[str, float, bool, object]]:
    """Name, points and whether it is hidden of every test case in a test file, and what it checks."""
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    decorators = [{word.arg: ast.literal_eval(word.value) for word in f.decorator_list[0].keywords} for f in functions]  # type: ignore[attr-defined]  # of that shape, or it fails
    checked = [ast.literal_eval(f.body[0].value.args[2]) for f in functions]  # type: ignore[attr-defined]  # of that shape, or it fails
    return [(d["name"], d["points"], d["hidden"], what) for d, what in zip(decorators, checked, strict=True)]


def test_a_test_file_has_a_case_for_each_box(homework: dict[str, Any]) -> None:
    """With its points, in the order of the sheet."""
    expected = [("1a: conv", 2.0, False, "1a"), ("1b: relu", 0.5, False, "1b"), ("1c: pooled", 0.5, False, "1c")]
    assert expected == cases(task_tests(homework, 1))
    assert {True} == {hidden for _, _, hidden, _ in cases(task_tests(homework, 1, hidden=True))}


def test_variants_that_ask_differently_share_one_case(lecture: dict[str, Any]) -> None:
    """SVM and softmax in turn: the task's points in one case; the tasks that are alike have theirs box by box."""
    assert [("task 1", 4.0, False, 1)] == cases(task_tests(lecture, 1))
    assert 8 == len(cases(task_tests(lecture, 2)))


def test_labels_that_are_odd_stay_text(homework: dict[str, Any], tmp_path: Path) -> None:
    """Whatever a key calls a box, the file is Python that names it."""
    key = copy.deepcopy(homework)
    key["variants"][0]["tasks"][0]["answers"][0]["label"] = odd = '1а"\n\\{}'
    assert (f"{odd}: conv", 2.0, False, odd) == cases(task_tests(key, 1))[0]
    assert [f"task{n}.py" for n in range(1, 6)] == [path.name for path in write_tests(key, tmp_path)]


LITERALS = {
    "the last one counts": (['answers = {"1a": "1"}', 'answers = {"1a": "2"}'], {"1a": "2"}),
    "beside magics": (["%matplotlib inline", "!ls", 'x = 1\nanswers = {"1a": [[1, -2.5]]}'], {"1a": [[1, -2.5]]}),
    "beside what fails": (["1 +", "\x00", "(" * 1000, 'answers = {"1a": None}'], {"1a": None}),
    "with a stray backslash": ([r'answers = {"1a": "\d"}'], {"1a": r"\d"}),
}


@pytest.mark.parametrize(("sources", "expected"), LITERALS.values(), ids=LITERALS)
def test_answers_are_read_without_running_them(sources: list[str], expected: Mapping[str, Any]) -> None:
    """Other cells may be anything."""
    assert expected == ast.literal_eval(literal(sources))


REFUSED = {
    "no such cell": (["x = 1", "answer = {}"], "no cell"),
    "computed": (["answers = {'1a': 1 + 1}"], "computed"),
    "a call": (["answers = {'1a': open('/etc/passwd').read()}"], "computed"),
    "a comprehension": (["answers = {str(n): n for n in range(10**9)}"], "computed"),
    "unpacked": (["answers = {**globals()}"], "computed"),
    "no dict": (["answers = ['1a']"], "computed"),
    "a dict as a label": (["answers = {{}: 1}"], "computed"),
    "within a function": (["def f():\n    answers = {'1a': 1}"], "no cell"),
    "too long": (["answers = {'1a': '" + "1" * 200_000 + "'}"], "no cell"),
}


@pytest.mark.parametrize(("sources", "why"), REFUSED.values(), ids=REFUSED)
def test_answers_that_would_have_to_be_run_are_refused(sources: list[str], why: str) -> None:
    """In one sentence."""
    with pytest.raises(InputError, match=why) as refusal:
        literal(sources)
    assert "\n" not in str(refusal.value)


def test_a_notebook_becomes_its_answers(homework: dict[str, Any], keys: dict[str, Path]) -> None:
    """One cell with the literal; metadata, which could choose a kernel or name a check, is gone."""
    answers = right(homework["variants"][0])
    plugin = Grading("homework6.ipynb", {}, {"key": str(keys["homework"])})
    left = plugin.before_execution(notebook("import os; os.abort()", f"answers = {answers!r}", "answers['1a'] = 7"))
    assert [{}, {}] == [left["metadata"], left["cells"][0]["metadata"]]
    assert [f"answers = {answers!r}"] == [cell["source"] for cell in left["cells"]]


def test_answers_that_cannot_be_marked_leave_an_empty_cell(keys: dict[str, Path]) -> None:
    """Nothing of the notebook is run then either."""
    plugin = Grading("homework6.ipynb", {}, {"key": str(keys["homework"])})
    assert [""] == [cell["source"] for cell in plugin.before_execution(notebook("answers = exit()"))["cells"]]


def test_only_what_the_instructor_packed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules, folders, links and logs that came with the notebook go; what lies behind a link stays."""
    packed = ("source/otter_config.json", "source/files/key.json", "elsewhere/x")
    copied = ("submission/key.json", "submission/tests/task1.py", "submission/homework6.ipynb")
    for name in (*packed, *copied, "submission/json.py", "submission/otter/__init__.py", "submission/.OTTER_LOG"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "submission" / "linked").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "submission")
    Grading(str(tmp_path / "submission" / "homework6.ipynb"), {}, {}).before_grading(None)
    assert ["homework6.ipynb", "key.json", "tests"] == sorted(path.name for path in Path().iterdir())
    assert (tmp_path / "elsewhere" / "x").exists()


@pytest.mark.parametrize("place", ["thesis", "other/submission"])
def test_nothing_is_removed_outside_of_otters_folders(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of another name, or one that nothing was packed beside, is nobody's submission."""
    for name in ("source/otter_config.json", "thesis/only_copy.tex", "other/submission/only_copy.tex"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path / place)
    Grading("homework6.ipynb", {}, {}).before_grading(None)
    assert Path("only_copy.tex").exists()


def test_the_example_is_what_the_adapter_writes(homework: dict[str, Any]) -> None:
    """The tests that lie in examples/otter, and the boxes of its notebook, are those of the homework."""
    example = Path(__file__).parents[2] / "examples" / "otter"
    for number in range(1, 6):
        assert task_tests(homework, number) == (example / "tests" / f"task{number}.py").read_text(encoding="utf-8")
    cells = json.loads((example / "homework6.ipynb").read_text(encoding="utf-8"))["cells"]
    answers = ast.literal_eval(literal(cell["source"] for cell in cells if cell["cell_type"] == "code"))
    variant = homework["variants"][0]
    labels = [box["label"] for task in variant["tasks"] for box in task["answers"]]
    assert {"variant": variant["code"], **dict.fromkeys(labels, "")} == answers
