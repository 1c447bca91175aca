"""The language of the paper: English stands in the templates and problem files, any other in one catalogue."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

from examgen.errors import InputError
from examgen.plugins import sound
from examgen.resources import find


def languages() -> tuple[str, ...]:
    """English, and every language that has a catalogue."""
    return ("en", *sorted(path.parent.parent.name for path in find("locale").glob("*/LC_MESSAGES/examgen.po")))


@cache
def language_names() -> Mapping[str, str]:
    """What people call the languages of the paper, in small letters, with the language of each name: its code is one too."""
    own = {code: code for code in languages()}
    return own | {_called(code, told_in).casefold(): code for told_in in own for code in own}


def own_names() -> tuple[str, ...]:
    """Every language as it may be asked for: the code and what it calls itself."""
    return tuple(f"{code} ({_called(code, code)})" for code in languages())


def _called(code: str, told_in: str) -> str:
    from babel import Locale

    return Locale.parse(code).get_language_name(told_in) or code


@cache
def translations(language: str) -> NullTranslations:
    """The messages of a language, read from its catalogue each time a process first asks: nothing is compiled.

    What it lacks is looked for in the catalogues that problem types of other distributions bring.
    Raises: InputError for a language without a catalogue.
    """
    if language not in languages():
        raise InputError(f'language = "{language}" has no catalogue: use one of {", ".join(languages())}')
    if language == "en":
        return NullTranslations()
    found = _read(find("locale") / language / "LC_MESSAGES" / "examgen.po", language)
    for path in dict.fromkeys(plugin.catalogue(language) for plugin in sound()):
        if path.is_file():
            found.add_fallback(_read(path, language))
    return found


def _read(path: Path, language: str) -> NullTranslations:
    # here, so that who marks an English exam needs no Babel
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def say(language: str, message: str, values: Mapping[str, Any] | None = None) -> str:
    """A message (a gettext id) in the language of the paper, with its %(name)s places filled."""
    text = translations(language).gettext(message)
    return text % dict(values) if values else text


def decimal_mark(language: str) -> str:
    """What parts the whole from its decimals: a point, unless the catalogue has a comma."""
    return translations(language).pgettext("decimal mark", ".")
