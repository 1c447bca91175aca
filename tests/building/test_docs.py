"""The pages in docs/: what their Python does and the excerpts they show, on a folder that the command has built."""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path
from typing import Any

import pytest

import examgen.build
from examgen.errors import DefinitionError
from examgen.exam import read_exam
from tests.architecture.sources import ROOT
from tests.building.conftest import built
from tests.building.folders import LECTURE, Folder
from tests.unset import unset

pytestmark = pytest.mark.xdist_group("docs")

PAGES = sorted((ROOT / "docs").glob("*.md"))
FENCED = re.compile(r"^```(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The first variant of the lecture's exam in English; what a PDF looks like matters to no page."""
    path = tmp_path_factory.mktemp("docs") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EXAMGEN_SEED", raising=False)
        unset(patch)
        patch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
        built(path, LECTURE, "--proof", 1, "--language", "en")
    return Folder(path)


def failures(text: str, key: dict[str, Any]) -> list[str]:
    """What does not hold of a page's code blocks, run in their order in the folder of the key."""
    found: list[str] = []
    names: dict[str, Any] = {}
    for kind, block in FENCED.findall(text):
        if kind == "json":
            found += [] if within(json.loads(block), key) else [f"no build writes this: {block}"]
        elif kind == "python" and block.startswith(">>> "):
            found += session(block, names)
        elif kind == "python":
            exec(block, names)  # our own page
        elif kind == "toml":
            found += undefined(block)
        else:
            found.append(f"a block that nobody runs: {kind or 'unnamed'}")
    return found


def undefined(block: str) -> list[str]:
    """Why a definition is none."""
    path = Path("shown.toml")
    path.write_text(block, encoding="utf-8")
    try:
        read_exam(path)
    except DefinitionError as error:
        return [str(error)]
    finally:
        path.unlink()
    return []


def session(block: str, names: dict[str, Any]) -> list[str]:
    """What a session of the interpreter says otherwise than is shown."""
    told: list[str] = []
    test = doctest.DocTestParser().get_doctest(block, names, "page", None, 0)
    doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    return told


def within(part: Any, whole: Any) -> bool:
    """Whether an excerpt is one: of objects some fields, of lists of objects some entries, all else as it is."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and within(part[name], whole[name]) for name in part)
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return isinstance(whole, list) and all(any(within(one, other) for other in whole) for one in part)
    return bool(part == whole)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_shows(folder: Folder, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its Python runs and prints what stands there, its JSON is part of the key, its definitions are read; no other code."""
    monkeypatch.chdir(folder.path)
    assert [] == failures(page.read_text(encoding="utf-8"), folder.key)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    """From the folder that it stands in."""
    assert [] == [target for target in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / target).exists()]


def test_there_is_something_to_run() -> None:
    """The key's page shows an excerpt, a script and a session."""
    text = (ROOT / "docs" / "key.md").read_text(encoding="utf-8")
    assert ["json", "python", "python"] == [kind for kind, _ in FENCED.findall(text)]
    assert 2 <= len(LINK.findall(text))


WRONG = {
    "another result": ("python", ">>> 1 + 1\n3\n\n"),
    "another number": ("json", '{"format": 2}\n'),
    "another entry": ("json", '{"variants": [{"number": 2}]}\n'),
    "a field that is not there": ("json", '{"variants": [{"tasks": [{"marks": 1}]}]}\n'),
    "a definition that is refused": ("toml", 'title = "T"\n'),
    "a language that nobody runs": ("sh", "rm -r .\n"),
}


@pytest.mark.parametrize(("kind", "block"), WRONG.values(), ids=WRONG)
def test_a_page_that_is_wrong_is_noticed(
    folder: Folder, kind: str, block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tooth."""
    monkeypatch.chdir(tmp_path)
    assert 1 == len(failures(f"Text\n\n```{kind}\n{block}```\n", folder.key))


def test_a_script_that_fails_is_noticed(folder: Folder) -> None:
    """The tooth: names last from block to block of one page, and go with it."""
    page = "```python\nx = 1\n```\n\n```python\nassert x == 1\n```\n"
    assert [] == failures(page, folder.key)
    with pytest.raises(NameError):
        failures("```python\nassert x == 1\n```\n", folder.key)
