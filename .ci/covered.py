"""Lines and branches of each package that the tests reach; `make coverage` runs it on the core suite.

    python .ci/covered.py [--all] [--missing]

The core suite is that of `.ci/core.toml`; `--all` takes the whole one, child processes counted too. `--missing` names what
no test reaches in the files that mutants are made of. The report for browsers is `build/coverage/html/index.html`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "coverage"
WHAT = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def core() -> list[dict[str, Any]]:
    """The areas of the core suite."""
    areas: list[dict[str, Any]] = tomllib.loads((ROOT / ".ci" / "core.toml").read_text(encoding="utf-8"))["area"]
    return areas


def runs(everything: bool) -> list[list[str]]:
    """Words for pytest, run by run; a stage that several areas share is run once."""
    if everything:
        return [[]]
    stages = dict.fromkeys(tuple(stage) for area in core() for stage in area["stages"])
    return [["-n", "0", *stage] for stage in stages]


def package(path: str) -> str:
    """Which row of the table a file belongs to: its folder, or itself where it is of the core."""
    inner = path.partition("/")[2]
    alone = path in {name for area in core() for name in area["modules"]}
    return inner.partition("/")[0] if "/" in inner else inner if alone else "the other files"


def table(files: dict[str, Any]) -> Iterator[str]:
    """A row of Markdown for each package, and one for all."""
    sums: dict[str, Counter[str]] = {}
    for path, found in sorted(files.items()):
        for row in (package(path), "all"):
            sums.setdefault(row, Counter()).update({name: found["summary"][name] for name in WHAT})
    yield "| | lines | branches |\n|---|---|---|"
    for row, of in sorted(sums.items(), key=lambda pair: (pair[0] == "all", pair[0] == "the other files", pair[0])):
        lines, branches = (100 * of[f"covered_{x}"] / max(1, of[y]) for x, y in (("lines", WHAT[1]), ("branches", WHAT[3])))
        yield f"| {row} | {lines:.0f} % of {of['num_statements']} | {branches:.0f} % of {of['num_branches']} |"


def missing(files: dict[str, Any]) -> Iterator[str]:
    """Lines and branches of the core's own files that were not reached."""
    core_files = {path.relative_to(ROOT).as_posix() for area in core() for glob in area["modules"] for path in ROOT.glob(glob)}
    for path in sorted(core_files & files.keys()):
        arcs = [f"{a}->{'exit' if b < 0 else b}" for a, b in files[path]["missing_branches"]]
        for what in [*map(str, files[path]["missing_lines"]), *arcs]:
            yield f"{path}:{what}"


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="the whole suite")
    parser.add_argument("--missing", action="store_true", help="name what the core's files hold that is not reached")
    given = parser.parse_args(words)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for args in runs(given.all):
        command = [sys.executable, "-m", "pytest", "--cov", "--cov-append", "--cov-report=", *args]
        if status := subprocess.call(command, cwd=ROOT):
            return status
    for kind in ("json", "html"):
        subprocess.check_call([sys.executable, "-m", "coverage", kind, "-q"], cwd=ROOT)
    files = json.loads((FOLDER / "found.json").read_text(encoding="utf-8"))["files"]
    print(*table(files), *(missing(files) if given.missing else ()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
