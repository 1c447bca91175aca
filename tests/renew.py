"""Writes what tests compare with and tools can tell: the draws of new presets, and the page of all mistakes.

    python -m tests.renew

What was drawn before stays pinned: a preset that draws other numbers needs another version first.
"""

from __future__ import annotations

import json
import re

from tests.mistakes.test_wording import PAGE, ROW, known
from tests.properties.test_drawn import PINNED, PRESETS, digest

COUNTED = re.compile(r"\d+( common mistakes)")


def draws() -> None:
    """Pins the presets that are not, and lets go of those that are no more."""
    pinned = json.loads(PINNED.read_text(encoding="utf-8"))
    found = {what: pinned.get(what, drawn) for preset in PRESETS for what, drawn in digest(*preset).items()}
    PINNED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def mistakes() -> None:
    """The table of docs/mistakes.md, in its order and what is new below, and their number in the README."""
    page = PAGE.read_text(encoding="utf-8")
    rows = {told: ", ".join(names) for told, names in known().items()}
    before = [(key, *says) for key, _, *says in ROW.findall(page)]
    order = [*(told for told in before if told in rows), *(told for told in rows if told not in before)]
    table = "".join(f"| `{key}` | {rows[key, en, ru]} | {en} | {ru} |\n" for key, en, ru in order)
    first, last = min(m.start() for m in ROW.finditer(page)), max(m.end() for m in ROW.finditer(page)) + 1
    PAGE.write_text(page[:first] + table + page[last:], encoding="utf-8")
    readme = PAGE.parents[1] / "README.md"
    count = len({key for key, *_ in rows})
    readme.write_text(COUNTED.sub(rf"{count}\1", readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    draws()
    mistakes()
