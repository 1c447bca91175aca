"""One's own numbers solved: results by an engine, worked steps, and the documents that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from examgen.answers import decimals_of
from examgen.bundle import plain
from examgen.errors import InputError
from examgen.graph import Graph
from examgen.model import Instance, Step, What
from examgen.problem import Problem
from examgen.registry import asks_of
from examgen.render.html import homework_html
from examgen.render.language import say
from examgen.render.paper import Head, SolvedTask, WrittenStep
from examgen.solvers import Result, solve
from examgen.writing import Box, Style, write


@dataclass(frozen=True)
class Solved:
    """One task of one's own: its numbers, what an engine found, and the worked solution.

    `note` says why there are no steps: the task may be too large to be read, or its numbers to be written out.
    """

    problem: Problem
    instance: Instance
    engine: str
    result: Result
    steps: tuple[Step, ...]
    boxes: Mapping[What, Box]
    note: str = ""

    def written(self, style: Style, *, full: bool = True) -> tuple[WrittenStep, ...]:
        return write(self.steps, style, self.boxes, full=full)

    def to_dict(self, style: Style, *, full: bool = True) -> dict[str, Any]:
        """Plain data for JSON: numbers given, results, and the steps as text in the language."""
        return {
            "problem": self.problem.name,
            "params": {name: plain(value) for name, value in asdict(self.instance.params).items()},
            "data": {name: plain(value) for name, value in self.instance.data.items()},
            "engine": self.engine,
            "result": self.result.to_dict(),
            "steps": [_step(step) for step in self.written(style, full=full)],
            **({"note": self.note} if self.note else {}),
        }


def solved(instance: Instance, chosen: Problem, engine: str = "numpy", decimals: int = 2) -> Solved:
    """The task solved by an engine. Raises: InputError where a node has no value, EngineUnavailable."""
    graph = chosen.own_graph(instance.params, instance.data)
    result = solve(chosen.name, graph, instance.data, engine=engine)
    try:
        steps, note = result.steps, ""
    except InputError as error:
        steps, note = (), str(error)
    return Solved(chosen, instance, engine, result, steps, _boxes(chosen, instance, graph, decimals), note)


def _boxes(chosen: Problem, instance: Instance, graph: Graph, decimals: int) -> dict[What, Box]:
    """What a sheet would ask of these numbers; nothing where a sheet could not ask it, as of a formula of matrices."""
    try:
        printed = {node.name: node.shape for node in chosen.graph(instance.params).nodes}
        asks = asks_of(instance) if printed == {node.name: node.shape for node in graph.nodes} else ()
    except InputError:
        asks = ()
    return {
        (ask.node, ask.gradient, ask.index or ()): Box(decimals_of(graph, ask, decimals), choices=len(ask.options))
        for ask in asks
    }


def page(tasks: Sequence[Solved], style: Style, *, full: bool, screen: bool) -> str:
    """The tasks as one HTML document, for a browser (`screen`) or for the printer.

    Raises: InputError where a task has no worked solution to be shown.
    """
    if note := next((task.note for task in tasks if task.note), ""):
        raise InputError(f"{note}; leave --html and --pdf out for the results alone")
    head = Head(say(style.language, "Worked solution"), style.language, working=style.working, comma=style.comma)
    shown = [
        SolvedTask(number, say(style.language, task.problem.title), task.written(style, full=full))
        for number, task in enumerate(tasks, 1)
    ]
    return homework_html(head, shown, screen=screen)


def _step(step: WrittenStep) -> dict[str, Any]:
    """What the step says and states; a circuit's numbers stand in the results."""
    return {
        "key": step.key,
        "says": step.says,
        "lines": [" ".join([line.left, *(f"{sign} {form}" for sign, form in line.forms)]) for line in step.lines],
        "grids": [{"symbol": grid.symbol, "rows": [[cell.text for cell in row] for row in grid.rows]} for grid in step.grids],
        "edges": [asdict(edge) for edge in step.edges],
    }
