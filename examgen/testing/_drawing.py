"""Checks of what a problem says of itself, and of what it draws."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, fields, is_dataclass
from fractions import Fraction
from typing import Any

from examgen.bundle import plain
from examgen.graph import Graph, Node
from examgen.keyfile import exact_data
from examgen.model import cells, shape
from examgen.problem import CALCULATORS
from examgen.render.notation import places
from examgen.solving import exact_values
from examgen.testing._case import Case, check, draw_counted
from examgen.testing._kinks import kinks_by_loops

LARGEST = 60
DECIMALS = 2
CANDIDATES = 20  # at most per draw, in the mean: a problem constructs its instances and does not wait for luck
USES = ("quiz", "test", "homework")
TEST_MINUTES = 11  # what takes longer leaves a test no room for other tasks
WORDS = re.compile(r"[A-Za-z]{3,}")


@check
def problem_is_described(case: Case) -> None:
    """Name, title and source are there, and the name can stand in files and definitions."""
    problem = case.problem
    case.expect(re.fullmatch(r"[a-z][a-z0-9_]*", problem.name), f"the name {problem.name!r} is not lower_case")
    case.expect(WORDS.search(problem.title), "the title is empty")
    case.expect(WORDS.search(problem.source), "the source is empty: cite where the method is stated")


@check
def parameters_are_described(case: Case) -> None:
    """Parameters are a frozen dataclass, and each says what it is for."""
    params = case.problem.params
    frozen = is_dataclass(params) and params.__dataclass_params__.frozen  # type: ignore[attr-defined]  # not in the stubs
    case.expect(frozen, "params is not a frozen dataclass")
    for field in fields(params):
        case.expect(field.metadata.get("doc"), f"the parameter {field.name!r} has no doc: declare it with param(…)")


@check
def preset_is_described(case: Case) -> None:
    """Minutes are ordered and above 0; use and calculator are known words; versions count from 1."""
    preset = case.preset
    low, high = preset.minutes
    case.expect(0 < low <= high, f"minutes {preset.minutes} are not ordered")
    case.expect(preset.use in USES, f"use {preset.use!r} is none of {', '.join(USES)}")
    allowed = preset.calculator in CALCULATORS
    case.expect(allowed, f"calculator {preset.calculator!r} is none of {', '.join(CALCULATORS)}")
    case.expect(preset.version >= 1, f"version {preset.version} is below 1")


@check
def preset_states_its_calculator(case: Case) -> None:
    """A preset states no lesser calculator than its parameters need."""
    stated, needed = case.preset.calculator, case.problem.calculator(case.preset.params)
    enough = stated not in CALCULATORS or CALCULATORS.index(stated) >= CALCULATORS.index(needed)
    case.expect(enough, f"calculator {stated!r} is less than the {needed!r} that its parameters need")


@check
def long_presets_are_homework(case: Case) -> None:
    """What takes longer than a task of a test is for homework."""
    long = case.preset.minutes[1] > TEST_MINUTES and case.preset.use != "homework"
    case.expect(not long, f"takes more than {TEST_MINUTES} minutes: its use is homework")


@check
def parameters_pass_their_own_check(case: Case) -> None:
    """A preset's parameters hash and are what a definition with the same values would give."""
    for params in dict.fromkeys([case.preset.params, *(instance.params for instance in case.instances)]):
        case.expect(isinstance(params, case.problem.params), f"{params!r} is no {case.problem.params.__name__}")
        again = case.problem.with_params(asdict(params))
        case.expect(again == params and hash(again) == hash(params), f"{params!r} read again gives {again!r}")


@check
def draws_succeed(case: Case) -> None:
    """Every key gives an instance."""
    failed = [found for found in case.drawn if found.instance is None]
    if failed:
        case.fail(f"{len(failed)} of {case.draws} draws failed, the first with {failed[0].failure}")


@check
def draws_are_constructed(case: Case) -> None:
    """Instances are made to fit: not more than a few candidates are refused for each that is kept."""
    kept = [found.candidates for found in case.drawn if found.instance is not None]
    mean = sum(kept) / max(1, len(kept))
    case.expect(mean <= CANDIDATES, f"{mean:.0f} candidates per draw, more than {CANDIDATES}: construct what fits")


@check
def draws_are_reproducible(case: Case) -> None:
    """The same key gives the same instance, also after other draws."""
    for number, found in reversed(list(enumerate(case.drawn[:5]))):
        again = draw_counted(case.problem, case.preset, "conformance", number)
        case.expect(found.instance == again.instance, f"one key gave {found.instance} and then {again.instance}")


@check
def other_keys_give_other_numbers(case: Case) -> None:
    """Few draws coincide."""
    different = {repr((instance.params, sorted(instance.data.items()))) for instance in case.instances}
    few = len(case.instances) > 1 and 2 * len(different) <= len(case.instances)
    case.expect(not few, f"{len(case.instances)} draws gave {len(different)} different instances")


@check
def numbers_are_exact(case: Case) -> None:
    """Data holds ints and fractions and nothing else."""
    for name, cell in _data_cells(case):
        exact = type(cell) in (int, Fraction)
        case.expect(exact, f"{name} holds {cell!r}, a {type(cell).__name__}: give int or Fraction")


@check
def numbers_are_hand_sized(case: Case) -> None:
    """Data stays within what a person can work with."""
    for name, cell in _data_cells(case):
        decimals = places([Fraction(cell)])
        fits = abs(cell) <= LARGEST and decimals is not None and decimals <= DECIMALS
        case.expect(fits, f"{name} holds {cell}: beyond ±{LARGEST}, or more than {DECIMALS} decimals")


@check
def draws_sit_on_no_kink(case: Case) -> None:
    """No drawn instance sits on a kink or a tie, found anew by plain loops, and the problem finds no flaw in any."""
    for instance in case.instances:
        graph = case.graph(instance)
        values = exact_values(graph, instance.data)
        found = [*kinks_by_loops(graph, values), *case.problem.flaws(instance, values)]
        case.expect(not found, f"{found[:1]} in {dict(instance.data)}")


@check
def data_fits_the_graph(case: Case) -> None:
    """Data is what the graph takes in, name by name and shape by shape; labels point to a class."""
    for instance in case.instances:
        graph = case.graph(instance)
        wanted = {node.name: node.shape for node in graph.inputs}
        given = {name: shape(value) for name, value in instance.data.items() if name != "upstream" or name in wanted}
        case.expect(wanted == given, f"the graph takes {wanted}, and data has {given}")
        if "upstream" in instance.data and "upstream" not in wanted:
            dims, result = shape(instance.data["upstream"]), graph[graph.output].shape
            case.expect(dims in ((), result), f"upstream has shape {dims}, and {graph.output} has {result}")
        for node in graph.inputs:
            if node["discrete"]:
                has_class = all(0 <= cell < _classes(graph, node) for cell in cells(instance.data[node.name]))
                case.expect(has_class, f"{node.name} holds a label without a class: {instance.data[node.name]}")


@check
def data_survives_the_key(case: Case) -> None:
    """An instance written to `key.json`, read back and pinned is the same instance."""
    for instance in case.instances:
        written = json.dumps({name: plain(value) for name, value in instance.data.items()})
        again = case.problem.pin({}, exact_data(json.loads(written)), instance.params)
        case.expect(again == instance, f"{instance} came back as {again}")


def _data_cells(case: Case) -> Iterator[tuple[str, Any]]:
    for instance in case.instances:
        for name, value in instance.data.items():
            yield from ((name, cell) for cell in cells(value))


def _classes(graph: Graph, labels: Node) -> int:
    """Length of the axis that the labels point into."""
    return min(graph[node.inputs[0]].shape[-1] for node in graph.nodes if labels.name in node.inputs[1:])
