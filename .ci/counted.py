"""Say whether a test run is to be believed: every test that exists has run and passed, and PyTorch was there.

    python .ci/counted.py TEST_LOG COLLECTED_LOG

TEST_LOG is what `make test` printed, COLLECTED_LOG what `pytest --collect-only -q` printed. Exit status 1 with one
sentence per doubt; a run is doubted rather than believed where its log cannot be read.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable
from pathlib import Path

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CLOSING = re.compile(r"^=*\s*(\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s(?: \([\d:]+\))?\s*=*$", re.MULTILINE)
COLLECTED = re.compile(r"^=*\s*(?:\d+/)?(\d+) tests? collected(?: \(\d+ deselected\))? in ", re.MULTILINE)


def outcomes(log: str) -> dict[str, int]:
    """Counts of pytest's last closing line, such as {"passed": 12, "skipped": 1}; empty where there is none."""
    lines = CLOSING.findall(COLOUR.sub("", log))
    return {word: int(count) for count, word in (part.split() for part in lines[-1].split(", "))} if lines else {}


def collected(log: str) -> int | None:
    """How many tests pytest found, those deselected counted too; None where the log does not say."""
    counts = COLLECTED.findall(COLOUR.sub("", log))
    return int(counts[-1]) if counts else None


def test_files(root: Path) -> set[str]:
    """The test files that lie under `root/tests`, as posix paths relative to `root`."""
    return {path.relative_to(root).as_posix() for path in root.glob("tests/**/test_*.py")}


def doubts(test_log: str, collected_log: str, files: Iterable[str], torch: bool) -> list[str]:
    """The reasons not to believe the run, each one sentence; empty for a run to believe."""
    ran, exist = outcomes(test_log), collected(collected_log)
    found = []
    if not ran:
        found.append("pytest printed no closing line, so nobody knows what ran.")
    if not exist:
        found.append("pytest collected no test.")
    elif ran.get("passed", 0) != exist:
        found.append(f"{exist} tests exist, but {ran.get('passed', 0)} passed.")
    found += [f"{n} {word}: a test must run and pass." for word, n in ran.items() if word not in ("passed", "warnings")]
    for file in sorted(files):
        if f"{file}::" not in collected_log:
            found.append(f"{file} holds no test that pytest collects.")
    if not torch:
        found.append("PyTorch is not installed, so one of the three engines did not run.")
    return found


def main(test_log: str, collected_log: str) -> int:
    """Read both logs, print the doubts, and give the exit status."""
    torch = importlib.util.find_spec("torch") is not None
    ran, exist = (Path(name).read_text(encoding="utf-8", errors="replace") for name in (test_log, collected_log))
    found = doubts(ran, exist, test_files(Path.cwd()), torch)
    for sentence in found:
        print(f"Not believed: {sentence}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
