"""See to what pip cannot install: a Python of the right age, its venv module, shared libraries, Poppler's commands.

    python3 .ci/system.py NEED...          (python, venv, pdf, poppler)

What is missing is installed with apt-get where that is possible without a password; otherwise one sentence says what
to install, and the exit status is 2. Runs under the system's own python3, before any environment exists: standard
library only, and nothing that Python 3.7 cannot read.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"

# what WeasyPrint loads -> the Debian package that brings it
LIBRARIES = {
    "libgobject-2.0.so.0": "libpango-1.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libpango-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "libpangoft2-1.0-0",
}
COMMANDS = {"pdftotext": "poppler-utils", "pdftoppm": "poppler-utils"}
# Debian keeps ensurepip, without which venv makes no pip, in a package of its own for each Python
MODULES = {"ensurepip": f"python{HERE}-venv"}

WHY = {
    "venv": "Python cannot make a virtual environment",
    "pdf": "WeasyPrint cannot load its shared libraries",
    "poppler": "the tests cannot read PDFs",
}


def loads(soname: str) -> bool:
    """Whether the dynamic loader finds a shared library; on macOS, where names differ, whether one like it is found."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return sys.platform == "darwin" and bool(ctypes.util.find_library(soname[3:].split(".so")[0]))
    return True


def importable(module: str) -> bool:
    """Whether a module of the standard library is there; asks the disk again each time."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def on_path(command: str) -> bool:
    """Whether the shell would find a command."""
    return shutil.which(command) is not None


NEEDS = {"venv": (importable, MODULES), "pdf": (loads, LIBRARIES), "poppler": (on_path, COMMANDS)}


def missing(need: str) -> dict[str, str]:
    """What of a need is not there: part -> the Debian package that brings it."""
    there, parts = NEEDS[need]
    return {part: package for part, package in parts.items() if not there(part)}


def apt() -> list[str]:
    """The words that start apt-get with the right to install; none where there is no such right."""
    if not on_path("apt-get"):
        return []
    if os.geteuid() == 0:
        return ["apt-get"]
    if on_path("sudo") and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        return ["sudo", "-n", "apt-get"]
    return []


def install(packages: list[str]) -> None:
    """Install Debian packages where that is possible; whether it helped is for the caller to see."""
    start = apt()
    if not start:
        return
    print("Installing " + " ".join(packages), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wanted = ["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120", *packages]
    # an update that fails for one source of several is no reason not to try
    for words in (["update"], wanted):
        command = [*start, "-qq", *words]
        subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)


def still_missing(needs: list[str]) -> str:
    """One sentence that names what is missing and its packages; empty where everything is there."""
    gone = {need: missing(need) for need in needs}
    gone = {need: parts for need, parts in gone.items() if parts}
    if not gone:
        return ""
    reasons = "; ".join(f"{WHY[need]} ({', '.join(parts)} missing)" for need, parts in gone.items())
    packages = sorted({package for parts in gone.values() for package in parts.values()})
    return f"{reasons[0].upper()}{reasons[1:]}: install {' '.join(packages)} and call make again."


def see_to(needs: list[str]) -> str:
    """Install in one go what of the needs is missing: one sentence for what is missing all the same, or empty."""
    if "python" in needs and sys.version_info[:2] < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return f"examgen needs Python {oldest} or newer, not {HERE}: name one with `make PYTHON=python{oldest}`."
    needs = [need for need in needs if need != "python"]
    packages = sorted({package for need in needs for package in missing(need).values()})
    if packages:
        install(packages)
    return still_missing(needs)


def main(needs: list[str]) -> int:
    """See to the needs: 0, or 2 with one sentence where something is missing."""
    unknown = [need for need in needs if need not in NEEDS and need != "python"]
    trouble = f"There is no need called {unknown[0]}: name python, {', '.join(NEEDS)}." if unknown else see_to(needs)
    if trouble:
        print(trouble, file=sys.stderr)
    return 2 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
