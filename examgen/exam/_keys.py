"""The keys of a definition as pydantic checks them, and its complaints as sentences."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from examgen.errors import InputError, meant
from examgen.problem import shown


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class TaskKeys(_Strict):
    problem: Any
    preset: Any = None
    params: dict[str, Any] = {}
    data: dict[str, Any] | None = None
    points: Any = None
    working: int | None = Field(None, ge=1, le=9)
    decimals: int | None = Field(None, ge=0, le=6)
    space: Any = None


class Definition(_Strict):
    title: Any
    course: Any = None
    date: Any = None
    paper: Any = "A4"
    duplex: bool = False
    space: Any = None
    templates: str | None = Field(None, min_length=1)
    language: str = "en"
    minutes: int = Field(45, ge=1, le=1000)
    variants: int = Field(ge=1, le=100_000)
    seed: str | None = Field(None, min_length=1)
    seed_file: str | None = None
    sitting: int = Field(1, ge=1, le=9)
    working: int = Field(4, ge=1, le=9)
    decimals: int = Field(2, ge=0, le=6)
    calculator: str = "scientific"
    formulas: bool = False
    exact_forms: bool = True
    decimal_comma: bool | None = None
    pdf: str = "ua"
    tagged: bool = True
    band: Any = 10
    avoid: list[str] = Field([], max_length=40)
    follow: Any = 1
    blank: str = "implied"
    cells: str = "half"
    task: list[TaskKeys] = Field(min_length=1, max_length=40)


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(f"{name} = {shown(value)}: allowed are {', '.join(map(repr, allowed))}")


def band_of(percent: Any) -> Fraction:
    """By how much effort and minutes may differ, from percent."""
    number = isinstance(percent, int | Decimal) and not isinstance(percent, bool)
    if not number or not Decimal(percent).is_finite() or not 1 <= percent <= 100:
        raise InputError(f"band = {shown(percent)}: give the percent by which variants may differ in effort, 1 to 100")
    return Fraction(percent) / 100


_WORDS = {
    "int_type": "expected a whole number",
    "string_type": "expected text in quotes",
    "bool_type": "expected true or false",
    "list_type": "expected a list, in square brackets",
    "dict_type": "expected a table",
    "model_type": "expected a table",
}


def complaint(error: ValidationError) -> str:
    """Pydantic's first complaint as one sentence: the place, what came, what is allowed."""
    first = error.errors(include_url=False)[0]
    where = list(first["loc"])
    task = f"task {int(where[1]) + 1}: " if where[:1] == ["task"] and len(where) > 1 else ""
    name = ".".join(str(part) for part in (where[2:] if task else where))
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        model = TaskKeys if task else Definition
        allowed = model.model_fields
        return f"{task}unknown key {name!r}: {meant(name, allowed)}allowed are {', '.join(allowed)}"
    if kind == "missing":
        return f"{task}missing key {name!r}"
    if kind in _WORDS:
        word = "expected [[task]] tables" if (name, kind) == ("task", "list_type") else _WORDS[kind]
        return f"{task}{name or 'task'} = {shown(first['input'])}: {word}"
    bounds = {"greater_than_equal": ("at least", "ge"), "less_than_equal": ("at most", "le")}
    if kind in bounds:
        word, bound = bounds[kind]
        return f"{task}{name} = {shown(first['input'])}: must be {word} {context[bound]}"
    if kind == "too_short":
        return f"{task}{name}: there is no [[task]], give at least one"
    return f"{task}{name} = {shown(first['input'])}: {first['msg'][0].lower()}{first['msg'][1:]}"
