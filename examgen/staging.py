"""The output folder: files are made ready in a hidden stage inside it and published whole, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from examgen.errors import OutputError

FILES = ("key.json", "key.pdf", "sheets.pdf", "manifest.json")
# what only some builds have
OPTIONAL = ("assignment.csv", "formulas.pdf", "handout.pdf", "key.html", "sheets-large.pdf", "sheets.html")
SOLUTIONS = "solutions"  # a folder of files named after the variants, which the manifest lists
ENTRIES = (SOLUTIONS, *OPTIONAL, *FILES)  # in the order in which they are published
# what must not leave it: for the owner alone
OFFICE = ("key.pdf", "key.json", "key.html", "sheets.html", "assignment.csv", SOLUTIONS)
STAGE = ".building-"  # then the process that builds; whether it still runs says whether the stage is in use
OLD = "before"  # inside the stage, while files are moved: what they replace
NEW = "new"  # inside the stage: which entries are published, a line each

_REMEDY = "move it away or choose another place with -o"


def solution_name(code: str) -> str:
    """Where the worked solution of a variant stands, within the output folder."""
    return f"{SOLUTIONS}/{code}.pdf"


def write(stage: Path, name: str, content: bytes) -> None:
    """Writes a file of the stage, what must not leave the office for its owner alone. Raises: OutputError."""
    path = stage / name
    private = Path(name).parts[0] in OFFICE
    try:
        path.parent.mkdir(mode=0o700 if private else 0o777, exist_ok=True)
        path.touch(0o600 if private else 0o666)  # before anything stands in it
        path.write_bytes(content)
    except OSError as error:
        raise _failed(stage.parent, error) from error


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
        for name in (*FILES, *OPTIONAL):
            if (folder / name).is_dir():
                raise OutputError(f"{folder / name}: a folder stands where a file has to be, choose another place with -o")
        _only_built(folder / SOLUTIONS, folder)
        _as_built(folder, folder)
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


def _only_built(solutions: Path, *manifests: Path, shown: Path | None = None) -> None:
    """Sees to it that solutions which will be removed hold nothing but what a manifest in one of these folders lists.

    Raises: OutputError, which calls the folder `shown` if it stands elsewhere for the moment.
    """
    shown = shown or solutions
    if solutions.is_symlink() or (solutions.exists() and not solutions.is_dir()):
        raise OutputError(f"{shown}: a file or link stands where a folder has to be, {_REMEDY}")
    listed = {name for folder in manifests for name in _listed(folder)}
    for path in sorted(solutions.iterdir()) if solutions.is_dir() else ():
        if path.is_dir() or f"{SOLUTIONS}/{path.name}" not in listed:
            raise OutputError(f"{shown / path.name}: no build put it there, and {SOLUTIONS} is replaced whole: {_REMEDY}")


def _as_built(place: Path, *manifests: Path, shown: Path | None = None, names: Sequence[str] = OPTIONAL) -> None:
    """Sees to it that optional files which will be replaced are what a manifest in one of these folders vouches for.

    Raises: OutputError, which says where they stand otherwise if that is elsewhere for the moment.
    """
    vouched = [_listed(folder) for folder in manifests]
    for name in names:
        path, told = place / name, (shown or place) / name
        if not os.path.lexists(path):
            continue
        stated = [files[name] for files in vouched if name in files]
        if not stated or path.is_symlink():
            raise OutputError(f"{told}: no build put it there, and builds write a file of that name: {_REMEDY}")
        if sha256(path.read_bytes()).hexdigest() not in stated:
            raise OutputError(f"{told}: changed since it was built, and would be replaced: {_REMEDY}")


def _listed(folder: Path) -> dict[str, str]:
    """The files of the build in a folder with their checksums; none where no build can be recognized."""
    try:
        return dict(json.loads((folder / "manifest.json").read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _runs(process: int) -> bool:
    """Whether a process of this number runs; yes where only asking would end it."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (OSError, OverflowError) as error:
        return isinstance(error, PermissionError)
    return True


def publish(stage: Path, folder: Path) -> tuple[str, ...]:
    """Sets the old files aside and moves the new ones to their place: all of them, or all old ones stand there again.

    The manifest goes first and comes last, so that a folder with only some of the files is never taken for a build. The
    solutions move as one, and what the old ones hold is looked at once more when nobody can add to it any longer; so are the
    optional files, of which the old ones go even where the new build has none: it gives their names.
    Raises: OutputError.
    """
    old = stage / OLD
    new = [name for name in ENTRIES if name not in OPTIONAL or (stage / name).exists()]
    try:
        (stage / NEW).write_text("\n".join(new), encoding="utf-8")
        old.mkdir()
        for name in reversed(ENTRIES):
            if os.path.lexists(folder / name):
                os.replace(folder / name, old / name)
        _only_built(old / SOLUTIONS, old, shown=folder / SOLUTIONS)
        _as_built(old, old, shown=folder)
        for name in new:
            os.replace(stage / name, folder / name)
        removed = tuple(name for name in OPTIONAL if name not in new and (old / name).exists())
        old.rename(stage / "replaced")  # from here on there is nothing to give back
    except BaseException as failure:
        try:
            _roll_back(stage, folder)
        except OSError as error:
            raise OutputError(f"{folder}: writing failed ({error.strerror}), what stood there is now in {old}") from error
        if isinstance(failure, OSError):
            raise _failed(folder, failure) from failure
        raise
    return removed


def _roll_back(stage: Path, folder: Path) -> None:
    """Undoes a half-done `publish`, also one that was killed, or a half-done `_roll_back`."""
    old = stage / OLD
    if not old.is_dir():
        return
    new = (stage / NEW).read_text(encoding="utf-8").split() if (stage / NEW).exists() else (SOLUTIONS, *FILES)
    if not (stage / SOLUTIONS).exists():
        _only_built(folder / SOLUTIONS, folder, stage)
    lost = [name for name in OPTIONAL if (old / name).exists() or (name in new and not (stage / name).exists())]
    _as_built(folder, folder, stage, old, names=lost)
    for name in ENTRIES:
        if name in new and not (stage / name).exists() and os.path.lexists(folder / name):
            os.replace(folder / name, stage / name)
        if os.path.lexists(old / name):
            os.replace(old / name, folder / name)
    old.rmdir()


def write_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Writes one file whole or not at all: what stood there is replaced in one go; `private` ones for the owner alone.

    Raises: OutputError.
    """
    with _ready({path: content}, private) as made:
        _replace(made)


def write_new(files: Mapping[Path, bytes], *, private: bool = False) -> None:
    """Writes all of the files or none; what stood there stays beside them under names that are free: marks.1.csv, marks.2.csv.

    Raises: OutputError.
    """
    with _ready(files, private) as made:
        for path in filter(os.path.exists, files):
            _keep(path)
        _replace(made)


@contextmanager
def _ready(files: Mapping[Path, bytes], private: bool) -> Iterator[dict[Path, str]]:
    """The files under hidden names where they belong; what is left of them in the end goes. Raises: OutputError."""
    made: dict[Path, str] = {}
    try:
        for path, content in files.items():
            try:
                handle, made[path] = tempfile.mkstemp(prefix=".examgen-", dir=path.parent)
                with open(handle, "wb") as file:
                    file.write(content)
                os.chmod(made[path], 0o600 if private else 0o666 & ~_umask())
            except OSError as error:
                raise OutputError(f"{path}: cannot be written ({error.strerror}), choose another place") from None
        yield made
    finally:
        for name in made.values():
            with suppress(FileNotFoundError):
                os.unlink(name)


def _replace(made: Mapping[Path, str]) -> None:
    for path, name in made.items():
        try:
            os.replace(name, path)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}), choose another place") from None


def _keep(path: Path) -> None:
    """A copy under the first name that is free."""
    kept = next(place for number in count(1) if not (place := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists())
    try:
        shutil.copy2(path, kept)
    except OSError as error:
        raise OutputError(f"{path}: cannot be kept as {kept.name} ({error.strerror}), choose another place") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
