"""Every block of code in the README and in docs/ is run, in its order, or is named here with the reason why not."""

from __future__ import annotations

import doctest
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import examgen.build
from examgen.errors import DefinitionError
from examgen.exam import read_exam
from tests.building.conftest import built
from tests.building.folders import LECTURE
from tests.docs.blocks import PAGES, Block, blocks, called, commands
from tests.docs.world import World, furnish
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("docs")

# pages whose blocks, all of them, another test runs
ELSEWHERE = {
    "docs/add-a-problem.md": "tests/plugins/test_installed.py does all of it in an environment of its own",
    "docs/add-a-language.md": "tests/render/test_language.py adds a language; here it would be added to the checkout",
    "docs/mutants.md": "breaks the core for hours; tests/packaging/test_mutants.py tries its script, part by part",
}
# commands that are not run here
LISTED = {
    r"make [a-z]+$": "sets the checkout up around this very run; test_links.py looks for each target in the Makefile",
    r"\. \.venv/bin/activate$": "the environment of this run",
    r"pip install ": "from an index; the package itself is installed by tests/plugins/test_installed.py",
    r"apt-get install ": "changes the machine",
    r"dask ": "a cluster of two workers runs in tests/building/test_workers.py",
    r"examgen build .*--scheduler ": "the same",
    r"examgen new-problem NAME$": "a name to fill in: tests/plugins/test_installed.py does it with one",
    r"examgen problems NAME --check$": "the same",
}
# blocks that show what cannot be had again, by their first line
SHOWN = {"$ examgen build midterm.toml -n 300": "a build that was stopped: tests/building/test_resumed.py stops some"}
# pages that speak of how sheets look; for all others something else stands for a PDF
LAID_OUT = {"docs/own-templates.md"}
# files of a page whose sentence names another one, or none
PLACES = {
    ("docs/grading.md", "[[accept]]"): "midterm/corrections.toml",
    ("docs/handing-out.md", "name;group;id;row;seat;minutes;large;language"): "students.csv",
}


def no_sheets(*told: Any, **how: Any) -> bytes:
    return b"%PDF-1.7"


@pytest.fixture(scope="module", autouse=True)
def _set_up() -> Iterator[None]:
    """Everybody's seed, so that codes are those of the pages; a width; and of most pages no matter how a PDF looks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXAMGEN_SEED", "sample")
        patch.setenv("COLUMNS", "80")
        unset(patch)
        yield


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three variants of the lecture's exam in English."""
    path = tmp_path_factory.mktemp("docs") / "midterm"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examgen.build, "sheets_pdf", no_sheets)
        built(path, LECTURE, "--proof", 3, "--language", "en")
    return path


class Run:
    """One page, run from its beginning to its end."""

    def __init__(self, page: str, text: str, world: World) -> None:
        self.page, self.world = page, world
        self.names: dict[str, Any] = {}
        self.blocks = list(blocks(text))
        for block in self.blocks:
            if block.kind == "file" and (name := place(page, block)):
                path = world.folder / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(block.text, encoding="utf-8")

    def failures(self) -> Iterator[str]:
        for block in self.blocks:
            if block.first not in SHOWN:
                yield from (f"{self.page}, line {block.line}: {wrong}" for wrong in self.of(block))

    def of(self, block: Block) -> list[str]:
        """What does not hold of a block; a kind that nobody runs does not."""
        kinds: dict[str, Callable[[Block], list[str]]] = {
            "commands": self.typed, "session": self.printed, "console": self.printed, "file": self.held,
            "python": self.python, "json": self.part_of_key, "toml": self.definition,
        }  # fmt: skip
        run = kinds.get(block.kind)
        return run(block) if run else [f"a block that nobody runs: {block.kind}"]

    def typed(self, block: Block) -> list[str]:
        return [wrong for line in commands(block) if not listed(line) and (wrong := self.world.failed(line))]

    def printed(self, block: Block) -> list[str]:
        """Commands with what they print, whose end may be left out with three dots."""
        return [wrong for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:] for wrong in self._printed(part)]

    def _printed(self, part: str) -> Iterator[str]:
        line, *wanted = part.rstrip().splitlines()
        ended = self.world.type(line)
        told = [line.rstrip() for line in (ended.out + ended.err).rstrip().splitlines()]
        if wanted[-1:] == ["..."]:
            told, wanted = told[: len(wanted) - 1], wanted[:-1]
        if told != wanted:
            yield f"{line} prints {told}"

    def held(self, block: Block) -> list[str]:
        return [] if place(self.page, block) else [f"neither commands nor a file that has a name: {block.first}"]

    def python(self, block: Block) -> list[str]:
        if not block.text.startswith(">>> "):
            exec(block.text, self.names)  # our own page
            return []
        told: list[str] = []
        test = doctest.DocTestParser().get_doctest(block.text, self.names, "page", None, 0)
        doctest.DocTestRunner(verbose=False).run(test, out=told.append, clear_globs=False)
        self.names = test.globs
        return told

    def part_of_key(self, block: Block) -> list[str]:
        return [] if within(json.loads(block.text), self.world.key) else [f"no build writes this: {block.text}"]

    def definition(self, block: Block) -> list[str]:
        """A definition, read; where the sentence before it names a file, that is what stands in it from now on."""
        path = self.world.folder / (block.named or "shown.toml")
        path.write_text(block.text, encoding="utf-8")
        try:
            read_exam(path)
        except DefinitionError as error:
            return [str(error)]
        return []


def place(page: str, block: Block) -> str:
    """The file that a block is, within the page's folder."""
    return PLACES.get((page, block.first.partition("  ")[0]), block.named)


def listed(line: str) -> bool:
    return any(re.match(pattern, re.sub(r"\s+# .*$", "", line)) for pattern in LISTED)


def within(part: Any, whole: Any) -> bool:
    """Whether an excerpt is one: of objects some fields, of lists of objects some entries, all else as it is."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and within(part[name], whole[name]) for name in part)
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return isinstance(whole, list) and all(any(within(one, other) for other in whole) for one in part)
    return bool(part == whole)


def failures(page: str, text: str, folder: Path, exam: Path) -> list[str]:
    """What does not hold of a page, run in an empty folder."""
    return list(Run(page, text, furnish(folder, exam, text)).failures())


CODED = [page for page in PAGES if called(page) not in ELSEWHERE and [*blocks(page.read_text(encoding="utf-8"))]]


@pytest.mark.parametrize("page", CODED, ids=called)
def test_a_page_does_what_it_shows(page: Path, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands end well and print what stands there, Python and definitions run, excerpts are parts of what a build writes."""
    monkeypatch.chdir(tmp_path)
    if called(page) not in LAID_OUT:
        monkeypatch.setattr(examgen.build, "sheets_pdf", no_sheets)
    assert [] == failures(called(page), page.read_text(encoding="utf-8"), tmp_path, exam)


def test_what_is_listed_is_there() -> None:
    """No reason outlives what it was for; a page that is done elsewhere is named there."""
    found = {called(page): [*blocks(page.read_text(encoding="utf-8"))] for page in PAGES}
    lines = [line for shown in found.values() for block in shown for line in commands(block)]
    assert [] == [pattern for pattern in LISTED if not any(re.match(pattern, re.sub(r"\s+# .*$", "", line)) for line in lines)]
    firsts = {(page, block.first.partition("  ")[0]) for page, shown in found.items() for block in shown}
    assert set() == set(PLACES) - firsts
    assert set() == set(SHOWN) - {first for _, first in firsts}
    assert set() == set(ELSEWHERE) - set(found)


WRONG = {
    "another result": "```python\n>>> 1 + 1\n3\n\n```",
    "another number": '```json\n{"format": 2}\n```',
    "another entry": '```json\n{"variants": [{"number": 4}]}\n```',
    "a field that is not there": '```json\n{"variants": [{"tasks": [{"marks": 1}]}]}\n```',
    "a definition that is refused": '```toml\ntitle = "T"\n```',
    "a language that nobody runs": "```sh\nrm -r .\n```",
    "no language": "```\nrm -r .\n```",
    "an option that is not there": "    examgen problems --everything",
    "a file that is not there": "    examgen solve svm_loss nowhere.csv",
    "a command of a shell that fails": "    cp nowhere.csv here.csv",
    "another output": "```console\n$ examgen --version-of\n0.0\n```",
    "another message": "    $ examgen follow midterm 44H3T5 1a=2.5\n    examgen: all is well",
    "a file without a name": "Some file:\n\n    name;row\n    Ada;1",
}


@pytest.mark.parametrize("block", WRONG.values(), ids=WRONG)
def test_a_page_that_is_wrong_is_noticed(block: str, exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth."""
    monkeypatch.chdir(tmp_path)
    assert 1 == len(failures("page.md", f"Text\n\n{block}\n", tmp_path, exam))


def test_names_last_for_a_page(exam: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From block to block of one page; a script that fails is noticed."""
    monkeypatch.chdir(tmp_path)
    page = "```python\nx = 1\n```\n\n```python\n>>> x\n1\n>>> y = x\n\n```\n\n```python\nassert y == 1\n```\n"
    run = Run("page.md", page, World(tmp_path, {}))
    assert [] == list(run.failures())
    with pytest.raises(NameError):
        list(Run("page.md", "```python\nassert x == 1\n```\n", run.world).failures())
