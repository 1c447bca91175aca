"""Variants of one exam: alike in effort and traits, unlike in numbers, each rule with a pair that breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path
from time import process_time

import pytest

from examgen import registry
from examgen.avoiding import earlier
from examgen.build import build
from examgen.differing import ANSWERS, DATA, FINAL, FIRST, LAST_PATIENCE, NEIGHBOUR, PATIENCE, Marks, Seen, marks_of
from examgen.effort import numbers_of, profile, work_of
from examgen.errors import DefinitionError, DrawError
from examgen.exam import Exam, read_exam
from examgen.fairness import BAND, reference, room, unfair
from examgen.mistaken import solvers
from examgen.model import Instance
from examgen.resources import find
from examgen.selecting import variants
from examgen.sheets import Variant
from examgen.solving import Contract, draw

LECTURE = find("variants") / "lecture6.toml"
HEAD = 'title = "T"\nvariants = 30\nseed = "correct horse battery staple"\ncalculator = "scientific"\n'


@pytest.fixture(autouse=True)
def _no_seed_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMGEN_SEED", raising=False)


@pytest.fixture(scope="module")
def lecture() -> Exam:
    return read_exam(LECTURE)


@pytest.fixture(scope="module")
def thirty(lecture: Exam) -> tuple[Variant, ...]:
    return variants(lecture)


def defined(folder: Path, text: str) -> Exam:
    path = folder / "exam.toml"
    path.write_text(text, encoding="utf-8")
    return read_exam(path)


def marked(instance: Instance) -> Marks:
    work = work_of(instance)
    return marks_of(work, numbers_of(work, instance.data), instance.data, 2)


def outside(exam: Exam, found: Sequence[Variant], band: Fraction = BAND) -> Iterator[str]:
    """What the fairness of each task of each variant lacks."""
    for variant in found:
        for task, instance in zip(exam.tasks, variant.instances, strict=True):
            choice = task.choice(variant.number)
            middle = reference(choice.problem, choice.preset, Contract(task.working, task.decimals))
            yield from unfair(profile(instance), middle, band)


def shared(found: Sequence[Variant], rules: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Two variants and what they have in common, task by task."""
    for one, other in combinations(found, 2):
        for x, y in zip(one.instances, other.instances, strict=True):
            a, b = marked(x), marked(y)
            if x.problem == y.problem:
                yield from ((one.number, other.number, rule) for rule in rules if a.rules[rule] == b.rules[rule])


def beside(found: Sequence[Variant]) -> Iterator[tuple[int, int]]:
    """Neighbours who have a final answer in common: variant and task."""
    for one, other in pairwise(found):
        for place, (x, y) in enumerate(zip(one.instances, other.instances, strict=True), start=1):
            if marked(x).final == marked(y).final:
                yield one.number, place


def test_variants_are_alike_in_effort(lecture: Exam, thirty: tuple[Variant, ...]) -> None:
    """All within the band, with traits as the reference has them."""
    assert [] == list(outside(lecture, thirty))


def test_an_effort_outside_the_band_is_seen(lecture: Exam, thirty: tuple[Variant, ...]) -> None:
    """The tooth: within a thousandth they are not."""
    assert any("effort" in reason for reason in outside(lecture, thirty, Fraction(1, 1000)))


TRAITS = [("active", 2), ("clipped", 3), ("zeros", 3), ("negatives", 3)]


@pytest.mark.parametrize(("trait", "too_far"), TRAITS)
def test_a_trait_too_far_from_the_others_is_seen(trait: str, too_far: int, thirty: tuple[Variant, ...]) -> None:
    """One less is within reach."""
    middle = profile(thirty[0].instances[0])
    for distance, wanted in ((too_far - 1, 0), (too_far, 1)):
        assert wanted == len(list(unfair(replace(middle, **{trait: getattr(middle, trait) + distance}), middle)))
    assert 1 == len(list(unfair(replace(middle, clean=not middle.clean), middle)))


def test_variants_differ(thirty: tuple[Variant, ...]) -> None:
    """No two share the numbers of a task or all of its answers; neighbours share no final answer."""
    assert [] == list(shared(thirty, (DATA, ANSWERS)))
    assert [] == list(beside(thirty))


def test_first_boxes_differ_where_there_is_room(thirty: tuple[Variant, ...]) -> None:
    """A loss has many values: fifteen of each kind are all different."""
    first = [replace(variant, instances=variant.instances[:1]) for variant in thirty]
    assert [] == list(shared(first, (FIRST, FINAL)))


def test_arrays_on_the_way_differ(thirty: tuple[Variant, ...]) -> None:
    """The map before and after ReLU."""
    last = [replace(variant, instances=variant.instances[2:]) for variant in thirty]
    assert [] == list(shared(last, ("array conv", "array relu")))


def test_a_pair_made_equal_is_seen(thirty: tuple[Variant, ...]) -> None:
    """The tooth of all three: the third variant is given the first one's task, and the second a copy of its neighbour's."""
    first, second, third = thirty[:3]
    again = replace(third, instances=(first.instances[0], *third.instances[1:]))
    assert {(1, 3, DATA), (1, 3, FIRST), (1, 3, ANSWERS)} == set(shared((first, again), (DATA, FIRST, ANSWERS)))
    copied = replace(second, instances=(second.instances[0], first.instances[1], second.instances[2]))
    assert [(1, 2)] == list(beside((first, copied)))


@pytest.mark.parametrize("count", [1, 7])
def test_the_first_of_many_are_those_of_few(count: int, lecture: Exam, thirty: tuple[Variant, ...]) -> None:
    """However many are asked for."""
    assert thirty[:count] == variants(lecture, count)


def test_random_graphs_of_an_exam_allow_the_same_mistakes(tmp_path: Path) -> None:
    """Whatever their gates are: what can be gone wrong with in one variant can be in all."""
    exam = defined(tmp_path, HEAD.replace("30", "10") + '[[task]]\nproblem = "backprop"\npreset = "random_5"\n')
    found = {frozenset(solver.mistake.key for solver in solvers(variant.instances[0])) for variant in variants(exam)}
    assert 1 == len(found)
    preset, mixed = registry.preset("backprop", "random_5"), set()
    for number in range(10):
        mixed.add(frozenset(solver.mistake.key for solver in solvers(draw("backprop", preset, "mixed", number))))
    assert 1 < len(mixed)  # the tooth: mere draws differ


def test_the_reference_belongs_to_no_exam(lecture: Exam) -> None:
    """A retake, and an exam of another seed, are as hard."""
    task = lecture.tasks[0]
    choice, contract = task.choices[0], Contract(task.working, task.decimals)
    found = variants(replace(lecture, seed="another seed of an exam", sitting=2), 2)
    middle = reference(choice.problem, choice.preset, contract)
    assert [] == list(unfair(profile(found[0].instances[0]), middle))


def test_a_rule_without_room_looks_back_half_as_far() -> None:
    """Ten that differ, then one like the first: refused until patience is at an end, and its numbers for ever."""
    seen = Seen()
    for number in range(10):
        seen.add(Marks({DATA: number, FIRST: number}, (), (number,)))
    again = [seen.repeated(Marks({DATA: 10, FIRST: 0}, (), (10,))) for _ in range(PATIENCE + 1)]
    assert [FIRST] * PATIENCE + [None] == again
    assert {FIRST: 5} == seen.reach
    assert {DATA} == {seen.repeated(Marks({DATA: 0, FIRST: 10}, (), (10,))) for _ in range(3 * LAST_PATIENCE)}


def test_neighbours_may_agree_only_where_there_is_hardly_another_answer() -> None:
    """After hundreds of candidates."""
    same = [Seen().repeated(Marks({}, (), (1,)), (1,)), Seen().repeated(Marks({}, (), (2,)), (1,))]
    assert [NEIGHBOUR, None] == same
    seen = Seen()
    found = [seen.repeated(Marks({}, (), (1,)), (1,)) for _ in range(LAST_PATIENCE + 1)]
    assert [NEIGHBOUR] * LAST_PATIENCE + [None] == found


def test_no_room_is_told_soon(tmp_path: Path) -> None:
    """Three inputs within ±2: how many variants there are, in a few seconds."""
    params = 'problem = "backprop"\npreset = "sum_times"\nparams = { limit = 2 }\n'
    exam = defined(tmp_path, HEAD.replace("30", "500") + "[[task]]\n" + params)
    start = process_time()
    with pytest.raises(DrawError, match=r"^task 1: only \d+ distinct variants of backprop fit these parameters"):
        variants(exam)
    assert process_time() - start < 10


def test_a_band_without_room_is_told_soon(tmp_path: Path) -> None:
    """No effort is exactly that of the reference, where there are decimals to subtract."""
    exam = replace(defined(tmp_path, HEAD + '[[task]]\nproblem = "conv_relu_pool"\npreset = "6x6"\n'), band=Fraction(1, 10**6))
    start = process_time()
    with pytest.raises(DrawError, match=r"^task 1: conv_relu_pool: none of 2000 candidates.*its effort is not within"):
        variants(exam)
    assert process_time() - start < 10


def test_two_tasks_of_one_problem_share_no_numbers(tmp_path: Path) -> None:
    """And each has its own first boxes to keep apart: a small preset beside does not shorten the memory of a large one."""
    pair = "".join(f'[[task]]\nproblem = "backprop"\npreset = "{label}"\n' for label in ("sum_times", "sum_times"))
    exam = defined(tmp_path, HEAD.replace("30", "40") + pair)
    found = [marked(instance).rules[DATA] for variant in variants(exam) for instance in variant.instances]
    assert 80 == len(set(found))


FEW = [(name, label) for name, p in registry.problems().items() for label, preset in p.presets.items() if preset.room]


@pytest.mark.parametrize(("name", "label"), FEW)
def test_stated_rooms_are_about_right(name: str, label: str) -> None:
    """What `examgen problems` prints, found again by drawing."""
    preset = registry.preset(name, label)
    found = room(name, preset, Contract(), 1500)
    assert found is not None and preset.room is not None
    assert 0.5 < found / preset.room < 2


MANY = [(name, label) for name, p in registry.problems().items() for label, preset in p.presets.items() if not preset.room]


@pytest.mark.parametrize(("name", "label"), MANY)
def test_other_presets_have_plenty(name: str, label: str) -> None:
    """No repetition, or hardly any, among two hundred draws."""
    found = room(name, registry.preset(name, label), Contract(), 200)
    assert found is None or found > 5000


def test_alternates_take_about_the_same_time(tmp_path: Path) -> None:
    """The complaint names a pair that fits; a wider band lets them pass."""
    pair = '[[task]]\nproblem = ["svm_loss", "softmax_loss"]\npreset = { svm_loss = "2x3", softmax_loss = "2x3" }\n'
    with pytest.raises(DefinitionError, match=r"svm_loss 2x3 takes 2\.5 minutes and softmax_loss 2x3 4\.5.* svm_loss 3x4 and"):
        defined(tmp_path, HEAD + pair)
    assert 2 == len(defined(tmp_path, HEAD + "band = 50\n" + pair).tasks[0].choices)
    fitting = pair.replace('svm_loss = "2x3"', 'svm_loss = "3x4"')
    assert 2 == len(defined(tmp_path, HEAD + fitting).tasks[0].choices)


@pytest.mark.parametrize("band", ["0", "-1", "101", '"10"', "true", "nan"])
def test_a_band_is_a_percentage(band: str, tmp_path: Path) -> None:
    """From 1 to 100."""
    with pytest.raises(DefinitionError, match=r"band = .*1 to 100"):
        defined(tmp_path, HEAD + f'band = {band}\n[[task]]\nproblem = "svm_loss"\n')


SMALL = HEAD.replace("30", "12")
TINY = '[[task]]\nproblem = "backprop"\npreset = "sum_times"\nparams = { limit = 3 }\n'


@pytest.fixture(scope="module")
def last_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an earlier exam that has used a good part of the room."""
    folder = tmp_path_factory.mktemp("2025")
    exam = defined(folder, HEAD.replace("30", "8").replace("horse", "mare") + TINY)
    build(exam, folder / "out")
    return folder / "out"


def datas(found: Sequence[Variant]) -> set[object]:
    return {marked(instance).rules[DATA] for variant in found for instance in variant.instances}


def test_an_earlier_exam_is_avoided(last_year: Path, tmp_path: Path) -> None:
    """With its key alone, by folder or by file; without `avoid` the two would share numbers."""
    key = tmp_path / "old.json"
    key.write_bytes((last_year / "key.json").read_bytes())
    before = {marks.rules[DATA] for variant in earlier(key) for _, marks in variant.tasks}
    assert 8 == len(before)
    free = defined(tmp_path, SMALL + TINY)
    assert datas(variants(free)) & before
    for given in ("old.json", str(last_year)):
        kept = defined(tmp_path, f"avoid = [{json.dumps(given)}]\n" + SMALL + TINY)
        assert not datas(variants(kept)) & before


def test_a_key_says_the_same_as_the_variants(last_year: Path) -> None:
    """Marks read from `key.json` are those of the instances it was written from."""
    exam = read_exam(last_year.parent / "exam.toml")
    found = list(earlier(last_year / "key.json"))
    assert [marked(v.instances[0]).rules for v in variants(exam)] == [v.tasks[0][1].rules for v in found]
    assert [(v.number, v.code) for v in variants(exam)] == [(v.number, v.code) for v in found]


def test_a_retake_under_the_same_codes_is_refused(last_year: Path, tmp_path: Path) -> None:
    """`avoid` alone would leave two papers of one code with two keys; another sitting has other codes."""
    text = (last_year.parent / "exam.toml").read_text(encoding="utf-8")
    avoid = f"avoid = [{json.dumps(str(last_year))}]\n"
    with pytest.raises(DefinitionError, match=r"codes of this exam.*write sitting = 2"):
        variants(defined(tmp_path, avoid + text))
    assert 8 == len(variants(defined(tmp_path, "sitting = 2\n" + avoid + text)))


def test_the_room_is_told_without_what_is_avoided(last_year: Path, tmp_path: Path) -> None:
    """As many as are left."""
    exam = defined(tmp_path, f"avoid = [{json.dumps(str(last_year))}]\n" + HEAD.replace("30", "3000") + TINY)
    with pytest.raises(DrawError) as refusal:
        variants(exam)
    left = int(str(refusal.value).split("only ")[1].split()[0])
    assert "beside 8 tasks to avoid" in str(refusal.value)
    assert left == len(variants(exam, left))


def test_a_retake_avoids_the_first_sitting(tmp_path: Path) -> None:
    """`sitting = 2` with the first one's key: other codes, and none of its numbers."""
    first = defined(tmp_path, HEAD.replace("30", "8") + TINY)
    build(first, tmp_path / "first")
    again = defined(tmp_path, 'sitting = 2\navoid = ["first"]\n' + SMALL + TINY)
    found = variants(again)
    assert not datas(found) & datas(variants(first))
    assert not {v.code for v in found} & {v.code for v in variants(first)}


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99, "variants": []}', '{"format": 1, "variants": [{}]}', "\x00"])
def test_a_key_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    """One sentence with the file."""
    (tmp_path / "old.json").write_text(text, encoding="utf-8")
    exam = defined(tmp_path, 'avoid = ["old.json"]\n' + SMALL + TINY)
    with pytest.raises(DefinitionError, match=r"^avoid: .*old\.json: .*give the key\.json of an earlier build$"):
        variants(exam)


BOX = {"key": "f", "node": "f", "kind": "number", "gradient": False, "index": None, "decimals": -(10**9)}
ENDLESS = {"name": "x", "op": "input", "inputs": [], "attrs": {"shape": [10**6, 10**6], "discrete": False}}
HUGE = {"name": "f", "op": "const", "inputs": [], "attrs": {"shape": [], "value": "1e99999999"}}
ODD = {
    "problem as a list": ("problem", ["x"]),
    "an unknown problem": ("problem", "zz"),
    "numbers without end": ("data", {"x": "1e999999999", "y": 1, "z": 1}),
    "numbers nested deep": ("data", {"x": json.loads("[" * 500 + "1" + "]" * 500)}),
    "data as a list": ("data", [1]),
    "decimals without end": ("answers", [BOX]),
    "an input of a size that fills the memory": ("graph", {"nodes": [ENDLESS], "output": "x"}),
    "a constant without end": ("graph", {"nodes": [HUGE], "output": "f"}),
    "attributes as a number": ("graph", {"nodes": [{**HUGE, "attrs": 7}], "output": "f"}),
    "a name as a number": ("graph", {"nodes": [{**HUGE, "name": 7}], "output": "f"}),
}


@pytest.mark.parametrize(("field", "value"), ODD.values(), ids=ODD)
def test_an_odd_key_is_one_sentence(field: str, value: object, last_year: Path, tmp_path: Path) -> None:
    """At once, whatever somebody has put into it."""
    document = json.loads((last_year / "key.json").read_bytes())
    document["variants"][0]["tasks"][0][field] = value
    (tmp_path / "old.json").write_text(json.dumps(document), encoding="utf-8")
    start = process_time()
    with pytest.raises(DefinitionError, match=r"^avoid: .*old\.json: it cannot be evaluated"):
        variants(defined(tmp_path, 'avoid = ["old.json"]\n' + SMALL + TINY))
    assert process_time() - start < 5


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    """When the definition is read."""
    with pytest.raises(DefinitionError, match=r"exam\.toml: avoid: there is no file 'nope\.json'"):
        defined(tmp_path, 'avoid = ["nope.json"]\n' + SMALL + TINY)
