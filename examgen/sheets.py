"""From instances and solutions to what the templates print. A sheet is made of instances alone: no answer can reach it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from examgen import codes, formula, writing
from examgen.answers import decimals_of, rounded
from examgen.choices import letters
from examgen.exam import Exam, Task
from examgen.explaining import solution_steps
from examgen.graph import UNNAMED, Graph, Node
from examgen.labels import labels
from examgen.model import Answer, Exact, Instance, Solution, cells, shape
from examgen.ops import OPS
from examgen.points import Points, distribute
from examgen.registry import asks_of, graph_of, problem, unrounded
from examgen.render import diagram
from examgen.render.language import say
from examgen.render.measuring import clean
from examgen.render.notation import num
from examgen.render.paper import (
    Accepted,
    Box,
    Head,
    MarkingRow,
    MarkingTable,
    Misled,
    SheetTask,
    SheetVariant,
    SolvedTask,
    SolvedVariant,
    Strip,
    StripTask,
)
from examgen.tabulating import TABULATED

if TYPE_CHECKING:
    from examgen.copies import Copy

SHORT, LONG = 24, 40  # characters of an exact form that the key prints
BROKEN = 2  # decimals of a number that should be whole
PLACE = "row %(row)s, seat %(seat)s"


@dataclass(frozen=True)
class Variant:
    """One variant's numbers: its place in the exam, its printed code, and an instance per task."""

    number: int
    code: str
    instances: tuple[Instance, ...]


def head(exam: Exam, language: str | None = None, minutes: int | None = None) -> Head:
    """What all pages of an exam share, or those for a student with another language or time.

    Raises: InputError where the title or the course has no entry for the language.
    """
    language, printed = language or exam.language, exam.printing
    return Head(
        title=printed.titled(language), language=language, minutes=minutes or exam.minutes, calculator=exam.calculator,
        working=exam.working, decimals=exam.decimals, exact_forms=exam.exact_forms, sample=exam.sample,
        comma=exam.decimal_comma, course=printed.course_in(language), date=printed.dated(language), paper=printed.paper,
        duplex=printed.duplex, exam=codes.identity(exam.seed), pdf=printed.pdf, tagged=printed.tagged,
        templates=printed.templates, formulas=exam.formulas, tables=tuple(TABULATED[name].name for name in exam.tables),
    )


def boxes(number: int, instance: Instance, language: str, points: Points, decimals: int) -> tuple[Box, ...]:
    """The answer boxes of a task, in the order of the sheet."""
    asks, graph = asks_of(instance), graph_of(instance.problem, instance.params)
    named = zip(asks, labels(number, len(asks), language), distribute(asks, points), strict=True)
    return tuple(
        Box(
            a.key, label, a.symbol, a.kind, "integer" if a.options else a.cell_kind, a.shape, share,
            decimals_of(graph, a, decimals), tuple(say(language, option) for option in a.options),
            letters(len(a.options), language),
        )
        for a, label, share in named
    )


def sheet_task(
    number: int, instance: Instance, language: str, points: Points = None, decimals: int = 2, comma: bool | None = None
) -> SheetTask:
    """A task as it is printed, worded in the language."""
    chosen = problem(instance.problem)
    decimal_comma = Head("", language, comma=comma).decimal_comma
    asked = boxes(number, instance, language, points, decimals)
    says = {
        told.key: say(language, told.says, {name: _shown(value, decimal_comma) for name, value in told.values.items()})
        for told in chosen.conventions(instance)
    }
    lines = chosen.formula(instance.params)
    drawn = circuit(instance) if lines and _of_scalars(instance) else None
    return SheetTask(
        number, instance.problem, instance.params, instance.data, asked, says, lines,
        drawn, max((box.decimals for box in asked), default=decimals),
        unrounded=unrounded(instance.problem, instance.params),
    )


def _of_scalars(instance: Instance) -> bool:
    return not any(node.shape for node in graph_of(instance.problem, instance.params).nodes)


def _shown(value: object, comma: bool) -> str:
    return num(value, comma) if isinstance(value, int | Fraction) and not isinstance(value, bool) else str(value)


def circuit(instance: Instance) -> diagram.Diagram:
    """The graph of scalars as a circuit: inputs with their values, gates, and the gradient given at the output."""
    graph = graph_of(instance.problem, instance.params)
    nodes = tuple(_circuit_node(graph, node, instance) for node in graph.nodes)
    return diagram.Diagram(nodes, graph.output)


def _circuit_node(graph: Graph, node: Node, instance: Instance) -> diagram.Node:
    label = "" if node.name.startswith(UNNAMED) else formula.symbol(node.name)
    given = instance.data.get("upstream", 1) if node.name == graph.output else None
    if node.op == "input":
        return diagram.Node(node.name, label, value=instance.data[node.name], gradient=given)
    if node.op == "const":
        value = next(cells(node["value"]))
        return diagram.Node(node.name, num(value), value=value, constant=True)
    return diagram.Node(node.name, label, OPS[node.op].gate, node.inputs, gradient=given)


def sheet_variant(exam: Exam, variant: Variant, language: str | None = None) -> SheetVariant:
    """A sheet without a name, in the language of the exam or another."""
    tasks = (
        replace(
            sheet_task(task.number, instance, language or exam.language, task.points, task.decimals, exam.decimal_comma),
            space=task.space,
        )
        for task, instance in zip(exam.tasks, variant.instances, strict=True)
    )
    return SheetVariant(variant.number, variant.code, tuple(tasks))


def copy_sheets(exam: Exam, drawn: Iterable[Variant], copies: Iterable[Copy]) -> list[SheetVariant]:
    """A sheet for each copy, with what is known of its student; the time and the language are the student's."""
    by_number = {variant.number: variant for variant in drawn}
    made: dict[tuple[int, str | None], SheetVariant] = {}
    found = []
    for copy in copies:
        which = (copy.variant, copy.language)
        if which not in made:
            made[which] = sheet_variant(exam, by_number[copy.variant], copy.language)
        found.append(_for_student(exam, made[which], copy))
    return found


def unlike(drawn: Iterable[Variant], copies: Iterable[Copy]) -> list[Copy]:
    """The first copy of each structure: tasks of the same problems and parameters, in the same language."""
    shapes = {
        variant.number: tuple((instance.problem, instance.params) for instance in variant.instances) for variant in drawn
    }
    first: dict[Hashable, Copy] = {}
    for copy in copies:
        first.setdefault((copy.language, shapes[copy.variant]), copy)
    return list(first.values())


def _for_student(exam: Exam, sheet: SheetVariant, copy: Copy) -> SheetVariant:
    other = copy.language is not None or copy.minutes is not None
    place = say(copy.language or exam.language, PLACE, {"row": copy.row, "seat": copy.seat}) if copy.seated else ""
    return replace(
        sheet, name=clean(copy.name or copy.id), group=clean(copy.group), place=place,
        head=head(exam, copy.language, copy.minutes) if other else None,
    )


Solved = tuple[Variant, Sequence[Solution]]


def marking_tables(exam: Exam, solved: Sequence[Solved]) -> tuple[MarkingTable, ...]:
    """A table per task, and per problem and kind of boxes where those differ between variants."""
    tables: dict[tuple[int, str, tuple[Box, ...]], list[MarkingRow]] = {}
    for variant, solutions in solved:
        for task, solution in zip(exam.tasks, solutions, strict=True):
            row = MarkingRow(variant.number, variant.code, _accepted(solution))
            title = say(exam.language, problem(solution.instance.problem).title)
            place = (task.number, title, _boxes(exam, task, solution))
            tables.setdefault(place, []).append(row)
    order = {place: i for i, place in enumerate(tables)}
    return tuple(
        MarkingTable(number, title, asked, tuple(tables[number, title, asked]))
        for number, title, asked in sorted(tables, key=lambda place: (place[0], order[place]))
    )


def strips(exam: Exam, solved: Sequence[Solved]) -> tuple[Strip, ...]:
    """An answer strip per variant, in the order and shape of the sheet."""
    return tuple(
        Strip(
            variant.number,
            variant.code,
            tuple(
                StripTask(
                    task.number, _boxes(exam, task, solution), _accepted(solution), _misled(exam, task, solution)
                )
                for task, solution in zip(exam.tasks, solutions, strict=True)
            ),
        )
        for variant, solutions in solved
    )


def _misled(exam: Exam, task: Task, solution: Solution) -> tuple[Misled, ...]:
    """What mistakes lead to, in as many boxes as a marker needs: all lone numbers and the first matrix, all matrices where
    others would look the same. Mistakes with the same results stand together."""
    boxes, rules = _boxes(exam, task, solution), _rules(exam, solution)
    wrong = [[(box, found[box.key]) for box in boxes if box.key in found] for found, _ in rules]
    brief = [[pair for pair in pairs if not shape(pair[1]) or pair == _first_array(pairs)] for pairs in wrong]
    seen = Counter(tuple(map(_found, pairs)) for pairs in brief)
    shown = (short if seen[tuple(map(_found, short))] == 1 else pairs for short, pairs in zip(brief, wrong, strict=True))
    return tuple(Misled(says, tuple(map(_found, pairs))) for pairs, (_, says) in zip(shown, rules, strict=True))


def _rules(exam: Exam, solution: Solution) -> list[tuple[Mapping[str, Exact | None], str]]:
    """Results and the rules to point to, each result once."""
    rules: dict[Hashable, tuple[Mapping[str, Exact | None], list[str]]] = {}
    for mistake in solution.mistakes:
        rules.setdefault(tuple(mistake.results.items()), (mistake.results, []))[1].append(say(exam.language, mistake.says))
    return [(results, " ".join(dict.fromkeys(says))) for results, says in rules.values()]


def _first_array(pairs: Sequence[tuple[Box, Exact | None]]) -> tuple[Box, Exact | None] | None:
    return next((pair for pair in pairs if shape(pair[1])), None)


def _found(pair: tuple[Box, Exact | None]) -> tuple[Box, Exact | None]:
    """The box in the shape of what stands in it; a mistake can lead to fractions where whole numbers are asked."""
    box, value = pair
    if value is None:
        return pair
    return replace(box, shape=shape(value)), rounded(value, box.decimals or BROKEN)


def _boxes(exam: Exam, task: Task, solution: Solution) -> tuple[Box, ...]:
    return boxes(task.number, solution.instance, exam.language, task.points, task.decimals)


def _accepted(solution: Solution) -> tuple[Accepted, ...]:
    """What each box accepts; where nothing is rounded the exact form comes first, and may be longer."""
    kept = unrounded(solution.instance.problem, solution.instance.params)
    longest = LONG if kept else SHORT
    return tuple(
        Accepted(rounded(answer.value, answer.decimals), _exact(answer, longest), kept) for answer in solution.answers
    )


def _exact(answer: Answer, longest: int) -> Fraction | str | None:
    """The exact form beside a single rounded number: a fraction, or the LaTeX of a short logarithm."""
    if answer.ask.shape or answer.exact is None or rounded(answer.value, answer.decimals) == answer.value:
        return None
    try:
        return Fraction(answer.exact)
    except ValueError:
        short = len(answer.exact) <= longest and set(re.findall("[a-z]+", answer.exact)) <= {"log", "sqrt"}
        return formula.latex(answer.exact)[0].removeprefix("f = ") if short else None


def solved_variant(exam: Exam, variant: Variant, solutions: Sequence[Solution], *, full: bool = False) -> SolvedVariant:
    """The worked solution of one variant, in the long form or the short one."""
    style = writing.Style(exam.language, head(exam).decimal_comma, exam.working)
    tasks = (
        _solved_task(exam, task, solution, style, full) for task, solution in zip(exam.tasks, solutions, strict=True)
    )
    return SolvedVariant(variant.number, variant.code, tuple(tasks))


def _solved_task(exam: Exam, task: Task, solution: Solution, style: writing.Style, full: bool) -> SolvedTask:
    instance, asked = solution.instance, _boxes(exam, task, solution)
    kept = unrounded(instance.problem, instance.params)
    filled = {
        (answer.ask.node, answer.ask.gradient, answer.ask.index or ()): writing.Box(
            None if kept else box.decimals, box.label, len(box.options)
        )
        for answer, box in zip(solution.answers, asked, strict=True)
    }
    return SolvedTask(
        task.number,
        say(exam.language, problem(instance.problem).title),
        writing.write(solution_steps(instance), replace(style, working=task.working), filled, full=full),
    )
