"""A problem type of one's own to begin with: the distribution that `new-problem` writes."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from keyword import iskeyword
from pathlib import Path
from secrets import token_hex

from examgen.errors import InputError, OutputError
from examgen.plugins import NAME
from examgen.registry import faults, problems
from examgen.resources import find

EXAMPLE = "linear_neuron"  # the problem type in templates/new_problem, a sound one that the tests run as it stands
LONGEST = 40
SUFFIXES = (".py", ".toml", ".j2", ".po")


def write_problem(name: str, folder: Path | None = None) -> tuple[str, ...]:
    """Writes the example under another name into a new folder, by default of that name; gives the files, in order.

    Raises: InputError for a name that no new problem can have; OutputError where the folder is there already or cannot be
    written, and then nothing is left of it.
    """
    _check(name)
    folder = folder or Path(name)
    if os.path.lexists(folder):
        raise OutputError(f"{folder}: exists already, choose another place with -o or remove it first")
    example = find("templates") / "new_problem"
    files = {_renamed(path.relative_to(example).as_posix(), name): path for path in example.rglob("*") if _told(path)}
    part = folder.absolute().parent / f".{name}-{token_hex(8)}"  # beside the folder, so that it moves there whole
    try:
        part.mkdir()
        for place, path in files.items():
            (part / place).parent.mkdir(parents=True, exist_ok=True)
            (part / place).write_text(_renamed(path.read_text(encoding="utf-8"), name), encoding="utf-8")
        os.rename(part, folder)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}), choose another place with -o") from None
    finally:
        with suppress(OSError):
            shutil.rmtree(part)
    return tuple(sorted(files))


def _check(name: str) -> None:
    """Raises: InputError."""
    if not NAME.fullmatch(name) or len(name) > LONGEST or iskeyword(name):
        told = f"give small letters, digits and single _, {LONGEST} at most"
        raise InputError(f"{name[:60]!r} cannot be the name of a problem: {told}")
    if name in problems() or name in faults():
        raise InputError(f"there is a problem {name!r} already, choose another name")


def _told(path: Path) -> bool:
    return path.is_file() and path.suffix in SUFFIXES


def _renamed(text: str, name: str) -> str:
    """The example's name said otherwise: of the problem and its package, of its class, and of the distribution."""
    for how in (str, _as_class, lambda name: name.replace("_", "-")):
        text = text.replace(how(EXAMPLE), how(name))
    return text


def _as_class(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
