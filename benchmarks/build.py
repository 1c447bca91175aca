"""Seconds and memory of a whole build: sheets, key and proofs of an exam definition, in fresh processes.

    python benchmarks/build.py [EXAM.toml] [-n VARIANTS] [-j JOBS]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exam", nargs="?", default=str(HERE / "variants" / "lecture6.toml"))
    parser.add_argument("-n", type=int, default=30)
    parser.add_argument("-j", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "examgen", "build", asked.exam, "-n", str(asked.n), "-j", str(asked.j), "-o", folder]
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{asked.n} variants with {asked.j} job(s): {seconds:.1f} s, largest process {memory:.0f} MB")
        for path in sorted(Path(folder).iterdir()):
            print(f"  {path.name}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
