"""Gradescope: what `results.json` holds, that gradescope-utils makes the same of the suite, and what is handed in."""

from __future__ import annotations

import io
import json
import unittest
from pathlib import Path
from typing import Any, get_args

import pytest
from gradescope_utils.autograder_utils import decorators
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

from examgen.adapters._feedback import LONGEST
from examgen.adapters.gradescope import LARGEST, Visibility, cases, refused, results, submitted, write_results
from examgen.errors import InputError, OutputError
from examgen.marking import Mark
from tests.adapters.marks import MARK, SENTENCE, one_box

# every field that the specification names, with what may stand in it
FORMATS = ("text", "html", "simple_format", "md", "ansi")
TOP = {
    "score": (int, float), "execution_time": (int, float), "output": str, "output_format": FORMATS,
    "test_output_format": FORMATS, "test_name_format": FORMATS, "visibility": get_args(Visibility),
    "stdout_visibility": get_args(Visibility), "extra_data": dict, "tests": list, "leaderboard": list,
}  # fmt: skip
TEST = {
    "score": (int, float), "max_score": (int, float), "status": ("passed", "failed"), "name": str, "name_format": FORMATS,
    "number": str, "output": str, "output_format": FORMATS, "tags": list, "visibility": get_args(Visibility),
    "extra_data": dict,
}  # fmt: skip


def unlike(document: dict[str, Any], fields: dict[str, Any] = TOP) -> list[str]:
    """The fields of a `results.json` that the specification does not know, or not with this value."""
    found = []
    for field, value in document.items():
        allowed = fields.get(field, ())
        fits = value in allowed if allowed and isinstance(allowed, tuple) and isinstance(allowed[0], str) else (
            allowed and isinstance(value, allowed)
        )  # fmt: skip
        found += [] if fits else [field]
    return found + [name for test in document.get("tests", ()) for name in unlike(test, TEST)]


def by_runner(suite: unittest.TestSuite, **options: Any) -> dict[str, Any]:
    """What gradescope-utils prints for a suite."""
    stream = io.StringIO()
    JSONTestRunner(stream=stream, failure_prefix="", **options).run(suite)
    return dict(json.loads(stream.getvalue()))


def test_each_box_is_a_test() -> None:
    """In the order of the sheet, by label and what is asked, with points, status and the mark's own sentences."""
    told = results(MARK)
    rows = [[test[field] for field in ("number", "name", "score", "max_score", "status", "output")] for test in told["tests"]]
    assert [
        ["1.1", "1a: losses[0]", 1, 1, "passed", ""],
        ["1.2", "1b: losses[1]", 0, 1, "failed", f"{SENTENCE}\nSee margin 2."],
        ["1.3", "1c: losses[2]", 0.5, 0.5, "passed", ""],
        ["1.4", "1d: loss", 0.5, 1, "failed", "It follows from what stands in 1b."],
        ["2.1", "2a: conv", pytest.approx(1 / 3), 2, "failed", "A cell is wrong."],
        ["2.2", "2b: relu", 0, 0.5, "failed", "blank"],
        ["2.3", "2c: pooled", 0, 0, "passed", ""],
    ] == rows
    assert (pytest.approx(7 / 3), "There is no box 9z.") == (told["score"], told["output"])


@pytest.mark.parametrize("visibility", get_args(Visibility))
def test_only_documented_fields_are_written(visibility: Visibility) -> None:
    """Of a mark and of a refusal, whatever the visibility, which stands at every test."""
    for told in (results(MARK, visibility=visibility), refused("No.", visibility=visibility)):
        assert [] == unlike(told)
        assert {visibility} == {part["visibility"] for part in (told, *told["tests"])}
    assert "hidden" == results(MARK)["stdout_visibility"]


def test_an_unknown_field_is_noticed() -> None:
    """The tooth: a misspelt field, a status that there is not, a score that is text."""
    told = {"score": "3", "tests": [{"status": "right", "max": 1, "name": "1a"}]}
    assert ["score", "status", "max"] == unlike(told)


def test_the_runner_of_gradescope_utils_gives_the_same() -> None:
    """The real JSONTestRunner on `cases`: names, numbers, points, status, visibility and sentences, and their sum."""
    mine, theirs = results(MARK), by_runner(cases(MARK), visibility="visible", stdout_visibility="hidden")
    fields = ("name", "number", "score", "max_score", "status", "visibility")
    assert [[test[field] for field in fields] for test in mine["tests"]] == [
        [test[field] for field in fields] for test in theirs["tests"]
    ]
    assert [test["output"] for test in mine["tests"]] == [test.get("output", "").strip() for test in theirs["tests"]]
    assert pytest.approx(mine["score"]) == theirs["score"]
    assert [] == [field for field in unlike(theirs) if field != "execution_time"]  # which it writes as text


def test_the_decorators_set_what_the_suite_sets() -> None:
    """Every attribute of a test in the suite is one that a decorator of gradescope-utils sets."""

    def decorated() -> None: ...

    for decorator in (decorators.weight(1), decorators.number("1"), decorators.visibility("visible")):
        decorated = decorator(decorated)
    partial = decorators.partial_credit(1)(lambda set_score: set_score(0.5))
    partial()
    known = {*vars(decorated), *vars(partial)}
    for case in cases(MARK):
        assert {"__weight__", "__score__", "__number__", "__visibility__"} == set(vars(type(case).test)) <= known


def test_a_plain_runner_tells_full_boxes_from_others() -> None:
    """Without gradescope-utils the suite is one of unittest: boxes that lost points fail, in their order."""
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        outcome = unittest.TextTestRunner(stream=nowhere).run(cases(MARK))
    failed = [case.shortDescription() for case, _ in outcome.failures]
    assert (7, [], ["1b: losses[1]", "1d: loss", "2a: conv", "2b: relu"]) == (outcome.testsRun, outcome.errors, failed)


HOSTILE = {
    "long": "x" * 100_000,
    "lines": "\n" * 100_000,
    "control": "a\x00b\x1b[31m\r\x85c",
    "lone surrogate": "\ud800",
    "HTML": "<script>alert(1)</script>",
    "direction": "\u202e\u2066abc",
}


@pytest.mark.parametrize("says", HOSTILE.values(), ids=HOSTILE)
def test_what_a_student_wrote_cannot_break_the_page(tmp_path: Path, says: str) -> None:
    """Sentences may quote a student: the file is valid UTF-8 JSON, bounded, without control characters, and plain text."""
    write_results(one_box(says, key=says), tmp_path / "results.json")
    told = json.loads((tmp_path / "results.json").read_bytes().decode("utf-8"))
    test = told["tests"][0]
    for text in (test["output"], test["name"]):
        assert len(text) <= LONGEST and text.replace("\n", "").isprintable()
    assert ("text", "text", "text") == (told["test_output_format"], told["test_name_format"], test["output_format"])


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing fails, what stood there stands there still and nothing lies beside it."""
    path = tmp_path / "results.json"
    path.write_text("before")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left"):
        write_results(MARK, path)
    assert ("before", [path]) == (path.read_text(), list(tmp_path.iterdir()))


def test_a_refusal_is_a_zero_with_a_sentence(tmp_path: Path) -> None:
    """No tests, no points, one sentence; written as a mark is."""
    write_results(refused("variant 44H3T5 is none of this exam"), tmp_path / "results.json")
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert (0, [], "variant 44H3T5 is none of this exam") == (told["score"], told["tests"], told["output"])


def test_a_mark_without_boxes_is_valid() -> None:
    """An exam that asks nothing is no reason to fail."""
    assert (0, []) == (results(Mark("A", "en", ()))["score"], results(Mark("A", "en", ()))["tests"])


def test_answers_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Text stays text, also behind the mark that some editors put first; matrices are lists."""
    lines = 'variant = "K7Q2MX"\n"1a" = "1,27"\n"2а" = [[1, -2], ["1/2", 0.5]]\n'
    (tmp_path / "answers.toml").write_text(lines, encoding="utf-8-sig")
    assert {"variant": "K7Q2MX", "1a": "1,27", "2а": [[1, -2], ["1/2", 0.5]]} == submitted(tmp_path)


UNREADABLE = {
    "not TOML": (b'"1a" = 1,27\n', "at line 1"),
    "not text": (b'"1a" = "\xff"\n', "UTF-8"),
    "too large": (b"#" * (LARGEST + 1), "larger than"),
    "too deep": (b"a = " + b"[" * 50_000, "cannot be read"),
    "too many digits": (b"a = " + b"1" * 50_000, "cannot be read"),
    "the same box twice": (b'"1a" = "1"\n"1a" = "2"\n', "cannot be read"),
}


@pytest.mark.parametrize(("content", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_answers_that_cannot_be_read_are_refused(tmp_path: Path, content: bytes, why: str) -> None:
    """In one sentence of one line that says what is wrong and never quotes the file."""
    (tmp_path / "answers.toml").write_bytes(content)
    with pytest.raises(InputError, match=why) as refusal:
        submitted(tmp_path)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 300


@pytest.mark.parametrize("kind", ["nothing", "a folder", "a link to the key"])
def test_without_the_file_a_submission_is_refused(tmp_path: Path, kind: str) -> None:
    """A link might lead out of the submission."""
    (tmp_path / "key.json").write_text("secret")
    place = tmp_path / "submission"
    place.mkdir()
    if kind == "a folder":
        (place / "answers.toml").mkdir()
    elif kind == "a link to the key":
        (place / "answers.toml").symlink_to(tmp_path / "key.json")
    with pytest.raises(InputError, match=r"There is no file answers\.toml"):
        submitted(place)
