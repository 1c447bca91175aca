"""Reads many texts that nobody should write: any exception but Unreadable, and the slowest read.

    python benchmarks/fuzz_answers.py               100,000 texts
    python benchmarks/fuzz_answers.py -n 2000 -s 7
    python benchmarks/fuzz_answers.py --sheets      100,000 texts in the boxes of whole answers, marked

Random characters of all of Unicode, valid answers with a few characters changed, junk from the words of the grammar, and long
arrays, each for a shape at random. With `--sheets` every box of tasks of all presets holds such a text or its right answer, and
the whole is marked. Exit status 1 where another exception leaves `read` or `grade`, a value is not what `read` promises, points
are out of range, or a text takes more than 50 ms twice.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from time import perf_counter
from typing import Any

from examgen import codes
from examgen.bundle import task_json
from examgen.keyfile import FORMAT
from examgen.marking import Mark, grade
from examgen.mistaken import mistaken
from examgen.model import cells
from examgen.registry import problems
from examgen.solving import draw, solve
from examgen.written import Unreadable, Written, read

SLOWEST = 50  # ms
DIMS = ((), (), (1,), (3,), (2, 2), (1, 1), (3, 1), (1, 2, 2), (2, 2, 2), (10, 10), (100, 10))
VALID = (
    "-0,105", "−0.105", "1/3", "2e-3", "1.2·10^-3", "≈ 1,27", "1,2(6)", "-1 4/15", "L₁ = 3,8/3 ≈ 1,27", "∂f/∂z=-2", "10%",
    "ln(9/2)", "e^-2/(1+e^-2)", "e^{-2}", "2√2", "½", "tanh(0.5)", "σ(2)", "1 -2; 3 1", "[[1, -2], [3, 1]]", "1,5 1,4 0,9",
    "1.5, 1.4, 0.9", "ln 2, ln 3", "[[[1,2],[3,4]],[[5,6],[7,8]]]", "Z = [1 2; 3 4]", "1 4/15; 2 1/3",
)
WORDS = (
    *"0123456789", "12", "0,5", "1.5", "999999999", "1e9", "2e-3", "e", "π", "ln", "lg", "log", "exp", "sqrt", "√", "tanh",
    "th", "σ", "x", "+", "-", "*", "/", ":", "^", "**", "^-", "⁻²", "½", "%", "(", ")", "[", "]", "{", "}", "(6)", ",", ".",
    ";", "\n", " ", " ", ", ", "=", "≈", "−", "·", "L", "dL/dw", "10^", "1 2/3",
)
LONG_CELLS = (
    "1", "1,5", "-2/3", "ln(2)", "[1]", "[1,2]", "a=", "1 4/15", ", 2", "   ", "e^0.{}", "({}+1)^0.7", "=", "((", "",
)


def random_text(random: Random) -> str:
    """Characters from anywhere, surrogates among them."""
    highest = random.choice((0x7F, 0x2FF, 0x2FFF, 0xFFFF, 0x10FFFF))
    return "".join(chr(random.randrange(highest)) for _ in range(random.randrange(60)))


def mutated(random: Random) -> str:
    """A valid answer with characters dropped, doubled, exchanged or put in."""
    text = random.choice(VALID)
    for _ in range(random.randrange(1, 5)):
        at = random.randrange(len(text) + 1)
        put = random.choice(("", random.choice(WORDS), chr(random.randrange(0x2FFF)), text[at : at + 3] * 2))
        text = text[:at] + put + text[at + random.randrange(3) :]
    return text


def junk(random: Random) -> str:
    """The words of the grammar in any order."""
    return "".join(random.choice(WORDS) for _ in range(random.randrange(1, random.choice((8, 30, 90)))))


def long_array(random: Random) -> str:
    """A large array, or what begins like one."""
    count = random.randrange(2, random.choice((10, 1000, 20_000)))
    cell = random.choice(LONG_CELLS)
    text = random.choice((" ", ", ", ";", ",", "")).join(cell.format(i) for i in range(count))
    return text[: random.choice((300, 5000, 20_000))]


KINDS: dict[Callable[[Random], str], int] = {random_text: 30, mutated: 40, junk: 28, long_array: 2}


def texts(count: int, seed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """So many texts, with the shape that each is read for."""
    random = Random(seed)
    for _ in range(count):
        kind = random.choices(list(KINDS), list(KINDS.values()))[0]
        yield kind(random), random.choice(DIMS)


@dataclass
class Tally:
    """What came of many texts; `faults` are what should not be."""

    read: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    text: str = ""
    dims: tuple[int, ...] = ()
    faults: list[str] = field(default_factory=list)


def timed(text: str, dims: tuple[int, ...], forms: bool) -> tuple[float, Written | Unreadable]:
    begin = perf_counter()
    try:
        found: Written | Unreadable = read(text, dims, forms=forms)
    except Unreadable as reason:
        found = reason
    return 1000 * (perf_counter() - begin), found


def tally(count: int, seed: int) -> Tally:
    """Reads so many texts."""
    total = Tally()
    for turn, (text, dims) in enumerate(texts(count, seed)):
        try:
            spent, found = timed(text, dims, turn % 3 > 0)
            if spent > SLOWEST:  # another process may have had the processor
                spent = min(spent, timed(text, dims, turn % 3 > 0)[0])
        except Exception as fault:
            total.faults.append(f"{fault!r} on {text[:200]!r} for {dims}")
            continue
        total.read["read" if isinstance(found, Written) else "refused"] += 1
        if not sound(found):
            total.faults.append(f"{found!r} from {text[:200]!r} for {dims}")
        if spent > total.slowest:
            total.slowest, total.text, total.dims = spent, text, dims
    return total


def sound(found: Written | Unreadable) -> bool:
    """Whether numbers are bounded fractions, and a sentence shows little and nothing unseen."""
    if isinstance(found, Unreadable):
        return str(found).isprintable() and len(str(found)) < 250
    return all(isinstance(cell, Fraction) and abs(cell) <= 10**30 for cell in cells(found.value))


def sheets(count: int, seed: int, keys: Sequence[Mapping[str, Any]]) -> Tally:
    """Marks whole answers to keys of one task until so many texts are used up; times are for each text of a sheet."""
    random, total = Random(seed), Tally()
    supply = (text for text, _ in texts(count, seed))
    while sheet := _sheet(random, random.choice(keys), supply):
        key, answers, used = sheet
        try:
            spent, mark = _marked(key, answers)
            if spent > SLOWEST * used:
                spent = min(spent, _marked(key, answers)[0])
        except Exception as fault:
            total.faults.append(f"{fault!r} on {str(answers)[:200]}")
            continue
        total.read.update(box.status for box in mark.boxes)
        if not all(0 <= box.points <= box.most for box in mark.boxes):
            total.faults.append(f"points out of range for {str(answers)[:200]}")
        if spent / used > total.slowest:
            total.slowest, total.text = spent / used, str(answers)
    return total


def _sheet(
    random: Random, key: Mapping[str, Any], supply: Iterator[str]
) -> tuple[Mapping[str, Any], dict[str, Any], int] | None:
    """Answers to a key, and how many texts went into them; none where no text is left."""
    boxes = [box for task in key["variants"][0]["tasks"] for box in task["answers"]]
    answers, used = {box["label"]: _plausible(random, box["value"]) for box in boxes}, 0
    for box in random.sample(boxes, random.randint(1, len(boxes))):
        text = next(supply, None)
        if text is None:
            break
        answers[box["label"]], used = text, used + 1
    return (key, answers, used) if used else None


def _plausible(random: Random, value: Any) -> Any:
    """The right answer, or one of its shape that is wrong in some cells."""
    if isinstance(value, list):
        return [_plausible(random, part) for part in value]
    return random.choice((f"{value:.4f}", f"{value:.4f}", f"{-value:.2f}", "0", "1e30", "-1e-30", "77", "1/3"))


def _marked(key: Mapping[str, Any], answers: Mapping[str, Any]) -> tuple[float, Mark]:
    begin = perf_counter()
    mark = grade(key, answers)
    return 1000 * (perf_counter() - begin), mark


def drawn_keys() -> list[dict[str, Any]]:
    """A key of one task of every preset."""
    found = []
    for name, chosen in problems().items():
        for preset in chosen.presets.values():
            solution = solve(draw(name, preset, "fuzz"))
            task = task_json(1, replace(solution, mistakes=mistaken(solution)), "en")
            variant = {"number": 1, "code": codes.encode(1, "fuzz"), "tasks": [task]}
            found.append(json.loads(json.dumps({"format": FORMAT, "title": name, "language": "en", "variants": [variant]})))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Prints what came of the texts. Returns 1 where anything should not be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=100_000, help="texts")
    parser.add_argument("-s", type=int, default=0, help="seed")
    parser.add_argument("--sheets", action="store_true", help="whole answers, marked")
    chosen = parser.parse_args(arguments)
    print(f"Python {platform.python_version()} on {platform.machine()}, one process")
    if chosen.sheets:
        total = sheets(chosen.n, chosen.s, drawn_keys())
        print(f"{chosen.n} texts: {dict(total.read.most_common())}, {len(total.faults)} faults")
        print(f"slowest sheet: {total.slowest:.1f} ms for each of its texts, {total.text[:200]}")
    else:
        total = tally(chosen.n, chosen.s)
        print(f"{chosen.n} texts: {total.read['read']} read, {total.read['refused']} refused, {len(total.faults)} faults")
        print(f"slowest read: {total.slowest:.1f} ms, {len(total.text)} characters for {total.dims}, {total.text[:50]!r}")
    print(*total.faults[:10], sep="\n", end="\n" if total.faults else "")
    return 1 if total.faults or total.slowest > SLOWEST else 0


if __name__ == "__main__":
    sys.exit(main())
