"""The README names what is there."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def broken(text: str) -> list[str]:
    """Relative links that lead nowhere."""
    return [target for target in LINK.findall(text) if not (ROOT / target).exists()]


def test_every_link_leads_somewhere() -> None:
    """Pictures and pages that the README shows are in the repository."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 5 <= len(LINK.findall(text))
    assert [] == broken(text)


def test_a_dead_link_is_noticed() -> None:
    """The tooth."""
    assert ["docs/nowhere.md"] == broken("see [this](docs/nowhere.md) and [that](README.md)")


SCREEN = 24  # lines: about what a browser shows of it at first


def on_first_screen(text: str) -> set[str]:
    """What comes out and how: the pictures and the commands that a reader sees without scrolling."""
    first = "\n".join(text.splitlines()[:SCREEN])
    return set(re.findall(r"variants/sample/(\w+)-en\.png", first)) | set(re.findall(r"^    (make \w+)", first, re.MULTILINE))


def test_the_first_screen_shows_what_comes_out() -> None:
    """A sheet, its key, a worked solution, and the two commands; further down they would not be seen: the tooth."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {"sheet", "key", "solution", "make exam", "make test"} == on_first_screen(text)
    assert not on_first_screen("\n" * SCREEN + text)


def test_every_make_target_is_there() -> None:
    """`make x` in the README is a target of the Makefile; those that show what is promised are named."""
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"exam", "test", "lint", "docs", "coverage", "mutants", "faults", "bench"} <= named <= targets


CONSOLE = re.compile(r"```console\n\$ examgen ([^\n]+)\n(.*?)```", re.DOTALL)


def shown() -> list[tuple[str, str]]:
    """The commands that the README shows with what they print."""
    return CONSOLE.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def printed(command: str) -> str:
    """What a command prints on a terminal of 80 columns, without blanks at the ends of lines."""
    environment = {**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    words = [sys.executable, "-m", "examgen", *shlex.split(command)]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=120)
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines()) + "\n"


def test_commands_print_what_is_shown() -> None:
    """Every command in the README that stands with its output prints just that."""
    assert shown()
    for command, output in shown():
        assert output == printed(command)


def test_python_does_what_is_shown() -> None:
    """Every Python example of the README gives what stands there."""
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False, encoding="utf-8")
    assert (0, True) == (failed, tried >= 5)


OWN = re.compile(r"^    examgen (solve [^#\n]+)", re.MULTILINE)


def own_commands() -> list[str]:
    return [found.strip() for found in OWN.findall((ROOT / "README.md").read_text(encoding="utf-8"))]


def test_solve_commands_run(tmp_path: Path) -> None:
    """Every `examgen solve` of the README ends well."""
    (tmp_path / "variants").symlink_to(ROOT / "variants")
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}
    examgen = f"{shlex.quote(sys.executable)} -m examgen"
    assert own_commands()
    for command in own_commands():
        words = ["bash", "-euo", "pipefail", "-c", f"{examgen} {command}"]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert (0, "") == (done.returncode, done.stderr), command
