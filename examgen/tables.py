"""TOML files of all kinds, read with their numbers as they are written."""

from __future__ import annotations

import re
import tomllib
import zipfile
import zlib
from decimal import Decimal
from importlib.resources.abc import Traversable
from typing import Any

from examgen import bounded
from examgen.errors import DefinitionError, InputError

LARGEST = 2_000_000  # bytes
SHOWN = 60  # characters of a line that a complaint repeats
# thousands of names in one key, each in the one before it: to read them takes time with the square of their number
_DEEP = re.compile(r"""(?:^|[{,])[ \t]*+(?:\[{1,2}[ \t]*+)?(?:[\w"'-]++[ \t]*+\.[ \t]*+){5000}""", re.MULTILINE)


def read_toml(
    path: Traversable, what: str = "the exam definition", remedy: str = "write one with: examgen init {}"
) -> dict[str, Any]:
    """A TOML file with decimals as they are written; `what` it should be, and how to get one at that path.

    Raises: DefinitionError, one sentence that names the file.
    """
    try:
        text = bounded.content(path, LARGEST, "table of settings").decode("utf-8-sig")  # as some editors save it
    except InputError as error:
        raise DefinitionError(str(error)) from None
    except FileNotFoundError:
        raise DefinitionError(f"{path}: there is no such file, {remedy.format(path)}") from None
    except IsADirectoryError:
        raise DefinitionError(f"{path}: this is a folder, give {what} itself (a .toml file)") from None
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path}: byte {error.start} is not UTF-8, save the file as UTF-8 text") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):  # in an archive
        raise DefinitionError(f"{path}: cannot be read, the archive is damaged") from None
    except OSError as error:
        raise DefinitionError(f"{path}: cannot be read ({error.strerror}), check its permissions") from None
    text = re.sub(r"\r\n?", "\n", text)
    if _DEEP.search(text):
        raise DefinitionError(f"{path}: not TOML: it is nested too deeply")
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{path}: not TOML: {error}{_line(text, str(error))}") from None
    except RecursionError:
        raise DefinitionError(f"{path}: not TOML: it is nested too deeply") from None
    except (ValueError, ArithmeticError):  # not TOML's own complaint: Python does not read thousands of digits
        raise DefinitionError(f"{path}: a number has too many digits, write a shorter one") from None


def _line(text: str, complaint: str) -> str:
    """The line that a complaint of tomllib's is about, unless a seed stands there, and what is most often wrong with it."""
    place = re.search(r"at line (\d+),", complaint)
    line = text.split("\n")[int(place[1]) - 1].strip() if place else ""
    if not line:
        return ""
    told = "" if line.startswith("seed") else f" in {line[:SHOWN]!r}{'…' * (len(line) > SHOWN)}"
    return f"{told}; text stands in quotes, a day is 2026-12-15"
