"""The output folder: files are made ready in a hidden stage inside it and published whole, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from secrets import token_hex

from examgen import entries, unfinished
from examgen.alone import alone
from examgen.entries import FILES, SOLUTIONS
from examgen.errors import OutputError, Stopped
from examgen.unfinished import checksum_of

OLD = "before"  # inside the stage, while files are moved: what they replace
NEW = "new"  # inside the stage: which entries are published, a line each
PIECES = "pieces"  # inside the stage: a folder of what files are made from, and what is never published
# what ends a build from outside: what it has finished is still good. A full disk makes an OutputError
STOPS = (KeyboardInterrupt, SystemExit, OSError, MemoryError, OutputError, Stopped)

_REMEDY = "move it away or choose another place with -o"


def write(stage: Path, name: str, content: bytes | Iterable[bytes]) -> str:
    """Writes a file of the stage whole, what must not leave the office for its owner alone; gives its checksum.

    Raises: OutputError.
    """
    private = entries.secret(name) or name.startswith(f"{PIECES}/")
    part = stage / f".{token_hex(8)}-{name.replace('/', '-')}"  # in the stage itself: what is left of it is never published
    try:
        (stage / name).parent.mkdir(mode=0o700 if private else 0o777, exist_ok=True)
        part.touch(0o600 if private else 0o666)  # before anything stands in it
        checksum = _fill(part, (content,) if isinstance(content, bytes) else content)
        os.replace(part, stage / name)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise _failed(stage.parent, error) from error
    return checksum


def _fill(path: Path, content: Iterable[bytes]) -> str:
    found = sha256()
    with path.open("wb") as file:
        for part in content:
            file.write(part)
            found.update(part)
    return found.hexdigest()


def record(stage: Path, piece: str, files: Mapping[str, str]) -> None:
    """Notes down that a piece is finished, with the checksums of its files. Raises: OutputError."""
    try:
        unfinished.record(stage, piece, files)
    except OSError as error:
        raise _failed(stage.parent, error) from error


def _failed(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"{folder}: writing failed ({error.strerror or error}), what stood there before is kept")


@contextmanager
def staging(
    folder: Path, mark: str = "", *, fresh: bool = False, tell: Callable[[str], None] = lambda text: None
) -> Iterator[Path]:
    """A hidden folder inside the output folder, gone in the end; made first, so that a bad place is told at once.

    Where the work is stopped from outside (`STOPS`) it stays there with the pieces that are finished. The next stage of the
    same `mark` begins with them; those of another are thrown away, which `tell` is told, or of any where it is to be `fresh`.
    Raises: OutputError where the folder cannot be made or written, or something stands in the way of a file.
    """
    made = not folder.exists()
    try:
        stage = _stage(folder, mark, fresh, tell)
        try:
            yield stage
        except STOPS:
            if mark and not (stage / OLD).exists() and unfinished.finished(stage):
                with suppress(OSError):  # locked by now: the next build finds it, since this process will be gone
                    unfinished.let_go(stage)
            raise
        finally:
            if not (stage / OLD).exists():  # as long as it is there, it holds the only copy of something
                unfinished.remove(stage)
    finally:
        with suppress(OSError):
            if made and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _stage(folder: Path, mark: str, fresh: bool, tell: Callable[[str], None]) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            left = _left(folder)
            try:
                _check(folder)
                return _taken(folder, left, mark, fresh, tell)
            finally:
                for stage in filter(Path.exists, left):
                    unfinished.let_go(stage)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror}), choose another folder with -o") from None


def _check(folder: Path) -> None:
    """Sees to it that nothing stands in the way. Raises: OutputError."""
    for name in _entries(folder):
        if name != SOLUTIONS and (folder / name).is_dir():
            raise OutputError(f"{folder / name}: a folder stands where a file has to be, choose another place with -o")
    _only_built(folder / SOLUTIONS, folder)
    _as_built(folder, folder)


def _left(folder: Path) -> list[Path]:
    """What stopped builds have left, as this process's own; the files that one of them had set aside are given back first."""
    found: list[Path] = []
    for stage in unfinished.claimed(folder):
        try:
            _roll_back(stage, folder)
        except BaseException:
            for claimed in (*found, stage):
                unfinished.let_go(claimed)
            raise
        found.append(stage)
    return found


def _taken(folder: Path, left: list[Path], mark: str, fresh: bool, tell: Callable[[str], None]) -> Path:
    """A stage with what a stopped build of the same has finished, or an empty one; all else that was left is removed."""
    useful = [] if fresh or not mark else [stage for stage in left if unfinished.mark_of(stage) == mark]
    stage = max(useful, key=lambda stage: len(unfinished.finished(stage)), default=None)
    useless = [other for other in left if other != stage]
    if not fresh and any(unfinished.finished(other) for other in useless if other not in useful):
        tell("what a stopped build had finished is thrown away: it was of another definition, other options or other versions")
    for other in useless:
        unfinished.remove(other)
    if stage is None:
        return unfinished.new_stage(folder, mark)
    unfinished.cleaned(stage)
    left.remove(stage)
    return stage


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


def _as_built(place: Path, *manifests: Path, shown: Path | None = None, names: Sequence[str] | None = None) -> None:
    """Sees to it that optional files which will be replaced are what a manifest in one of these folders vouches for.

    Raises: OutputError, which says where they stand otherwise if that is elsewhere for the moment.
    """
    vouched = [_listed(folder) for folder in manifests]
    for name in entries.optional(_entries(place)) if names is None else names:
        path, told = place / name, (shown or place) / name
        if not os.path.lexists(path):
            continue
        stated = [files[name] for files in vouched if name in files]
        if not stated or path.is_symlink():
            raise OutputError(f"{told}: no build put it there, and builds write a file of that name: {_REMEDY}")
        if checksum_of(path) not in stated:
            raise OutputError(f"{told}: changed since it was built, and would be replaced: {_REMEDY}")


def _listed(folder: Path) -> dict[str, str]:
    """The files of the build in a folder with their checksums; none where no build can be recognized."""
    try:
        return dict(json.loads((folder / "manifest.json").read_bytes())["files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def publish(stage: Path, folder: Path) -> tuple[str, ...]:
    """Sets the old files aside and moves the new ones to their place: all of them, or all old ones stand there again.

    The manifest goes first and comes last, so that a folder with only some of the files is never taken for a build. The
    solutions move as one, and what the old ones hold is looked at once more when nobody can add to it any longer; so are the
    optional files, of which the old ones go even where the new build has none: it gives their names.
    Raises: OutputError.
    """
    with alone(folder):
        return _publish(stage, folder)


def _publish(stage: Path, folder: Path) -> tuple[str, ...]:
    old = stage / OLD
    new = _entries(stage)
    try:
        (stage / NEW).write_text("\n".join(new), encoding="utf-8")
        old.mkdir()
        for name in reversed(_entries(folder)):
            _move(folder / name, old / name)
        _only_built(old / SOLUTIONS, old, shown=folder / SOLUTIONS)
        _as_built(old, old, shown=folder)
        for name in new:
            _move(stage / name, folder / name)
        removed = tuple(name for name in _entries(old) if name not in new and name != SOLUTIONS)
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
    names = entries.in_order({*new, *_entries(old)})
    known = entries.optional(names)
    lost = [name for name in known if (old / name).exists() or (name in new and not (stage / name).exists())]
    _as_built(folder, folder, stage, old, names=lost)
    for name in names:
        if name in new and not (stage / name).exists() and os.path.lexists(folder / name):
            _move(folder / name, stage / name)
        if os.path.lexists(old / name):
            _move(old / name, folder / name)
    old.rmdir()


def _entries(folder: Path) -> tuple[str, ...]:
    """What stands in a folder of all that builds write, in the order in which they publish it."""
    return entries.in_order(path.name for path in folder.iterdir()) if folder.is_dir() else ()


def _move(source: Path, target: Path) -> None:
    os.replace(source, target)


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
