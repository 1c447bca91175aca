"""Writes and sets the peers' documents.

    python -m benchmarks.peers write latex-sheets|latex-keys|typst-sheets COUNT FOLDER
    python -m benchmarks.peers typst FILE.typ          (PDF/UA-1, as our sheets are)
"""

from __future__ import annotations

import sys
from pathlib import Path

ENDINGS = {"latex-sheets": ".tex", "latex-keys": ".tex", "typst-sheets": ".typ"}


def document(kind: str, count: int, folder: Path) -> str:
    """The text of a peer's document of so many variants of the sample."""
    from benchmarks import ours  # not needed to compile: what a compiler's process loads is no share of ours
    from benchmarks.peers import latex, latex_keys, typst
    from examgen.sheets import head

    shared = head(ours.exam())
    if kind == "latex-keys":
        return latex_keys.keys(shared, ours.worked(folder, count))
    write = latex.sheets if kind == "latex-sheets" else typst.sheets
    return write(shared, ours.sheets(folder, count))


def main() -> int:
    if sys.argv[1] == "typst":
        import typst as compiler  # type: ignore[import-not-found, unused-ignore]  # a peer that need not be there

        source = Path(sys.argv[2])
        compiler.compile(source, output=source.with_suffix(".pdf"), pdf_standards=["ua-1"])
        return 0
    kind, count, folder = sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    made = document(kind, count, folder)
    (folder / f"{kind}-{count}{ENDINGS[kind]}").write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
