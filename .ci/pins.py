"""Print constraints.txt: one exact pin for each distribution of the environment this runs in.

The environment is the clean one that `make pins` sets up; pip, which made it, and the project itself are left out.
A local version label (`+cpu`) is dropped, since it names one build of a release and would refuse the others.
"""

from __future__ import annotations

import importlib.metadata
import re

HEADER = """\
# Exact versions of everything that examgen, its tests and its build need, directly or not.
# Do not edit: `make pins` installs the lower bounds of pyproject.toml into a clean environment and writes down
# what came. PyTorch is chosen there by hand (`make pins TORCH=...`)."""


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it: lower case, runs of `-`, `_` and `.` as one `-`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> list[str]:
    """The lines `name==version`, sorted by name."""
    found = {canonical(dist.name): dist.version.partition("+")[0] for dist in importlib.metadata.distributions()}
    return [f"{name}=={found[name]}" for name in sorted(found) if name not in ("examgen-dl", "pip")]


if __name__ == "__main__":
    print(HEADER, *pins(), sep="\n")
