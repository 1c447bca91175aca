"""How loud commands are, in which colours, and what they say of themselves to people and shells."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import examgen
from examgen.build import Built
from examgen.folder import Verdict
from examgen.resources import find
from tests.cli.commands import complaint, run
from tests.cli.test_commands import controls, shell

Report, Tell = Callable[[str, int, int], None], Callable[[str], None]
LECTURE, HOMEWORK = (find("variants") / f"{name}.toml" for name in ("lecture6", "homework6"))
TIMED = re.compile(r" *\d+\.\d\d s  \S.*")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|38|48)[;m]")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build and a proof that say what the real ones say, and do nothing."""

    def build(exam: object, folder: Path, *, report: Report, tell: Tell, **_: object) -> Built:
        report("draw", 2, 2)
        tell("something was kept")
        return Built(folder, ("sheets.pdf", "key.pdf", "key.json"), ("solutions/A.pdf",), 2, ("a note",))

    def verify(folder: Path, *, report: Report, **_: object) -> Verdict:
        report("prove", 2, 2)
        failures = ("key.json: was edited",) if folder.name == "bad" else ()
        return Verdict(files=4, variants=2, answers=8, engines=("numpy", "torch", "sympy"), failures=failures, notes=("noted",))

    monkeypatch.setattr("examgen.build.build", build)
    monkeypatch.setattr("examgen.folder.verify", verify)


def test_the_version_is_told() -> None:
    """In the first line alone, for scripts; what a report of a fault needs beside it in the second."""
    ended = run("--version")
    first, second, rest = ended.out.split("\n")
    assert (0, "", "", f"examgen {examgen.__version__}") == (ended.status, ended.err, rest, first)
    assert re.fullmatch(r"Python 3\.\d+\.\d+, numpy \d\S+, sympy \d\S+, torch \d\S+, weasyprint \d\S+", second)


@pytest.mark.parametrize("words", [("-q", "build"), ("build", "-q"), ("--quiet", "build"), ("-q", "build", "--quiet")])
def test_quiet_is_silent(quick: None, words: tuple[str, ...]) -> None:
    """Before the command as behind its name, a build that ends well says nothing at all."""
    ended = run(*words, LECTURE)
    assert (0, "", "") == (ended.status, ended.out, ended.err)


def test_without_a_word_a_build_says_what_it_made(quick: None) -> None:
    """The tooth of the test above, in a run after one that was to be quiet: progress, notes, files, what is secret."""
    run("build", LECTURE, "-q")
    ended = run("build", LECTURE)
    assert "note: a note" in ended.out and "must not leave the office, readable by you alone: key.pdf, key.json" in ended.out
    assert "drawn: 2\nnote: something was kept\n" == ended.err


def test_quiet_hides_no_failure(quick: None, tmp_path: Path) -> None:
    """A proof that fails says so and ends in 1; bad input is one sentence and ends in 2."""
    ended = run("verify", tmp_path / "bad", "-q")
    assert (1, "", f"key.json: was edited\n{tmp_path / 'bad'}: 1 thing does not hold\n") == (ended.status, ended.out, ended.err)
    assert complaint(run("build", "nosuch.toml", "-q")) == complaint(run("build", "nosuch.toml"))
    assert (0, "", "") == ((ended := run("verify", tmp_path, "-q")).status, ended.out, ended.err)


def test_what_was_asked_for_is_printed_quietly_too() -> None:
    """A list of problems, a form: the same without a word around it as with."""
    for words in (("problems",), ("answers", HOMEWORK)):
        loud, quiet = run(*words), run(*words, "-q")
        assert (loud.out, "") == (quiet.out, quiet.err)
        assert loud.out


@pytest.mark.parametrize("words", [("-v", "build"), ("build", "-v"), ("build", "--verbose")])
def test_verbose_says_when(quick: None, words: tuple[str, ...]) -> None:
    """Each line on stderr has its seconds; stdout is the same as ever."""
    ended, plain = run(*words, LECTURE), run("build", LECTURE)
    timed = [line for line in ended.err.splitlines() if not line.startswith("note: ")]
    assert plain.out == ended.out
    assert [] == [line for line in timed if not TIMED.fullmatch(line)]
    for what in (f"examgen {examgen.__version__}, Python", f"{LECTURE} is read", "drawn: 2", "examgen build ends"):
        assert any(what in line for line in timed), what


def test_verbose_says_when_it_failed() -> None:
    """The sentence is the same; the lines before it say how far the command came."""
    ended = run("build", "nosuch.toml", "-v")
    *timed, said = ended.err.splitlines()
    assert (2, complaint(run("build", "nosuch.toml"))) == (ended.status, said.removeprefix("examgen: "))
    assert "examgen build ends" in timed[-1]


@pytest.mark.parametrize("words", [("-q", "build", "-v"), ("-qv", "build"), ("build", "-q", "--verbose")])
def test_quiet_and_verbose_exclude_each_other(words: tuple[str, ...]) -> None:
    """Wherever the two stand."""
    assert "--quiet and --verbose: leave one of the two out" == complaint(run(*words, LECTURE))


def test_every_command_can_be_told_to_be_quiet() -> None:
    """And verbose: its help shows both."""
    from examgen.cli import app

    for command in app.registered_commands:
        assert command.callback is not None
        ended = run(command.name or command.callback.__name__, "--help")
        assert "--quiet" in ended.out and "--verbose" in ended.out


def on_a_terminal(*words: str, **settings: str) -> str:
    """What Python prints on a terminal of 80 columns, both streams as one."""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, *words], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**environment, "COLUMNS": "80", "TERM": "xterm-256color", **settings},
    ) as running:  # fmt: skip
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b""))
        os.close(ours)
    assert running.returncode == 0
    return said.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def test_colours_are_for_terminals_that_want_them() -> None:
    """A terminal gets some (the tooth); none with NO_COLOR; no control character at all from one that knows none."""
    help_ = ("-m", "examgen", "--help")
    assert COLOUR.search(on_a_terminal(*help_))
    assert not COLOUR.search(on_a_terminal(*help_, NO_COLOR="1"))
    for words in (help_, ("-m", "examgen", "problems")):
        dumb = on_a_terminal(*words, TERM="dumb")
        assert set() == controls(dumb) and len(dumb) > 500


BARS = "from examgen.cli._voice import progress\nwith progress() as report:\n    report('draw', 1, 2)\n    report('draw', 2, 2)"


def test_a_bar_moves_only_where_a_cursor_can() -> None:
    """A terminal gets bars (the tooth), a dumb one a line when a stage is done."""
    bars = on_a_terminal("-c", BARS)
    assert "━" in bars and "\x1b[" in bars
    assert "drawn: 2\n" == on_a_terminal("-c", BARS, TERM="dumb")


def offered(line: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What bash is offered for the last word of a line."""
    told = {"_EXAMGEN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    ended = run()
    assert (0, "") == (ended.status, ended.err)
    return ended.out.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("examgen ver", ["verify"]),
        ("examgen solve sof", ["softmax_loss"]),
        ("examgen practice conv_relu_pool --preset 5x5_s", ["5x5_stride2"]),
        ("examgen practice --preset 5x5_s", []),
        ("examgen build --language ", ["en", "ru"]),
        ("examgen verify --device cu", ["cuda"]),
        ("examgen build --verb", ["--verbose"]),
    ],
)
def test_tab_offers_what_fits(line: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands, problem types, presets of the one that stands there, languages, words of an option, options."""
    assert words == offered(line, monkeypatch)


def test_a_shell_is_told_how_to_ask() -> None:
    """`--show-completion` prints a script that calls the command by its name, however it was called."""
    ended = shell("-m", "examgen", "--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert (0, "") == (ended.status, ended.err)
    assert "_EXAMGEN_COMPLETE=complete_bash" in ended.out and ended.out.rstrip().endswith(" examgen")


WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; sys.argv[0] = 'examgen'; from examgen.cli import main; main()"
HOW = "the torch engine needs torch, which is not installed: pip install 'examgen-dl[torch]'"


@pytest.mark.parametrize(
    "words",
    [("build", LECTURE, "--proof", "1"), ("problems", "--check"), ("solve", "svm_loss", HOMEWORK, "--engine", "torch")],
)
def test_without_pytorch_what_proves_says_how_to_get_it(words: tuple[object, ...], tmp_path: Path) -> None:
    """One sentence, and nothing is written."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *map(str, words)], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(Path(examgen.__file__).parents[1])},
    )  # fmt: skip
    assert (2, "", f"examgen: {HOW}\n") == (done.returncode, done.stdout, done.stderr)
    assert [] == list(tmp_path.iterdir())


def test_without_pytorch_what_does_not_prove_works(tmp_path: Path) -> None:
    """Solving, practising, forms, and the report before an exam: all in one process in which torch cannot be imported."""
    calls = [
        ["solve", "svm_loss", str(HOMEWORK), "--short"], ["practice", "svm_loss", "--seed", "1", "--count", "1"],
        ["answers", str(HOMEWORK)], ["problems", "svm_loss"], ["audit", str(HOMEWORK), "--students", "1"],
    ]  # fmt: skip
    script = (
        "import sys; sys.modules['torch'] = None\nfrom examgen.cli import main\n"
        f"for words in {calls!r}:\n"
        "    sys.argv = ['examgen', *words]\n"
        "    try: main()\n"
        "    except SystemExit as ended: print(words[0], 'ends in', ended.code or 0)\n"
    )
    ended = shell("-c", script)
    assert [f"{words[0]} ends in 0" for words in calls] == re.findall(r"^\S+ ends in \d$", ended.out, re.MULTILINE), ended.err
