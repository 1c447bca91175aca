"""How long sheets for a class take to be set and written, and how much memory: one process for each number of copies.

    python benchmarks/copies.py              10, 50 and 100 copies of the lecture's exam
    python benchmarks/copies.py 300
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

EXAM = Path(__file__).resolve().parents[1] / "variants" / "lecture6.toml"
VARIANTS = 6


def measure(copies: int) -> str:
    """One line: copies, pages, seconds, and the most memory that the process took."""
    from examgen.copies import plan
    from examgen.exam import read_exam
    from examgen.selecting import variants
    from examgen.setting import sheets_pdf
    from examgen.sheets import copy_sheets, head

    exam = read_exam(EXAM)
    dealt = plan((), VARIANTS, exam.seed, count=copies).copies
    sheets = copy_sheets(exam, variants(exam, VARIANTS), dealt)
    start = perf_counter()
    pdf = sheets_pdf(head(exam), sheets)
    seconds, most = perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{copies:>7}{seconds:>9.1f}{most:>9.0f}{len(pdf) / 1024 / copies:>9.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("copies", type=int, nargs="*", default=[10, 50, 100])
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(measure(asked.copies[0]))
        return 0
    print(f"{'copies':>7}{'seconds':>9}{'MB':>9}{'KB each':>9}")
    for copies in asked.copies:
        subprocess.run([sys.executable, __file__, "--one", str(copies)], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
