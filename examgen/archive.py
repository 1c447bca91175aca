"""A built folder in one file: packed for good, and read where it stands like the folder itself."""

from __future__ import annotations

import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from examgen.errors import InputError
from examgen.staging import write_new
from examgen.unfinished import STAGE

STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file knows: the same folder gives the same bytes
# what reading a file from a folder or an archive can raise
DAMAGED = (OSError, ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
OFFICE_ONLY = 0o100600  # a plain file that only its owner can read


def opened(place: Path) -> Traversable:
    """A folder, or what an archive of one holds, to be read by name. Raises: InputError where an archive is damaged."""
    if not os.path.isfile(place):  # unlike pathlib's, true or false for any name, however long
        return place
    try:
        return zipfile.Path(place)
    except DAMAGED:
        raise InputError(f"{place}: neither a folder that `examgen build` has filled nor an archive of one") from None


def pack(folder: Path, out: Path, further: Sequence[Path] = ()) -> tuple[str, ...]:
    """Everything in a built folder, and further files such as tables of answers, in one archive; gives their names.

    Raises: InputError where it is no folder, two files would have one name, or one cannot be read; OutputError.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder, give the one that `examgen build` has filled")
    files = {path.relative_to(folder).as_posix(): path for path in _files(folder) if path.resolve() != out.resolve()}
    for path in further:
        if path.resolve() in {found.resolve() for found in files.values()}:
            continue
        if path.name in files:
            raise InputError(f"{path}: {folder} has a file of that name already, rename one of them")
        files[path.name] = path
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, path in sorted(files.items()):
            packed.writestr(_entry(name), _content(path))
    write_new({out: made.getvalue()}, private=True)
    return tuple(sorted(files))


def _files(folder: Path) -> Iterator[Path]:
    """All files but hidden ones, and those of a build that still runs."""
    return (
        path for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith((".", STAGE)) for part in path.relative_to(folder).parts)
    )


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, STAMP)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, OFFICE_ONLY << 16
    return entry


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), check its name and permissions") from None
