"""What an earlier exam held, read from its `key.json` alone, so that no variant of this one repeats it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examgen.differing import Marks, marks, printed
from examgen.effort import GRID, numbers_of, work_for
from examgen.errors import DefinitionError
from examgen.keyfile import FORMAT, task_graph
from examgen.model import Ask
from examgen.problem import exact_value
from examgen.registry import problem

LARGEST = 100_000  # cells of a task's graph


@dataclass(frozen=True)
class Earlier:
    """A variant of an earlier exam: its place, its code, and problem type and marks of its tasks."""

    number: int
    code: str
    tasks: tuple[tuple[str, Marks], ...]


def earlier(path: Path) -> Iterator[Earlier]:
    """The variants of an earlier exam, in their order.

    Raises: DefinitionError naming the file where it cannot be read, or is no key.
    """
    for variant in _variants(path):
        try:
            tasks = tuple((problem(task["problem"]).name, _marks(task)) for task in variant["tasks"])
            yield Earlier(int(variant["number"]), str(variant["code"]), tasks)
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
            raise refused(path, f"it cannot be evaluated ({type(error).__name__})") from None


def _variants(path: Path) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise refused(path, "it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or not isinstance(document.get("variants"), list):
        raise refused(path, f"it is no key of format {FORMAT}")
    return list(document["variants"])


def refused(path: Path, why: str) -> DefinitionError:
    """What is said of a key that cannot be used."""
    return DefinitionError(f"avoid: {path}: {why}, give the key.json of an earlier build")


def _marks(task: Mapping[str, Any]) -> Marks:
    """Worked out anew from data and graph; boxes are rounded as they were then."""
    graph = task_graph(task)
    if graph.size > LARGEST:
        raise ValueError("no task is so large")
    data = {name: exact_value(name, value) for name, value in task["data"].items()}
    asks, places = [], []
    for answer in task["answers"]:
        index = None if answer["index"] is None else tuple(answer["index"])
        asks.append(Ask(answer["key"], answer["node"], "", answer["kind"], answer["gradient"], index))
        places.append(range(GRID)[answer["decimals"]])
    work = work_for(graph, tuple(asks))
    numbers = numbers_of(work, data)
    boxes = [
        tuple(printed(numbers[name][cell], decimals) for name, cell in box)
        for box, decimals in zip(work.boxes, places, strict=True)
    ]
    return marks(work, numbers, data, boxes)
