"""Every mistake in an exam definition or an output place: exit 2, one sentence that names it, nothing written."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examgen import bounded
from examgen.errors import DefinitionError, ExamgenError
from examgen.exam import Exam, read_exam
from examgen.exam._reading import _plain
from examgen.problem import CALCULATORS
from examgen.render import paper
from examgen.resources import find
from tests.cli import mistakes
from tests.cli.commands import Ended, complaint, run

LECTURE = find("variants") / "lecture6.toml"


@pytest.fixture(autouse=True)
def _no_seed_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)


def listing(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: files with their bytes."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def refused(folder: Path, *arguments: object) -> str:
    """The complaint of a build that must leave the folder as it was."""
    before = listing(folder)
    said = complaint(run("build", *arguments))
    assert before == listing(folder)
    return said


@pytest.mark.parametrize("name", mistakes.ALL)
def test_a_mistake_in_a_definition_is_one_sentence(name: str, tmp_path: Path) -> None:
    """Exit 2, the file, the key and the remedy in one line, and no file or folder more than before."""
    text, words = mistakes.ALL[name]
    path = tmp_path / "exam.toml"
    path.write_text(text, encoding="utf-8")
    said = refused(tmp_path, path, "-j", 1)
    assert said.startswith(f"{path}: ")
    assert [] == [word for word in words if word not in said], said


def test_the_definitions_are_right_but_for_their_mistake(tmp_path: Path) -> None:
    """The tooth of the table: the same texts without a mistake are read."""
    for text in (mistakes.svm(), mistakes.conv(), mistakes.backprop(), mistakes.either(), mistakes.scores("[[1, 2], [3, 4]]")):
        path = tmp_path / "exam.toml"
        path.write_text(text, encoding="utf-8")
        assert 2 == read_exam(path).variants


def read(folder: Path, text: str) -> Exam:
    path = folder / "exam.toml"
    path.write_text(text, encoding="utf-8")
    return read_exam(path)


def test_a_title_of_another_language_is_noted(tmp_path: Path) -> None:
    """Where the command line asks for a language that the file is not in, and title or course is one text for all."""
    both = '{ en = "T", ru = "Т" }'
    path = tmp_path / "exam.toml"
    for title, course, language, noted in (
        ('"Тест"', '"К"', "ru", "title and course stand there"),
        (both, '"К"', "ru", "course stands there"),
        (both, both, "ru", ""),
        ('"T"', '"К"', "en", ""),
        ('"T"', '"К"', None, ""),
    ):
        head = mistakes.HEAD.replace('"Test"', title, 1)
        path.write_text(f"{head}course = {course}\n{mistakes.TASK}", encoding="utf-8")
        found = [note for note in read_exam(path, language=language).warnings if "the paper is in" in note]
        assert bool(noted) == bool(found) and all(noted in note for note in found), found
        assert all('= { en = "…", ru = "…" }' in note for note in found)


SIGMOID = mistakes.task('"backprop"', 'params = { formula = "f = sigmoid(x)" }', "data = { x = 1 }")
LOGARITHMS = mistakes.task(
    '"softmax_loss"', "params = { log_scores = true, limit = 3 }", "data = { scores = [[1, 2, 3]] }"
)
NEEDS_CALCULATOR = "task 2: its numbers need calculator = 'scientific', the exam allows 'none'"


def test_pinned_numbers_beyond_the_calculator_are_noted(tmp_path: Path) -> None:
    """They are never refused: the instructor is told."""
    exam = read(tmp_path, mistakes.HEAD + 'calculator = "none"\n' + mistakes.TASK + SIGMOID)
    assert NEEDS_CALCULATOR in exam.warnings


@pytest.mark.parametrize(
    ("calculator", "pinned"),
    [
        ("scientific", SIGMOID),
        ("none", SIGMOID.replace("sigmoid(x)", "x * x")),
        ("none", LOGARITHMS),
    ],
    ids=["calculator", "products", "logarithms"],
)
def test_pinned_numbers_within_the_calculator_are_not_noted(calculator: str, pinned: str, tmp_path: Path) -> None:
    """The tooth of the note: with a calculator, or without exp and ln, there is none."""
    exam = read(tmp_path, f'{mistakes.HEAD}calculator = "{calculator}"\n' + mistakes.TASK + pinned)
    assert [] == [warning for warning in exam.warnings if "calculator" in warning]


WITHOUT = mistakes.HEAD + 'calculator = "none"\nformulas = true\n'


def test_a_table_stands_in_for_the_calculator(tmp_path: Path) -> None:
    """With formula sheets a neuron needs no calculator; the exam knows which tables are printed."""
    exam = read(tmp_path, WITHOUT + mistakes.task('"backprop"') + mistakes.task('"svm_loss"'))
    assert ("sigmoid",) == exam.tables
    assert [("sigmoid",), ()] == [task.choices[0].tables for task in exam.tasks]


@pytest.mark.parametrize("calculator", ["none", "simple", "scientific"])
def test_a_table_is_printed_only_where_it_is_needed(calculator: str, tmp_path: Path) -> None:
    """Who has the function on the calculator gets no table of it."""
    text = f'{mistakes.HEAD}calculator = "{calculator}"\nformulas = true\n'
    exam = read(tmp_path, text + mistakes.task('"backprop"', 'preset = "tanh_neuron"'))
    assert (() if calculator == "scientific" else ("tanh",)) == exam.tables


def test_alternates_that_fit_may_need_a_table(tmp_path: Path) -> None:
    """A preset for which a table stands in is offered as one that takes about the same time."""
    turns = mistakes.task(
        '["backprop", "conv_relu_pool"]', 'preset = { backprop = "sigmoid_neuron", conv_relu_pool = "4x4" }'
    )
    with pytest.raises(DefinitionError, match="backprop sigmoid_neuron and conv_relu_pool 2_channels fit"):
        read(tmp_path, WITHOUT + turns)


LACKING = [", and no table holds them"]


@pytest.mark.parametrize(("z", "said"), [("1.5", []), ("1.25", LACKING), ("6", LACKING)])
def test_pinned_numbers_that_no_table_holds_are_noted(z: str, said: list[str], tmp_path: Path) -> None:
    """Between the rows of the table or beyond them; numbers of the table are not noted."""
    pinned = SIGMOID.replace("x = 1 }", f"x = {z} }}")
    exam = read(tmp_path, WITHOUT + mistakes.TASK + pinned)
    noted = [warning.removeprefix(NEEDS_CALCULATOR) for warning in exam.warnings if "calculator" in warning]
    assert said == noted
    assert (() if said else ("sigmoid",)) == exam.tables


def test_changed_parameters_may_need_less(tmp_path: Path) -> None:
    """A preset for a calculator, changed to scores under ln, is one for none."""
    changed = mistakes.task('"softmax_loss"', 'preset = "3x3"', "params = { log_scores = true, limit = 6 }")
    exam = read(tmp_path, mistakes.HEAD + 'calculator = "none"\n' + changed)
    assert "none" == exam.tasks[0].choices[0].preset.calculator


def test_paper_knows_the_same_calculators() -> None:
    """What a problem can need is what a sheet can allow."""
    assert CALCULATORS == get_args(paper.Calculator)


SQUARE = "data = { scores = [[1, 2, 4], [5, 3, 1], [2, 6, 1]] }"


@pytest.mark.parametrize(
    ("lines", "minutes"),
    [
        (('preset = "3x3"',), 3.5),
        (('preset = "3x3"', 'params = { reduction = "sum", margin = 2 }'), 3.5),
        (('preset = "3x3"', "params = { classes = 3 }"), 3.5),
        (('preset = "3x3"', SQUARE), 3.5),
        ((SQUARE,), None),
    ],
)
def test_minutes_are_those_of_a_preset_as_it_stands(lines: tuple[str, ...], minutes: float | None, tmp_path: Path) -> None:
    """Numbers without a preset have no minutes; the note and the sum say so."""
    exam = read(tmp_path, mistakes.HEAD + mistakes.task('"svm_loss"', 'preset = "2x3"') + mistakes.task('"svm_loss"', *lines))
    noted = [warning for warning in exam.warnings if warning.startswith("task 2: minutes unknown")]
    known = minutes is not None
    assert (2.5, minutes) == tuple(task.minutes for task in exam.tasks)
    assert (2.5 + (minutes or 0), known, 1 - known) == (exam.working_minutes, exam.minutes_known, len(noted))
    assert [] == [warning for warning in exam.warnings if "estimated" in warning]


@pytest.mark.parametrize(
    ("lines", "least", "most"),
    [
        (('preset = "3x3"', "params = { samples = 4, classes = 4 }"), 5, 6),  # as the preset 4x4, which states 5 to 6
        (('preset = "3x3"', "params = { classes = 8 }"), 6, 10),
        (('preset = "3x3"', "params = { gradient = true }"), 4, 6),  # as 3x3_gradient
        (('preset = "4x4"', SQUARE), 3, 4),  # as 3x3
    ],
)
def test_minutes_of_other_parameters_are_estimated(
    lines: tuple[str, ...], least: float, most: float, tmp_path: Path
) -> None:
    """In proportion to the arithmetic, and the note says so."""
    exam = read(tmp_path, mistakes.HEAD + mistakes.task('"svm_loss"', *lines))
    assert least <= (exam.tasks[0].minutes or 0) <= most
    assert 1 == len([warning for warning in exam.warnings if warning.startswith("task 1: minutes estimated")])


def test_an_alternate_made_longer_is_refused(tmp_path: Path) -> None:
    """Parameters do not get round the rule that problems which take turns take about the same time."""
    with pytest.raises(DefinitionError, match=r"svm_loss \w+ takes \d.*softmax_loss 2x3 .* apart"):
        read(tmp_path, mistakes.either("params = { svm_loss = { samples = 12 } }"))


EVERY_TYPE = """
text = "a"
whole = 3
decimal = 0.10
infinite = -inf
truth = true
day = 1979-05-27
hour = 07:32:00
moment = 1979-05-27T07:32:00
zoned = 1979-05-27T07:32:00Z
list = [[1.5], [{ day = 1979-05-27 }]]
"""


def test_whatever_toml_says_can_be_kept_as_json() -> None:
    """Decimals, dates and times become text, inside lists and tables too; the rest stays."""
    plain = _plain(tomllib.loads(EVERY_TYPE, parse_float=Decimal))
    assert plain == json.loads(json.dumps(plain))
    assert ("a", 3, "0.10", True, "1979-05-27") == tuple(plain[key] for key in ("text", "whole", "decimal", "truth", "day"))
    assert [["1.5"], [{"day": "1979-05-27"}]] == plain["list"]


@pytest.mark.parametrize("value", [Decimal("0.1"), date(1979, 5, 27), time(7, 32), datetime(1979, 5, 27)])
def test_json_itself_refuses(value: Any) -> None:
    """The tooth: as they are, such values would end a build in a traceback."""
    with pytest.raises(TypeError):
        json.dumps(value)


@pytest.mark.parametrize(
    "ended",
    [
        Ended(1, "", "examgen: x\n"),
        Ended(2, "", "examgen: x\ny\n"),
        Ended(2, "", "Traceback\n"),
        Ended(2, "x", "examgen: x\n"),
        Ended(2, "", "examgen: \x1b[31m\n"),
        Ended(2, "", f"examgen: {'x' * 600}\n"),
    ],
)
def test_a_bad_ending_is_told_from_a_complaint(ended: Ended) -> None:
    """The tooth of `complaint`: another status, a second line, a traceback, a control character, a page."""
    with pytest.raises(AssertionError):
        complaint(ended)


def test_a_seed_file_is_not_empty(tmp_path: Path) -> None:
    """A seed file of blanks is refused, since everybody could draw from it."""
    (tmp_path / "seed.txt").write_text(" \n", encoding="utf-8")
    path = tmp_path / "exam.toml"
    path.write_text(mistakes.TITLE + mistakes.VARIANTS + 'seed_file = "seed.txt"\n' + mistakes.TASK, encoding="utf-8")
    said = refused(tmp_path, path)
    assert f"{path}: seed_file: 'seed.txt' is empty, put a long random text into it" == said


def test_a_seed_file_is_read_beside_the_definition(tmp_path: Path) -> None:
    """Its text is the seed, and the definition of the exam does not hold it."""
    (tmp_path / "seed.txt").write_text("a long random text\n", encoding="utf-8")
    path = tmp_path / "exam.toml"
    path.write_text(mistakes.TITLE + mistakes.VARIANTS + 'seed_file = "seed.txt"\n' + mistakes.TASK, encoding="utf-8")
    exam = read_exam(path)
    assert ("a long random text", "seed_file") == (exam.seed, exam.seed_from)
    assert {"seed", "seed_file"}.isdisjoint(exam.definition)
    assert "a long random text" not in repr(exam)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    """Some editors put one before the text."""
    path = tmp_path / "exam.toml"
    path.write_text("\ufeff" + mistakes.svm(), encoding="utf-8")
    assert "Test" == read_exam(path).title


def test_a_binary_file_is_named(tmp_path: Path) -> None:
    """Not UTF-8: the byte is told."""
    path = tmp_path / "exam.toml"
    path.write_bytes(b"title = \xff\xfe\x00")
    assert f"{path}: byte 8 is not UTF-8, save the file as UTF-8 text" == refused(tmp_path, path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """And how to write one."""
    path = tmp_path / "exam.toml"
    assert f"{path}: there is no such file, write one with: examgen init {path}" == refused(tmp_path, path)


def test_a_strange_file_name_stays_in_one_line(tmp_path: Path) -> None:
    """Line breaks and colours in a path are written out."""
    path = tmp_path / "a\nb\x1b[31m.toml"
    assert refused(tmp_path, path).startswith(rf"{tmp_path}/a\nb\x1b[31m.toml: there is no such file")


def test_a_directory_is_named(tmp_path: Path) -> None:
    """A folder is no definition."""
    assert f"{tmp_path}: this is a folder, give the exam definition itself (a .toml file)" == refused(tmp_path, tmp_path)


def test_an_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs as root reads past all permissions, so the refusal is the system's own, put in its place."""

    def forbidden(path: Path, *arguments: Any) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "exam.toml"
    path.write_text(mistakes.svm(), encoding="utf-8")
    monkeypatch.setattr(bounded, "content", forbidden)
    assert f"{path}: cannot be read (Permission denied), check its permissions" == refused(tmp_path, path)


def test_a_path_through_a_file_is_named(tmp_path: Path) -> None:
    """An unreadable path that not even root can open."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    path = tmp_path / "file" / "exam.toml"
    assert f"{path}: cannot be read (Not a directory), check its permissions" == refused(tmp_path, path)


@pytest.mark.parametrize("place", ["file", "file/folder", "/proc/examgen", "/dev/null/examgen"])
def test_an_output_folder_that_cannot_be_written_is_named(place: str, tmp_path: Path) -> None:
    """A file in the way, a path through a file, and places that nobody can write."""
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    folder = tmp_path / place  # an absolute place stays as it is
    said = refused(tmp_path, LECTURE, "-o", folder, "--proof", 1, "-j", 1)
    assert said.startswith(f"{folder}: cannot be written (")
    assert said.endswith("choose another folder with -o")


def test_an_unknown_device_is_named(tmp_path: Path) -> None:
    """Before anything is drawn."""
    assert "--device tpu: allowed are cpu and cuda" == refused(tmp_path, LECTURE, "-o", tmp_path / "out", "--device", "tpu")


def test_another_detail_of_the_key_is_refused(tmp_path: Path) -> None:
    """`--key long` says what is allowed."""
    assert "--key long: allowed are short and full" == refused(tmp_path, LECTURE, "-o", tmp_path / "out", "--key", "long")


def test_a_device_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--device cuda` without a CUDA device says what to do, and leaves no folder."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    ended = run("build", LECTURE, "-o", tmp_path / "out", "--proof", 1, "-j", 1, "--device", "cuda")
    said = ended.err.splitlines()[-1]
    assert 2 == ended.status
    assert said.startswith("examgen: --device cuda: PyTorch sees no CUDA device here; take --device cpu")
    assert {} == listing(tmp_path)


def _document() -> dict[str, Any]:
    return tomllib.loads(LECTURE.read_text(encoding="utf-8"), parse_float=Decimal)


def _places(part: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in inner:
        yield (*here, name)
        yield from _places(value, (*here, name))


PLACES = tuple(_places(_document()))
NUMBERS = st.integers(-3, 12) | st.sampled_from([10**9, 2**70, Decimal("0.5"), Decimal("NaN"), Decimal("1e999999")])
WORDS = st.sampled_from(["", "svm_loss", "backprop", "3x4", "random_5", "sample", "none", "ru", "\x00", "é\n"])
NAMES = st.sampled_from(["scores", "classes", "svm_loss"])
VALUES = st.recursive(
    st.booleans() | NUMBERS | WORDS | st.just(date(1979, 5, 27)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | NAMES, inner, max_size=2),
    max_leaves=6,
)
EXTRA = st.sampled_from(["params", "data", "points", "decimals", "working", "seed_file", "sitting", "decimal_comma", "x"])


def _toml(value: Any) -> str:
    """A value as TOML, inline."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(name)} = {_toml(part)}" for name, part in value.items()) + "}"
    return str(value).lower() if isinstance(value, Decimal) else str(value)


def _changed(place: tuple[Any, ...], value: Any, extra: str | None, removed: bool) -> str:
    """The lecture's definition with one value changed or taken out, or a key set beside it."""
    document = part = _document()
    for step in place[:-1]:
        part = part[step]
    if removed:
        del part[place[-1]]
    elif extra is not None and isinstance(part, dict):
        part[extra] = value
    else:
        part[place[-1]] = value
    return "".join(f"{name} = {_toml(part)}\n" for name, part in document.items())


@settings(max_examples=150)
@given(place=st.sampled_from(PLACES), value=VALUES, extra=st.none() | EXTRA, removed=st.sampled_from([False, False, True]))
def test_a_changed_definition_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[Any, ...], value: Any, extra: str | None, removed: bool
) -> None:
    """Whatever one change makes of the lecture's exam: an exam that JSON can hold, or one printable sentence."""
    path = tmp_path_factory.getbasetemp() / "changed.toml"
    path.write_text(_changed(place, value, extra, removed), encoding="utf-8")
    try:
        assert json.dumps(read_exam(path).definition, allow_nan=False)
    except ExamgenError as error:
        assert isinstance(error, DefinitionError)
        assert str(error).startswith(f"{path}: ") and str(error).isprintable()


def test_the_unchanged_definition_survives_being_written_again(tmp_path: Path) -> None:
    """The tooth of the fuzz: its writer gives TOML that means the same exam."""
    path = tmp_path / "again.toml"
    path.write_text(_changed(("minutes",), 45, None, False), encoding="utf-8")
    again, known = read_exam(path), read_exam(LECTURE)
    assert (known.title, known.seed, known.tasks) == (again.title, again.seed, again.tasks)
