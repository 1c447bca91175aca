"""Own templates: single blocks of ours replaced, with pictures from the same folder and nothing from anywhere else."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import unescape
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    PrefixLoader,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import SandboxedEnvironment

from examgen.errors import InputError
from examgen.plugins import sound
from examgen.render import pictures
from examgen.resources import find

OURS = "examgen"  # own templates extend examgen/sheet.html.j2
SUFFIX = ".j2"
MIME = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".css": "text/css"}
_PICTURE = re.compile(r"""(<img\b[^>]*?\ssrc\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
# what a browser fetches: sources, links to style sheets, pictures and imports of styles, unless they are data already
_FETCHED = re.compile(
    r"""\s(?:src|srcset|data|poster|background)\s*=\s*(?!["']?(?:data:|["']))[^\s>]+|<(?:link|base|iframe|script)\b[^>]*"""
    r"""|<(?:image|use)\b[^>]*href\s*=\s*["']?(?![#"'])[^\s>]+|url\(\s*(?!["']?(?:data:|\#))[^)]*|@import\b[^;]*""",
    re.IGNORECASE,
)
_RIDING = re.compile(
    r"""<(?:link|a)\b[^>]*\brel\s*=\s*["']?attachment[^>]*|<a\b[^>]*\bhref\s*=\s*(?!["']?(?:#|https?:|mailto:))[^>]*""",
    re.IGNORECASE,
)
LARGEST = 20_000_000  # bytes of a picture


class Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, in which no path can be taken by its attributes either."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return not isinstance(obj, PurePath) and super().is_safe_attribute(obj, attr, value)


class OwnLoader(FileSystemLoader):
    """The templates of a folder, and of none that a link leads to outside of it."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """Raises: TemplateNotFound; InputError for a file that is no text."""
        path = Path(self.searchpath[0]) / template
        if not within(Path(self.searchpath[0]), path):
            raise TemplateNotFound(template)
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError:
            raise InputError(f"{path}: is no text in UTF-8, save it so") from None


def loader(folder: Path | None) -> BaseLoader:
    """Our templates under their names, those of the folder in front of them, and ours once more under examgen/.

    Ours count among them the one of each problem type that another distribution brings; it can replace no other.
    """
    ours = ChoiceLoader([FileSystemLoader(find("templates")), FunctionLoader(_brought)])
    if folder is None:
        return ours
    return ChoiceLoader([OwnLoader(folder), PrefixLoader({OURS: ours}), ours])


def _brought(name: str) -> tuple[str, str, Callable[[], bool]] | None:
    path = _brought_names().get(name)
    return (path.read_text(encoding="utf-8"), str(path), lambda: True) if path else None


def _brought_names() -> dict[str, Path]:
    return {f"problems/{plugin.template.name}": plugin.template for plugin in sound()}


def within(folder: Path, path: Path) -> bool:
    """Whether a file really lies in a folder, wherever links lead."""
    return path.resolve().is_relative_to(folder.resolve())


def check(folder: Path, environment: Environment) -> None:
    """Looks at own templates before any work. Raises: InputError for one that replaces nothing, or cannot be read."""
    if not folder.is_dir():
        raise InputError(f"templates: there is no folder {folder}, give one with templates such as sheet.html{SUFFIX}")
    known = sorted({*_names(find("templates")), *_brought_names()})
    names = _names(folder)
    for name in names:
        if name not in known:
            raise InputError(f"{folder / name}: replaces no template, those that can be are {', '.join(known)}")
        if not within(folder, folder / name):
            raise InputError(f"{folder / name}: leads outside of its folder, put the template itself there")
        try:
            own, ours = environment.get_template(name), environment.get_template(f"{OURS}/{name}")
        except TemplateSyntaxError as error:
            raise InputError(f"{folder / name}, line {error.lineno}: {error.message}") from None
        except RecursionError:
            raise InputError(f"{folder / name}: is nested too deeply, take what is inside apart") from None
        except TemplateNotFound as error:
            raise InputError(f"{folder / name}: there is no template {error}, ours are under {OURS}/") from None
        if unknown := sorted(own.blocks.keys() - ours.blocks.keys()):
            known_blocks = ", ".join(ours.blocks) or "none"
            raise InputError(f"{folder / name}: replaces no block {unknown[0]!r}, those that can be are {known_blocks}")
    if not names:
        raise InputError(f"templates: {folder} holds none, such as sheet.html{SUFFIX} that extends {OURS}/sheet.html{SUFFIX}")


def fetched(folder: Path, url: str) -> tuple[bytes, str]:
    """A picture or style sheet of the folder, and what it is. Raises: InputError for everything else."""
    told = url if len(url) <= 80 else url[:77] + "..."
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc:
        raise InputError(f"{folder}: {told!r} is asked for, but paper takes files of this folder only: put one there")
    path = Path(unquote(parts.path))
    if not within(folder, path):
        raise InputError(f"{folder}: {told!r} lies outside of this folder: put it there, and name it without a path")
    if path.suffix.lower() not in MIME:
        raise InputError(f"{path}: is no picture or style sheet, allowed are {', '.join(MIME)}")
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is no file, put a picture there")
        content = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), check its name in the template") from None
    if content is None:
        raise InputError(f"{path}: is larger than {LARGEST // 1_000_000} MB, make it smaller")
    if why := pictures.too_much(content, path.suffix.lower()):
        raise InputError(f"{path}: {why}")
    return content, MIME[path.suffix.lower()]


def inlined(folder: Path | None, html: str) -> str:
    """A document with the pictures of the folder in it.

    Raises: InputError for one that is not there, and for whatever else a browser would have to fetch.
    """
    if folder is None:
        return html
    base = f"{folder.resolve().as_uri()}/"

    def data(found: re.Match[str]) -> str:
        content, kind = fetched(folder, urljoin(base, unescape(found[2].strip("\"'"))))
        return f'{found[1]}"data:{kind};base64,{b64encode(content).decode()}"'

    made = _PICTURE.sub(data, html)
    if left := _FETCHED.search(made):
        what = " ".join(left[0].split())[:60]
        raise InputError(f"{folder}: a web page stands alone and cannot fetch {what!r}: write it into the block itself")
    return made


def refuse(folder: Path, html: str) -> None:
    """Raises: InputError for what would ride along with the paper, or lead into the office: attachments, links to files."""
    if found := _RIDING.search(html):
        what = " ".join(found[0].split())[:60]
        raise InputError(f"{folder}: {what!r} would take files along, or tell where they lie: leave it out of the template")


def place(folder: Path | None, error: Exception) -> str | None:
    """File and line of an own template in which something failed; None where none of them took part."""
    if folder is None:
        return None
    if isinstance(error, TemplateSyntaxError) and error.filename and within(folder, Path(error.filename)):
        return f"{error.filename}, line {error.lineno}"
    found, trace = None, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        found = f"{name}, line {trace.tb_lineno}" if name.endswith(SUFFIX) and within(folder, Path(name)) else found
        trace = trace.tb_next
    return found


def checksums(folder: Path | None) -> dict[str, str]:
    """Every file of the folder that can reach paper, by name: with them the same paper can be made again."""
    if folder is None:
        return {}
    files = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (SUFFIX, *MIME) and within(folder, path))
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


def _names(folder: Path) -> list[str]:
    """The templates of a folder: they stand in it or in a folder of problems."""
    found = (path for part in ("", "problems") for path in (folder / part).glob(f"*{SUFFIX}"))
    return sorted(path.relative_to(folder).as_posix() for path in found)
