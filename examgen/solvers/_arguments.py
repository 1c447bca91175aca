"""What callers pass, checked once: whatever `numpy.asarray` takes becomes floats for engines and exact numbers for paper."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from operator import index
from typing import Any

import numpy as np
import numpy.typing as npt

from examgen.errors import InputError
from examgen.model import Exact, nest
from examgen.problem import shown

Array = npt.NDArray[Any]
Shape = tuple[int, ...]
REAL = "give real numbers"


@dataclass(frozen=True)
class Given:
    """A checked array of finite numbers: of a float or integer dtype, or of objects that are fractions."""

    array: Array

    @property
    def shape(self) -> Shape:
        return self.array.shape

    @property
    def floats(self) -> Array:
        """As float64, without a copy where it is that already."""
        return self.array.astype(np.float64, copy=False)

    @property
    def exact(self) -> Exact:
        """Nested tuples of ints and fractions: a float is the shortest decimal that it is printed as."""
        return nest([_exact(cell) for cell in self.array.ravel()], self.shape)

    def reshaped(self, dims: Shape) -> Given:
        return Given(self.array.reshape(dims))

    def copy(self) -> Given:
        """Numbers that stay when the caller changes the array."""
        return Given(self.array.copy())


def numbers(name: str, value: Any) -> Given:
    """Lists, arrays, tensors, scalars of real finite numbers. Raises: InputError naming the argument and what came."""
    if isinstance(value, Given):
        return value
    try:
        array = np.asarray(_plain(name, value))
    except InputError:
        raise
    except (ValueError, TypeError, RuntimeError):
        raise InputError(f"{name} is ragged, or no array: every row must have as many numbers as the first") from None
    if not array.size:
        raise InputError(f"{name} is empty, of shape {array.shape}: give at least one number")
    if array.dtype == object:
        return Given(_fractions(name, array))
    if array.dtype.kind not in "iuf":
        raise InputError(f"{name} holds {_kind(array)}: {REAL}")
    if array.dtype.itemsize > 8 or array.dtype.byteorder not in "=|":
        array = array.astype(np.float64)
    if array.dtype.kind == "f" and not finite(array):
        raise InputError(f"{name} holds {array[~np.isfinite(array)].flat[0]}: give finite numbers")
    return Given(array)


def finite(array: Array) -> bool:
    """Whether there is no nan and no infinity, found without an array of answers."""
    return not array.size or bool(np.isfinite(array.min()) and np.isfinite(array.max()))


def _plain(name: str, value: Any) -> Any:
    """Tensors as arrays, and no bools, which NumPy would take for numbers among numbers."""
    if isinstance(value, (bool, np.bool_)):
        raise InputError(f"{name} holds {value}: {REAL}, not truth values")
    if isinstance(value, (list, tuple)):
        return [_plain(name, part) for part in value]
    torch: Any = sys.modules.get("torch")  # nobody can pass a tensor of a library that is not loaded
    if torch is not None and isinstance(value, getattr(torch, "Tensor", ())):
        tensor: Any = value.detach().cpu()  # type: ignore[union-attr]  # a tensor, which mypy is not to import
        return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return value


def _kind(array: Array) -> str:
    kinds = {"b": "truth values", "c": "complex numbers", "U": "text", "S": "bytes", "M": "dates", "m": "times"}
    return kinds.get(array.dtype.kind, f"things of type {array.dtype}")


def _fractions(name: str, array: Array) -> Array:
    flat = np.empty(array.size, dtype=object)
    flat[:] = [_fraction(name, cell) for cell in array.ravel()]
    try:
        flat.astype(np.float64)
    except OverflowError:
        raise InputError(f"{name} holds a number beyond ±1.8e308: give smaller numbers") from None
    return flat.reshape(array.shape)


def _fraction(name: str, cell: Any) -> Fraction:
    if isinstance(cell, (bool, np.bool_)) or not isinstance(cell, (Rational, Decimal, float, np.floating, np.integer)):
        raise InputError(f"{name} holds {shown(cell)} ({type(cell).__name__}): {REAL}")
    try:
        return Fraction(_exact(cell))
    except (ValueError, ArithmeticError):
        raise InputError(f"{name} holds {cell}: give finite numbers") from None


def _exact(cell: Any) -> int | Fraction:
    if isinstance(cell, Rational):
        exact = Fraction(int(cell.numerator), int(cell.denominator))
    elif isinstance(cell, (float, np.floating)):
        exact = Fraction(str(cell))
    else:
        exact = Fraction(cell)
    return int(exact) if exact.denominator == 1 else exact


def number(name: str, value: Any) -> Fraction:
    """One number, floats read by their shortest decimal."""
    given = numbers(name, value)
    if given.shape:
        raise InputError(f"{name} has shape {given.shape}: give one number")
    return Fraction(given.exact)


def whole(name: str, value: Any, low: int) -> int:
    """One whole number, at least `low`."""
    found = _index(value)
    if found is None:
        raise InputError(f"{name} is {shown(value)}: give a whole number")
    if found < low:
        raise InputError(f"{name} is {found}: give at least {low}")
    return found


def pair(name: str, value: Any, low: int) -> tuple[int, int]:
    """A whole number for both axes, or (vertical, horizontal)."""
    parts = (value, value) if _index(value) is not None else _listed(value)
    if len(parts) != 2 or any(_index(part) is None for part in parts):
        raise InputError(f"{name} is {shown(value)}: give a whole number or a pair of them")
    return whole(name, parts[0], low), whole(name, parts[1], low)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim) else ()


def _index(value: Any) -> int | None:
    """A whole number of any library as an int; None for anything else."""
    try:
        return None if isinstance(value, (bool, np.bool_)) else index(value)
    except TypeError:
        return None


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise InputError(f"{name} is {shown(value)}: give True or False")
    return bool(value)


def choice(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    """One of a few words or numbers."""
    if not isinstance(value, (str, bool)) and (number := _index(value)) is not None:
        value = number
    if type(value) not in (str, int, type(None)) or value not in allowed:
        raise InputError(f"{name} is {shown(value)}: give {' or '.join(map(repr, allowed))}")
    return value


def labels(value: Any, samples: int, classes: int) -> Given:
    """One class per sample, counted from 0; floats that are whole will do, as tables read from files have them."""
    given = numbers("labels", value)
    if given.shape != (samples,):
        raise InputError(f"labels has shape {given.shape}, expected ({samples},): give one class number per sample")
    cells = given.array
    if wrong := [cell for cell in cells[(cells < 0) | (cells >= classes) | (cells % 1 != 0)][:1]]:
        allowed = f"with {classes} classes a label is a whole number from 0 to {classes - 1}"
        raise InputError(f"labels holds {wrong[0]}: {allowed}")
    return Given(cells.astype(np.int64))
