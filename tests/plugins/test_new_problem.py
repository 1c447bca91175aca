"""What `examgen new-problem` writes, and what it refuses."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from examgen.authoring import EXAMPLE, SUFFIXES, write_problem
from examgen.errors import OutputError
from examgen.registry import problems
from examgen.resources import find
from tests.cli.commands import complaint, run

WRITTEN = [
    "examgen_drop_out/__init__.py",
    "examgen_drop_out/drop_out.py",
    "examgen_drop_out/locale/ru/LC_MESSAGES/examgen.po",
    "examgen_drop_out/templates/problems/drop_out.html.j2",
    "pyproject.toml",
    "tests/test_drop_out.py",
]


def inside(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_a_distribution(here: Path) -> None:
    """In a folder called like the problem, each file named; the last line says how to go on."""
    ended = run("new-problem", "drop_out")
    assert (0, "") == (ended.status, ended.err)
    assert WRITTEN == inside(here / "drop_out")
    *files, last = ended.out.splitlines()
    assert [f"  drop_out/{name}" for name in WRITTEN] == files
    assert "Next: pip install -e drop_out, then examgen problems drop_out --check" == last
    assert ["drop_out"] == os.listdir(here)


def test_the_name_is_everywhere(here: Path) -> None:
    """As the problem's, the package's, the distribution's and the class's; the example's is nowhere."""
    write_problem("drop_out", here / "made")
    texts = {name: (here / "made" / name).read_text(encoding="utf-8") for name in WRITTEN}
    project = tomllib.loads(texts["pyproject.toml"])["project"]
    assert "examgen-drop-out" == project["name"]
    assert {"examgen.problems": {"drop_out": "examgen_drop_out.drop_out:PROBLEM"}} == project["entry-points"]
    assert "class DropOut(Problem):\n    name = \"drop_out\"\n" in texts["examgen_drop_out/drop_out.py"]
    told = (EXAMPLE, "LinearNeuron", EXAMPLE.replace("_", "-"))
    assert [] == [name for name, text in texts.items() if any(word in text for word in told)]


def test_the_example_is_written_whole(here: Path) -> None:
    """No file of it has an ending that would be left out; under its own name it comes out as it is."""
    example = find("templates") / "new_problem"
    known = [name for name in inside(example) if "__pycache__" not in name]
    assert [] == [name for name in known if not name.endswith(SUFFIXES)]
    write_problem(EXAMPLE, here / "made")
    assert known == inside(here / "made")
    assert [] == [name for name in known if (example / name).read_bytes() != (here / "made" / name).read_bytes()]


BAD = ("", "Dropout", "drop-out", "drop out", "9lives", "_x", "x_", "a__b", "../x", "a/b", "class", "ё", "x" * 41)


@pytest.mark.parametrize("name", BAD)
def test_bad_names_are_refused(here: Path, name: str) -> None:
    """In one sentence that says what a name is made of; nothing is written."""
    assert "cannot be the name of a problem: give small letters, digits and single _" in complaint(run("new-problem", name))
    assert [] == os.listdir(here)


@pytest.mark.parametrize("name", problems())
def test_a_name_that_is_taken_is_refused(here: Path, name: str) -> None:
    """Nothing is written."""
    assert f"there is a problem {name!r} already, choose another name" == complaint(run("new-problem", name))
    assert [] == os.listdir(here)


def test_nothing_is_overwritten(here: Path) -> None:
    """Neither a folder, empty or not, nor a file, nor what a link points to."""
    (here / "folder").mkdir()
    (here / "file").write_text("kept", encoding="utf-8")
    (here / "link").symlink_to(here / "target")
    for place in ("folder", "file", "link"):
        said = complaint(run("new-problem", "dropout", "-o", place))
        assert f"{place}: exists already, choose another place with -o or remove it first" == said
    assert ["file", "folder", "link"] == sorted(os.listdir(here))
    assert "kept" == (here / "file").read_text(encoding="utf-8") and [] == os.listdir(here / "folder")


@pytest.mark.parametrize("place", ["nofolder/made", "file/made", "/proc/made"])
def test_a_place_that_cannot_be_written_is_told(here: Path, place: str) -> None:
    """A missing folder, a path through a file, a place nobody can write."""
    (here / "file").write_text("", encoding="utf-8")
    assert f"{place}: cannot be written (" in complaint(run("new-problem", "dropout", "-o", place))
    assert ["file"] == os.listdir(here)


def test_nothing_half_written_stays(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in the middle leaves no trace, and the next attempt is not in its own way."""
    sound, written = Path.write_text, []

    def full(path: Path, text: str, **how: str) -> int:
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return sound(path, text, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(OutputError, match="No space left on device"):
            write_problem("dropout")
    assert 3 == len(written)
    assert [] == os.listdir(here)
    write_problem("dropout")
    assert ["dropout"] == os.listdir(here)
