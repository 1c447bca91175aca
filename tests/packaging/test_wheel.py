"""The wheel, installed away from the checkout, is the whole product, and the sdist makes the same wheel.

To be quick, the new environment borrows the third-party packages of the one that runs the tests: a `.pth` file puts
their folder behind its own. Python does not read the `.pth` files of a folder that came by a `.pth` file, so the
editable install that lies there leads nowhere, and the checkout stays out of sight; a test makes sure.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from trove_classifiers import classifiers

import examgen

# one file of tests that share what takes seconds to make: one worker does them all
pytestmark = pytest.mark.xdist_group("wheel")

BUILT = ("key.json", "manifest.json", "key.pdf", "sheets.pdf")


def run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder with nothing of this run's Python settings."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    return subprocess.run(list(map(str, command)), cwd=folder, env=settings, capture_output=True, text=True)


def build(python: Path, exam: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build two variants of an exam definition into a folder, as `python -m examgen` away from the checkout."""
    return run([python, "-m", "examgen", "build", exam, "--proof", "2", "-o", out], out.parent)


def packed(checkout: Path, dist: Path, *only: str) -> Path:
    """The folder that `python -m build` fills, by the backend that is installed here: an sdist, and the wheel made of it."""
    made = run([sys.executable, "-m", "build", *only, "--no-isolation", "--outdir", dist, checkout], checkout)
    assert made.returncode == 0, made.stderr
    return dist


@pytest.fixture(scope="module")
def dist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both distributions of the checkout."""
    return packed(checkout, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """The wheel that people get."""
    return next(dist.glob("*.whl"))


def held(sdist: Path) -> set[str]:
    """The files of an sdist, but for the metadata that its making adds."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()} - {"PKG-INFO"}


def listed(checkout: Path, *which: str) -> set[str]:
    """Files that git knows."""
    told = run(["git", "ls-files", "-z", *which], checkout)
    assert told.returncode == 0, told.stderr
    return {name for name in told.stdout.split("\0") if (checkout / name).is_file()}


def install(wheel: Path, folder: Path) -> Path:
    """A new environment with the wheel in it and the borrowed third-party packages; returns its Python."""
    python = folder / "venv" / "bin" / "python"
    assert run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], folder).returncode == 0
    site = next((folder / "venv" / "lib").glob("python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    installed = run([*pip, wheel], folder)
    assert installed.returncode == 0, installed.stderr
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Path:
    """The definition of the control work, copied out of the checkout; the homework's is beside it."""
    folder = tmp_path_factory.mktemp("exam")
    for name in ("homework6.toml", "lecture6.toml"):
        shutil.copy(checkout / "variants" / name, folder)
    return folder / "lecture6.toml"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment of its own that holds the installed wheel; no test changes it."""
    return install(wheel, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def elsewhere(wheel: Path, tmp_path: Path) -> Path:
    """The same for a test that changes it."""
    return install(wheel, tmp_path)


def test_the_wheel_builds_what_the_checkout_builds(installed: Path, exam: Path, tmp_path: Path) -> None:
    """Installed from the wheel, examgen writes the same bytes as here: key, manifest, sheets."""
    for python, name in ((Path(sys.executable), "here"), (installed, "there")):
        done = build(python, exam, tmp_path / name)
        assert done.returncode == 0, done.stderr
    here, there = ({file: (tmp_path / name / file).read_bytes() for file in BUILT} for name in ("here", "there"))
    assert list(BUILT) == [file for file in BUILT if here[file] == there[file]]


@pytest.mark.parametrize(("language", "title"), [("en", "Worked solution"), ("ru", "Решение")])
def test_the_installed_command_speaks_both_languages(
    installed: Path, exam: Path, tmp_path: Path, language: str, title: str
) -> None:
    """The command itself sets a worked solution with catalogue, templates and fonts of ours, and writes a definition."""
    words = ["solve", "svm_loss", exam.parent / "homework6.toml", "--pdf", "solution.pdf"], ["init", "exam.toml"]
    for more in words:
        done = run([installed.parent / "examgen", *more, "--language", language], tmp_path)
        assert (0, "") == (done.returncode, done.stderr)
    assert title in run(["pdftotext", "solution.pdf", "-"], tmp_path).stdout
    fonts = run(["pdffonts", "solution.pdf"], tmp_path).stdout.splitlines()[2:]
    assert fonts and [] == [line for line in fonts if not re.match(r"[A-Z]{6}\+Exam-", line)]
    assert f'language = "{language}"' in (tmp_path / "exam.toml").read_text(encoding="utf-8")


def test_the_installed_command_tells_its_version(installed: Path, tmp_path: Path) -> None:
    """That of the package."""
    done = run([installed.parent / "examgen", "--version"], tmp_path)
    assert f"examgen {examgen.__version__}" == done.stdout.splitlines()[0]


def test_the_installed_wheel_does_not_see_the_checkout(installed: Path, checkout: Path, tmp_path: Path) -> None:
    """The package comes from the new environment, and no entry of its path leads into the checkout."""
    program = "import sys, examgen; print(examgen.__file__, *sys.path, sep='\\n')"
    seen = [Path(line) for line in run([installed, "-c", program], tmp_path).stdout.splitlines() if line]
    assert installed.parents[1] in seen[0].parents
    own = checkout / ".venv"
    assert [] == [path for path in seen if path.is_relative_to(checkout) and not path.is_relative_to(own)]


@pytest.mark.parametrize("part", ["templates", "locale"])
def test_a_wheel_without_its_files_is_noticed(elsewhere: Path, exam: Path, tmp_path: Path, part: str) -> None:
    """Tooth: where templates or catalogues are missing, nothing stands in for them and the build fails."""
    package = next((tmp_path / "venv" / "lib").glob("python*/site-packages/examgen"))
    (package / part).rename(tmp_path / part)
    assert build(elsewhere, exam, tmp_path / "there").returncode != 0


def test_the_wheel_holds_all_files_and_no_others(wheel: Path, checkout: Path) -> None:
    """Every file of examgen/ and templates/ and every definition of ours is in the wheel under examgen/, nothing else is."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.split("/")[0].endswith(".dist-info")}
    lies = [path for folder in ("examgen", "templates") for path in (checkout / folder).rglob("*") if path.is_file()]
    names = {path.relative_to(checkout).as_posix() for path in lies if "__pycache__" not in path.parts}
    names |= listed(checkout, "variants/*.toml")
    assert {name if name.startswith("examgen/") else f"examgen/{name}" for name in names} == held


def test_the_wheel_of_the_sdist_is_that_of_the_checkout(wheel: Path, checkout: Path, tmp_path: Path) -> None:
    """To the byte: whoever builds from the sdist lacks nothing."""
    ours = next(packed(checkout, tmp_path, "--wheel").glob("*.whl"))
    assert (ours.name, ours.read_bytes()) == (wheel.name, wheel.read_bytes())


def test_the_sdist_holds_what_is_committed(dist: Path, checkout: Path) -> None:
    """Everything that git tracks, tests and documentation among it, and besides at most what could be committed."""
    found = held(next(dist.glob("*.tar.gz")))
    assert [] == sorted(listed(checkout) - found)
    assert [] == sorted(found - listed(checkout, "--cached", "--others", "--exclude-standard"))


JUNK = (
    "build/sheets.pdf", "dist/old.whl", ".venv/lib/module.py", "variants/lecture6/key.pdf", "variants/midterm.toml",
    "midterm.toml", "midterm/key.json", "exam.seed", "examgen/__pycache__/graph.pyc", "tests/.hypothesis/x", ".mypy_cache/x",
)  # fmt: skip


def test_what_lies_about_in_a_checkout_stays_there(checkout: Path, tmp_path: Path) -> None:
    """A definition with its seed, an exam built from it, environments and caches get into neither distribution."""
    copy, sample = tmp_path / "checkout", "examgen/graph.py"
    needed = ("LICENSE", "README.md", "pyproject.toml", ".gitignore", "examgen/__init__.py", "variants/lecture6.toml")
    for name in (*needed, sample):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(checkout / name, copy / name)
    for name in JUNK:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("secret")
    found = held(next(packed(copy, tmp_path / "dist", "--sdist").glob("*.tar.gz")))
    with zipfile.ZipFile(next(packed(copy, tmp_path / "dist", "--wheel").glob("*.whl"))) as archive:
        inside = {name.removeprefix("examgen/") for name in archive.namelist()}
    assert {sample, "variants/lecture6.toml"} <= found and {"graph.py", "variants/lecture6.toml"} <= inside
    assert [] == sorted(found & set(JUNK)) + sorted(inside & {name.removeprefix("examgen/") for name in JUNK})


def test_the_metadata_are_whole(wheel: Path) -> None:
    """As an index reads them: valid, with licence, text, keywords, classifiers that exist, and every extra."""
    with zipfile.ZipFile(wheel) as archive:
        text = next(archive.read(name) for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    told = Metadata.from_email(text, validate=True)
    assert ("examgen-dl", examgen.__version__, "MIT") == (told.name, str(told.version), told.license_expression)
    assert ["LICENSE"] == told.license_files and "text/markdown" == told.description_content_type
    assert told.keywords and {"adapters", "cluster", "dev", "torch"} <= set(told.provides_extra or ())
    assert (told.description or "").startswith("# examgen\n") and message_from_bytes(text)["Requires-Python"] == ">=3.11"
    assert set(told.classifiers or ()) <= set(classifiers)


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    """`py.typed` lies in the package, so that type checkers read its annotations."""
    with zipfile.ZipFile(wheel) as archive:
        assert "examgen/py.typed" in archive.namelist()
