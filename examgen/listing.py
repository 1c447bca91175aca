"""Problem types, presets and parameters as tables for the terminal."""

from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from typing import Any

from rich.table import Table

from examgen.problem import PLENTY, Preset, Problem
from examgen.registry import problems


def overview() -> Table:
    """One row per problem and preset."""
    table = _table("problem", "preset", "minutes", "calculator", "use")
    said = "* is taken where an exam names no preset; tables are handed out with formulas = true"
    table.caption, table.caption_justify = said, "left"
    for chosen in problems().values():
        for place, (label, preset) in enumerate(chosen.presets.items()):
            table.add_row("" if place else chosen.name, *_preset(chosen, label, preset))
    return table


def presets(chosen: Problem) -> Table:
    """One row per preset of a problem, with what it changes and about how many variants it holds."""
    table = _table("preset", "minutes", "calculator", "use", "variants", "parameters")
    for label, preset in chosen.presets.items():
        room = f"{PLENTY:,}+" if preset.room is None else f"~{preset.room:,}"
        table.add_row(*_preset(chosen, label, preset), room, _changes(preset.params))
    return table


def parameters(chosen: Problem) -> Table:
    """One row per parameter: default, allowed values, meaning."""
    table = _table("parameter", "default", "allowed", "meaning")
    for f in fields(chosen.params):
        table.add_row(f.name, _value(f.default), _allowed(f), f.metadata["doc"])
    return table


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, no_wrap=head in ("problem", "preset", "minutes", "parameter"))
    return table


def _preset(chosen: Problem, label: str, preset: Preset) -> tuple[str, ...]:
    low, high = preset.minutes
    minutes = f"{low:g}" if low == high else f"{low:g}–{high:g}"
    needed = preset.calculator + (" or table" if chosen.tables(preset.params) else "")
    return (label + (" *" if label == chosen.default else ""), minutes, needed, preset.use)


def _changes(params: Any) -> str:
    changed = ((f.name, getattr(params, f.name)) for f in fields(params) if getattr(params, f.name) != f.default)
    return ", ".join(f"{name} = {_value(value)}" for name, value in changed)


def _allowed(f: Any) -> str:
    if f.metadata["choices"]:
        return ", ".join(map(_value, f.metadata["choices"]))
    low, high = f.metadata["low"], f.metadata["high"]
    if low is not None or high is not None:
        return f"{'' if low is None else low}…{'' if high is None else high}"
    return "true, false" if isinstance(f.default, bool) else ""


def _value(value: Any) -> str:
    """As TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value) if isinstance(value, (int, Fraction)) else f"{value:g}"
