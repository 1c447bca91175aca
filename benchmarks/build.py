"""Seconds and memory of a whole build: sheets, key, worked solutions and proofs of an exam definition, in fresh processes.

    python benchmarks/build.py [EXAM.toml] [-n VARIANTS] [-j JOBS] [--key short|full]
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
    parser.add_argument("--key", default="short")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "examgen", "build", asked.exam, "-n", str(asked.n), "-j", str(asked.j), "-o", folder]
        command += ["--key", asked.key]
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{asked.n} variants with {asked.j} job(s): {seconds:.1f} s, {used.ru_utime:.0f} s of work in all processes")
        print(f"  largest process: {used.ru_maxrss / 1024:.0f} MB")
        for path in sorted(Path(folder).iterdir()):
            held = [path] if path.is_file() else sorted(path.iterdir())
            files = f" ({len(held)} files)" if path.is_dir() else ""
            print(f"  {path.name}{files}: {sum(file.stat().st_size for file in held) / 1024:.0f} KB")


if __name__ == "__main__":
    main()
