"""The problem types there are: every module of `examgen.problems` that does not begin with an underscore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from examgen import problems as package
from examgen.errors import InputError
from examgen.graph import Graph
from examgen.mistakes import Mistake
from examgen.model import Ask, Calculator, Instance, cells
from examgen.problem import Preset, Problem


@cache
def problems() -> Mapping[str, Problem]:
    """Name -> problem type, in order of name."""
    names = sorted(module.name for module in iter_modules(package.__path__) if not module.name.startswith("_"))
    found = [import_module(f"{package.__name__}.{name}").PROBLEM for name in names]
    return MappingProxyType({problem.name: problem for problem in found})


def problem(name: str) -> Problem:
    """Raises: InputError for a name that is no problem type."""
    known = problems()
    if name not in known:
        raise InputError(f"unknown problem {name!r}: there are {', '.join(known)}")
    return known[name]


def preset(name: str, label: str) -> Preset:
    """Raises: InputError for a preset the problem does not have."""
    known = problem(name).presets
    if label not in known:
        raise InputError(f"{name} has no preset {label!r}: it has {', '.join(known)}")
    return known[label]


def asks_of(instance: Instance) -> tuple[Ask, ...]:
    """The boxes of an instance: a problem's whole-number boxes take any number where pinned data are not whole."""
    asks = _asks(instance.problem, instance.params)
    if all(isinstance(cell, int) for value in instance.data.values() for cell in cells(value)):
        return asks
    return tuple(_of_numbers(ask) if ask.whole and not ask.options else ask for ask in asks)


@lru_cache(maxsize=1024)
def _asks(name: str, params: Any) -> tuple[Ask, ...]:
    return problem(name).asks(params)


def _of_numbers(ask: Ask) -> Ask:
    return replace(ask, kind="number" if ask.kind == "integer" else ask.kind, cell_kind="number")


@lru_cache(maxsize=1024)
def mistakes_of(name: str, params: Any) -> tuple[Mistake, ...]:
    """The mistakes of a problem's parameters, made once, so that what follows from them is found once."""
    return problem(name).mistakes(params)


@lru_cache(maxsize=1024)
def graph_of(name: str, params: Any) -> Graph:
    """The graph of a problem's parameters, built once: all instances of one structure share it."""
    return problem(name).graph(params)


@lru_cache(maxsize=1024)
def calculator_of(name: str, params: Any) -> Calculator:
    """The least calculator that a problem's parameters can be worked out with."""
    return problem(name).calculator(params)


@lru_cache(maxsize=1024)
def tables_of(name: str, params: Any) -> tuple[str, ...]:
    """The functions whose tables stand in for the calculator that a problem's parameters need."""
    return problem(name).tables(params)


def unrounded(name: str, params: Any) -> bool:
    """Whether answers are left as fractions and functions: no calculator is needed although there are functions."""
    return calculator_of(name, params) == "none" and graph_of(name, params).transcendental


def forget() -> None:
    """What is kept of problems by their names is found anew."""
    for kept in (graph_of, mistakes_of, calculator_of, tables_of, _asks):
        kept.cache_clear()
