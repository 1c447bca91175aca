"""Pages as pictures, and how far two of them are apart."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def pictures(pdf: bytes, dpi: int, *options: str) -> Iterator[Any]:
    """Pages in grey; `options` are those of pdftoppm."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", str(dpi), "-gray", *options, "-", f"{folder}/p"]
        subprocess.run(command, input=pdf, capture_output=True, check=True)
        for path in sorted(Path(folder).iterdir()):
            yield np.asarray(Image.open(path)).astype(np.int16)


def apart(one: Any, other: Any, step: int) -> int:
    """How many pixels of two pictures are darker or lighter, by more than a step, than each of the nine there in the other."""
    return _stray(one, other, step) + _stray(other, one, step)


def _stray(one: Any, other: Any, step: int) -> int:
    ys, xs = np.nonzero(np.abs(one - other) > step)
    around = np.pad(other, 1, mode="edge")
    near = np.stack([around[ys + y, xs + x] for y in range(3) for x in range(3)])
    found = one[ys, xs]
    return int(((found < near.min(axis=0) - step) | (found > near.max(axis=0) + step)).sum())
