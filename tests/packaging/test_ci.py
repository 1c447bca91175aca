"""What decides whether a test run is believed, and what sees to the system's packages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]

FILES = ["tests/test_a.py"]
COLLECTED = "tests/test_a.py::test_x\ntests/test_a.py::test_y\n\n2 tests collected in 0.01s\n"
PASSED = "..                                          [100%]\n2 passed in 1.25s\n"


def test_a_whole_run_is_believed(script: Script) -> None:
    """As many passed as exist, PyTorch is there: no doubt."""
    assert [] == script("counted").doubts(PASSED, COLLECTED, FILES, torch=True)


@pytest.mark.parametrize(
    ("log", "collected", "files", "torch", "doubt"),
    [
        ("1 passed in 1.25s\n", COLLECTED, FILES, True, "2 tests exist, but 1 passed."),
        ("2 passed, 1 skipped in 1.25s\n", COLLECTED, FILES, True, "1 skipped: a test must run and pass."),
        ("2 passed, 1 xfailed in 1.25s\n", COLLECTED, FILES, True, "1 xfailed: a test must run and pass."),
        ("1 failed, 1 passed in 62.25s (0:01:02)\n", COLLECTED, FILES, True, "1 failed: a test must run and pass."),
        ("2 passed, 1 error in 1.25s\n", COLLECTED, FILES, True, "1 error: a test must run and pass."),
        ("", COLLECTED, FILES, True, "pytest printed no closing line, so nobody knows what ran."),
        (PASSED, "no tests collected in 0.01s\n", FILES, True, "pytest collected no test."),
        (PASSED, "", FILES, True, "pytest collected no test."),
        (PASSED, COLLECTED.replace("2 tests", "2/3 tests"), FILES, True, "3 tests exist, but 2 passed."),
        (PASSED, COLLECTED, [*FILES, "tests/test_b.py"], True, "tests/test_b.py holds no test that pytest collects."),
        (PASSED, COLLECTED, FILES, False, "PyTorch is not installed, so one of the three engines did not run."),
    ],
)
def test_a_run_that_left_something_out_is_doubted(
    script: Script, log: str, collected: str, files: list[str], torch: bool, doubt: str
) -> None:
    """Tooth: each way not to run all tests is named in a sentence."""
    assert doubt in script("counted").doubts(log, collected, files, torch)


@pytest.mark.parametrize(
    "log",
    [
        "2 passed in 1.25s",
        "====== 2 passed, 3 warnings in 1.25s ======",
        "2 passed in 125.31s (0:02:05)",
        "\x1b[32m\x1b[1m2 passed\x1b[0m\x1b[32m in 1.25s\x1b[0m",
        "1 failed in 0.01s\n2 passed in 1.25s\nThe PDFs are here",
    ],
)
def test_the_closing_line_is_read_in_each_of_its_forms(script: Script, log: str) -> None:
    """Quiet, framed, long, coloured, and the last of several."""
    assert 2 == script("counted").outcomes(log)["passed"]


def test_what_pytest_prints_is_what_is_read(script: Script, tmp_path: Path) -> None:
    """The two patterns fit the pytest that is installed, not only the lines quoted here."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("def test_x(): pass\ndef test_y(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    ran, exist = (
        subprocess.run([*pytest_, *more], cwd=tmp_path, capture_output=True, check=True, text=True).stdout
        for more in ((), ("--collect-only",))
    )
    assert [] == script("counted").doubts(ran, exist, script("counted").test_files(tmp_path), torch=True)


def test_ci_runs_the_command_of_the_readme(checkout: Path) -> None:
    """README and `.ci/run` name the same test command."""
    assert "make test" in (checkout / "README.md").read_text(encoding="utf-8")
    assert "make test 2>&1 | tee" in (checkout / ".ci" / "run").read_text(encoding="utf-8")


class Machine:
    """A stand-in for the system: lacks some parts until their packages are installed, and notes what is called."""

    def __init__(self, system: ModuleType, monkeypatch: pytest.MonkeyPatch, lacks: set[str], mends: bool = True):
        self.system, self.lacks, self.mends = system, lacks, mends
        self.calls: list[list[str]] = []
        monkeypatch.setattr(system, "NEEDS", {need: (self.there, parts) for need, (_, parts) in system.NEEDS.items()})
        monkeypatch.setattr(system.subprocess, "call", self.call)

    def there(self, part: str) -> bool:
        return part not in self.lacks

    def call(self, words: list[str], **_: object) -> int:
        self.calls.append(words)
        if self.mends and "install" in words:
            parts = {part: package for _, parts in self.system.NEEDS.values() for part, package in parts.items()}
            self.lacks = {part for part in self.lacks if parts[part] not in words}
        return 0


def as_user(system: ModuleType, monkeypatch: pytest.MonkeyPatch, commands: set[str], user: int) -> None:
    """Let the script believe that these commands exist and that this user calls them."""
    monkeypatch.setattr(system, "on_path", commands.__contains__)
    monkeypatch.setattr(system.os, "geteuid", lambda: user)


def test_nothing_is_called_where_nothing_is_missing(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has everything is left alone."""
    machine = Machine(script("system"), monkeypatch, lacks=set())
    assert 0 == machine.system.main(["python", "venv", "pdf", "poppler"])
    assert [] == machine.calls


def test_what_is_missing_is_installed_in_one_go(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root on Debian: one update and one installation that names just the packages of the missing parts."""
    machine = Machine(script("system"), monkeypatch, {"ensurepip", "libharfbuzz-subset.so.0", "pdftotext", "pdftoppm"})
    as_user(machine.system, monkeypatch, {"apt-get"}, user=0)
    venv = machine.system.MODULES["ensurepip"]
    assert 0 == machine.system.main(["venv", "pdf", "poppler"])
    assert ["update", "install"] == [words[2] for words in machine.calls]
    assert ["libharfbuzz-subset0", "poppler-utils", venv] == machine.calls[1][-3:]


def test_a_user_installs_through_sudo_without_a_password(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sudo asks nothing, apt-get goes through it."""
    machine = Machine(script("system"), monkeypatch, {"libpango-1.0.so.0"})
    as_user(machine.system, monkeypatch, {"apt-get", "sudo"}, user=1000)
    assert 0 == machine.system.main(["pdf"])
    assert all(words[:2] == ["sudo", "-n"] for words in machine.calls)


@pytest.mark.parametrize(("commands", "user"), [({"apt-get"}, 1000), (set(), 0)])
def test_what_cannot_be_installed_is_named_in_one_sentence(
    script: Script,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    commands: set[str],
    user: int,
) -> None:
    """No right to install, or no apt-get: exit status 2, one line with libraries and packages, nothing called."""
    machine = Machine(script("system"), monkeypatch, {"libpango-1.0.so.0", "libharfbuzz-subset.so.0"})
    as_user(machine.system, monkeypatch, commands, user)
    assert 2 == machine.system.main(["pdf"])
    assert (
        "WeasyPrint cannot load its shared libraries (libpango-1.0.so.0, libharfbuzz-subset.so.0 missing): "
        "install libharfbuzz-subset0 libpango-1.0-0 and call make again.\n"
    ) == capsys.readouterr().err
    assert [] == machine.calls


def test_an_installation_that_did_not_help_is_not_believed(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tooth: apt-get that ends well and brings nothing leaves the need unmet."""
    machine = Machine(script("system"), monkeypatch, {"pdftotext"}, mends=False)
    as_user(machine.system, monkeypatch, {"apt-get"}, user=0)
    assert 2 == machine.system.main(["poppler"])
    assert "The tests cannot read PDFs (pdftotext missing): install poppler-utils" in capsys.readouterr().err


def test_an_old_python_is_named(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python 3.10 is refused with the remedy, before anything is installed."""
    machine = Machine(script("system"), monkeypatch, {"ensurepip"})
    monkeypatch.setattr(machine.system, "OLDEST", (99, 0))
    assert 2 == machine.system.main(["python", "venv"])
    assert "examgen needs Python 99.0 or newer" in capsys.readouterr().err
    assert [] == machine.calls


@pytest.mark.parametrize(
    ("function", "present", "absent"),
    [("loads", "libpango-1.0.so.0", "libno-such.so.0"), ("importable", "ensurepip", "no_such_module")],
)
def test_the_probes_tell_present_from_absent(script: Script, function: str, present: str, absent: str) -> None:
    """On the machine itself: what is there is found, what is not is not."""
    probe = getattr(script("system"), function)
    assert (True, False) == (probe(present), probe(absent))
