"""What stands in a built folder: the names of its files, which only some builds have, and which must not leave the office."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

FILES = ("key.json", "key.pdf", "sheets.pdf", "manifest.json")
# what only some builds have
OPTIONAL = ("assignment.csv", "formulas.pdf", "handout.pdf", "key.html", "sheets-large.pdf", "sheets.html")
SOLUTIONS = "solutions"  # a folder of files named after the variants, which the manifest lists
ENTRIES = (SOLUTIONS, *OPTIONAL, *FILES)  # in the order in which they are published
# what must not leave it: for the owner alone
OFFICE = ("key.pdf", "key.json", "key.html", "sheets.html", "assignment.csv", SOLUTIONS)
PER_VOLUME = 1_000  # sheets or variants that one file holds: more than a printer takes at once, and than memory should
_VOLUME = re.compile(r"(sheets|sheets-large|handout|key)-([0-9]{4,})-([0-9]{4,})\.(pdf|html)")


def solution_name(code: str) -> str:
    """Where the worked solution of a variant stands, within the output folder."""
    return f"{SOLUTIONS}/{code}.pdf"


def volumes(name: str, count: int) -> dict[str, range]:
    """The files in which so many sheets or variants stand, with the places, from 0, of those in each.

    One file of that name; above `PER_VOLUME` several, which say the first and the last: sheets-0001-1000.pdf.
    """
    if count <= PER_VOLUME:
        return {name: range(count)}
    path, width = PurePosixPath(name), max(4, len(str(count)))
    parts = [range(start, min(start + PER_VOLUME, count)) for start in range(0, count, PER_VOLUME)]
    return {f"{path.stem}-{part.start + 1:0{width}}-{part.stop:0{width}}{path.suffix}": part for part in parts}


def whole(name: str) -> str:
    """The file that a name is a volume of, or the name itself."""
    found = _VOLUME.fullmatch(name)
    return f"{found[1]}.{found[4]}" if found else name


def last(name: str, names: Iterable[str]) -> int:
    """The last sheet or variant that a volume of a file says it holds; 0 where none of the names is one."""
    found = (match for other in names if whole(other) == name and (match := _VOLUME.fullmatch(other)))
    return max((int(match[3]) for match in found), default=0)


def optional(names: Iterable[str]) -> tuple[str, ...]:
    """Those that only some builds have: optional files and volumes."""
    return tuple(name for name in in_order(names) if name in OPTIONAL or whole(name) != name)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Those that a build writes, in the order in which they are published; volumes stand where the whole file would."""
    known = {name for name in names if whole(name) in ENTRIES}
    return tuple(sorted(known, key=lambda name: (ENTRIES.index(whole(name)), name)))


def of(wanted: Iterable[str], names: Collection[str]) -> tuple[str, ...]:
    """Those of the names that are one of the wanted files, or a volume of one, in the order of the wanted."""
    return tuple(name for one in wanted for name in sorted(names) if whole(name) == one)


def secret(name: str) -> bool:
    """Whether a file, or one in a folder, is for its owner alone."""
    return whole(PurePosixPath(name).parts[0]) in OFFICE
