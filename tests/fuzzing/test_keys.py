"""A key that somebody has changed is told to be none before anybody computes with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from examgen import keyfile
from examgen.errors import InputError
from examgen.folder import task_failures
from examgen.marking import grade
from tests.fuzzing.inputs import key_text

Change = Callable[[dict[str, Any]], Any]


def image(task: dict[str, Any]) -> list[list[Any]]:
    """The first matrix that is given."""
    return next(value for value in task["data"].values() if isinstance(value, list) and isinstance(value[0], list))


CHANGES: dict[str, Change] = {
    "a row too few": lambda task: image(task).pop(),
    "a ragged row": lambda task: image(task)[0].pop(),
    "a word among numbers": lambda task: image(task)[0].__setitem__(0, None),
    "another box's index": lambda task: task["answers"][0].update(index=[99]),
    "no cell of its value": lambda task: task["answers"][0].update(value=[]),
    "an interval too few": lambda task: task["answers"][0]["accept"].clear(),
    "points below 0": lambda task: task["answers"][0].update(points=-1),
    "a billion decimals": lambda task: task.update(working=10**9),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_key_is_one_sentence(change: Change) -> None:
    """Variant, what does not fit, the remedy."""
    document = json.loads(key_text())
    change(document["variants"][0]["tasks"][0])
    with pytest.raises(InputError, match=r"not what a build writes .*build the folder again"):
        grade(document, {})


def test_a_changed_graph_is_told_by_verify() -> None:
    """What a framework refuses to compute does not hold, and is no traceback."""
    task = json.loads(key_text())["variants"][0]["tasks"][0]
    assert [] == task_failures(task)
    task["graph"]["nodes"][0]["attrs"]["discrete"] = True
    (failure,) = task_failures(task)
    assert failure.startswith("its entry in key.json cannot be evaluated (RuntimeError: ")


def test_the_unchanged_key_is_read() -> None:
    """The tooth: as it was built it marks."""
    assert keyfile.read(json.loads(key_text())).variants[0].boxes
    assert 0 == grade(json.loads(key_text()), {}).points
