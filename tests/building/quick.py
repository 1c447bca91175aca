"""Builds that lay nothing out, in this process or as a command of their own, whose workers do the same.

What stands for a PDF is a checksum of what would have been laid out, so that other content is other bytes. As a command:
python quick.py CHUNK arguments of examgen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import examgen.build
from examgen.render.paper import Head, SheetVariant
from tests.unset import unset

SEED = "5b1f0c52e7b94a39"
EXAM = f"""
title = "T"
language = "en"
variants = 6
seed = "{SEED}"

[[task]]
problem = "svm_loss"
preset = "2x3"
"""


def write_pdf(html: str, head: Head) -> bytes:
    return b"%PDF-1.7 " + sha256(html.encode()).hexdigest().encode()


def sheets_pdf(
    head: Head, sheets: Sequence[SheetVariant], *, large: bool = False, among: Sequence[SheetVariant] = (), **more: Any
) -> bytes:
    return b"%PDF-1.7 " + sha256(repr((sheets, large, among)).encode()).hexdigest().encode()


if __name__ in ("__main__", "__mp_main__"):  # a worker runs it under the second name
    unset(None, write_pdf)
    examgen.build.sheets_pdf = sheets_pdf
if __name__ == "__main__":
    from examgen.cli import main

    examgen.build.CHUNK, examgen.build.WORKED = int(sys.argv.pop(1)), 1
    main()
