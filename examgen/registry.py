"""The problem types there are: the modules of `examgen.problems`, and what other distributions bring by entry points.

One of another distribution that cannot be used is left out and named, with the reason, in `faults`; the others go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Any

from examgen import problems as package
from examgen.errors import InputError, meant
from examgen.graph import Graph
from examgen.mistakes import Mistake
from examgen.model import Ask, Calculator, Instance, cells
from examgen.plugins import Plugin, plugins, told
from examgen.problem import Preset, Problem


def problems() -> Mapping[str, Problem]:
    """Name -> problem type, in order of name."""
    return _installed()[0]


def faults() -> Mapping[str, str]:
    """Name -> why a problem type of another distribution is left out: a sentence that names both."""
    return _installed()[1]


@cache
def shipped() -> Mapping[str, Problem]:
    """Those of this package: every module of `examgen.problems` that does not begin with an underscore."""
    names = sorted(module.name for module in iter_modules(package.__path__) if not module.name.startswith("_"))
    found = [import_module(f"{package.__name__}.{name}").PROBLEM for name in names]
    return MappingProxyType({problem.name: problem for problem in found})


@cache
def _installed() -> tuple[Mapping[str, Problem], Mapping[str, str]]:
    known, left_out = dict(shipped()), {}
    for plugin in plugins():
        found = _loaded(plugin)
        if isinstance(found, Problem):
            known[plugin.name] = found
        else:
            left_out[plugin.name] = f"the problem {plugin.name!r} of {plugin.distribution} is left out: {found}"
    return MappingProxyType(dict(sorted(known.items()))), MappingProxyType(left_out)


def _loaded(plugin: Plugin) -> Problem | str:
    """The problem type, or why it cannot be used."""
    if plugin.name in shipped():
        return "examgen has one of its own that is called so, choose another name"
    if plugin.fault:
        return plugin.fault
    try:
        found = getattr(import_module(plugin.module), plugin.attribute)
    except (Exception, SystemExit) as error:  # whatever its code does, all other problems go on
        return f"{plugin.module}:{plugin.attribute} cannot be imported: {told(error)}"
    try:
        return _misfit(plugin.name, found) or found
    except (Exception, SystemExit) as error:
        return f"{plugin.module} stumbles over its own presets: {told(error)}"


def _misfit(name: str, found: Any) -> str:
    """What would make an object stumble wherever problems are listed; the rest is for the conformance suite."""
    if not isinstance(found, Problem):
        return f"its entry point leads to {type(found).__name__}, not to an instance of a subclass of Problem"
    if missing := [part for part in ("name", "title", "source", "params", "presets", "default") if not hasattr(found, part)]:
        return f"it has no {missing[0]}"
    if found.name != name:
        return f"it calls itself {found.name!r}, write that name in the entry point too"
    if found.default not in found.presets:
        return f"its default {found.default!r} is none of its presets"
    for preset in found.presets.values():
        found.tables(preset.params)
    return ""


def problem(name: str) -> Problem:
    """Raises: InputError for a name that is no problem type, or one that had to be left out."""
    known = problems()
    if name in known:
        return known[name]
    if name in faults():
        raise InputError(faults()[name])
    left_out = f"; left out are {', '.join(faults())}, examgen problems says why" if faults() else ""
    raise InputError(f"unknown problem {name!r}: {meant(name, known)}there are {', '.join(known)}{left_out}")


def preset(name: str, label: str) -> Preset:
    """Raises: InputError for a preset the problem does not have."""
    known = problem(name).presets
    if label not in known:
        raise InputError(f"{name} has no preset {label!r}: {meant(label, known)}it has {', '.join(known)}")
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


def look_again() -> None:
    """What is installed is found anew too."""
    forget()
    plugins.cache_clear()
    _installed.cache_clear()
