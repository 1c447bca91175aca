"""Every message of templates and problems has its Russian words, with the same places and formulas."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from gettext import NullTranslations
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from examgen import asking, checking, feedback, narration, practising, terminal, writing
from examgen import marking as marking_package
from examgen import problems as problem_package
from examgen import written as written_package
from examgen.errors import InputError
from examgen.labels import LETTERS, labels
from examgen.registry import problems, shipped
from examgen.render import describing, speech
from examgen.render import language as language_module
from examgen.render.html import sheets_html
from examgen.render.language import decimal_mark, languages, say, translations
from examgen.render.paper import CLASSES, Head, SheetVariant
from examgen.resources import find
from examgen.sheets import PLACE, sheet_task
from examgen.starting import TITLE, write_definition
from tests.render.specimens import drawn

OTHERS = [language for language in languages() if language != "en"]
READER = tuple(import_module(f"{written_package.__name__}.{name}") for _, name, _ in iter_modules(written_package.__path__))
SENTENCE = re.compile(r"\s.*(\.|:|\$\$|\*\*)$|^[A-Z][a-z]+:$", re.DOTALL)


def template_messages() -> set[str]:
    """What the templates say."""
    found = extract_from_dir(
        find("templates"),
        method_map=[("**.j2", "jinja2")],
        options_map={"**.j2": {"trimmed": "true", "silent": "false"}},
    )
    return {str(message) for _, _, message, _, _ in found}


def sentences(source: str) -> Iterator[str]:
    """The sentences in a problem file: string constants that end like one, but no docstrings and no parts of f-strings."""
    tree = ast.parse(source)
    passed_over = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and isinstance(node.body[0], ast.Expr)
    }
    passed_over |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in passed_over and SENTENCE.search(text):
            yield text


def problem_messages() -> set[str]:
    """What the problems, their worked solutions, the reader of answers and the marker say, and the problems' titles."""
    packages = (problem_package, written_package, marking_package)
    files = [file for package in packages for file in Path(package.__file__).parent.glob("*.py")]
    files += [Path(module.__file__) for module in (asking, narration, practising, terminal, writing)]
    said = {text for file in files for text in sentences(file.read_text(encoding="utf-8"))}
    said |= {*describing.MESSAGES, *speech.MESSAGES}
    said |= {*asking.MESSAGES, *checking.MESSAGES, *feedback.MESSAGES, *practising.MESSAGES, *marker_messages()}
    return said | {problem.title for problem in shipped().values()} | {LETTERS, PLACE, TITLE, *CLASSES}


def marker_messages() -> set[str]:
    """What the marker says: constants in capitals of its modules that are sentences with a space in them."""
    modules = (marking_package._task, marking_package._grading)
    named = ((name, value) for module in modules for name, value in vars(module).items() if name.isupper())
    return {value for _, value in named if isinstance(value, str) and " " in value}


def test_the_steps_are_read_too() -> None:
    """What worked solutions say is among the messages."""
    said = {"Given:", "The other cells in the same way; the whole map:", "The other cells in the same way:"}
    assert said <= problem_messages()


def test_the_reader_of_answers_is_read_too() -> None:
    """Every sentence with which an answer is refused is among the messages."""
    names = {name for module in READER for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
    said = {getattr(module, name) for module in READER for name in names if hasattr(module, name)}
    refusals = {text for text in said if text.endswith(".")}
    assert len(refusals) > 20
    assert refusals <= problem_messages()


def untranslated(catalogue: NullTranslations, messages: Iterable[str]) -> list[str]:
    """The messages that a catalogue has no words for; a message may be spelled alike in both languages."""
    known = getattr(catalogue, "_catalog", {})
    return sorted(message for message in messages if message not in known)


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated(language: str) -> None:
    """Templates and problem files hold no English that would reach a foreign sheet."""
    assert [] == untranslated(translations(language), template_messages() | problem_messages())


def test_an_untranslated_message_is_found() -> None:
    """The tooth: a message that no catalogue has, in a template's and in a problem's clothes."""
    said = set(sentences('"""A docstring stays out."""\nSAY = "Nobody has translated this."'))
    assert {"Nobody has translated this."} == said
    assert ["Nobody has translated this."] == untranslated(translations("ru"), said | {"Variant"})


def test_the_extraction_sees_what_is_said() -> None:
    """Both sources are read: a few messages that must be among them."""
    assert {"Variant", "SAMPLE", "Time: %(minutes)s minutes"} <= template_messages()
    assert {"The score of the true class is framed.", "No padding.", "Softmax loss"} <= problem_messages()


def places(text: str) -> tuple[list[str], list[str]]:
    """The named places of a message, and its formulas."""
    return sorted(set(re.findall(r"%\((\w+)\)s", text))), sorted(re.findall(r"\${1,2}[^$]+\${1,2}", text))


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_places_and_formulas(language: str) -> None:
    """The same numbers and the same mathematics in every language."""
    path = find("locale") / language / "LC_MESSAGES" / "examgen.po"
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale=language) if message.id]
    assert [] == [str(m.id) for m in messages if places(str(m.id)) != places(str(m.string))]
    assert [] == [str(m.id) for m in messages if m.fuzzy]


def test_a_changed_formula_is_found() -> None:
    """The tooth: a place and a formula that a translator lost."""
    assert places("$x$ and %(n)s") != places("$y$ and %(n)s") != places("$y$ and %(m)s")


def test_a_language_without_a_catalogue_is_refused() -> None:
    """The sentence names the languages there are."""
    with pytest.raises(InputError, match=r"^language = \"tlh\" has no catalogue: use one of en, .*ru"):
        translations("tlh")


def test_places_are_filled() -> None:
    """A message's values arrive in either language."""
    assert "Stride 2." == say("en", "Stride %(stride)s.", {"stride": 2})
    assert "Шаг (stride) 2." == say("ru", "Stride %(stride)s.", {"stride": 2})


ESPERANTO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8"

msgid "abcdefghijklmnopqrstuvwxyz"
msgstr "abcĉd"

msgctxt "decimal mark"
msgid "."
msgstr ","

msgid "Test"
msgstr "Ekzameno"

msgid "Variant"
msgstr "Varianto"
"""


@pytest.fixture
def esperanto(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A third language, for one test: nothing but a catalogue."""
    catalogue = tmp_path / "locale" / "eo" / "LC_MESSAGES" / "examgen.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(ESPERANTO, encoding="utf-8")
    monkeypatch.setattr(language_module, "find", lambda kind: tmp_path / kind)
    translations.cache_clear()
    yield "eo"
    translations.cache_clear()


def test_a_third_language_is_one_catalogue(esperanto: str) -> None:
    """It is offered, and sets a sheet with its own words, box letters and decimal mark; what it lacks stays English."""
    instance = drawn("svm_loss", problems()["svm_loss"].presets["3x4"].params)
    task = sheet_task(1, instance, esperanto, points=Fraction(10))
    html = sheets_html(Head("Provo", esperanto), [SheetVariant(1, "AAAAAA", (task,))])
    assert ("en", "eo") == languages()
    assert ("1a", "1b", "1c", "1ĉ") == tuple(box.label for box in task.boxes)
    assert '<html lang="eo">' in html and "Varianto" in html and "Keep at least 4 decimals" in html
    scores = re.findall(r"<td[^>]*><span class=\"slot\">(−?[0-9.,]+)</span>", html)
    assert 12 <= len(scores) and all("," in score and "." not in score for score in scores)


def test_a_new_exam_is_titled_in_a_third_language(esperanto: str, tmp_path: Path) -> None:
    """`init` writes its title, and names the languages there are."""
    write_definition(tmp_path / "exam.toml", esperanto)
    written = (tmp_path / "exam.toml").read_text(encoding="utf-8")
    assert 'title = "Ekzameno"' in written
    assert re.search(r'^language = "eo" +# one of: en, eo$', written, re.MULTILINE)


def test_what_a_catalogue_lacks_is_found(esperanto: str) -> None:
    """The tooth: it has no word for a task, and that shows; its letters do not."""
    assert ["Task"] == untranslated(translations(esperanto), {LETTERS, TITLE, "Task"})


def test_russian_and_english_letters_and_marks() -> None:
    """Letters begin again, doubled, where they run out; ё and й are left out."""
    assert (".", ",") == (decimal_mark("en"), decimal_mark("ru"))
    assert ("1z", "1aa") == labels(1, 27, "en")[-2:]
    assert ("1я", "1аа") == labels(1, 29, "ru")[-2:]
    assert ("1а", "1б", "1в") == labels(1, 3, "ru")
