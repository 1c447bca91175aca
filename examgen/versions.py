"""What the bytes of a build depend on beside its definition: versions of libraries and fonts."""

from __future__ import annotations

import platform
import zlib
from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from examgen import __version__
from examgen.drawing import key
from examgen.plugins import sound
from examgen.resources import FONT_PACKAGES, find

if TYPE_CHECKING:
    from examgen.exam import Exam

LIBRARIES = (
    "babel", "cssselect2", "fonttools", "graphlay", "jinja2", "markupsafe", "math-core", "mpmath", "numpy", "pillow", "pydyf",
    "pyphen", "segno", "sympy", "tinycss2", "tinyhtml5", "torch", "weasyprint",
)  # fmt: skip
SUFFIXES = {".py", ".j2", ".css", ".po"}


def versions() -> dict[str, str]:
    """Of everything that the bytes of a build depend on."""
    fonts = (package.replace("_", "-") for package in FONT_PACKAGES.values())
    found = {"examgen": __version__, "python": platform.python_version()}
    found |= {library: version_of(library) for library in sorted((*LIBRARIES, *fonts))}
    found |= dict(plugin.distribution.rsplit(" ", 1) for plugin in sound())
    return found | {"pango": _pango(), "zlib": zlib.ZLIB_RUNTIME_VERSION}


def version_of(library: str) -> str:
    """Of a library, without the kind of build: a CPU and a CUDA build of PyTorch give the same bytes."""
    try:
        return metadata.version(library).split("+")[0]
    except metadata.PackageNotFoundError:
        return "not installed"


def _pango() -> str:
    from weasyprint.text.ffi import pango

    number = int(pango.pango_version())
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


@cache
def environment() -> dict[str, str]:
    """The versions, and what tells one state of this package's own files from another: equal ones make the same bytes."""
    return {**versions(), "examgen's files": _own_files()[:12]}


def _own_files() -> str:
    """One checksum of code, templates and catalogues, those of other distributions' problem types among them."""
    package, found = Path(__file__).parent, sha256()
    for folder in (package, find("templates"), find("locale"), *dict.fromkeys(plugin.folder for plugin in sound())):
        for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES):
            found.update(f"{path.relative_to(folder).as_posix()}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def fingerprint(exam: Exam, options: object) -> str:
    """What tells whether two builds make the same bytes: the exam with its seed, the options, and the environment.

    Nobody can work the seed out of it.
    """
    from examgen.render.own import checksums  # reads templates, which --version has no use for

    others = [*checksums(exam.printing.templates).items(), *map(_content, exam.avoid), *sorted(environment().items())]
    return key(exam.seed, "fingerprint", repr(exam), repr(options), repr(others)).hex()


def _content(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:  # which is told where it is read
        return ""
