"""The wheel, installed away from the checkout, is the whole product.

To be quick, the new environment borrows the third-party packages of the one that runs the tests: a `.pth` file puts
their folder behind its own. Python does not read the `.pth` files of a folder that came by a `.pth` file, so the
editable install that lies there leads nowhere, and the checkout stays out of sight; a test makes sure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

# one file of four tests that share what takes seconds to make: one worker does them all
pytestmark = pytest.mark.xdist_group("wheel")

BUILT = ("key.json", "manifest.json", "key.pdf", "sheets.pdf")


def run(command: Sequence[str | Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder with nothing of this run's Python settings."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    return subprocess.run(list(map(str, command)), cwd=folder, env=settings, capture_output=True, text=True)


def build(python: Path, exam: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Build two variants of an exam definition into a folder, as `python -m examgen` away from the checkout."""
    return run([python, "-m", "examgen", "build", exam, "--proof", "2", "-o", out], out.parent)


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout, built by the backend that is installed here."""
    dist = tmp_path_factory.mktemp("dist")
    made = run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, checkout], dist)
    assert made.returncode == 0, made.stderr
    return next(dist.glob("*.whl"))


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
    """The definition of the control work, copied out of the checkout."""
    copy = tmp_path_factory.mktemp("exam") / "lecture6.toml"
    copy.write_bytes((checkout / "variants" / "lecture6.toml").read_bytes())
    return copy


@pytest.fixture
def elsewhere(wheel: Path, tmp_path: Path) -> Iterator[Path]:
    """The Python of an environment of its own that holds the installed wheel."""
    yield install(wheel, tmp_path)


def test_the_wheel_builds_what_the_checkout_builds(elsewhere: Path, exam: Path, tmp_path: Path) -> None:
    """Installed from the wheel, examgen writes the same bytes as here: key, manifest, sheets."""
    for python, name in ((Path(sys.executable), "here"), (elsewhere, "there")):
        done = build(python, exam, tmp_path / name)
        assert done.returncode == 0, done.stderr
    here, there = ({file: (tmp_path / name / file).read_bytes() for file in BUILT} for name in ("here", "there"))
    assert list(BUILT) == [file for file in BUILT if here[file] == there[file]]


def test_the_installed_wheel_does_not_see_the_checkout(elsewhere: Path, checkout: Path, tmp_path: Path) -> None:
    """The package comes from the new environment, and no entry of its path leads into the checkout."""
    program = "import sys, examgen; print(examgen.__file__, *sys.path, sep='\\n')"
    seen = [Path(line) for line in run([elsewhere, "-c", program], tmp_path).stdout.splitlines() if line]
    assert tmp_path / "venv" in seen[0].parents
    own = checkout / ".venv"
    assert [] == [path for path in seen if path.is_relative_to(checkout) and not path.is_relative_to(own)]


@pytest.mark.parametrize("part", ["templates", "locale"])
def test_a_wheel_without_its_files_is_noticed(elsewhere: Path, exam: Path, tmp_path: Path, part: str) -> None:
    """Tooth: where templates or catalogues are missing, nothing stands in for them and the build fails."""
    package = next((tmp_path / "venv" / "lib").glob("python*/site-packages/examgen"))
    (package / part).rename(tmp_path / part)
    assert build(elsewhere, exam, tmp_path / "there").returncode != 0


def test_the_wheel_holds_all_files_and_no_others(wheel: Path, checkout: Path) -> None:
    """Every file of examgen/ and templates/ and every definition is in the wheel under examgen/, nothing else is."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.split("/")[0].endswith(".dist-info")}
    lies = [path for folder in ("examgen", "templates") for path in (checkout / folder).rglob("*") if path.is_file()]
    lies += (checkout / "variants").glob("*.toml")
    names = {path.relative_to(checkout).as_posix() for path in lies if "__pycache__" not in path.parts}
    assert {name if name.startswith("examgen/") else f"examgen/{name}" for name in names} == held


def test_the_wheel_says_that_it_is_typed(wheel: Path) -> None:
    """`py.typed` lies in the package, so that type checkers read its annotations."""
    with zipfile.ZipFile(wheel) as archive:
        assert "examgen/py.typed" in archive.namelist()
