"""Each command's help, output and refusals; what the command loads before it has to."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from examgen import errors
from examgen.exam import read_exam
from examgen.registry import problems
from examgen.resources import find
from tests.cli.commands import Ended, complaint, run

COMMANDS = (
    "build", "audit", "verify", "init", "problems", "new-problem", "solve", "practice",
    "answers", "check", "grade", "marks", "follow", "archive",
)  # fmt: skip
HEAVY = {"torch", "sympy", "mpmath", "numpy", "weasyprint", "jinja2", "pydantic"}


def shell(*arguments: str, **environment: str) -> Ended:
    """`python` in a fresh process, without a terminal."""
    found = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", env={**os.environ, **environment},
        timeout=120, check=False,
    )  # fmt: skip
    return Ended(found.returncode, found.stdout, found.stderr)


def controls(text: str) -> set[str]:
    """Control characters other than the line break."""
    return {letter for letter in text if letter != "\n" and (ord(letter) < 32 or 127 <= ord(letter) < 160)}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_an_example(command: str) -> None:
    """A line that can be copied, and no control characters where there is no terminal."""
    ended = run(command, "--help")
    assert (0, "") == (ended.status, ended.err)
    assert f"Example: examgen {command}" in ended.out
    assert set() == controls(ended.out)


def test_the_help_names_every_command() -> None:
    """The commands tested here are all there are; the short form is the same."""
    from examgen.cli import app

    ended = run("--help")
    assert 0 == ended.status
    named = (command.name or command.callback.__name__ for command in app.registered_commands if command.callback)
    assert sorted(COMMANDS) == sorted(named)
    assert [] == [command for command in COMMANDS if command not in ended.out]
    assert ended == run("-h")


@pytest.mark.parametrize("arguments", ["nosuch", "build", "build --bad", "verify a b", "build x -n 0", "build x -j two"])
def test_wrong_usage_ends_in_2(arguments: str) -> None:
    """Without a traceback."""
    ended = run(*arguments.split())
    assert (2, "") == (ended.status, ended.out)
    assert "Traceback" not in ended.err
    assert set() == controls(ended.err)


def test_an_unknown_problem_is_named() -> None:
    """And the known ones are listed."""
    assert f"unknown problem 'nosuch': there are {', '.join(problems())}" == complaint(run("problems", "nosuch"))


def test_problems_lists_every_problem_and_preset() -> None:
    """In one table, the default preset marked."""
    ended = run("problems")
    words = ended.out.split()
    assert (0, "") == (ended.status, ended.err)
    assert [] == [name for name in problems() if name not in words]
    assert [] == [label for chosen in problems().values() for label in chosen.presets if label not in words]
    marked = [before for before, word in pairwise(words) if word == "*"]
    assert [] == [chosen.default for chosen in problems().values() if chosen.default not in marked]
    assert set() == controls(ended.out)


@pytest.mark.parametrize("name", problems())
def test_a_problem_shows_each_parameter(name: str) -> None:
    """Its title, its presets, and every parameter in the first column of a table."""
    chosen, ended = problems()[name], run("problems", name)
    first = [line.split()[0] for line in ended.out.splitlines() if line.strip()]
    assert (0, "") == (ended.status, ended.err)
    assert ended.out.startswith(f"{name}: {chosen.title}. Source: ")
    assert [] == [label for label in chosen.presets if label not in first]
    assert [] == [parameter for parameter in chosen.params.__dataclass_fields__ if parameter not in first]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_init_writes_a_definition_that_can_be_built(language: str, tmp_path: Path) -> None:
    """It is read without a complaint or a warning, in the language asked for, and is no sample."""
    path = tmp_path / "exam.toml"
    ended = run("init", path, "--language", language)
    assert (0, "") == (ended.status, ended.err)
    assert f"examgen build {path} --proof 2" in ended.out
    exam = read_exam(path)
    assert (language, 3, False, ()) == (exam.language, len(exam.tasks), exam.sample, exam.warnings)


def test_init_draws_128_bits_each_time(tmp_path: Path) -> None:
    """32 hexadecimal digits, never the same, and never printed."""
    seeds = set()
    for place in range(8):
        path = tmp_path / f"{place}.toml"
        ended = run("init", path)
        seeds.add(seed := read_exam(path).seed)
        assert 32 == len(seed) and 0 <= int(seed, 16) < 2**128
        assert seed not in ended.out
    assert 8 == len(seeds)


def test_only_the_owner_reads_what_init_writes(tmp_path: Path) -> None:
    """Mode 0600 whatever the mask of the process allows."""
    path = tmp_path / "exam.toml"
    before = os.umask(0)
    try:
        run("init", path)
    finally:
        os.umask(before)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    """Neither a file nor what a link points to."""
    path, link, target = tmp_path / "exam.toml", tmp_path / "link.toml", tmp_path / "target.toml"
    path.write_text("kept", encoding="utf-8")
    link.symlink_to(target)
    for place in (path, link):
        assert f"{place}: exists already, choose another name or remove it first" == complaint(run("init", place))
    assert "kept" == path.read_text(encoding="utf-8")
    assert not target.exists()


@pytest.mark.parametrize("place", ["nofolder/exam.toml", "/proc/exam.toml", "file/exam.toml"])
def test_init_names_a_place_that_cannot_be_written(place: str, tmp_path: Path) -> None:
    """A missing folder, a place nobody can write, a path through a file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    path = tmp_path / place
    said = complaint(run("init", path))
    assert said.startswith(f"{path}: cannot be written (") and said.endswith("choose another place")


def test_init_knows_its_languages(tmp_path: Path) -> None:
    """Another one is refused before the file is made."""
    assert "--language fr: allowed are en, ru" == complaint(run("init", tmp_path / "exam.toml", "--language", "fr"))
    assert [] == list(tmp_path.iterdir())


def test_the_module_is_the_command() -> None:
    """`python -m examgen` says what `examgen` says, also without a terminal and with colours asked for."""
    ended = shell("-m", "examgen", "problems", COLUMNS="80", TERM="xterm-256color")
    assert (0, "") == (ended.status, ended.err)
    assert "svm_loss" in ended.out
    assert set() == controls(ended.out)
    refused = shell("-m", "examgen", "problems", "nosuch")
    assert complaint(refused) == complaint(run("problems", "nosuch"))


def test_a_terminal_without_unicode_is_no_failure() -> None:
    """Where stdout knows only ASCII, a sign becomes the nearest one it has, or a question mark."""
    ended = shell("-m", "examgen", "problems", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (0, "") == (ended.status, ended.err)
    assert "svm_loss" in ended.out and ended.out.isascii()
    signs = "print('s\\u2081\\u2082 \\u2248 \\u22122 \\u0436')"
    said = f"import examgen.cli\nexamgen.cli.app = lambda **_: {signs}\nexamgen.cli.main()"
    assert "s12 ~ -2 ?\n" == shell("-c", said, PYTHONIOENCODING="ascii", PYTHONUTF8="0").out


def test_a_folder_is_named_after_its_definition() -> None:
    """A proof has one of its own."""
    from examgen.build import default_folder

    assert (Path("a/exam"), Path("a/exam-proof")) == tuple(
        default_folder(Path("a/exam.toml"), proof=proof) for proof in (False, True)
    )


@pytest.mark.parametrize(("share", "told"), [("0.66", False), ("0.67", True)])
def test_too_little_time_is_told(share: str, told: bool) -> None:
    """From the point on where a median student needs more than two thirds of the time."""
    exam = read_exam(find("variants") / "lecture6.toml")
    assert exam.working_minutes
    exam = replace(exam, minutes=Fraction(exam.working_minutes) / Fraction(share))
    assert told == any("plan for two thirds of the time" in line for line in exam.warnings)


def test_control_characters_are_seen() -> None:
    """The tooth of `controls`: a colour, a carriage return, a C1 control."""
    assert {"\x1b", "\r", "\x9b"} == controls("\x1b[1mbold\r\n\x9b0m")


def _loaded(statement: str) -> set[str]:
    ended = shell("-c", f"import sys\n{statement}\nprint('loaded', *sys.modules)")
    return HEAVY.intersection(ended.out.splitlines()[-1].split())


def test_help_loads_nothing_heavy() -> None:
    """`examgen --help` in a fresh process: no engine, no paper, no array library."""
    help_ = "from examgen.cli import main\nsys.argv = ['examgen', '--help']\ntry: main()\nexcept SystemExit: pass"
    assert set() == _loaded(help_)


def test_a_heavy_load_is_seen() -> None:
    """The tooth of `_loaded`."""
    assert {"numpy"} <= _loaded("import numpy")


def test_every_error_has_an_exit_status_of_its_kind() -> None:
    """1 where the thing asked about does not hold, 2 for everything else."""
    raised = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, errors.ExamgenError)]
    found = {error.__name__: error.exit_status for error in raised}
    assert {"ProofError"} == {name for name, status in found.items() if status == 1}
    assert {1, 2} == set(found.values())
