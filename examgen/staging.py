"""The output folder: files are made ready in a hidden stage inside it and published whole, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examgen.errors import OutputError

FILES = ("key.json", "key.pdf", "sheets.pdf", "manifest.json")  # in the order in which they are published
STAGE = ".building-"  # then the process that builds; whether it still runs says whether the stage is in use
OLD = "before"  # inside the stage, while files are moved: what they replace


def write(path: Path, content: bytes) -> None:
    """Writes a file of the stage. Raises: OutputError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise _failed(path.parent.parent, error) from error


def _failed(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"{folder}: writing failed ({error.strerror or error}), what stood there before is kept")


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside the output folder, gone in the end; made first, so that a bad place is told at once.

    Raises: OutputError where the folder cannot be made or written, or something stands in the way of a file.
    """
    made = not folder.exists()
    try:
        stage = _stage(folder)
        try:
            yield stage
        finally:
            if not (stage / OLD).exists():  # as long as it is there, it holds the only copy of something
                shutil.rmtree(stage, ignore_errors=True)
    finally:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _stage(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        for name in FILES:
            if (folder / name).is_dir():
                raise OutputError(f"{folder / name}: a folder stands where a file has to be, choose another place with -o")
        return Path(tempfile.mkdtemp(prefix=f"{STAGE}{os.getpid()}-", dir=folder))
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}), choose another folder with -o") from None


def _clear(folder: Path) -> None:
    """Removes what killed builds have left, and gives back the files that one of them had set aside."""
    for stage in folder.glob(f"{STAGE}*-*"):
        process = stage.name.removeprefix(STAGE).partition("-")[0]
        if process.isdecimal() and not _runs(int(process)):
            _roll_back(stage, folder)
            shutil.rmtree(stage, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether a process of this number runs; yes where only asking would end it."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (OSError, OverflowError) as error:
        return isinstance(error, PermissionError)
    return True


def publish(stage: Path, folder: Path) -> None:
    """Sets the old files aside and moves the new ones to their place: all of them, or all old ones stand there again.

    The manifest goes first and comes last, so that a folder with only some of the files is never taken for a build.
    Raises: OutputError.
    """
    old = stage / OLD
    try:
        old.mkdir()
        for name in reversed(FILES):
            if os.path.lexists(folder / name):
                os.replace(folder / name, old / name)
        for name in FILES:
            os.replace(stage / name, folder / name)
        old.rename(stage / "replaced")  # from here on there is nothing to give back
    except BaseException as failure:
        try:
            _roll_back(stage, folder)
        except OSError as error:
            raise OutputError(f"{folder}: writing failed ({error.strerror}), what stood there is now in {old}") from error
        if isinstance(failure, OSError):
            raise _failed(folder, failure) from failure
        raise


def _roll_back(stage: Path, folder: Path) -> None:
    """Undoes a half-done `publish`, also one that was killed, or a half-done `_roll_back`."""
    old = stage / OLD
    if not old.is_dir():
        return
    for name in FILES:
        if not (stage / name).exists() and os.path.lexists(folder / name):
            os.replace(folder / name, stage / name)
        if os.path.lexists(old / name):
            os.replace(old / name, folder / name)
    old.rmdir()
