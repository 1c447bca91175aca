"""Commands and pages speak of the same things: nothing undocumented, and nothing documented that is not there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from html import unescape
from runpy import run_path
from typing import Annotated, Any

import pytest
import typer

from examgen.cli import app
from tests.architecture.sources import ROOT
from tests.docs.blocks import PAGES, blocks, commands, spans

PROSE = {page: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(PROSE.values())
EVERYWHERE = {"-h", "--help"}


def known(application: Any) -> dict[str, Any]:
    """Every command by its name."""
    group: Any = typer.main.get_command(application)
    return dict(group.commands)


def all_of(application: Any) -> dict[str, Any]:
    """Every command, and before them the application itself, which has options too."""
    return {"examgen": typer.main.get_command(application), **known(application)}


def options(command: Any) -> list[Any]:
    return [part for part in command.params if part.param_type_name == "option"]


def without_help(application: Any) -> Iterator[str]:
    """Commands, arguments and options that do not say what they are."""
    for name, command in all_of(application).items():
        if not (command.help or "").strip():
            yield name
        yield from (f"{name} {part.name}" for part in command.params if not (part.help or "").strip())


def unnamed(application: Any, text: str) -> Iterator[str]:
    """Commands that a text does not name, and options under any of their spellings."""
    for name, command in all_of(application).items():
        if name != "examgen" and not re.search(rf"`{name}`|\bexamgen {name}\b", text):
            yield name
        for option in options(command):
            if not any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) for word in option.opts):
                yield f"{name} {max(option.opts, key=len)}"


def unknown(line: str) -> Iterator[str]:
    """What a command line names that is not there; what stands for something else (`...`, `NAME`) is passed over."""
    name, found = "examgen", all_of(app)
    for word in shlex.split(re.sub(r"\s# .*$", "", line))[1:]:
        if name == "examgen" and re.match(r"[a-z]", word):
            if word not in known(app):
                yield f"examgen {word}"
                return
            name = word
        elif re.match(r"--?[a-z]", word) and name != "solve":  # its options are the parameters of a problem too
            allowed = EVERYWHERE.union(*(option.opts for option in options(found[name])))
            if word.partition("=")[0] not in allowed:
                yield f"examgen {word}" if name == "examgen" else f"examgen {name} {word}"


def lines(text: str) -> Iterator[str]:
    """Every command line of a page, within its sentences too."""
    shown = [line for block in blocks(text) if block.kind in ("commands", "session", "console") for line in commands(block)]
    yield from (line for line in [*shown, *spans(text)] if line.startswith("examgen "))


def test_commands_and_options_say_what_they_are() -> None:
    """Each command, argument and option has help, so that the reference made of it has too."""
    assert [] == [*without_help(app)]


def test_commands_and_options_are_named_on_a_page() -> None:
    """Somebody has written of each command and each option; the reference made of the command does not count."""
    assert [] == [*unnamed(app, ALL)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_commands_that_are_there(page: Any) -> None:
    """In its blocks and in its sentences: every command, and every option of that command."""
    assert [] == [wrong for line in lines(PROSE[page]) for wrong in unknown(line)]


def test_there_are_commands_to_look_at() -> None:
    """Pages name dozens of them in blocks and in sentences, with all kinds of options."""
    named = [line for text in PROSE.values() for line in lines(text)]
    assert 50 <= len(named)
    assert 8 <= len({word for line in named for word in line.split() if word.startswith("--")})


def secretive() -> Any:
    """An application of which nothing is known."""
    other = typer.Typer(add_completion=False)

    @other.command()
    def hum(loud: Annotated[bool, typer.Option("-l", "--loud")] = False) -> None: ...

    @other.command()
    def sing(
        song: Annotated[str, typer.Argument(help="A song.")], key: Annotated[str, typer.Option(help="C to B.")] = "C"
    ) -> None:
        """Sing."""

    return other


def test_what_is_undocumented_is_noticed() -> None:
    """The tooth: a command, an argument or an option without help, or without a sentence anywhere."""
    assert ["examgen", "hum", "hum loud"] == [*without_help(secretive())]
    assert ["hum", "hum --loud", "sing", "sing --key"] == [*unnamed(secretive(), "humming --louder and examgen singing")]
    assert ["sing --key"] == [*unnamed(secretive(), "`hum` with -l, and `examgen sing SONG`")]


def test_what_is_not_there_is_noticed() -> None:
    """The tooth: a command and an option that have gone, in a block or in a sentence."""
    said = "Say `examgen print x.toml`, `examgen build x.toml --colour`, `examgen ...`, `examgen --loud` or `examgen --help`:"
    found = [wrong for line in lines(f"{said}\n\n    examgen grade a b --tsv c\n") for wrong in unknown(line)]
    assert ["examgen grade --tsv", "examgen print", "examgen build --colour", "examgen --loud"] == found


def test_the_reference_is_of_all_commands() -> None:
    """What the site shows has every command, argument and option with its help, and examples as code."""
    extension = run_path(str(ROOT / "docs" / "_ext" / "commands.py"))
    text = unescape(extension["written"]())
    assert extension["MARK"] in (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    for name, command in known(app).items():
        _, _, told = text.partition(f"### `examgen {name}`\n")
        told = told.partition("\n### ")[0]
        assert f"Example: `examgen {name}" in told
        for part in command.params:
            assert part.help in told, (name, part.name)
            assert all(re.search(rf"\* `.*{re.escape(word)}\b", told) for word in part.opts if word.startswith("-"))
    assert "[default: short]" in text and "`-h, --help`" in text
