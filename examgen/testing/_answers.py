"""Checks of the graph, of what is asked of it, and of the proved answers."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from examgen.bundle import task_json
from examgen.engines import _numpy
from examgen.errors import ProofError
from examgen.folder import task_failures
from examgen.graph import Graph, expand, split
from examgen.model import cells
from examgen.registry import asks_of
from examgen.testing._case import Case, CheckFailed, check
from examgen.verifying import DIGITS, ENGINES

SAME_BOX = 8  # draws with the same answer in a box from which on that is no accident


@check
def boxes_fit_the_graph(case: Case) -> None:
    """Every box asks for a node that is there, with index, shape and kind that fit; keys and points are in order."""
    for instance in case.instances[:1]:
        keys = [ask.key for ask in case.problem.asks(instance.params)]
        case.expect(keys and len(set(keys)) == len(keys), f"boxes are missing or share a key: {keys}")
    for graph, ask in case.boxes():
        case.expect(ask.node in graph, f"box {ask.key}: the graph has no node {ask.node!r}")
        node = graph[ask.node]
        slopes = not ask.gradient or node in graph.differentiable
        case.expect(slopes, f"box {ask.key} asks for a gradient that {ask.node} does not have")
        index = ask.index or ()
        inside = len(index) <= len(node.shape) and all(0 <= i < n for i, n in zip(index, node.shape, strict=False))
        case.expect(inside, f"box {ask.key}: index {ask.index} is outside {ask.node} of shape {node.shape}")
        left = node.shape[len(index) :]
        case.expect(ask.shape == left, f"box {ask.key} has shape {ask.shape} where {ask.node} leaves {left}")
        fits = (ask.kind == "array") == bool(ask.shape)
        case.expect(fits, f"box {ask.key} of shape {ask.shape} has kind {ask.kind!r}")
        choice = (ask.kind == "choice") == bool(ask.options) and len(set(ask.options)) == len(ask.options)
        case.expect(choice, f"box {ask.key} of kind {ask.kind!r} has the options {ask.options}")
        case.expect(len(ask.options) != 1, f"box {ask.key} has one option: nothing is left to choose")
        halves = ask.points > 0 and (2 * ask.points).denominator == 1
        case.expect(halves, f"box {ask.key} has {ask.points} points: give whole or half ones")


@check
def graph_survives_the_key(case: Case) -> None:
    """A graph written to `key.json` and read back is the same graph."""
    for graph in {case.graph(instance) for instance in case.instances}:
        case.expect(_survives(graph), f"{graph} does not come back from JSON as it was")


def _survives(graph: Graph) -> bool:
    try:
        return Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph
    except (TypeError, ValueError):
        return False


@check
def paper_expansion_agrees(case: Case) -> None:
    """The graph written out as on paper holds every node that is asked and gives the same values and gradients."""
    for instance in case.instances:
        graph = case.graph(instance)
        if expand(graph) == graph:
            continue
        data, upstream = split(graph, instance.data)
        short = _numpy.evaluate(graph, data, upstream, "exact")
        written = _numpy.evaluate(expand(graph), data, upstream, "exact")
        for ask in case.problem.asks(instance.params):
            what = "gradients" if ask.gradient else "values"
            case.expect(ask.node in getattr(written, what), f"written out, the graph has lost {what} of {ask.node}")
            ours, theirs = (getattr(found, what)[ask.node].ravel().tolist() for found in (short, written))
            same = all(abs(x - y) <= max(1, abs(x)) / 10**DIGITS for x, y in zip(ours, theirs, strict=True))
            case.expect(same, f"written out, {what} of {ask.node} are {theirs} instead of {ours}")


@check
def answers_are_proved(case: Case) -> None:
    """Every box of every instance is answered and certified by every engine."""
    for proof in case.proofs:
        if isinstance(proof, ProofError):
            raise CheckFailed(f"{case.problem.name}, preset {case.label}: {proof}") from proof
        asks = asks_of(proof.instance)
        case.expect(tuple(answer.ask for answer in proof.answers) == asks, "a box has no answer")
        case.expect([c.key for c in proof.certificates] == [ask.key for ask in asks], "an answer has no certificate")
        for certificate in proof.certificates:
            ran = set(certificate.bounds)
            case.expect(ran == set(ENGINES), f"box {certificate.key} was proved by {sorted(ran)} alone")


@check
def key_proves_again(case: Case) -> None:
    """What `key.json` holds of every solved instance is proved again from it alone, as `verify` does."""
    for solution in case.solutions:
        if not _survives(case.graph(solution.instance)):
            continue
        wrong = task_failures(json.loads(json.dumps(task_json(1, solution, "en"))))
        case.expect(not wrong, "; ".join(wrong))


@check
def accepted_holds_the_answer(case: Case) -> None:
    """The accepted interval holds the exact value, and a whole number accepts itself alone."""
    for answer in (answer for solution in case.solutions for answer in solution.answers):
        ends = [Fraction(end) for end in cells(answer.accept)]
        for value, low, high in zip(cells(answer.value), ends[::2], ends[1::2], strict=True):
            inside = low == value == high if answer.decimals == 0 else low < value < high
            case.expect(inside, f"box {answer.ask.key} accepts {low} to {high}, and the answer is {value}")


@check
def whole_boxes_hold_whole_numbers(case: Case) -> None:
    """Where an integer is asked, the answer is one; where a choice is, it is the place of an option."""
    for answer in (answer for solution in case.solutions for answer in solution.answers):
        if answer.ask.whole:
            whole = all(Fraction(cell).denominator == 1 for cell in cells(answer.value))
            case.expect(whole, f"box {answer.ask.key} asks for a whole number, and the answer is {answer.value}")
        if answer.ask.options:
            there = answer.value in range(1, len(answer.ask.options) + 1)
            case.expect(there, f"box {answer.ask.key} has {len(answer.ask.options)} options, and the answer is {answer.value}")


@check
def answers_are_not_trivial(case: Case) -> None:
    """No variant's answers are all 0 or all the same, and no box has the same answer in every variant."""
    by_box: dict[str, list[Any]] = {}
    for solution in case.solutions:
        found = [cell for answer in solution.answers for cell in cells(answer.value)]
        case.expect(any(found), f"every answer is 0 in {dict(solution.instance.data)}")
        same = len(found) > 2 and len(set(found)) == 1
        case.expect(not same, f"every answer is {found[0]} in {dict(solution.instance.data)}")
        for answer in solution.answers:
            by_box.setdefault(answer.ask.key, []).append(answer.value)
    for key, values in by_box.items():
        case.expect(len(values) < SAME_BOX or len(set(values)) > 1, f"box {key} is {values[0]} in every variant")
