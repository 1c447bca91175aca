"""Files that people hand in, read within bounds: neither a huge one nor a device or pipe without an end fills the memory."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from typing import IO

from examgen.errors import InputError


def content(path: Traversable, most: int, what: str) -> bytes:
    """All of a file. Raises: OSError; InputError where it holds more than so many bytes, which no such thing does."""
    with path.open("rb") as file:
        return drained(file, most, f"{path}: is larger than {most // 10**6} MB, which no {what} is")


def drained(file: IO[bytes], most: int, complaint: str) -> bytes:
    """All that is left in a file or pipe. Raises: InputError with the complaint where that is more than so many bytes."""
    found = file.read(most + 1)
    if len(found) > most:
        raise InputError(complaint)
    return found
