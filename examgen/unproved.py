"""Keys without proofs, for students who check and practise at once: what one engine finds, with all that marking needs.

No SymPy and no PyTorch is loaded. What is printed and handed out is marked by the key of a build, whose answers are proved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from examgen import codes, keyfile
from examgen.bundle import key_json, task_json
from examgen.errors import InputError
from examgen.exam import Exam
from examgen.mistaken import mistaken
from examgen.model import Instance, Solution
from examgen.points import Points
from examgen.registry import problem
from examgen.render.language import say
from examgen.selecting import variants
from examgen.sheets import Variant
from examgen.solving import STANDARD, Contract, reckoned

SEED = "practice"  # of the codes of tasks that belong to no exam


def unproved_key(exam: Exam, count: int | None = None) -> dict[str, Any]:
    """What `key.json` of a build holds, of the first `count` variants or of all, but for closed forms: every `exact` is null.

    Raises: as `selecting.variants`; InputError where pinned numbers leave something without a value.
    """
    return _as_read(key_json(exam, [(variant, _solutions(exam, variant)) for variant in variants(exam, count)]))


def task_key(
    instance: Instance, language: str, *, number: int = 1, points: Points = None, contract: Contract = STANDARD,
    rules: keyfile.Rules = keyfile.STANDARD,
) -> dict[str, Any]:
    """A key of one variant with this task alone, whose boxes are those of task `number`; its title is the problem's."""
    solution = unproved_solution(instance, contract)
    task = task_json(number, solution, language, points, contract.working)
    variant = {"number": number, "code": codes.encode(number, SEED), "tasks": [task]}
    title = say(language, problem(instance.problem).title)
    key = {"format": keyfile.FORMAT, "title": title, "exam": codes.identity(SEED), "language": language}
    return _as_read({**key, "marking": rules.to_json(), "variants": [variant]})


def unproved_solution(instance: Instance, contract: Contract = STANDARD) -> Solution:
    """Values, what is accepted, and what mistakes lead to. Raises: InputError where something has no value."""
    try:
        solution = reckoned(instance, contract)
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("with these numbers something has no value, such as a quotient by 0: change them") from None
    return replace(solution, mistakes=mistaken(solution))


def _solutions(exam: Exam, variant: Variant) -> tuple[Solution, ...]:
    return tuple(
        unproved_solution(instance, Contract(task.working, task.decimals))
        for task, instance in zip(exam.tasks, variant.instances, strict=True)
    )


def _as_read(document: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from its file: lists, and numbers as JSON has them."""
    return dict(json.loads(json.dumps(document)))
