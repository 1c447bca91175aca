"""The report on an exam: its figures against ones worked out apart, and what it says where a promise is broken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from examgen import audit as reports
from examgen.answers import rounded
from examgen.audit import Audit, _examine, audit, page, parts
from examgen.effort import profile
from examgen.errors import InputError
from examgen.exam import Exam, read_exam
from examgen.model import cells, nest, shape
from examgen.resources import find
from examgen.selecting import Selection, variants
from examgen.sheets import Variant
from examgen.solving import solve, unproved
from tests.cli.commands import complaint, run

LECTURE, HOMEWORK = find("variants") / "lecture6.toml", find("variants") / "homework6.toml"
COUNT, STUDENTS = 6, 20


@pytest.fixture(scope="module")
def lecture() -> Exam:
    return read_exam(LECTURE, variants=COUNT)


@pytest.fixture(scope="module")
def drawn(lecture: Exam) -> tuple[Variant, ...]:
    return variants(lecture)


@pytest.fixture(scope="module")
def found(lecture: Exam) -> Audit:
    return audit(lecture, students=STUDENTS)


@pytest.fixture(scope="module")
def answers(lecture: Exam, drawn: tuple[Variant, ...]) -> list[list[dict[str, Any]]]:
    """Printed answers of every task of every variant, from the solutions that a build proves."""
    return [
        [
            {answer.ask.key: rounded(answer.value, answer.decimals) for answer in solve(instance, task.decimals).answers}
            for task, instance in zip(lecture.tasks, variant.instances, strict=True)
        ]
        for variant in drawn
    ]


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> Fraction:
    """The share of boxes in which two tasks differ, 1 where they ask other things."""
    return Fraction(sum(one[key] != other[key] for key in one), len(one)) if one.keys() == other.keys() else Fraction(1)


def test_effort_is_counted_over_all_tasks(lecture: Exam, drawn: tuple[Variant, ...], found: Audit) -> None:
    """As each instance's own profile has it; the hardest variant is named."""
    seconds = [sum(profile(instance).seconds for instance in variant.instances) for variant in drawn]
    assert pytest.approx(seconds) == list(found.efforts)
    assert seconds.index(max(seconds)) + 1 == found.hardest
    assert [variant.code for variant in drawn] == list(found.codes)
    assert lecture.timing == found.timing


def test_distances_are_shares_of_answers(answers: list[list[dict[str, Any]]], found: Audit) -> None:
    """Worked out again from proved answers, pair by pair."""
    for i, j in combinations(range(COUNT), 2):
        shares = [apart(one, other) for one, other in zip(answers[i], answers[j], strict=True)]
        assert pytest.approx(float(sum(shares) / len(shares))) == found.distances[i, j] == found.distances[j, i]
    assert [0] * COUNT == found.distances.diagonal().tolist()
    least, one, other = found.nearest or (None, 0, 0)
    assert found.distances[one - 1, other - 1] == least == min(found.distances[i, j] for i, j in combinations(range(COUNT), 2))
    assert 0 == found.neighbours == sum(
        a["loss"] == b["loss"] for (a, *_), (b, *_) in pairwise(answers) if a.keys() == b.keys()
    )


def test_answers_are_those_of_the_key(answers: list[list[dict[str, Any]]], found: Audit) -> None:
    """Every cell of every box, in the order of the variants."""
    for part in found.parts:
        for spread in part.spreads:
            right = [answers[number - 1][part.task - 1][spread.key] for number in part.variants]
            assert [float(cell) for value in right for cell in cells(value)] == pytest.approx(list(spread.numbers))
            assert (len(set(right)), max(map(right.count, right))) == (spread.distinct, spread.commonest)


def test_drawing_is_counted(lecture: Exam, found: Audit) -> None:
    """Candidates are those refused and those kept; a second search refuses the same ones."""
    again = Selection(lecture)
    list(again.take(COUNT))
    for part in found.parts:
        assert again.refused[part.task, part.problem] == part.refused
        assert sum(part.refused.values()) + len(part.variants) == part.candidates
        assert part.seconds > 0


def test_every_mistake_is_seen_and_nobody_is_marked_wrongly(found: Audit) -> None:
    """In every variant; honest students by each route, mistaken ones of each mistake."""
    assert () == found.broken
    for part in found.parts:
        assert part.honest >= STUDENTS * len(part.variants) and part.honest % (STUDENTS * len(part.variants)) == 0
        assert len(part.mistakes) >= 5
        for mistake in part.mistakes:
            assert (len(part.variants), len(part.variants)) == (mistake.applies, mistake.told)
            assert (STUDENTS * len(part.variants), 0) == (mistake.students, mistake.accepted)


def test_two_jobs_report_what_one_does(lecture: Exam, found: Audit) -> None:
    """But for the time that the search took."""
    other = audit(lecture, students=STUDENTS, jobs=2)
    plain = [report.to_dict() for report in (found, other)]
    for part in (part for report in plain for part in report["tasks"]):
        part["seconds"] = 0
    assert plain[0] == plain[1]


def moved(accept: Any, units: Fraction) -> Any:
    """Intervals wider by so much on each side, narrower where it is negative."""
    ends = [Fraction(end) for end in cells(accept)]
    wider = [str(float(end + (units if place % 2 else -units))) for place, end in enumerate(ends)]
    return nest(wider, shape(accept))


def marking_moved(monkeypatch: pytest.MonkeyPatch, units: Fraction) -> None:
    """Whoever asks what is accepted gets intervals that are too wide or too narrow."""
    monkeypatch.setattr(
        _examine, "unproved",
        lambda instance, contract: tuple(
            replace(answer, accept=moved(answer.accept, units)) for answer in unproved(instance, contract)
        ),
    )  # fmt: skip


def test_a_widened_tolerance_is_reported(lecture: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: where three whole units are forgiven, a mistake is right in all boxes."""
    marking_moved(monkeypatch, Fraction(3))
    broken = audit(lecture, students=STUDENTS).broken
    assert any("who make the mistake" in line for line in broken)
    assert any(line.startswith("task 2 (backprop): ") for line in broken)


def test_a_narrowed_interval_is_reported(lecture: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: three quarters of a unit less, and somebody honest is refused."""
    marking_moved(monkeypatch, Fraction(-3, 400))
    ended = run("audit", LECTURE, "-n", 2, "-j", 1, "--students", STUDENTS)
    assert 1 == ended.status
    assert "answers of simulated honest students are refused" in ended.err
    assert "NOT KEPT: " in ended.out


def test_variants_that_share_something_are_reported(
    lecture: Exam, drawn: tuple[Variant, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tooth: the second variant gets the first one's neuron, and the third all that the first has."""
    first, second, third = drawn[:3]
    copied = (
        first,
        replace(second, instances=(second.instances[0], first.instances[1], second.instances[2])),
        replace(third, instances=first.instances),
    )
    monkeypatch.setattr(Selection, "take", lambda self, count: iter(copied[:count]))
    found = audit(lecture, count=3, students=1)
    assert (0.0, 1, 3) == found.nearest
    assert 2 == found.neighbours
    assert (3, 3) == tuple(found.parts[2].repeats[rule] for rule in ("numbers", "first box"))
    assert (2, 2) == tuple(found.parts[0].repeats[rule] for rule in ("numbers", "final answer"))
    said = text(found)
    assert "task 2 (backprop): 3 of 3 variants share their numbers with another." in said
    assert "2 pairs of variants beside each other share the final answer of a task." in said


def text(found: Audit) -> str:
    """What a wide terminal shows."""
    from rich.console import Console

    console = Console(width=200)
    with console.capture() as captured:
        for part in parts(found):
            console.print(part)
    return re.sub(r" +\n", "\n", captured.get())


def test_the_report_names_what_matters(found: Audit) -> None:
    """Minutes, the hardest variant, and every mistake by its key."""
    said = text(found)
    assert f"The hardest is variant {found.hardest} ({found.codes[found.hardest - 1]})" in said
    assert "task 2: about 8.5 minutes (backprop sigmoid_neuron)" in said
    assert all(mistake.key in said for part in found.parts for mistake in part.mistakes)
    assert "Drawn tasks" in said and "Pinned" not in said


def test_pinned_numbers_are_exempt_and_said_to_hide_mistakes() -> None:
    """The lecture's filter is the same when it is turned by 180 degrees."""
    found = audit(read_exam(HOMEWORK), students=STUDENTS)
    said = text(found)
    assert "task 1 (conv_relu_pool): its pinned numbers do not show conv_flipped." in said
    assert "There is one variant only." in said
    assert "Drawing" not in said
    assert any(mistake.accepted for mistake in found.parts[0].mistakes) and () == found.broken


def svgs(html: str) -> Iterator[str]:
    return (figure.group() for figure in re.finditer(r"<figure.*?</figure>", html, re.DOTALL))


def test_the_page_needs_nothing_else(found: Audit) -> None:
    """Plots of effort, distances and each task's answers, with words for who cannot see them; the same each time."""
    html = page(found)
    shown = list(svgs(html))
    assert 2 + 3 == len(shown)
    assert all('role="img" aria-label="' in figure and "<svg" in figure for figure in shown)
    assert [] == re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', html.replace('xlink:href="#', 'href="#'))
    assert "Из оценки другого класса вычитают оценку верного, а не наоборот." in html
    assert page(found) == html


def test_the_command_writes_json_or_a_page(tmp_path: Path) -> None:
    """JSON alone on standard output; the page where it is wanted."""
    target = tmp_path / "audit.html"
    ended = run("audit", LECTURE, "-n", 2, "-j", 1, "--students", 5, "--json", "--html", target)
    assert 0 == ended.status
    document = json.loads(ended.out)
    assert ["svm_loss", "softmax_loss", "backprop", "conv_relu_pool"] == [part["problem"] for part in document["tasks"]]
    assert (2, 2) == (len(document["variants"]), len(document["distances"]))
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_definition_is_not_written_over(tmp_path: Path) -> None:
    """Nor is a page written where there is no folder."""
    definition = tmp_path / "exam.toml"
    definition.write_bytes(LECTURE.read_bytes())
    assert "choose another name" in complaint(run("audit", definition, "--html", definition))
    assert LECTURE.read_bytes() == definition.read_bytes()
    ended = run("audit", definition, "-n", 1, "-j", 1, "--students", 1, "--html", tmp_path / "no" / "audit.html")
    assert "there is no folder" in complaint(ended)


def test_too_many_variants_are_refused() -> None:
    """At once, with what to do."""
    assert "look at the first 1000 at most, with -n" in complaint(run("audit", LECTURE, "-n", 1001))


def test_the_front_of_the_package_is_what_is_used() -> None:
    """What others may import."""
    assert {"Audit", "Part", "audit", "page", "parts"} == set(reports.__all__)


def defined(folder: Path, task: str) -> Exam:
    path = folder / "exam.toml"
    path.write_text(
        f'title = "T"\nvariants = 2\nseed = "correct horse battery staple"\ncalculator = "scientific"\n[[task]]\n{task}\n',
        encoding="utf-8",
    )
    return read_exam(path)


def test_what_parameters_hide_is_an_exception(tmp_path: Path) -> None:
    """Of a sum alone nothing comes from above that could be forgotten: no promise is broken, and the report says so."""
    found = audit(defined(tmp_path, 'problem = "backprop"\nparams = { formula = "f = x + y" }'), students=STUDENTS)
    assert () == found.broken
    assert ["bp_upstream"] == [mistake.key for mistake in found.parts[0].mistakes if mistake.excepted]
    assert "bp_upstream is an exception: hardly any numbers show it with these parameters." in text(found)


def test_numbers_at_the_edge_are_reported_or_refused(tmp_path: Path) -> None:
    """A quotient by next to nothing; an exponential beyond all floating-point numbers, in one sentence."""
    quotient = 'problem = "backprop"\nparams = { formula = "f = x / y" }\ndata = { x = 1, y = 1e-10 }'
    audit(defined(tmp_path, quotient), students=1)
    scores = "[[1000, 2, 3], [1, 2, 3], [3, 1, 2]]"
    huge = defined(tmp_path, f'problem = "softmax_loss"\npreset = "3x3"\ndata = {{ scores = {scores}, labels = [1, 1, 1] }}')
    with pytest.raises(InputError, match="task 1: its numbers are too large to be counted with"):
        audit(huge, students=1)
