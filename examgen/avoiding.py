"""What an earlier exam held, read from its `key.json` alone, so that no variant of this one repeats it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from examgen.bundle import FORMAT, exact_data, task_graph
from examgen.differing import Marks, marks, printed
from examgen.effort import numbers_of, work_for
from examgen.errors import DefinitionError, InputError
from examgen.model import Ask, freeze


def earlier(keys: Iterable[Path]) -> Iterator[tuple[str, Marks]]:
    """Problem type and marks of every task of every variant, in their order.

    Raises: DefinitionError naming the file where one cannot be read, or is no key.
    """
    for path in keys:
        for variant in _variants(path):
            try:
                yield from [(task["problem"], _marks(task)) for task in variant["tasks"]]
            except (LookupError, TypeError, ValueError, ArithmeticError, InputError) as error:
                raise _refused(path, f"it cannot be evaluated ({type(error).__name__})") from None


def _variants(path: Path) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise _refused(path, f"it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise _refused(path, "it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or not isinstance(document.get("variants"), list):
        raise _refused(path, f"it is no key of format {FORMAT}")
    return list(document["variants"])


def _refused(path: Path, why: str) -> DefinitionError:
    return DefinitionError(f"avoid: {path}: {why}, give the key.json of an earlier build")


def _marks(task: Mapping[str, Any]) -> Marks:
    """Worked out anew from data and graph; boxes are rounded as they were then."""
    graph = task_graph(task)
    data = {name: freeze(value) for name, value in exact_data(task["data"]).items()}
    asks, places = [], []
    for answer in task["answers"]:
        index = None if answer["index"] is None else tuple(answer["index"])
        asks.append(Ask(answer["key"], answer["node"], "", answer["kind"], answer["gradient"], index))
        places.append(answer["decimals"])
    work = work_for(graph, tuple(asks))
    numbers = numbers_of(work, data)
    boxes = [
        tuple(printed(numbers[name][cell], decimals) for name, cell in box)
        for box, decimals in zip(work.boxes, places, strict=True)
    ]
    return marks(work, numbers, data, boxes)
