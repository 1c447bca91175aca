"""The machine that figures are taken on, and what is installed there."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

GET = {
    "pdfLaTeX": "apt-get install --no-install-recommends texlive-latex-base texlive-pictures lmodern",
    "Typst": "pip install typst",
}
LIBRARIES = ("weasyprint", "numpy", "sympy", "torch", "pikepdf")


def installed(peer: str) -> bool:
    """Whether a peer is there to be compared with."""
    return bool(shutil.which("pdflatex")) if peer == "pdfLaTeX" else find_spec("typst") is not None


def machine() -> Iterator[str]:
    """What the figures are of."""
    info = Path("/proc/cpuinfo")
    models = re.findall(r"model name\s*: (.+)", info.read_text(encoding="utf-8")) if info.exists() else []
    model = models[0] if models else platform.processor() or platform.machine()
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    yield f"{model}, {os.cpu_count()} cores (load before: {load}), {platform.system()} {platform.release()}"
    yield ", ".join([f"Python {platform.python_version()}", *(f"{name} {_version(name)}" for name in LIBRARIES)])
    yield ", ".join(f"{peer}: {_peer(peer)}" for peer in GET)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _peer(peer: str) -> str:
    if not installed(peer):
        return f"not installed ({GET[peer]})"
    if peer == "Typst":
        return _version("typst")
    return subprocess.run(["pdflatex", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
