"""What the bytes of a build depend on beside its definition: versions of libraries and fonts."""

from __future__ import annotations

import platform
import zlib
from importlib import metadata

from examgen import __version__
from examgen.resources import FONT_PACKAGES

LIBRARIES = (
    "babel", "cssselect2", "fonttools", "graphlay", "jinja2", "markupsafe", "math-core", "mpmath", "numpy", "pydyf", "pyphen",
    "segno", "sympy", "tinycss2", "tinyhtml5", "torch", "weasyprint",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Of everything that the bytes of a build depend on."""
    fonts = (package.replace("_", "-") for package in FONT_PACKAGES.values())
    found = {"examgen": __version__, "python": platform.python_version()}
    found |= {library: _version(library) for library in sorted((*LIBRARIES, *fonts))}
    return found | {"pango": _pango(), "zlib": zlib.ZLIB_RUNTIME_VERSION}


def _version(library: str) -> str:
    """Without the kind of build: a CPU and a CUDA build of PyTorch give the same bytes."""
    try:
        return metadata.version(library).split("+")[0]
    except metadata.PackageNotFoundError:
        return "not installed"


def _pango() -> str:
    from weasyprint.text.ffi import pango

    number = int(pango.pango_version())
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"
