"""One build at a time moves files in a folder: others wait for the milliseconds that it takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: a folder cannot be locked there
    fcntl = None  # type: ignore[assignment]  # asked for before each use


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder, which leaves no file and ends with the process, however that ends.

    Where the system cannot lock a folder, as some network drives cannot, nothing keeps two builds apart.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
