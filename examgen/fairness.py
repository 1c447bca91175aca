"""Variants alike in effort: each lies near one reference, so that none depends on another or on how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from math import comb

from examgen.drawing import Stream, key
from examgen.effort import Profile, profile
from examgen.errors import DrawError
from examgen.problem import Preset
from examgen.registry import problem
from examgen.sifting import draw_all
from examgen.solving import Contract, budget

SAMPLE = 24  # instances among which the reference is looked for
NEARLY = Fraction(3, 4)
BAND = Fraction(1, 10)
ACTIVE, OTHERS = 1, 2  # by how many the counts of a trait may differ


@lru_cache(maxsize=256)
def reference(name: str, preset: Preset, contract: Contract) -> Profile:
    """The profile, of a fixed sample of usable instances, near which most of the others lie.

    Of those that do nearly as well the one in which a ReLU passes about as much as it clips, then the first. It depends on
    no exam, so that a retake is as hard as the exam.
    Raises: DrawError.
    """
    keys = [("reference", number) for number in range(budget(name, preset.params, SAMPLE))]
    found = [profile(instance, contract.decimals) for instance in draw_all(name, preset, keys, contract)]
    near = [sum(next(unfair(one, middle), None) is None for one in found) for middle in found]
    return max(
        zip(found, near, strict=True),
        key=lambda pair: (pair[1] >= NEARLY * max(near), -abs(pair[0].active - pair[0].clipped), pair[1]),
    )[0]


def unfair(found: Profile, middle: Profile, band: Fraction = BAND) -> Iterator[str]:
    """In what an instance differs too much from the reference."""
    if abs(found.seconds - middle.seconds) > band * Fraction(middle.seconds):
        yield f"its effort is not within {float(100 * band):g} % of the others'"
    if abs(found.active - middle.active) > ACTIVE:
        yield "it has more or fewer active margins than the others"
    for what, one, other in (
        ("clipped cells", found.clipped, middle.clipped),
        ("zeros", found.zeros, middle.zeros),
        ("negative numbers", found.negatives, middle.negatives),
    ):
        if abs(one - other) > OTHERS:
            yield f"it has more or fewer {what} than the others"
    if found.mistakes != middle.mistakes:
        yield "other mistakes can be made in it than in the others"
    if found.clean != middle.clean:
        yield "its means end, or do not, unlike the others'"


def room(name: str, preset: Preset, contract: Contract, draws: int) -> int | None:
    """How many fair variants a preset holds, from how often two of so many draws are the same; None where none are.

    Source: the birthday problem, n (n - 1) / 2 pairs of n draws among R coincide n (n - 1) / 2R times.
    """
    chosen, middle = problem(name), reference(name, preset, contract)
    stream = Stream(key("room", name, preset.version))
    found: Counter[str] = Counter()
    for number in range(draws):
        with suppress(DrawError, ArithmeticError):
            instance = chosen.draw(preset.params, stream.fork(number))
            if next(unfair(profile(instance, contract.decimals), middle), None) is None:
                found[repr((instance.params, sorted(instance.data.items())))] += 1
    pairs, same = comb(found.total(), 2), sum(comb(count, 2) for count in found.values())
    return pairs // same if same else None
