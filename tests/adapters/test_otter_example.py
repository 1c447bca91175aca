"""examples/otter under the real Otter: checked in a notebook by its author, and graded as it is handed in."""

from __future__ import annotations

import json
import os
import pickle
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from examgen.adapters.otter import write_tests
from tests.adapters.students import points, right, wrong
from tests.architecture.sources import ROOT
from tests.building.folders import leaks, tellable

pytestmark = pytest.mark.xdist_group("adapters")

EXAMPLE = ROOT / "examples" / "otter"
OTTER = "import sys; from otter.cli import cli; sys.argv[0] = 'otter'; cli()"


def run(words: Sequence[str | Path], folder: Path, entered: str = "") -> str:
    """What a Python of its own prints; it knows the checkout, and no setting of this one."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    own = {name: str(folder / ".jupyter") for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
    settings |= {"PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1", **own}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=settings, input=entered, capture_output=True, text=True, timeout=120
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


def handed_out(place: Path, key: Path) -> Path:
    """The folder of the example with the key in it, as a student of the public homework has it."""
    shutil.copytree(EXAMPLE, place)
    shutil.copy(key, place / "key.json")
    return place


def checked(folder: Path, *answers: object) -> list[dict[str, Any]]:
    """What `grader.check` says to these answers, one after the other."""
    return list(json.loads(run([ROOT / "tests/adapters/under_otter.py", "check", folder], folder, json.dumps(answers))))


def graded(folder: Path, package: Path, submission: Path) -> dict[str, Any]:
    """What Otter gives for a submission."""
    return dict(json.loads(run([ROOT / "tests/adapters/under_otter.py", "grade", package, submission], folder)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Path]) -> Path:
    return handed_out(tmp_path_factory.mktemp("otter") / "homework", keys["homework"])


@pytest.fixture(scope="module")
def package(folder: Path) -> Path:
    """The zip for graders, made by the two commands that the example's README gives."""
    lines = (EXAMPLE / "README.md").read_text(encoding="utf-8").splitlines()
    write, pack = (next(line for line in lines if line.startswith(f"    {words}")) for words in ("python -c", "otter generate"))
    run(shlex.split(write)[1:], folder)
    run(["-c", OTTER, *shlex.split(pack)[1:]], folder)
    return folder / "autograder.zip"


def notebook(folder: Path, path: Path, answers: object, *further: str) -> Path:
    """The example's notebook with these answers, and cells of the student's own behind them."""
    document = json.loads((folder / "homework6.ipynb").read_text(encoding="utf-8"))
    place = next(n for n, cell in enumerate(document["cells"]) if "".join(cell["source"]).startswith("answers = {"))
    document["cells"][place]["source"] = f"answers = {answers!r}"
    own = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    document["cells"][place + 1 : place + 1] = [{**own, "id": f"own{n}", "source": cell} for n, cell in enumerate(further)]
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_checks_in_the_notebook(folder: Path, homework: dict[str, Any]) -> None:
    """All right, one box and one cell wrong, all wrong, the cell not run: each box passes or says why, with no right value."""
    variant = homework["variants"][0]
    part = right(variant) | {"2d": "4711", "1a": [["1", "-2"], ["3", "4711"]]}
    known, some, none, nothing = checked(folder, right(variant), part, wrong(variant), None)
    assert points(variant) == sum(task["score"] for task in known.values()) == sum(t["possible"] for t in known.values())
    assert {"1a: conv", "2d: loss"} == {name for task in some.values() for name, passed in task["cases"].items() if not passed}
    assert [1.0, 3.0] == [some[name]["score"] for name in ("task1", "task2")]
    assert {False} == {passed for task in (*none.values(), *nothing.values()) for passed in task["cases"].values()}
    assert all("run the cell" in task["shown"] for task in nothing.values())
    assert [] == leaks("\n".join(task["shown"] for task in none.values()), variant) and tellable(variant)


HOSTILE = (
    {"variant": "AAAAAA"},
    {"variant": {"a": 1}, "1a": True},
    {"variant": None, "1a": {"b": []}, "1b": [[[[]]]], "1c": [[1], 2], "2a": "__import__('os')", "2b": "inf", "2c": "1/0"},
    [["1a", "1"]],
    "1a",
)


def test_hostile_answers_in_the_notebook(folder: Path) -> None:
    """No points, and no traceback of ours: every test case says a sentence."""
    for found in checked(folder, *HOSTILE):
        for task in found.values():
            assert 0 == task["score"] and {False} == set(task["cases"].values())
            assert all(line.split(":")[0] in ("AssertionError", "InputError") for line in errors(task["shown"]))


def errors(shown: str) -> list[str]:
    """The lines that name an exception."""
    return [line.strip() for line in shown.splitlines() if "Error:" in line]


def test_an_error_of_ours_would_be_seen() -> None:
    """The tooth of `errors`."""
    assert ["IndexError: list index out of range"] == errors("x\n  IndexError: list index out of range\n")


def test_the_notebook_runs_as_it_is_handed_out(folder: Path, homework: dict[str, Any]) -> None:
    """Executed by Jupyter with right answers in, each of its checks says that all test cases passed."""
    notebook(folder, path := folder / "done.ipynb", right(homework["variants"][0]))
    run(["-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", "--log-level", "ERROR", path], folder)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    path.unlink()
    outputs = ["".join(out["data"]["text/plain"]) for cell in cells for out in cell.get("outputs", ()) if "data" in out]
    assert [f"task{n} results: All test cases passed!" for n in range(1, 6)] == outputs


def test_what_is_graded_counts_to_the_fraction(folder: Path, package: Path, homework: dict[str, Any], tmp_path: Path) -> None:
    """Otter's grader gives a matrix with a wrong cell a part of its points, which the notebook cannot."""
    variant = homework["variants"][0]
    part = right(variant) | {"2d": "4711", "1a": [["1", "-2"], ["3", "4711"]], "9z": "1"}
    found = graded(tmp_path, package, notebook(folder, tmp_path / "homework6.ipynb", part))
    assert 1 < found["task1"]["score"] < 3 == found["task2"]["score"]
    assert [4, 4, 4] == [found[f"task{n}"]["score"] for n in (3, 4, 5)]
    assert "9z" in found["output"]


def test_a_test_in_variants(folder: Path, lecture: dict[str, Any], keys: dict[str, Path], tmp_path: Path) -> None:
    """The lecture's exam, hidden: each student by the own variant, though SVM and softmax take turns in a task."""
    for name in ("otter_config.json", "homework6.ipynb"):
        shutil.copy(EXAMPLE / name, tmp_path)
    shutil.copy(keys["lecture"], tmp_path)
    (tmp_path / "tests").mkdir()
    write_tests(lecture, tmp_path / "tests", hidden=True)
    run(["-c", OTTER, "generate", "-t", "tests", "-o", "hidden.zip", "-c", "otter_config.json", "key.json"], tmp_path)
    variant = lecture["variants"][1]
    answers = right(variant) | {"1a": "4711"}
    found = graded(tmp_path, tmp_path / "hidden.zip", notebook(folder, tmp_path / "homework6.ipynb", answers))
    assert "softmax_loss" == variant["tasks"][0]["problem"]
    assert [True, 4, 3] == [0 < found["task1"]["score"] < 4, *(found[name]["score"] for name in ("task2", "task3"))]
    assert [{"task 1": False}, 8] == [found["task1"]["cases"], len(found["task2"]["cases"])]


STEALS = """
from pathlib import Path
Path({mark!r}).write_text(Path('key.json').read_text())
"""


class Bomb:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def hostile(folder: Path, place: Path, answers: object) -> Path:
    """A submission that leaves files in `place`/marks: by a cell, by Otter's log, by a test of its own."""
    (marks := place / "marks").mkdir()
    notebook(folder, place / "homework6.ipynb", answers, STEALS.format(mark=str(marks / "cell")))
    with zipfile.ZipFile(place / "submission.zip", "w") as archive:
        archive.write(place / "homework6.ipynb", "homework6.ipynb")
        archive.writestr("tests/task9.py", f"open({str(marks / 'test')!r}, 'w')")
        archive.writestr(".OTTER_LOG", pickle.dumps(Bomb(marks / "log")))
        archive.writestr("key.json", "{}")
    return place / "submission.zip"


def test_a_hostile_submission_is_marked_and_not_run(
    folder: Path, package: Path, homework: dict[str, Any], tmp_path: Path
) -> None:
    """By the key of the instructor, though another one was handed in; none of its code leaves a trace."""
    answers = right(homework["variants"][0]) | {"5a": "4711"}
    found = graded(tmp_path, package, hostile(folder, tmp_path, answers))
    assert [] == list((tmp_path / "marks").iterdir())
    assert [3, 4, 4, 4] == [found[f"task{n}"]["score"] for n in range(1, 5)] and 0 < found["task5"]["score"] < 4


def test_without_the_plugin_it_would_have_been_run(
    folder: Path, package: Path, homework: dict[str, Any], tmp_path: Path
) -> None:
    """The tooth: where Otter runs it, the same submission leaves its traces; only its tests Otter itself replaces."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(tmp_path / "bare.zip", "w") as bare:
        for name in old.namelist():
            bare.writestr(name, b"{}" if name == "otter_config.json" else old.read(name))
    graded(tmp_path, tmp_path / "bare.zip", hostile(folder, tmp_path, right(homework["variants"][0])))
    assert ["cell", "log"] == sorted(path.name for path in (tmp_path / "marks").iterdir())


def test_the_command_writes_results_for_gradescope(folder: Path, package: Path, tmp_path: Path) -> None:
    """`otter run` on answers that would have to be computed: no points, and the sentence that says why."""
    notebook(folder, tmp_path / "homework6.ipynb", {})
    text = (tmp_path / "homework6.ipynb").read_text().replace('"answers = {}"', '"answers = dict(a=1)"')
    (tmp_path / "homework6.ipynb").write_text(text)
    run(["-c", OTTER, "run", "homework6.ipynb", "-a", package, "-o", tmp_path, "--no-logo"], tmp_path)
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert 0 == sum(test.get("score", 0) for test in told["tests"])
    assert "nothing that is computed" in told["output"]
