"""Keys to mark by: one variant with one task, of every preset or of a formula of one's own, and answers written for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any

from examgen import codes
from examgen.bundle import task_json
from examgen.keyfile import FORMAT, Rules
from examgen.mistaken import mistaken
from examgen.model import Instance
from examgen.registry import preset, problem, problems
from examgen.solving import STANDARD, Contract, draw, solve

Cell = Callable[[Fraction, int], str]  # writes a number with so many decimals
ALL = [(name, label) for name, chosen in problems().items() for label in chosen.presets]


@cache
def _text(instance_of: Callable[[], Instance], contract: Contract, language: str) -> str:
    instance = instance_of()
    solution = solve(instance, contract.decimals, working=contract.working)
    task = task_json(1, replace(solution, mistakes=mistaken(solution)), language, working=contract.working)
    variant = {"number": 1, "code": codes.encode(1, "marking"), "tasks": [task]}
    return json.dumps({"format": FORMAT, "title": "A test", "language": language, "variants": [variant]})


@cache
def _drawn(name: str, label: str, turn: int) -> Callable[[], Instance]:
    return lambda: draw(name, preset(name, label), "marking", turn)


def key_of(
    name: str, label: str, turn: int = 0, *, language: str = "en", contract: Contract = STANDARD, **rules: Any
) -> dict[str, Any]:
    """The key of a drawn task, as it is read from its file; `rules` are those of `marking` in it."""
    document = json.loads(_text(_drawn(name, label, turn), contract, language))
    return {**document, "marking": Rules(**rules).to_json()}


@cache
def _pinned(name: str, label: str, params: str, data: str) -> Callable[[], Instance]:
    chosen = problem(name)
    asked = chosen.with_params(json.loads(params)) if json.loads(params) else chosen.presets[label].params
    return lambda: chosen.pin(json.loads(params), json.loads(data, parse_float=Fraction), asked)


def pinned(
    name: str, label: str, data: Mapping[str, Any], params: Mapping[str, Any] | None = None, **rules: Any
) -> dict[str, Any]:
    """The key of numbers of one's own, in a preset or with parameters of one's own."""
    document = json.loads(_text(_pinned(name, label, json.dumps(params or {}), json.dumps(data)), STANDARD, "en"))
    return {**document, "marking": Rules(**rules).to_json()}


def task(key: Mapping[str, Any]) -> dict[str, Any]:
    """The only task of a key."""
    ((found,),) = [variant["tasks"] for variant in key["variants"]]
    return dict(found)


def boxes(key: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(task(key)["answers"])


def half_up(number: Fraction, decimals: int) -> str:
    """As most people round."""
    units = floor(abs(number) * 10**decimals + Fraction(1, 2))
    return _decimal(-units if number < 0 else units, decimals)


def cut(number: Fraction, decimals: int) -> str:
    """As a display that is too short does."""
    units = floor(abs(number) * 10**decimals)
    return _decimal(-units if number < 0 else units, decimals)


def _decimal(units: int, decimals: int) -> str:
    digits = str(abs(units)).rjust(decimals + 1, "0")
    return ("-" if units < 0 else "") + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def written(value: Any, decimals: int, cell: Cell = half_up) -> str:
    """A number, or a matrix row by row."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        inside = [written(part, decimals, cell) for part in value]
        return "[" + ", ".join(inside) + "]"
    return cell(Fraction(value), decimals)


def right(key: Mapping[str, Any], cell: Cell = half_up) -> dict[str, str]:
    """What a student writes who has everything right."""
    return {box["label"]: written(box["value"], box["decimals"], cell) for box in boxes(key)}


def flat(value: Any) -> Iterator[Any]:
    """The numbers of nested lists, row by row."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from flat(part)
    else:
        yield value
