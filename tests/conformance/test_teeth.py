"""Tests of the tests: a sound toy problem passes the whole suite, and for each check a broken one fails that check alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from examgen import bundle, folder, registry, solving
from examgen.drawing import Stream, key
from examgen.graph import Builder, Graph, expand
from examgen.mistakes import Mistake, local
from examgen.model import Ask, Calculator, Convention, Instance, Leaf, Reminder, Step, each
from examgen.narration import Worked
from examgen.ops import OPS
from examgen.problem import Preset, Problem, param
from examgen.render import html, own
from examgen.resources import find
from examgen.testing import Case, CheckFailed, check_problem, checks

DRAWS = 10
SLOPE = "σ' = σ(1 − σ): both factors are needed."  # the catalogues have it
SAID = "{{ m.say_rest(task, []) }}"
PRINTED = """<p>{% for cell in task.data["x"] %}<span class="slot">{{ cell|num }}</span> {% endfor %}
{{ m.scalar("b", task.data["b"]) }}</p>"""


@dataclass(frozen=True)
class Params:
    limit: int = param(5, "inputs lie within ± this", low=2, high=9)


def only(params: Any, minutes: tuple[float, float], calculator: Calculator = "scientific") -> Mapping[str, Preset]:
    return {"small": Preset(params, minutes, calculator=calculator)}


class Toy(Problem):
    """f = sigmoid(sum(relu(x + b)) / 10): small, sound, and with everything that a check looks at."""

    name = "toy"
    title = "Computational graph"  # the catalogues have it
    source = "made up for these tests"
    params = Params
    presets = only(Params(), (1, 2))
    template = SAID + PRINTED
    breaks = ""

    def spoil(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Breaks the machinery instead, where no problem could break the rule by itself."""

    def print_on(self, templates: Path) -> None:
        """Breaks the paper instead."""

    def draw(self, params: Any, stream: Stream) -> Instance:
        b = stream.signed(1, 3)
        free = [x for x in range(-params.limit, params.limit + 1) if x not in (0, -b)]
        positive = stream.choice([x for x in free if x + b > 0])
        x = stream.sample([x for x in free if x != positive], 2)
        return Instance(self.name, params, {"x": (positive, *x), "b": b})

    def graph(self, params: Any) -> Graph:
        b = Builder()
        z = b.op("add", b.input("x", (3,)), b.input("b"), name="z")
        return self.finish(b, b.reduce("sum", b.op("relu", z, name="a"), name="s"))

    def finish(self, b: Builder, total: Any) -> Graph:
        return b.build(b.op("sigmoid", b.op("mul", total, b.const(Fraction(1, 10))), name="f"))

    def asks(self, params: Any) -> tuple[Ask, ...]:
        return (
            Ask("a", "a", "a", "array", shape=(3,), cell_kind="integer"),
            Ask("s", "s", "s", "integer"),
            Ask("f", "f", "f"),
            Ask("db", "b", r"\partial f/\partial b", gradient=True),
        )

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        """Any two sentences that the catalogues have."""
        return Convention("stride", "Stride %(stride)s.", {"stride": 1}), Convention("rule", "No regularisation.")


    def reminders(self, params: Any) -> tuple[Reminder, ...]:
        return (Reminder("Sigmoid:", r"\sigma(z)=\frac{1}{1+e^{-z}}"),)

    def mistakes(self, params: Any) -> tuple[Mistake, ...]:
        return (Mistake("sigmoid_slope", SLOPE, slopes={"sigmoid": local(lambda b, node: b.ref(node))}),)


class WithoutSource(Toy):
    breaks = "problem_is_described"
    source = ""


@dataclass(frozen=True)
class Undocumented:
    limit: int = param(5, "")


class WithoutDoc(Toy):
    breaks = "parameters_are_described"
    params = Undocumented
    presets = only(Undocumented(), (1, 2))


class BackwardMinutes(Toy):
    breaks = "preset_is_described"
    presets = only(Params(), (5, 3))


class SaysThatNoCalculatorIsNeeded(Toy):
    breaks = "preset_states_its_calculator"
    presets = only(Params(), (1, 2), "simple")


class TooLongForATest(Toy):
    breaks = "long_presets_are_homework"
    presets = only(Params(), (11, 12))


class BeyondItsOwnBounds(Toy):
    breaks = "parameters_pass_their_own_check"
    presets = only(Params(limit=10), (1, 2))


class StumblesAtTimes(Toy):
    breaks = "draws_succeed"

    def draw(self, params: Any, stream: Stream) -> Instance:
        if stream.below(4) == 0:
            raise ZeroDivisionError("a case nobody thought of")
        return super().draw(params, stream)


class WaitsForLuck(Toy):
    breaks = "draws_are_constructed"

    def flaws(self, instance: Instance, values: Mapping[str, Any]) -> Iterator[str]:
        if instance.data["x"][0] != 5 or instance.data["b"] not in (1, 2):
            yield "not the one that is waited for"


class Forgetful(Toy):
    breaks = "draws_are_reproducible"
    turn = count()

    def draw(self, params: Any, stream: Stream) -> Instance:
        return super().draw(params, Stream(key(next(self.turn))))


class TwoVariantsOnly(Toy):
    breaks = "other_keys_give_other_numbers"

    def draw(self, params: Any, stream: Stream) -> Instance:
        return super().draw(params, Stream(key("one", stream.below(2))))


class Whole(int):
    """Equal to an int, and not one."""


class OtherIntegers(Toy):
    breaks = "numbers_are_exact"

    def draw(self, params: Any, stream: Stream) -> Instance:
        drawn = super().draw(params, stream)
        return replace(drawn, data={**drawn.data, "b": Whole(drawn.data["b"])})


class TooLarge(Toy):
    breaks = "numbers_are_hand_sized"

    def draw(self, params: Any, stream: Stream) -> Instance:
        drawn = super().draw(params, stream)
        return replace(drawn, data={**drawn.data, "b": 61})


class NaiveDraw(Toy):
    """Draws without a thought for kinks, in a world whose drawing loop forgot to ask."""

    breaks = "draws_sit_on_no_kink"

    def spoil(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solving, "kinks", lambda graph, values: iter(()))

    def draw(self, params: Any, stream: Stream) -> Instance:
        return Instance(self.name, params, {"x": (5, *(stream.integer(-5, 5) for _ in range(2))), "b": stream.signed(1, 3)})


class DataToSpare(Toy):
    breaks = "data_fits_the_graph"
    template = SAID + PRINTED + '<p class="slot">{{ task.data["spare"]|num }}</p>'

    def draw(self, params: Any, stream: Stream) -> Instance:
        drawn = super().draw(params, stream)
        return replace(drawn, data={**drawn.data, "spare": stream.below(10)})

    def pin(self, given: Mapping[str, Any], data: Mapping[str, Any], start: Any = None) -> Instance:
        return Instance(self.name, start, dict(data))


class CorrectsWhatIsPinned(Toy):
    breaks = "data_survives_the_key"

    def completed(self, params: Any, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "b": abs(data["b"])}


class WrongBox(Toy):
    breaks = "boxes_fit_the_graph"

    def asks(self, params: Any) -> tuple[Ask, ...]:
        first, *rest = super().asks(params)
        return (replace(first, shape=(3, 1)), *rest)


class RemarkInTheGraph(Toy):
    breaks = "graph_survives_the_key"

    def finish(self, b: Builder, total: Any) -> Graph:
        return super().finish(b, b.op("neg", b.op("neg", total, remark="text")))


class WrongExpansion(Toy):
    breaks = "paper_expansion_agrees"

    def spoil(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def upside_down(b: Builder, node: Any, name: str | None) -> Any:
            return b.op("div", b.const(1), b.const(1) + b.op("exp", *b.inputs(node)), name=name)

        monkeypatch.setitem(OPS, "sigmoid", replace(OPS["sigmoid"], expand=upside_down))


class Cancels(Toy):
    """Loses in float64 what exact numbers keep."""

    breaks = "answers_are_proved"

    def finish(self, b: Builder, total: Any) -> Graph:
        huge = b.const(10**17)
        return super().finish(b, (total + huge) - huge)


class AcceptsTheNeighbour(Toy):
    breaks = "accepted_holds_the_answer"

    def spoil(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sound = solving.accepted

        def raised(value: Any, reach: Any, decimals: int, *, whole: bool) -> Any:
            return sound(each(value, lambda cell: cell + 1), None, decimals, whole=whole)

        monkeypatch.setattr(solving, "accepted", raised)
        monkeypatch.setattr(folder, "accepted", raised)


class KeySaysSomethingElse(Toy):
    breaks = "key_proves_again"

    def spoil(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sound = bundle._answer

        def nudged(*given: Any) -> dict[str, Any]:
            entry = sound(*given)
            return entry | {"value": each(entry["value"], lambda cell: cell + 1e-9)}

        monkeypatch.setattr(bundle, "_answer", nudged)


class WholeNumberAskedOfAnIrrational(Toy):
    breaks = "whole_boxes_hold_whole_numbers"

    def asks(self, params: Any) -> tuple[Ask, ...]:
        return tuple(replace(ask, kind="integer") if ask.key == "f" else ask for ask in super().asks(params))


class AsksWhatNeverChanges(Toy):
    breaks = "answers_are_not_trivial"

    def asks(self, params: Any) -> tuple[Ask, ...]:
        return (*super().asks(params), Ask("df", "f", r"\partial f/\partial f", gradient=True))


class SaysNothing(Toy):
    breaks = "conventions_stand_on_the_sheet"
    template = PRINTED


class KeepsANumberBack(Toy):
    breaks = "numbers_stand_on_the_sheet"
    template = SAID + PRINTED.replace('m.scalar("b", task.data["b"])', '""')


class WithoutBoxes(Toy):
    """On a sheet that has forgotten its boxes."""

    breaks = "boxes_stand_on_the_sheet"

    def print_on(self, templates: Path) -> None:
        sheet = templates / "sheet.html.j2"
        sheet.write_text(sheet.read_text(encoding="utf-8").replace("{{ m.field(task) }}", ""), encoding="utf-8")


class OffersNoChoices(Toy):
    """Asks for a letter, and does not say what the letters stand for."""

    breaks = "choices_stand_on_the_sheet"

    def finish(self, b: Builder, total: Any) -> Graph:
        b.op("add", b.op("step", b.ref("b")), b.const(1), name="sign")
        return super().finish(b, total)

    def asks(self, params: Any) -> tuple[Ask, ...]:
        options = "No regularisation.", "The bias is added at each step."  # the catalogues have them
        return (*super().asks(params), Ask("sign", "sign", "Q", "choice", options=options))


class RunsOffThePage(Toy):
    breaks = "pages_are_sound"
    template = SAID + PRINTED + '<p style="white-space: nowrap">' + "words without an end " * 12 + "</p>"


class EnglishOnly(Toy):
    breaks = "wording_is_translated"

    def conventions(self, instance: Instance) -> tuple[Convention, ...]:
        return (Convention("rule", "A sentence that no catalogue has."),)


class TemplateInEnglishOnly(Toy):
    breaks = "template_is_translated"
    template = "{% trans %}A sentence that no catalogue has.{% endtrans %}" + SAID + PRINTED


class RemindsInEnglish(Toy):
    breaks = "reminders_are_worded"

    def reminders(self, params: Any) -> tuple[Reminder, ...]:
        return (Reminder("A formula that no catalogue has:", "f = x"),)


class RemindsOfNoFormula(Toy):
    breaks = "reminders_can_be_set"

    def reminders(self, params: Any) -> tuple[Reminder, ...]:
        return (Reminder("Sigmoid:", r"\sigma(z)=\frac{1}{1+e^{-z}"),)


class MisreckonsAStep(Toy):
    breaks = "steps_recompute"

    def steps(self, worked: Worked) -> Iterator[Step]:
        for step in super().steps(worked):
            wrong = tuple(replace(line, forms=(Leaf(Fraction(line.value) + 1),)) for line in step.lines)
            yield replace(step, lines=wrong)


class StepsStopShort(Toy):
    breaks = "steps_state_every_answer"

    def steps(self, worked: Worked) -> Iterator[Step]:
        yield from list(super().steps(worked))[:2]


class StepsInEnglishOnly(Toy):
    breaks = "steps_are_worded"

    def steps(self, worked: Worked) -> Iterator[Step]:
        yield from super().steps(worked)
        yield Step("moral", "A sentence that no catalogue has.")


class MistakesInEnglishOnly(Toy):
    breaks = "mistakes_are_worded"

    def mistakes(self, params: Any) -> tuple[Mistake, ...]:
        return tuple(replace(mistake, says="A sentence that no catalogue has.") for mistake in super().mistakes(params))


class HidesAMistake(Toy):
    """A sign that is lost where there is one, in a world whose drawing loop forgot to ask."""

    breaks = "mistakes_are_told_apart"

    def spoil(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(solving, "confusions", lambda *given: iter(()))

    def mistakes(self, params: Any) -> tuple[Mistake, ...]:
        return (Mistake("sign_lost", SLOPE, reading=lambda data: {**data, "b": abs(data["b"])}),)


class ExceptsWhatCanBeTold(Toy):
    breaks = "exceptions_are_true"

    def exceptions(self, params: Any) -> Mapping[str, str]:
        return {"sigmoid_slope": "nobody ever looked"}


@dataclass(frozen=True)
class Telling:
    limit: int = param(5, "inputs lie within ± this")
    answer: int = param(0, "a place for an answer")


class TellsTheAnswer(Toy):
    breaks = "sheets_hold_no_answer"
    params = Telling
    presets = only(Telling(), (1, 2))


BROKEN = tuple(Toy.__subclasses__())


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Makes a toy and the world it needs: its template beside the real ones, and whatever it spoils."""

    def prepare(kind: type[Toy]) -> Toy:
        toy = kind()
        templates = tmp_path / "templates"
        shutil.copytree(find("templates"), templates)
        (templates / "problems" / "toy.html.j2").write_text(toy.template, encoding="utf-8")
        for module in (html, own):
            monkeypatch.setattr(module, "find", lambda folder: templates)
        _forget()
        toy.print_on(templates)
        toy.spoil(monkeypatch)
        return toy

    yield prepare
    _forget()


def _forget() -> None:
    html.environment.cache_clear()
    expand.cache_clear()


def _broken(toy: Toy) -> list[str]:
    case, found = Case(toy, "small", DRAWS), []
    for check in checks():
        try:
            check(case)
        except CheckFailed:
            found.append(check.__name__)
    return found


def test_a_sound_problem_passes(prepared: Any) -> None:
    """The toy that all broken ones derive from passes every check."""
    assert [] == _broken(prepared(Toy))


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
def test_a_broken_problem_fails_one_check(prepared: Any, kind: type[Toy]) -> None:
    """Each broken toy is caught by the check it was made for, and by no other."""
    assert [kind.breaks] == _broken(prepared(kind))


def test_every_check_has_a_tooth() -> None:
    """There is exactly one broken toy for each check of the suite."""
    assert sorted(check.__name__ for check in checks()) == sorted(kind.breaks for kind in BROKEN)


def test_every_check_says_what_it_holds() -> None:
    """A check's docstring is the rule that an author reads."""
    assert [] == [check.__name__ for check in checks() if not check.__doc__]


def test_check_problem_names_problem_preset_and_check(prepared: Any) -> None:
    """An author learns which check failed, for which problem and preset, in one line for each."""
    with pytest.raises(CheckFailed, match=r"^preset_is_described: toy, preset small: minutes \(5, 3\) are not ordered$"):
        check_problem(prepared(BackwardMinutes), DRAWS)


def test_check_problem_is_silent_on_a_sound_problem(prepared: Any) -> None:
    """Nothing is raised where nothing is wrong, whether or not the problem is installed."""
    check_problem(prepared(Toy), DRAWS)


def test_the_suite_leaves_the_registry_as_it_was(prepared: Any) -> None:
    """A problem under test is known for the time of a check only."""
    before = dict(registry.problems())
    _broken(prepared(Toy))
    assert before == dict(registry.problems())
