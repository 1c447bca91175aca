"""The commented exam definition that `init` writes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from string import Template

from examgen.errors import InputError, OutputError
from examgen.render.language import languages, say
from examgen.resources import find

TITLE = "Test"


def write_definition(path: Path, language: str) -> None:
    """Writes the definition with a random 128-bit seed, readable by the owner alone.

    Raises: InputError for an unknown language; OutputError where the file exists already or cannot be written.
    """
    if language not in languages():
        raise InputError(f"--language {language}: allowed are {', '.join(languages())}")
    template = Template((find("templates") / "exam.toml").read_text(encoding="utf-8"))
    text = template.substitute(
        seed=secrets.token_hex(16), language=language, languages=", ".join(languages()), title=say(language, TITLE)
    )
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path}: exists already, choose another name or remove it first") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}), choose another place") from None
