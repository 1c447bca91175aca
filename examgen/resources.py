"""Where the files are that are not Python: templates, catalogues and fonts."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from examgen.errors import ExamgenError

# What the style sheet calls a face -> the installed package that carries it.
FONT_PACKAGES = {"serif": "fontpkg_pt_serif", "symbols": "fontpkg_vollkorn"}


@cache
def find(kind: str) -> Path:
    """The folder of `kind`: "templates", "locale", or a face of `FONT_PACKAGES`.

    Works in a checkout, an editable install and a wheel: the wheel carries the top-level templates inside the package.
    Raises: ExamgenError if the folder or the font package is not there.
    """
    package = Path(__file__).resolve().parent
    places = [package / kind, package.parent / kind]
    if kind in FONT_PACKAGES:
        spec = find_spec(FONT_PACKAGES[kind])
        places = [Path(spec.origin).parent / "files"] if spec and spec.origin else []
    for place in places:
        if place.is_dir():
            return place
    wanted = FONT_PACKAGES.get(kind, f"examgen/{kind}").replace("_", "-")
    raise ExamgenError(f"{wanted} is missing from this installation: install examgen-dl and its dependencies again")

