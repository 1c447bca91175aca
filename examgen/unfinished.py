"""What builds that were stopped have finished: it stays in their stages, and the next build of the same takes it over.

A stage is named after the process that builds in it. One whose process is gone, or has let go of it, is taken by renaming it,
which only one of several builds can do.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

STAGE = ".building-"  # then the process that builds; whether it still runs says whether the stage is in use
LEFT = "left"  # instead of the process, where it was stopped and runs on
MARK = "fingerprint"  # inside the stage: what the pieces belong to
DONE = "finished"  # inside the stage: the pieces that are there, with the checksums of their files, a line each

Files = Mapping[str, str]  # name -> checksum


def new_stage(folder: Path, mark: str) -> Path:
    """An empty stage of this process, which nobody else can look into."""
    stage = Path(tempfile.mkdtemp(prefix=f"{STAGE}{os.getpid()}-", dir=folder))
    (stage / MARK).write_text(mark, encoding="utf-8")
    return stage


def claimed(folder: Path) -> Iterator[Path]:
    """The stages that nobody builds in, as this process's own."""
    for stage in sorted(folder.glob(f"{STAGE}*-*")):
        process = stage.name.removeprefix(STAGE).partition("-")[0]
        if process == LEFT or (process.isdecimal() and not _runs(int(process))):
            with suppress(FileNotFoundError):  # another build was quicker
                yield _named(stage, str(os.getpid()))


def let_go(stage: Path) -> None:
    """Leaves a stage to the next build."""
    _named(stage, LEFT)


def _named(stage: Path, owner: str) -> Path:
    return stage.rename(stage.with_name(f"{STAGE}{owner}-{token_hex(4)}"))


def _runs(process: int) -> bool:
    """Whether a process of this number runs; yes where only asking would end it."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (OSError, OverflowError) as error:
        return isinstance(error, PermissionError)
    return True


def mark_of(stage: Path) -> str:
    """What the pieces of a stage belong to."""
    try:
        return (stage / MARK).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def finished(stage: Path) -> dict[str, Files]:
    """The pieces that are said to be there, with the checksums of their files."""
    found: dict[str, Files] = {}
    try:
        lines = (stage / DONE).read_bytes().splitlines()
    except OSError:
        return found
    for line in lines:
        with suppress(ValueError, TypeError):  # the last line of a build that was killed
            piece, files = json.loads(line)
            found[str(piece)] = dict(files)
    return found


def record(stage: Path, piece: str, files: Files) -> None:
    """Notes down that the files of a piece are there, whole."""
    with (stage / DONE).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps([piece, dict(files)]) + "\n")


def cleaned(stage: Path) -> None:
    """Leaves nothing in a stage but whole pieces, as they were noted down."""
    whole = {piece: files for piece, files in finished(stage).items() if all(_is(stage / name, files[name]) for name in files)}
    kept = {stage / name for files in whole.values() for name in files} | {stage / MARK}
    for path in [path for path in stage.rglob("*") if path.is_symlink() or not path.is_dir()]:
        if path not in kept:
            path.unlink()
    for path in sorted((path for path in stage.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):  # what is kept stands in it
            path.rmdir()
    for piece, files in whole.items():
        record(stage, piece, files)


def _is(path: Path, checksum: str) -> bool:
    try:
        return checksum_of(path) == checksum
    except OSError:
        return False


def checksum_of(path: Path) -> str:
    """That of a file, however large."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove(stage: Path) -> None:
    """Removes a stage with all that is in it, as far as it can."""
    shutil.rmtree(stage, ignore_errors=True)
