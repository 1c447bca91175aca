"""examples/gradescope: the files of the autograder, run as Gradescope runs them, on submissions of every kind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.students import points, right, wrong
from tests.architecture.sources import ROOT
from tests.building.folders import leaks, tellable

pytestmark = pytest.mark.xdist_group("adapters")

EXAMPLE = ROOT / "examples" / "gradescope"


def toml(answers: dict[str, Any]) -> str:
    """A file of answers; strings and lists are written alike in JSON and TOML."""
    return "".join(f"{json.dumps(label)} = {json.dumps(answer)}\n" for label, answer in answers.items())


def autograder(root: Path, key: Path, submission: str | None, script: str = "grade.py") -> dict[str, Any]:
    """What the example writes into the folders that Gradescope makes, from the student's file or none."""
    for name in ("submission", "results"):
        (root / name).mkdir(parents=True)
    shutil.copytree(EXAMPLE, root / "source")
    shutil.copy(key, root / "source")
    if submission is not None:
        (root / "submission" / "answers.toml").write_text(submission, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, root / "source" / script, root], cwd=root, env=environment, capture_output=True, text=True, timeout=20
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    return dict(json.loads((root / "results" / "results.json").read_text(encoding="utf-8")))


def test_a_student_who_knows_everything(tmp_path: Path, keys: dict[str, Path], lecture: dict[str, Any]) -> None:
    """Full points in every box of the own variant, whichever that is."""
    for place, variant in enumerate(lecture["variants"][:2]):
        told = autograder(tmp_path / str(place), keys["lecture"], toml(right(variant)))
        assert {"passed"} == {test["status"] for test in told["tests"]}
        assert points(variant) == told["score"] == sum(test["max_score"] for test in told["tests"])


def test_a_student_who_knows_a_part(tmp_path: Path, keys: dict[str, Path], lecture: dict[str, Any]) -> None:
    """A wrong number costs its box, with a sentence there; a matrix with a wrong cell has a part of its points."""
    variant = lecture["variants"][0]
    answers = right(variant) | {"1c": "4711"}
    answers["3a"][0][1] = "4711"
    tests = {test["name"]: test for test in autograder(tmp_path, keys["lecture"], toml(answers))["tests"]}
    assert (0, "failed") == (tests["1c: losses[2]"]["score"], tests["1c: losses[2]"]["status"])
    assert 0 < tests["3a: conv"]["score"] < tests["3a: conv"]["max_score"]
    assert all(tests[name]["output"] for name in ("1c: losses[2]", "3a: conv"))
    assert ("passed", "1a: losses[0]") == (tests["1a: losses[0]"]["status"], next(iter(tests)))


def test_no_right_value_is_told(tmp_path: Path, keys: dict[str, Path], lecture: dict[str, Any]) -> None:
    """With every box wrong or empty, no text of the results holds an answer that the right results would show."""
    variant = lecture["variants"][0]
    for place, answers in enumerate((wrong(variant), {"variant": variant["code"]})):
        told = autograder(tmp_path / str(place), keys["lecture"], toml(answers))
        assert 0 == told["score"] and {"failed"} == {test["status"] for test in told["tests"]}
        texts = [told["output"], *(test[field] for test in told["tests"] for field in ("name", "output"))]
        assert [] == leaks("\n".join(texts), variant)
    assert tellable(variant)


REFUSED = {
    "no file": (None, "There is no file answers.toml"),
    "no TOML": ("1a: 1,27", "cannot be read"),
    "another exam's variant": ('variant = "AAAAAA"', "AAAAAA"),
    "no variant": ('"1a" = "1"', "variant"),
}


@pytest.mark.parametrize(("submission", "why"), REFUSED.values(), ids=REFUSED)
def test_a_submission_that_cannot_be_marked(tmp_path: Path, keys: dict[str, Path], submission: str | None, why: str) -> None:
    """Results all the same: no points, no tests, one line that says why."""
    told = autograder(tmp_path, keys["lecture"], submission)
    assert (0, [], 1) == (told["score"], told["tests"], len(told["output"].splitlines()))
    assert why in told["output"]


HOSTILE = {
    "types": '"1a" = 2024-01-01\n"1b" = true\n"1c" = { a = [1] }\n"1d" = inf\n"3a" = [[1], [[[]]], "x"]\n',
    "labels": '"" = "1"\n"../1a" = "1"\n"<b>" = "1"\n',
    "code": '"1a" = "__import__(\'os\').system(\'true\')"\n"1b" = "9**9**9**9"\n"1c" = "1e999999999"\n"1d" = "((((((((((1"\n',
    "size": '"1a" = "' + "9" * 50_000 + '"\n"3a" = ' + "[" * 90 + "]" * 90 + "\n",
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_submission_is_marked_or_refused(
    tmp_path: Path, keys: dict[str, Path], lecture: dict[str, Any], lines: str
) -> None:
    """Results in reasonable size and time, and no points for it."""
    told = autograder(tmp_path, keys["lecture"], f'variant = "{lecture["variants"][0]["code"]}"\n{lines}')
    assert 0 == told["score"] and len(json.dumps(told)) < 100_000


def test_the_suite_of_gradescope_utils_agrees(tmp_path: Path, keys: dict[str, Path], lecture: dict[str, Any]) -> None:
    """suite.py and grade.py give the same tests with the same points."""
    answers = toml(right(lecture["variants"][1]) | {"1a": "4711", "2c": "0"})
    one, other = (autograder(tmp_path / script, keys["lecture"], answers, script) for script in ("grade.py", "suite.py"))
    fields = ("name", "number", "score", "max_score", "status", "visibility")
    assert [[test[field] for field in fields] for test in one["tests"]] == [
        [test[field] for field in fields] for test in other["tests"]
    ]
    assert 0 < one["score"] == other["score"] < points(lecture["variants"][1])


def test_a_key_that_is_none_is_no_zero_for_the_student(tmp_path: Path) -> None:
    """The instructor's mistake ends with an error and writes nothing, so that Gradescope reports it."""
    (tmp_path / "key.json").write_text("[]")
    with pytest.raises(AssertionError, match=r"== \(1, ''"):
        autograder(tmp_path / "root", tmp_path / "key.json", 'variant = "44H3T4"')
    assert [] == list((tmp_path / "root" / "results").iterdir())


def test_the_scripts_are_what_gradescope_runs() -> None:
    """Both are executable bash that bash can read, and the one runs the Python that the other sets up."""
    setup, run = (EXAMPLE / name for name in ("setup.sh", "run_autograder"))
    for script in (setup, run):
        assert os.access(script, os.X_OK) and script.read_text().startswith("#!/usr/bin/env bash\n")
        subprocess.run(["bash", "-n", script], check=True)
    assert "-m venv /autograder/venv\n" in setup.read_text()
    assert "exec /autograder/venv/bin/python /autograder/source/grade.py /autograder\n" in run.read_text()


def test_the_readme_names_the_files() -> None:
    """What is to be zipped lies here, but for the key and the package."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    packed = next(line for line in text.splitlines() if "zip autograder.zip" in line).split()[2:]
    assert {"key.json", "examgen_dl-*.whl"} == {name for name in packed if not (EXAMPLE / name).exists()}
