"""An exam definition (TOML) read, checked, and turned into the tasks of its variants."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from examgen.errors import DefinitionError, DrawError, InputError
from examgen.fairness import BAND, reference
from examgen.keyfile import BLANKS, CELLS, STANDARD, Rules
from examgen.model import Calculator, Instance
from examgen.points import Points, distribute
from examgen.printing import Printing, length, printing
from examgen.problem import CALCULATORS, Preset, Problem, same_minutes, shown
from examgen.registry import graph_of, preset, problem, tables_of, unrounded
from examgen.render.language import languages
from examgen.solving import Contract, check_values, draw, exact_values
from examgen.tables import read_toml
from examgen.tabulating import off_the_table

SEED_VARIABLE = "EXAMGEN_SEED"
SHIPPED_SEEDS = ("sample",)  # known to everybody: their builds are marked as samples
SHORTEST_SEED = 12  # characters; fewer can be guessed by trying


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Task(_Strict):
    problem: Any
    preset: Any = None
    params: dict[str, Any] = {}
    data: dict[str, Any] | None = None
    points: Any = None
    working: int | None = Field(None, ge=1, le=9)
    decimals: int | None = Field(None, ge=0, le=6)
    space: Any = None


class _Definition(_Strict):
    title: Any
    course: Any = None
    date: Any = None
    paper: Any = "A4"
    duplex: bool = False
    space: Any = None
    templates: str | None = Field(None, min_length=1)
    language: str = "en"
    minutes: int = Field(45, ge=1, le=1000)
    variants: int = Field(ge=1, le=100_000)
    seed: str | None = Field(None, min_length=1)
    seed_file: str | None = None
    sitting: int = Field(1, ge=1, le=9)
    working: int = Field(4, ge=1, le=9)
    decimals: int = Field(2, ge=0, le=6)
    calculator: str = "scientific"
    formulas: bool = False
    exact_forms: bool = True
    decimal_comma: bool | None = None
    pdf: str = "ua"
    band: Any = 10
    avoid: list[str] = Field([], max_length=40)
    follow: Any = 1
    blank: str = "implied"
    cells: str = "half"
    task: list[_Task] = Field(min_length=1, max_length=40)


@dataclass(frozen=True)
class Choice:
    """One problem that a task may be: a preset with its final parameters, or pinned numbers.

    `preset.calculator` is what the final parameters need. `example` is an instance of it, drawn from a key that no exam
    uses: it shows what boxes there are. `minutes` is a median student's time, the middle of the preset's bounds, `estimated`
    where parameters make another task of the preset; None for numbers without a preset, whose minutes nobody has stated.
    `tables` are the functions that students look up on the formula sheet, for want of a calculator.
    """

    problem: str
    label: str
    preset: Preset
    example: Instance
    minutes: float | None
    estimated: bool = False
    pinned: Instance | None = None
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One task of the exam; its choices alternate from variant to variant. `points` as in `points.distribute`.

    `space` is the least room for its working, mm; None leaves it to the page.
    """

    number: int
    choices: tuple[Choice, ...]
    points: Points
    working: int
    decimals: int
    space: float | None = None

    def choice(self, variant: int) -> Choice:
        """The problem that variant 1, 2, … gets."""
        return self.choices[(variant - 1) % len(self.choices)]

    @property
    def minutes(self) -> float | None:
        """A median student's minutes for the slowest choice; None where those of any choice are unknown."""
        known = [choice.minutes for choice in self.choices if choice.minutes is not None]
        return max(known) if len(known) == len(self.choices) else None


@dataclass(frozen=True)
class Exam:
    """A checked definition. `definition` is what the file says, without the seed; `seed_from` says where that came from.

    `band` is by how much the effort of a variant may differ, as a share; `avoid` are keys of earlier builds; `rules` say how
    the exam is marked, `printing` how it is printed; `formulas` whether a sheet of formulas is handed out.
    """

    printing: Printing
    language: str
    minutes: int
    variants: int
    sitting: int
    working: int
    decimals: int
    calculator: Calculator
    exact_forms: bool
    decimal_comma: bool | None
    tasks: tuple[Task, ...]
    definition: Mapping[str, Any]
    seed_from: str
    seed: str = field(repr=False, default="")
    band: Fraction = BAND
    avoid: tuple[Path, ...] = ()
    rules: Rules = STANDARD
    formulas: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """The functions of which the formula sheet holds a table."""
        return tuple(dict.fromkeys(name for task in self.tasks for choice in task.choices for name in choice.tables))

    @property
    def title(self) -> str:
        """The title in the language of the exam."""
        return self.printing.titled(self.language)

    @property
    def sample(self) -> bool:
        """Whether everybody can know the numbers: drawn from a seed that ships with the project."""
        return self.seed in SHIPPED_SEEDS and self.drawn

    @property
    def drawn(self) -> bool:
        return any(choice.pinned is None for task in self.tasks for choice in task.choices)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an instructor should think about before handing out: time that is too short first."""
        return tuple(self._warnings())

    def _warnings(self) -> Iterator[str]:
        if self.working_minutes > self.minutes * 2 / 3:
            needed = f"{self.working_minutes:g} of {self.minutes} minutes"
            yield f"a median student needs about {needed}; plan for two thirds of the time"
        if self.drawn and not self.sample and len(self.seed) < SHORTEST_SEED:
            yield f"the seed has fewer than {SHORTEST_SEED} characters and can be guessed: examgen init writes a random one"
        for task in self.tasks:
            if task.minutes is None:
                yield f"task {task.number}: minutes unknown, since it is no preset: solve it with a watch"
            elif any(choice.estimated for choice in task.choices):
                yield f"task {task.number}: minutes estimated, since it is no preset as it stands: solve it with a watch"
            for choice in task.choices:
                wanted = -(-self.variants // len(task.choices))
                if choice.preset.room is not None and choice.pinned is None and wanted > choice.preset.room:
                    holds = f"{choice.problem} {choice.label} holds about {choice.preset.room} different variants"
                    yield f"task {task.number}: {holds}, {wanted} are wanted: the build may find no room for them"
                if choice.pinned and not choice.tables and not _enough(choice.preset, self.calculator):
                    needed, but = choice.preset.calculator, ", and no table holds them" if self.formulas else ""
                    allowed = f"the exam allows {self.calculator!r}{but}"
                    yield f"task {task.number}: its numbers need calculator = {needed!r}, {allowed}"

    @property
    def timing(self) -> tuple[str, ...]:
        """A median student's minutes for each task, where they are known, and what it is; then those for all together."""
        return tuple(self._timing())

    def _timing(self) -> Iterator[str]:
        for task in self.tasks:
            if task.minutes is not None:
                what = ", ".join(f"{c.problem} {c.label}{' with params' * c.estimated}" for c in task.choices)
                yield f"task {task.number}: about {task.minutes:g} minutes ({what})"
        if self.minutes_known:
            yield f"all tasks: about {self.working_minutes:g} of {self.minutes} minutes"
        elif self.working_minutes:
            yield f"all tasks: more than {self.working_minutes:g} of {self.minutes} minutes"

    @property
    def working_minutes(self) -> float:
        """What a median student needs for all tasks whose minutes are known."""
        return sum((task.minutes for task in self.tasks if task.minutes is not None), 0.0)

    @property
    def minutes_known(self) -> bool:
        """Whether `working_minutes` counts every task."""
        return all(task.minutes is not None for task in self.tasks)


def read_exam(
    path: Path, *, variants: int | None = None, language: str | None = None, templates: Path | None = None
) -> Exam:
    """The exam that a file defines; what is given on the command line wins over the file.

    Raises: DefinitionError, one sentence that names the file, the key and what is allowed.
    """
    raw = read_toml(path)
    changed = {key: value for key, value in (("variants", variants), ("language", language)) if value is not None}
    try:
        return _exam(raw | changed, path.parent, templates)
    except InputError as error:
        raise DefinitionError(f"{path}: {error}") from None


def _exam(raw: Mapping[str, Any], folder: Path, templates: Path | None) -> Exam:
    try:
        read = _Definition.model_validate(raw)
    except ValidationError as error:
        raise InputError(_sentence(error)) from None
    _one_of("language", read.language, languages())
    _one_of("calculator", read.calculator, CALCULATORS)
    band, avoid, rules = _band(read.band), _avoid(read.avoid, folder), _rules(read)
    tasks = tuple(_task(number, task, read) for number, task in enumerate(read.task, start=1))
    pinned = all(choice.pinned for task in tasks for choice in task.choices)
    seed, seed_from = _seed(read, folder, needed=not pinned)
    return Exam(
        printing=_printing(read, folder, templates), language=read.language, minutes=read.minutes,
        variants=read.variants, sitting=read.sitting, working=read.working, decimals=read.decimals,
        calculator=read.calculator, exact_forms=read.exact_forms,  # type: ignore[arg-type]
        decimal_comma=read.decimal_comma, tasks=tasks, definition=_without_seed(raw), seed_from=seed_from, seed=seed,
        band=band, avoid=avoid, rules=rules, formulas=read.formulas,
    )


def _rules(read: _Definition) -> Rules:
    """How the exam is marked."""
    _one_of("blank", read.blank, BLANKS)
    _one_of("cells", read.cells, CELLS)
    number = isinstance(read.follow, int | Decimal) and not isinstance(read.follow, bool)
    if not number or not 0 <= Decimal(read.follow) <= 1 or len(str(read.follow)) > 6:
        raise InputError(
            f"follow = {shown(read.follow)}: give what is earned by following from one's own wrong number, as a share: 0 to 1"
        )
    return Rules(Fraction(read.follow), read.blank, read.cells, read.exact_forms)  # type: ignore[arg-type]


def _band(percent: Any) -> Fraction:
    """By how much effort and minutes may differ, from percent."""
    number = isinstance(percent, int | Decimal) and not isinstance(percent, bool)
    if not number or not Decimal(percent).is_finite() or not 1 <= percent <= 100:
        raise InputError(f"band = {shown(percent)}: give the percent by which variants may differ in effort, 1 to 100")
    return Fraction(percent) / 100


def _avoid(given: list[str], folder: Path) -> tuple[Path, ...]:
    """Keys of earlier builds, or their folders, relative to the definition."""
    found = []
    for name in given:
        path = folder / name
        try:
            path = path / "key.json" if path.is_dir() else path
            there = path.is_file()
        except (OSError, ValueError):  # ValueError: no possible name
            there = False
        if not there:
            what = "no key.json in the folder" if path.name != Path(name).name else "no file"
            raise InputError(f"avoid: there is {what} {shown(name)}, give the key.json of an earlier build")
        found.append(path)
    return tuple(found)


def _printing(read: _Definition, folder: Path, templates: Path | None) -> Printing:
    """How the exam is printed; a folder of templates in the file is meant from there."""
    return printing(
        read.language, title=read.title, course=read.course, date=read.date, paper=read.paper, duplex=read.duplex,
        space=read.space, pdf=read.pdf, templates=templates or (folder / read.templates if read.templates else None),
    )


def _without_seed(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in raw.items() if name not in ("seed", "seed_file")}


def _plain(value: Any) -> Any:
    """Anything that TOML can say as JSON holds it: decimals, dates and times as text."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int) else str(value)


def _seed(read: _Definition, folder: Path, *, needed: bool) -> tuple[str, str]:
    """The seed and where it stood: the environment wins, so that a shipped definition can be built with one's own."""
    if os.environ.get(SEED_VARIABLE):
        return os.environ[SEED_VARIABLE], SEED_VARIABLE
    if read.seed is not None and read.seed_file is not None:
        raise InputError("seed and seed_file are both there: keep one of them")
    if read.seed is not None:
        return read.seed, "seed"
    if read.seed_file is not None:
        try:
            text = (folder / read.seed_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):  # ValueError: not UTF-8, or no possible name
            raise InputError(
                f"seed_file: {shown(read.seed_file)} cannot be read, it must be a text file beside this one"
            ) from None
        if not text:
            raise InputError(f"seed_file: {shown(read.seed_file)} is empty, put a long random text into it")
        return text, "seed_file"
    if needed:
        raise InputError(f"missing key 'seed': set it, or seed_file, or the variable {SEED_VARIABLE}")
    return "public", "none: all numbers are pinned"


def _task(number: int, task: _Task, exam: _Definition) -> Task:
    try:
        names = task.problem if isinstance(task.problem, list) else [task.problem]
        if not names or not all(isinstance(name, str) for name in names):
            raise InputError("problem: give a name, or a list of names that alternate from variant to variant")
        if len({*names}) < len(names):
            raise InputError(f"problem = {shown(names)}: name each problem once")
        if task.data is not None and len(names) > 1:
            raise InputError("data: pinned numbers belong to one problem, name only one")
        working = exam.working if task.working is None else task.working
        decimals = exam.decimals if task.decimals is None else task.decimals
        if working <= decimals:
            raise InputError(f"working = {working}: must be above decimals = {decimals}, or rounding spoils the answer")
        choices = tuple(_choice(name, task, names, exam, Contract(working, decimals)) for name in names)
        _check_alternates(choices, _band(exam.band), exam)
        points = _points(task.points)
        _check_points(choices, points)
        space = length(exam.space if task.space is None else task.space)
        return Task(number, choices, points, working, decimals, space)
    except InputError as error:
        raise InputError(f"task {number}: {error}") from None


def _choice(name: str, task: _Task, names: list[str], exam: _Definition, contract: Contract) -> Choice:
    chosen = problem(name)
    label = _for(name, task.preset, names, "preset")
    given = task.params if len(names) == 1 else _for(name, task.params, names, "params") or {}
    if label is not None and not isinstance(label, str):
        raise InputError(f"preset: give a name, one of {', '.join(chosen.presets)}")
    start = preset(name, label) if label is not None else None
    if task.data is not None:
        instance = chosen.pin(given, task.data, start.params if start else None)
        check_values(instance)
        final = _changed(chosen, start or preset(name, chosen.default), instance.params)
        _check_forms(name, "with these numbers", final, exam)
        values = exact_values(graph_of(name, final.params), instance.data)
        tables = () if off_the_table(graph_of(name, final.params), values) else _looked_up(name, final, exam)
        return Choice(name, label or "pinned", final, instance, *_minutes(name, start, final, contract), instance, tables)
    label = chosen.default if label is None else label
    start = preset(name, label)
    final = _changed(chosen, start, chosen.with_params(given, start.params)) if given else start
    _check_forms(name, label, final, exam)
    if not _allowed(name, final, exam):
        raise InputError(_calculator_sentence(name, label, final, exam))
    try:
        example, tables = draw(name, final, "example", contract=contract), _looked_up(name, final, exam)
        return Choice(name, label, final, example, *_minutes(name, start, final, contract), None, tables)
    except DrawError as error:
        raise InputError(str(error)) from None


def _check_forms(name: str, label: str, wanted: Preset, exam: _Definition) -> None:
    """What is left as a logarithm has to be an answer that the exam takes."""
    if unrounded(name, wanted.params) and not exam.exact_forms:
        raise InputError(
            f"exact_forms = false: {name} {label} is worked out without a calculator, its answers stay fractions and"
            " logarithms: set exact_forms = true, or take another preset"
        )


def _check_alternates(choices: tuple[Choice, ...], band: Fraction, exam: _Definition) -> None:
    """Problems take turns only where they take about the same time, as far as that is known."""
    for one, other in combinations(choices, 2):
        if one.minutes is None or other.minutes is None or _alike(one.minutes, other.minutes, band):
            continue
        apart = (
            f"{one.problem} {one.label} takes {one.minutes:g} minutes and {other.problem} {other.label} {other.minutes:g},"
            f" more than band = {float(100 * band):g} % apart"
        )
        fits = _fitting(one, other, band, exam)
        remedy = f"{one.problem} {fits[0]} and {other.problem} {fits[1]} fit" if fits else "make two tasks of them"
        raise InputError(f"preset: {apart}: {remedy}")


def _alike(x: float, y: float, band: Fraction) -> bool:
    return bool(abs(x - y) <= band * max(x, y))


def _fitting(one: Choice, other: Choice, band: Fraction, exam: _Definition) -> tuple[str, str] | None:
    """Presets of two problems that take about the same time: one of those chosen, if that can be, else near to them."""
    pairs: list[tuple[int, float, int, tuple[str, str]]] = []
    for (a, x), (b, y) in product(_timed(one, exam), _timed(other, exam)):
        if _alike(x, y, band):
            further = abs(x - (one.minutes or 0)) + abs(y - (other.minutes or 0))
            pairs.append(((a != one.label) + (b != other.label), further, len(pairs), (a, b)))
    return min(pairs)[-1] if pairs else None


def _timed(choice: Choice, exam: _Definition) -> list[tuple[str, float]]:
    """The presets of a problem that the exam's calculator and tables allow, with their minutes."""
    known = problem(choice.problem).presets.items()
    return [(label, sum(start.minutes) / 2) for label, start in known if _allowed(choice.problem, start, exam)]


def _changed(chosen: Problem, start: Preset, params: Any) -> Preset:
    """A preset with other parameters, the calculator that these need, and room that nobody has counted."""
    room = start.room if params == start.params else None
    return replace(start, params=params, calculator=chosen.calculator(params), room=room)


def _minutes(name: str, start: Preset | None, final: Preset, contract: Contract) -> tuple[float | None, bool]:
    """The middle of a preset's minutes, and whether it is estimated: in proportion to the arithmetic that parameters make."""
    if start is None:
        return None, False
    stated = sum(start.minutes) / 2
    if same_minutes(start.params, final.params):
        return stated, False
    try:
        longer = reference(name, final, contract).seconds / reference(name, start, contract).seconds
    except DrawError:
        return None, False
    return max(0.5, round(2 * stated * longer) / 2), True


def _allowed(name: str, wanted: Preset, exam: _Definition) -> bool:
    return _enough(wanted, exam.calculator) or bool(_looked_up(name, wanted, exam))


def _enough(wanted: Preset, calculator: str) -> bool:
    """Whether a calculator can do what a preset needs."""
    order: tuple[str, ...] = CALCULATORS
    return order.index(wanted.calculator) <= order.index(calculator)


def _looked_up(name: str, wanted: Preset, exam: _Definition) -> tuple[str, ...]:
    """The functions that stand on the formula sheet because the exam's calculator lacks them."""
    return tables_of(name, wanted.params) if exam.formulas and not _enough(wanted, exam.calculator) else ()


def _calculator_sentence(name: str, label: str, wanted: Preset, exam: _Definition) -> str:
    stated = preset(name, label)
    changed = " with these params" if wanted.params != stated.params else ""
    fits = [other for other, known in problem(name).presets.items() if _allowed(name, known, exam)]
    table = "" if exam.formulas or not tables_of(name, wanted.params) else " hand out tables (formulas = true),"
    return (
        f"preset {label!r} of {name}{changed} needs calculator = {wanted.calculator!r}, the exam allows {exam.calculator!r}:"
        f" change that,{table} or take {', '.join(fits) or 'another problem'}"
    )


def _for(name: str, given: Any, names: list[str], what: str) -> Any:
    """A task's preset or parameters: a table by problem, which has to be one where problems alternate."""
    if not isinstance(given, dict):
        if given is not None and len(names) > 1:
            raise InputError(f"{what} = {shown(given)}: with several problems give a table, one entry for each problem")
        return given
    if unknown := [other for other in given if other not in names]:
        raise InputError(f"{what} has an entry {unknown[0]!r}: give a table with entries for {', '.join(names)}")
    found = given.get(name)
    if what == "params" and not isinstance(found, dict | None):
        raise InputError(f"params.{name} = {shown(found)}: expected a table")
    return found


def _points(given: Any) -> Points:
    if given is None:
        return None
    if isinstance(given, dict):
        return {name: _point(value) for name, value in given.items()}
    return _point(given)


def _point(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not Decimal(value).is_finite() or value <= 0:
        raise InputError(f"points: {shown(value)} is not possible, give a number above 0, whole or half")
    if value > 100:
        raise InputError(f"points: {shown(value)} is too much, a task carries at most 100")
    return Fraction(value)


def _check_points(choices: tuple[Choice, ...], points: Points) -> None:
    for choice in choices:
        try:
            distribute(problem(choice.problem).asks(choice.example.params), points)
        except InputError as error:
            raise InputError(f"points ({choice.problem}): {error}") from None


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} = {shown(value)}: allowed are {', '.join(map(repr, allowed))}")


_WORDS = {
    "int_type": "expected a whole number",
    "string_type": "expected text in quotes",
    "bool_type": "expected true or false",
    "list_type": "expected a list, in square brackets",
    "dict_type": "expected a table",
    "model_type": "expected a table",
}


def _sentence(error: ValidationError) -> str:
    """Pydantic's first complaint as one sentence: the place, what came, what is allowed."""
    first = error.errors(include_url=False)[0]
    where = list(first["loc"])
    task = f"task {int(where[1]) + 1}: " if where[:1] == ["task"] and len(where) > 1 else ""
    name = ".".join(str(part) for part in (where[2:] if task else where))
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        model = _Task if task else _Definition
        return f"{task}unknown key {name!r}: allowed are {', '.join(model.model_fields)}"
    if kind == "missing":
        return f"{task}missing key {name!r}"
    if kind in _WORDS:
        word = "expected [[task]] tables" if (name, kind) == ("task", "list_type") else _WORDS[kind]
        return f"{task}{name or 'task'} = {shown(first['input'])}: {word}"
    bounds = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
    if kind in bounds:
        word, bound = bounds[kind]
        return f"{task}{name} = {shown(first['input'])}: must be {word} {context[bound]}"
    if kind == "too_short":
        return f"{task}{name}: there is no [[task]], give at least one"
    return f"{task}{name} = {shown(first['input'])}: {first['msg'][0].lower()}{first['msg'][1:]}"
