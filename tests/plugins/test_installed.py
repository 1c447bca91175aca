"""docs/add-a-problem.md, done as it stands there: a distribution in an environment of its own, and an exam with it.

The environment borrows the third-party packages of this one by a `.pth` file, which also leads to the checkout; what pip
installs there, and what the page's commands call, is of that environment alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from tests.architecture.sources import ROOT

pytestmark = pytest.mark.xdist_group("installed")

PAGE = ROOT / "docs" / "add-a-problem.md"
BLOCK = re.compile(r"(?:^    .*\n(?:\n(?=    ))?)+", re.MULTILINE)
COMMAND = re.compile(r"(examgen|pip|pytest) ")
LONGEST = 100
SHIMS = {
    "examgen": '"{python}" -m examgen "$@"',
    "pytest": '"{python}" -m pytest -q -p no:xdist -p no:cacheprovider "$@"',
    "pip": '"{host}" -m pip -qq --python "{python}" "$@" --no-deps --no-index --no-build-isolation --disable-pip-version-check',
}


def blocks(text: str) -> tuple[list[str], list[str]]:
    """The commands of a page, and the other blocks that it shows."""
    found = [dedent(block).strip() + "\n" for block in BLOCK.findall(text)]
    commands = [line for block in found if COMMAND.match(block) for line in block.splitlines()]
    return commands, [block for block in found if not COMMAND.match(block)]


@dataclass(frozen=True)
class World:
    """An environment of its own, and a folder to work in."""

    folder: Path

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line of a shell, with nothing of this run's Python settings."""
        settings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "EXAMGEN"))}
        settings |= {"PATH": f"{self.folder / 'venv' / 'bin'}:{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8"}
        words = ["bash", "-euo", "pipefail", "-c", command]
        return subprocess.run(
            words, cwd=self.folder, env=settings, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """With the page's definition in the folder, under the name that the page gives it."""
    folder = tmp_path_factory.mktemp("installed")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    site = next((folder / "venv" / "lib").glob("python*/site-packages"))
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n", encoding="utf-8")
    for name, line in SHIMS.items():
        shim = folder / "venv" / "bin" / name
        shim.write_text(f"#!/bin/sh\nexec {line.format(python=python, host=sys.executable)}\n", encoding="utf-8")
        shim.chmod(0o755)
    definition = next(block for block in shown() if block.startswith("title = "))
    (folder / "neuron.toml").write_text(definition, encoding="utf-8")
    return World(folder)


def shown() -> list[str]:
    return blocks(PAGE.read_text(encoding="utf-8"))[1]


def elsewhere(shown: list[str], texts: list[str]) -> list[str]:
    """What a page shows that stands in none of the texts, line by line as it is but for the margin."""
    bare = ["\n".join(line.strip() for line in text.splitlines()) for text in texts]
    return [block for block in shown if not any("\n".join(map(str.strip, block.split("\n"))).strip() in text for text in bare)]


@pytest.fixture(scope="module")
def done(world: World) -> Iterator[dict[str, subprocess.CompletedProcess[str]]]:
    """The page's commands, one after the other, and how each ended."""
    yield {command: world.run(command) for command in blocks(PAGE.read_text(encoding="utf-8"))[0]}


def test_the_page_is_short() -> None:
    """It walks through a problem in fewer than a hundred lines, and shows commands as well as code."""
    text = PAGE.read_text(encoding="utf-8")
    commands, code = blocks(text)
    assert len(text.splitlines()) < LONGEST
    assert 6 <= len(commands) and 7 <= len(code)


def test_every_command_of_the_page_ends_well(done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    """Written, installed, listed, checked, tested, practised and built."""
    assert [] == [f"{command}: {ended.stdout}{ended.stderr}" for command, ended in done.items() if ended.returncode]
    assert {"examgen", "pip", "pytest"} == {command.split()[0] for command in done}
    told = {command: ended.stdout for command, ended in done.items()}
    assert "linear_neuron: Linear neuron with squared error." in told["examgen problems linear_neuron"]
    assert " rules hold on 2 presets" in told["examgen problems linear_neuron --check"]
    assert re.search(r"\b[1-9][0-9]+ passed", told["pytest linear_neuron/tests"])
    assert any("Линейный нейрон" in out for command, out in told.items() if command.startswith("examgen practice"))


def test_the_page_shows_what_is_written(world: World, done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    """Each piece of code is a piece of a file that the first command wrote, or the definition that was built."""
    files = [path for path in (world.folder / "linear_neuron").rglob("*") if path.suffix in (".py", ".j2", ".po", ".toml")]
    texts = [path.read_text(encoding="utf-8") for path in (*files, world.folder / "neuron.toml")]
    assert [] == elsewhere(shown(), texts)
    assert ["x = 2\n"] == elsewhere(["x = 2\n"], texts)


@pytest.mark.parametrize(("language", "words"), [("en", "Find the output"), ("ru", "Найдите выход")])
def test_an_exam_with_it_is_built(
    world: World, done: dict[str, subprocess.CompletedProcess[str]], language: str, words: str
) -> None:
    """In either language, with its words on the sheet and every answer proved; the manifest names its version."""
    ended = world.run(f"examgen build neuron.toml --proof 2 --language {language} -o {language}")
    assert 0 == ended.returncode, ended.stderr
    sheet = world.run(f"pdftotext {language}/sheets.pdf -").stdout
    assert words in " ".join(sheet.split())
    key = json.loads((world.folder / language / "key.json").read_text(encoding="utf-8"))
    assert ["linear_neuron"] * 2 == [task["problem"] for variant in key["variants"] for task in variant["tasks"]]
    manifest = (world.folder / language / "manifest.json").read_text(encoding="utf-8")
    assert '"examgen-linear-neuron": "0.1.0"' in manifest
    assert 0 == world.run(f"examgen verify {language}").returncode


LOADED = """import contextlib, io, sys
sys.argv = ["examgen", "{}"]
from examgen.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(*sorted({{"examgen_linear_neuron", "numpy", "torch", "jinja2", "babel", "weasyprint"}} & set(sys.modules)))"""


@pytest.mark.parametrize(("command", "loaded"), [("--help", ""), ("problems", "examgen_linear_neuron")])
def test_commands_load_no_more_for_it(
    world: World, done: dict[str, subprocess.CompletedProcess[str]], command: str, loaded: str
) -> None:
    """Help runs none of its code; the list of problems does, and nothing that computes or lays out beside it."""
    (world.folder / "loaded.py").write_text(LOADED.format(command), encoding="utf-8")
    ended = world.run("venv/bin/python loaded.py")
    assert (0, loaded) == (ended.returncode, ended.stdout.strip()), ended.stderr


def test_without_it_there_is_no_such_problem(world: World, done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    """The tooth: another Python with the same checkout does not know it."""
    words = [sys.executable, "-m", "examgen", "build", str(world.folder / "neuron.toml"), "--proof", "1"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (2, True) == (ended.returncode, "unknown problem 'linear_neuron'" in ended.stderr)


def test_a_wheel_of_it_holds_its_files(world: World, done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    """Not only an editable install: what is built and installed brings template and catalogue along."""
    ended = world.run("pip install --target there ./linear_neuron")
    assert 0 == ended.returncode, ended.stderr
    made = {path.name for path in (world.folder / "there" / "examgen_linear_neuron").rglob("*") if path.is_file()}
    assert {"__init__.py", "linear_neuron.py", "linear_neuron.html.j2", "examgen.po"} <= made
