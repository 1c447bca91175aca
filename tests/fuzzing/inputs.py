"""Whatever people may hand in, right but for some mutation, or nonsense: what it may be, and who reads it.

Each reader takes a value and a folder of its own; all that it may raise is `ExamgenError`, in one sentence.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import examgen
from examgen import keyfile
from examgen.cli._app import seen
from examgen.copies import read_roster
from examgen.errors import ExamgenError
from examgen.exam import Exam, read_exam
from examgen.folder import task_failures
from examgen.formula import names
from examgen.grading._decisions import read_corrections
from examgen.grading._table import read_table
from examgen.marking import grade
from examgen.model import cells
from examgen.problem import Problem
from examgen.reading import instances
from examgen.registry import problem
from tests.building.folders import LECTURE
from tests.cli import mistakes
from tests.marking.keys import key_of

SECONDS = 20  # that a reader may take on a busy machine
LONGEST = 1500  # characters of a sentence: some list what is known

ODD = st.sampled_from([
    "", "\0", "\ufeff", "\ud7ff", "٣", "²", "½", "−", "–", "\u202e", "nan", "inf", "-1", "0", "1e999999999", "1e-999999999",
    "9" * 60, "9" * 5000, "0.5", "[", "]" * 9, "[" * 300, "{" * 300, '"', "'", "=", ",", ";", "\n", "\r", "\\", "\\u0000",
    "[[task]]", "a.b.c", "true", "1979-05-27", "x**x**x", "9**9**9**9", "(" * 200, "{{", "../" * 9, "/dev/null", "%n",
])  # fmt: skip
NUMBER = re.compile(r"\d[\d.]*|\"[^\"\n]*\"|true|false")


class Endless(BaseException):
    """A reader took far too long; no reader catches it."""


@contextmanager
def in_time(seconds: int = SECONDS) -> Iterator[None]:
    """Raises: Endless."""

    def end(*told: Any) -> None:
        raise Endless(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read(reader: Callable[[Any, Path], None], value: Any, folder: Path) -> str | None:
    """The sentence that a value is refused with; none where it is read. Anything but a sentence escapes."""
    try:
        with in_time():
            reader(value, folder)
    except ExamgenError as error:
        told = seen(str(error))  # as the command prints it
        assert told and "\n" not in told and len(told) < LONGEST, f"no sentence: {told!r}"
        return told
    return None


@st.composite
def mutated(draw: st.DrawFn, texts: SearchStrategy[str]) -> str:
    """A text in which up to four places are changed: taken out, doubled, or odd things put there."""
    text = draw(texts)
    for _ in range(draw(st.integers(0, 4))):
        places = [found.span() for found in NUMBER.finditer(text)]
        if places and draw(st.booleans()):
            start, end = draw(st.sampled_from(places))
        else:
            start = draw(st.integers(0, len(text)))
            end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 3, 20])))
        new = draw(ODD | st.just(text[start:end] * 2) | st.text(max_size=4))
        text = text[:start] + new + text[end:]
    return text


def encoded(texts: SearchStrategy[str]) -> SearchStrategy[bytes]:
    """Texts as files, some in other encodings, some with bytes that are no text."""
    coded = st.tuples(texts, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1251", "utf-32"])).map(
        lambda pair: pair[0].encode(pair[1], "replace")
    )
    return coded | st.tuples(coded, st.binary(max_size=4), st.integers(0, 200)).map(
        lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] :]
    )


def written(value: str | bytes, path: Path) -> Path:
    path.write_bytes(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
    return path


@cache
def lecture() -> Exam:
    return read_exam(LECTURE)


@cache
def key_text() -> str:
    """The key of a task of matrices and of one of formulas."""
    first, second = key_of("conv_relu_pool", "5x5_stride2"), key_of("backprop", "sigmoid_neuron")
    first["variants"][0]["tasks"] += second["variants"][0]["tasks"]
    return json.dumps(first)


@cache
def key() -> keyfile.Key:
    return keyfile.read(json.loads(key_text()))


DEFINITIONS = st.sampled_from([
    LECTURE.read_text(encoding="utf-8"), mistakes.svm(), mistakes.conv(), mistakes.either(),
    mistakes.backprop('params = { formula = "f = sigmoid(w * x)" }', "data = { w = 2, x = [1, 2] }"),
    mistakes.scores("[[1, 2], [3, 4]]") + 'points = { loss = 2 }\nspace = "8cm"\n',
    "[[task]]\nproblem = 1\n" * 3, "",
])  # fmt: skip


def read_definition(value: bytes, folder: Path) -> None:
    exam = read_exam(written(value, folder / "exam.toml"))
    assert json.dumps(exam.definition, allow_nan=False) and exam.timing is not None and list(exam.warnings) is not None


PIECES = st.sampled_from(
    ["x", "y", "W", "2", "0.5", "9", "x**", "**2", "+", "-", "*", "/", " @ ", "(", ")", "exp(", "log(", "sqrt(", "sigmoid(",
     "relu(", "max(", ",", "sum(", ", axis=0)", ".T", "[0]", ";", "q = ", "\n", "f = ", "q", "tanh(", "^", "e9"]
)  # fmt: skip
FORMULAS = st.lists(PIECES | ODD, max_size=24).map("".join) | mutated(
    st.sampled_from(["q = x + y; f = q * x", "f = sigmoid(x * y)", "x**x**x", "max(x, y)**9 / exp(x)", "sum(W @ W)", "x/(x-x)"])
)
VALUES = st.integers(-3, 9) | st.sampled_from([0.1, 1e-9, 1e30, 1e308, float("nan"), float("inf"), "x", None, [], 10**40])


def read_formula(value: tuple[str, Any, Any, bool], folder: Path) -> None:
    text, x, y, exact = value
    given = {"x": x, "y": y, "W": [[1, 2], [3, 4]]}
    found = examgen.backprop(text, {name: given.get(name, 1) for name in names(text)}, exact=exact)
    assert found.value is not None


def read_answers(value: list[Any], folder: Path) -> None:
    labels = [box.label for box in key().variants[0].boxes]
    mark = grade(json.loads(key_text()), dict(zip(labels, value, strict=False)))
    assert all(0 <= box.points <= box.most for box in mark.boxes)


ROSTERS = st.sampled_from([
    "name;group;id;row;seat;minutes;large;language\nИванов Иван;101;17;1;2;60;да;en\nПетров;102;18;1;3;;;\n",
    'ФИО,вариант\n"Иванов, Иван",3\n', "sep=;\nname;row;seat\nA;1;1\nB;1;2\n", "name\nA\nB\n",
])  # fmt: skip


def read_people(value: bytes, folder: Path) -> None:
    assert read_roster(written(value, folder / "roster.csv"), lecture()).people


def tables() -> SearchStrategy[str]:
    """Tables of answers, and of points, for the key."""
    boxes = [box.label for box in key().variants[0].boxes]
    code = key().variants[0].code
    head = ";".join(["id", "variant", *boxes])
    row = ";".join(["17", code, *['"1 -2; 3 1"' for _ in boxes]])
    points = ";".join(["id", "variant", *[f"{label} (2)" for label in boxes]])
    return st.sampled_from([f"{head}\n{row}\n{row}\n", f"{points}\n18;1{';1,5' * len(boxes)}\n", f"{head},\n17,{code}\n"])


def read_class(value: bytes, folder: Path) -> None:
    assert read_table(written(value, folder / "answers.csv"), key()) is not None


CORRECTIONS = st.sampled_from([
    '[[cancel]]\nreason = "r"\nbox = "1a"\n', '[[accept]]\nreason = "r"\nbox = "1a"\nvalue = 1.5\n',
    '[[points]]\nreason = "r"\nid = 17\nbox = "1a"\npoints = 0.5\n',
])  # fmt: skip


def read_decisions(value: bytes, folder: Path) -> None:
    assert read_corrections(written(value, folder / "corrections.toml"), key()) is not None


def places(part: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield (*here, name)
        yield from places(value, (*here, name))


@st.composite
def tampered(draw: st.DrawFn) -> dict[str, Any]:
    """The key with up to three of its parts changed, taken out or put elsewhere."""
    document = json.loads(key_text())
    for _ in range(draw(st.integers(1, 3))):
        known = list(places(document))
        place = draw(st.sampled_from(known))
        part = document
        for step in place[:-1]:
            part = part[step]
        if draw(st.booleans()):
            del part[place[-1]]
        else:
            part[place[-1]] = draw(OTHER | st.sampled_from(known).map(lambda found, seen=document: copied(seen, found)))
    return document


def copied(document: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        document = document[step]
    return json.loads(json.dumps(document))


OTHER = st.sampled_from(
    [None, True, 0, -1, 10**9, 10**40, 1.5, float("nan"), float("inf"), "", "1/0", "nan", "x", "9" * 5000, [], {}, [[]], [1]]
) | st.integers(-3, 12)


def read_key(value: dict[str, Any], folder: Path) -> None:
    """As `grade` and `verify` do."""
    found = keyfile.read(value)
    for variant in found.variants:
        boxes = variant.boxes
        grade(value, {"variant": variant.code, **{box.label: "1" for box in boxes}})
    for variant in value["variants"]:
        for task in variant["tasks"]:
            assert all(map(str, task_failures(task)))


RIGHT = [["x*y", "x=9", "y=1/3"], ["f = sigmoid(x)", "x=0.5"], ["scores=1 2;3 4", "labels=0 1"], ["1 2 3;3 4 5;1 1 1"]]
WORDS = st.sampled_from(RIGHT) | st.lists(
    st.sampled_from(["x=9", "y=1/3", "x*y", "x**x**x", "scores=1 2;3 4", "labels=0", "--margin=2", "--squared", "--preset"])
    | ODD | st.text(max_size=6),
    max_size=4,
)  # fmt: skip


def read_words(value: tuple[str, list[str]], folder: Path) -> None:
    chosen: Problem = problem(value[0])
    words = [word for word in value[1] if word not in ("-", "/dev/null")]  # nobody types here
    for instance in instances(chosen, words):
        assert all(list(cells(cell)) for cell in instance.data.values())


@dataclass(frozen=True)
class Input:
    """A kind of input: what may come, and who reads it. `weight` is how many of it are tried for one of the slowest."""

    values: SearchStrategy[Any]
    reader: Callable[[Any, Path], None]
    weight: int = 1


INPUTS: Mapping[str, Input] = {
    "definitions": Input(encoded(mutated(DEFINITIONS)) | mutated(DEFINITIONS), read_definition, 2),
    "formulas": Input(st.tuples(FORMULAS, VALUES, VALUES, st.booleans()), read_formula, 5),
    "answers": Input(st.lists(ODD | VALUES | st.text(max_size=12) | mutated(st.just("[[1.5, −2], [3/4]]"))), read_answers, 2),
    "rosters": Input(encoded(mutated(ROSTERS)), read_people, 10),
    "tables of answers": Input(st.deferred(lambda: encoded(mutated(tables()))), read_class, 10),
    "corrections": Input(encoded(mutated(CORRECTIONS)), read_decisions, 10),
    "keys": Input(tampered(), read_key, 1),
    "numbers to solve": Input(st.tuples(st.sampled_from(["backprop", "svm_loss", "conv_relu_pool"]), WORDS), read_words, 5),
}
