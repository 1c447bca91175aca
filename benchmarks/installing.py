"""An installation of the wheel that is killed: the command is not there or works, and the same installation works again."""

from __future__ import annotations

import base64
import csv
import subprocess
import sys
import sysconfig
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from time import monotonic

from benchmarks.children import Ended, started
from benchmarks.damage import ROOT


class Broken(Exception):
    """What an interrupted installation has left behind."""


@cache
def wheel(place: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place / "dist", ROOT]
    subprocess.run(command, check=True, capture_output=True)
    return next((place / "dist").glob("*.whl"))


def install(venv: Path) -> list[str | Path]:
    """The command that installs the wheel, also over the same version."""
    pip = [sys.executable, "-m", "pip", "--python", venv / "bin" / "python", "install", "--quiet", "--no-deps", "--no-index"]
    return [*pip, "--disable-pip-version-check", "--no-compile", "--force-reinstall", wheel(venv.parents[1])]


@cache
def seconds(place: Path) -> float:
    """What an installation takes that nobody disturbs."""
    (place / "timed").mkdir()
    venv, began = environment(place / "timed"), monotonic()
    subprocess.run(install(venv), check=True, capture_output=True)
    return monotonic() - began


def environment(room: Path) -> Path:
    """An empty environment that borrows the third-party packages of this one."""
    venv = room / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = site_packages(venv)
    borrowed = {sysconfig.get_path("purelib"), *(path for path in sys.path if path.endswith("site-packages"))}
    (site / "borrowed.pth").write_text("\n".join(sorted(borrowed)) + "\n", encoding="utf-8")
    return venv


def site_packages(venv: Path) -> Path:
    return next((venv / "lib").glob("python*/site-packages"))


def interrupted(place: Path, room: Path, random: Random) -> str:
    """One trial. Gives old where the command works or is not there, new where pip was quicker. Raises: Broken."""
    wheel(place)
    whole, venv = seconds(place), environment(room)
    over = random.random() < 0.5
    if over:
        subprocess.run(install(venv), check=True, capture_output=True)
    ended = started(install(venv), place / "said-pip").killed(random.uniform(0, 1.1 * whole), group=True)
    command = venv / "bin" / "examgen"
    if command.exists():
        said = ask(command, room)
        if not said.clear:
            raise Broken(f"an installation that was killed leaves a command that says {said.said[-300:]!r}")
    subprocess.run(install(venv), check=True, capture_output=True)
    if (said := ask(command, room)).status:
        raise Broken(f"installed again, the command says {said.said[-300:]!r}")
    if wrong := unlike_record(site_packages(venv)):
        raise Broken(f"installed again, these files are not those of the wheel: {wrong[:5]}")
    return "new" if ended.status == 0 else "old"


def ask(command: Path, room: Path) -> Ended:
    """The list of problem types, which takes every module of them."""
    return started([command, "problems"], room / "said", {"PATH": "/usr/bin:/bin"}).wait()


def unlike_record(site: Path) -> list[str]:
    """Files that are not as the wheel says; what pip itself sets aside under a ~ and passes over ever after is none of ours."""
    (record,) = site.glob("examgen_dl-*.dist-info/RECORD")
    wrong = []
    for name, checksum, _ in csv.reader(record.read_text(encoding="utf-8").splitlines()):
        path = site / name
        digest = sha256(path.read_bytes()).digest() if path.is_file() else b""
        if checksum and checksum != f"sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}":
            wrong.append(name)
    return wrong
