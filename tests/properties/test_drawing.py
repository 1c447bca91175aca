"""The stream of random numbers: pinned for ever, independent between keys, uniform, exact and within its bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examgen.drawing import Stream, key
from examgen.errors import DrawError, InputError

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/drawing.json").read_text(encoding="utf-8"))
PARTS = st.lists(st.text(max_size=6) | st.integers(), min_size=1, max_size=4)

# prints what a process draws, and Python's own hash beside it as the tooth
PROCESS = """
from examgen.drawing import Stream, key
s = Stream(key("fresh", 1))
print([s.below(2**32) for _ in range(40)], s.shuffled("abcdefgh"), s.fork("a", 2).decimal("-9.9", "9.9", 1), sep="|")
print(hash("fresh"))
"""


def raw(stream: Stream, words: int) -> bytes:
    """The stream's own bytes: below 2**32 a draw is one whole word."""
    return b"".join(stream.below(1 << 32).to_bytes(4, "little") for _ in range(words))


def spec(secret: bytes, blocks: int) -> bytes:
    """The stream's bytes by the words of the module's docstring."""
    return b"".join(
        blake2b(i.to_bytes(8, "little"), key=secret, person=b"examgen draw").digest() for i in range(blocks)
    )


def drawn(stream: Stream) -> dict[str, Any]:
    """One draw after another of every kind, as text where exact fractions have no JSON."""
    return {
        "below": [stream.below(n) for n in (1, 2, 10, 1 << 32, 3 << 30, 10**30)],
        "integer": [stream.integer(-9, 9) for _ in range(12)],
        "signed": [stream.signed(1, 9) for _ in range(12)],
        "decimal": [str(stream.decimal("-1.5", "2.25", 2)) for _ in range(6)],
        "signed_decimal": [str(stream.signed_decimal("0.1", 2, 1)) for _ in range(6)],
        "choice": [stream.choice(("relu", "tanh", "sigmoid")) for _ in range(4)],
        "weighted": [stream.weighted("abc", (1, 0, 3)) for _ in range(8)],
        "shuffled": list(stream.shuffled(range(8))),
        "sample": list(stream.sample(range(100), 5)),
        "distinct": list(stream.distinct(5, lambda: stream.integer(1, 6))),
        "array": [list(row) for row in stream.array((2, 3), lambda: stream.integer(0, 99))],
        "fork": [stream.fork("task", task).below(1000) for task in (1, 2, 3)],
    }


@pytest.mark.parametrize("case", GOLDEN["keys"], ids=lambda case: repr(case["parts"]))
def test_key_is_pinned(case: dict[str, Any]) -> None:
    """A key is the same for ever."""
    assert case["key"] == key(*case["parts"]).hex()


def test_stream_is_pinned() -> None:
    """The first 256 bytes of a stream are the same for ever."""
    assert GOLDEN["words"] == raw(Stream(key(*GOLDEN["of"])), 64).hex()


def test_every_method_is_pinned() -> None:
    """Each kind of draw gives the same values for ever; another key gives others."""
    assert GOLDEN["drawn"] == drawn(Stream(key(*GOLDEN["of"])))
    assert GOLDEN["drawn"] != drawn(Stream(key(*GOLDEN["of"], 0)))


@given(PARTS)
def test_stream_is_the_documented_construction(parts: list[str | int]) -> None:
    """The stream is what its docstring says, computed a second time from hashlib alone."""
    assert spec(key(*parts), 3) == raw(Stream(key(*parts)), 48)


def fresh(hash_seed: str, folder: Path) -> list[str]:
    """What a new process prints under the given hash seed, started in another folder."""
    env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    return subprocess.check_output([sys.executable, "-c", PROCESS], env=env, cwd=folder, text=True).splitlines()


def test_fresh_process_draws_the_same(tmp_path: Path) -> None:
    """Hash seed, process and working folder leave the draws alone; Python's own hash, the tooth, does change."""
    stream = Stream(key("fresh", 1))
    words = [stream.below(1 << 32) for _ in range(40)]
    fork = stream.fork("a", 2).decimal("-9.9", "9.9", 1)
    expected = "|".join(map(str, (words, stream.shuffled("abcdefgh"), fork)))
    first, second = fresh("1", tmp_path), fresh("2", tmp_path)
    assert [expected, expected] == [first[0], second[0]]
    assert first[1] != second[1]


@given(PARTS, PARTS)
def test_different_parts_have_different_keys(one: list[str | int], other: list[str | int]) -> None:
    """Keys are equal only for equal parts."""
    assert (one == other) == (key(*one) == key(*other))


def test_parts_keep_type_and_border() -> None:
    """What a careless join would mix up stays apart, and does get mixed up by such a join (tooth)."""
    near = [("1", "23"), ("12", "3"), ("123",), (1, 23), ("1", 23), (12, 3), ("", "123"), ("123", ""), (123,), (-123,)]
    assert len(near) == len({key(*parts) for parts in near})
    assert len(near) > len({sha256("".join(map(str, parts)).encode()).digest() for parts in near})


def shared_windows(outputs: Iterable[bytes]) -> int:
    """How many 8-byte windows, at any byte offset, occur in more than one place."""
    seen = Counter(out[i : i + 8] for out in outputs for i in range(len(out) - 7))
    return sum(1 for times in seen.values() if times > 1)


def neighbours() -> Iterator[bytes]:
    """Streams of 500 neighbouring seeds and of 500 neighbouring variants of one seed."""
    for i in range(500):
        yield raw(Stream(key(f"seed {i}", 1, "svm_loss", 1)), 64)
        yield raw(Stream(key("seed", 1, "svm_loss", i)), 64)


def test_neighbours_share_nothing() -> None:
    """No 8-byte window occurs twice in the streams of a thousand neighbouring seeds and variants."""
    assert 0 == shared_windows(neighbours())


def test_seed_plus_counter_is_caught() -> None:
    """Tooth: a counter that starts at seed + i, the usual mistake, shares blocks between neighbours."""
    bad = (b"".join(blake2b((seed + i).to_bytes(8, "little")).digest() for i in range(4)) for seed in range(1000))
    assert 1000 * 50 < shared_windows(bad)


def chi_square(values: Iterable[int], cells: int) -> float:
    """Pearson's statistic against the uniform distribution, in standard deviations above its mean."""
    seen = Counter(values)
    expected = sum(seen.values()) / cells
    statistic = sum((seen[cell] - expected) ** 2 for cell in range(cells)) / expected
    return float((statistic - (cells - 1)) / (2 * (cells - 1)) ** 0.5)


@pytest.mark.parametrize("n", [2, 3, 10, 19, 100, 257])
def test_below_is_uniform(n: int) -> None:
    """20,000 draws below n pass a chi-square test."""
    stream = Stream(key("uniform", n))
    assert 5 > abs(chi_square((stream.below(n) for _ in range(20_000)), n))


def test_modulo_bias_is_caught() -> None:
    """Tooth: a byte modulo 100 favours 0..55 and fails the same check."""
    stream = Stream(key("uniform", 100))
    assert 5 < chi_square((stream.below(256) % 100 for _ in range(20_000)), 100)


@pytest.mark.parametrize("n", [3 << 30, 3 << 40])
def test_large_bounds_are_unbiased(n: int) -> None:
    """A bound near the word's size, or over it, keeps the residues modulo 3 equally frequent, thanks to rejection."""
    stream = Stream(key("large", n))
    assert 5 > abs(chi_square((stream.below(n) % 3 for _ in range(5000)), 3))


def test_missing_rejection_is_caught() -> None:
    """Tooth: scaling a word to 3 * 2**30 without rejection doubles one residue and fails the same check."""
    stream = Stream(key("large", 3 << 30))
    assert 5 < chi_square((((stream.below(1 << 32) * (3 << 30)) >> 32) % 3 for _ in range(5000)), 3)


@pytest.mark.parametrize("value", [(1 << 32) + 1, (1 << 33) - 1])
def test_wide_draws_refuse_the_bound_itself(value: int) -> None:
    """Over 32 bits a value equal to or above n is drawn anew: chance would show it once in 2**33 draws."""
    stream, n = Stream(key("wide")), (1 << 32) + 1
    words = iter([value >> 1, (value & 1) << 31, 0, 1 << 31])
    stream._word = lambda: next(words)
    assert 1 == stream.below(n)


def first_of_three(stream: Stream) -> int:
    """The order of three shuffled values as a number 0..5."""
    a, b, c = stream.shuffled((0, 1, 2))
    return 2 * a + (b > c)


def naive_shuffle(stream: Stream) -> int:
    """The usual wrong shuffle: each place swapped with any place."""
    pool = [0, 1, 2]
    for i in range(3):
        j = stream.below(3)
        pool[i], pool[j] = pool[j], pool[i]
    return 2 * pool[0] + (pool[1] > pool[2])


def test_shuffles_are_uniform() -> None:
    """All six orders of three values are equally likely; the naive shuffle, the tooth, is caught."""
    stream = Stream(key("shuffle"))
    assert 5 > abs(chi_square((first_of_three(stream) for _ in range(6000)), 6))
    assert 5 < chi_square((naive_shuffle(stream) for _ in range(6000)), 6)


def test_weights_are_kept() -> None:
    """Values come as often as their weights say, to five standard deviations; plain choices, the tooth, do not."""
    stream = Stream(key("weighted"))
    seen = Counter(stream.weighted("abcd", (3, 0, 1, 0)) for _ in range(8000))
    assert {"a", "c"} == set(seen)
    deviation = (8000 * 0.75 * 0.25) ** 0.5
    assert 5 * deviation > abs(seen["a"] - 6000)
    assert 5 * deviation < abs(sum(stream.choice("ac") == "a" for _ in range(8000)) - 6000)


@given(st.integers(-50, 50), st.integers(0, 4), st.integers())
def test_integers_reach_both_bounds(low: int, span: int, seed: int) -> None:
    """Every value of low..high appears and no other."""
    stream = Stream(key("integer", seed))
    assert set(range(low, low + span + 1)) == {stream.integer(low, low + span) for _ in range(200)}


@given(st.integers(1, 50), st.integers(0, 2), st.integers())
def test_signed_reach_both_bounds(low: int, span: int, seed: int) -> None:
    """Every magnitude of low..high appears with both signs, and never 0."""
    stream = Stream(key("signed", seed))
    sizes = range(low, low + span + 1)
    assert {*sizes, *(-size for size in sizes)} == {stream.signed(low, low + span) for _ in range(300)}


@given(st.integers(-30, 30), st.integers(0, 4), st.integers(0, 3), st.integers())
def test_decimals_reach_both_bounds(first: int, span: int, digits: int, seed: int) -> None:
    """Every number of the grid between the bounds appears, as an exact fraction, and no other."""
    stream, scale = Stream(key("decimal", seed)), 10**digits
    grid = {Fraction(i, scale) for i in range(first, first + span + 1)}
    values = [stream.decimal(Fraction(first, scale), Fraction(first + span, scale), digits) for _ in range(200)]
    assert grid == set(values)
    assert {Fraction} == set(map(type, values))


def test_bounds_off_the_grid_round_inwards() -> None:
    """Between bounds that are no grid points lie only the grid points inside; text is read as a decimal."""
    stream = Stream(key("inwards"))
    assert {Fraction(-1, 5), Fraction(-1, 10), 0} == {stream.decimal("-0.25", "0.09", 1) for _ in range(100)}
    assert {Fraction(n, 10) for n in (-2, -1, 1, 2)} == {stream.signed_decimal("0.01", "0.2", 1) for _ in range(100)}


@given(st.lists(st.integers(), max_size=12), st.data())
def test_samples_come_from_the_values(values: list[int], data: st.DataObject) -> None:
    """A shuffle keeps all values, a sample takes k places once each, and the input is left alone."""
    stream, before = Stream(key("sample", data.draw(st.integers()))), list(values)
    k = data.draw(st.integers(0, len(values)))
    assert sorted(values) == sorted(stream.shuffled(values))
    taken = stream.sample(list(enumerate(values)), k)
    assert k == len(set(taken))
    assert set(taken) <= set(enumerate(values))
    assert before == values


@given(st.integers(0, 100), st.lists(st.integers() | st.text(max_size=3), min_size=1, max_size=3))
def test_fork_is_independent_of_consumption(drawn: int, parts: list[str | int]) -> None:
    """A fork is the same however much its parent gave, leaves the parent alone and shares nothing with it."""
    parent, other = Stream(key("parent")), Stream(key("parent"))
    for _ in range(drawn):
        parent.below(7)
    fork = raw(parent.fork(*parts), 32)
    assert fork == raw(other.fork(*parts), 32)
    for _ in range(drawn):
        other.below(7)
    assert raw(other, 32) == (after := raw(parent, 32))
    assert 0 == shared_windows([fork, after])


def test_fork_by_consumption_is_caught() -> None:
    """Tooth: a fork seeded from the parent's next word changes with what was drawn before."""
    parent = Stream(key("parent"))
    assert raw(Stream(key(parent.below(1 << 32))), 32) != raw(Stream(key(parent.below(1 << 32))), 32)


def test_forks_differ_from_keys_of_the_same_name() -> None:
    """Forks of one name under two parents, nested forks and plain keys are all different streams."""
    a, b = Stream(key("a")), Stream(key("b"))
    streams = [a, b, a.fork("b"), b.fork("a"), a.fork("b", "c"), a.fork("b").fork("c"), Stream(key("a", "b"))]
    assert 0 == shared_windows(raw(stream, 32) for stream in streams)


def test_arrays_fill_in_row_major_order() -> None:
    """An array is nested tuples filled row by row; a scalar is bare; an empty axis stays empty."""
    values = iter(range(100))
    assert ((0, 1, 2), (3, 4, 5)) == Stream.array((2, 3), lambda: next(values))
    assert 6 == Stream.array((), lambda: next(values))
    assert ((), ()) == Stream.array((2, 0), lambda: next(values))


def test_distinct_keeps_the_order_and_gives_up() -> None:
    """Repeated values are passed over in order of appearance; too small a range ends in DrawError, not for ever."""
    values = iter((3, 3, 1, 3, 2, 9))
    assert (3, 1, 2) == Stream.distinct(3, lambda: next(values))
    with pytest.raises(DrawError, match="only 2 of 3"):
        stream = Stream(key("few"))
        stream.distinct(3, lambda: stream.below(2))


def test_repr_hides_the_key() -> None:
    """Neither the key nor its parts show in a traceback or a log."""
    assert key("secret").hex() not in repr(Stream(key("secret")))
    assert repr(key("secret")) not in repr(Stream(key("secret")))


BAD: dict[str, Callable[[Stream], object]] = {
    "below 0": lambda s: s.below(0),
    "below a float": lambda s: s.below(2.0),  # type: ignore[arg-type]  # refused on purpose
    "integer, low above high": lambda s: s.integer(2, 1),
    "integer, a fraction": lambda s: s.integer(Fraction(1), 2),  # type: ignore[arg-type]  # refused on purpose
    "signed from 0": lambda s: s.signed(0, 3),
    "signed, low above high": lambda s: s.signed(3, 2),
    "decimal, low above high": lambda s: s.decimal(2, 1, 1),
    "decimal, no grid point": lambda s: s.decimal("0.11", "0.19", 1),
    "decimal, negative digits": lambda s: s.decimal(0, 1, -1),
    "decimal, a float": lambda s: s.decimal(0.1, 1, 1),  # type: ignore[arg-type]  # refused on purpose
    "decimal, a float equal to an int": lambda s: (s.decimal(0, 1, 1), s.decimal(0, 1.0, 1)),  # type: ignore[arg-type]  # refused on purpose
    "decimal, no number": lambda s: s.decimal("0,1", 1, 1),
    "decimal, an exponent": lambda s: s.decimal(0, "1e999999999", 1),
    "signed_decimal from 0": lambda s: s.signed_decimal(0, 1, 1),
    "choice of nothing": lambda s: s.choice(()),
    "choice of a set": lambda s: s.choice({1, 2}),  # type: ignore[arg-type]  # refused on purpose
    "shuffled set": lambda s: s.shuffled({"a", "b"}),  # type: ignore[arg-type]  # refused on purpose
    "sample of too many": lambda s: s.sample((1, 2), 3),
    "weighted, one weight short": lambda s: s.weighted((1, 2), (1,)),
    "weighted, all 0": lambda s: s.weighted((1, 2), (0, 0)),
    "weighted, negative": lambda s: s.weighted((1, 2), (2, -1)),
    "distinct, negative": lambda s: s.distinct(-1, lambda: 1),
    "array, negative": lambda s: s.array((2, -1), lambda: 1),
    "fork without a name": lambda s: s.fork(),
    "fork by a bool": lambda s: s.fork(True),
    "key of nothing": lambda s: key(),
    "key of a float": lambda s: key(1.0),  # type: ignore[arg-type]  # refused on purpose
    "stream of a text": lambda s: Stream("seed"),  # type: ignore[arg-type]  # refused on purpose
    "stream of a short key": lambda s: Stream(b"seed"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_arguments_are_refused(what: str) -> None:
    """What has no answer is an InputError of one sentence, never a hang or a silent value."""
    with pytest.raises(InputError, match=r"^[^\n]+\.$"):
        BAD[what](Stream(key("bad")))


@settings(deadline=None)
@given(st.integers(1, 10**40), st.integers())
def test_below_stays_below(n: int, seed: int) -> None:
    """Draws lie in 0..n-1 for bounds of any size."""
    assert 0 <= Stream(key("any", seed)).below(n) < n
