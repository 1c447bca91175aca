"""Variant codes: pinned, unique, invertible, silent without the seed, and proof against mistyping."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.codes import (
    ALPHABET,
    CODES,
    check,
    decode,
    encode,
    identity,
    locate,
    normalise,
    page_label,
    read_page_label,
)
from examgen.drawing import Stream, key
from examgen.errors import InputError

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/codes.json").read_text(encoding="utf-8"))
CONFUSABLE = ("0OQD", "1ILJ", "2Z", "5S", "6G", "8B", "MN", "UVW", "XY")
LAST = (CODES + 1) // 2  # the first sitting's last variant


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["code"])
def test_code_is_pinned(case: dict[str, str | int]) -> None:
    """A printed code stays readable for ever."""
    assert case["code"] == encode(case["number"], case["seed"], case["sitting"])  # type: ignore[arg-type]  # cases from JSON
    assert case["number"] == decode(case["code"], case["seed"], case["sitting"])  # type: ignore[arg-type]  # cases from JSON


@given(st.integers(1, LAST), st.text(max_size=8), st.integers(1, 21))
def test_decode_inverts_encode(number: int, seed: str, sitting: int) -> None:
    """Every variant of every sitting that has a code is found again from it."""
    number = min(number, (CODES // 2 ** (sitting - 1) + 1) // 2)
    code = encode(number, seed, sitting)
    assert (number, sitting) == locate(code, seed)
    assert number == decode(code, seed, sitting)


def test_codes_of_an_exam_are_all_different() -> None:
    """A million codes over three sittings: no two alike; codes drawn at random, the tooth, do collide."""
    sizes = {1: 600_000, 2: 250_000, 3: 150_000}
    codes = [encode(n, "unique", sitting) for sitting, size in sizes.items() for n in range(1, size + 1)]
    assert 1_000_000 == len(set(codes))
    stream = Stream(key("unique"))
    assert 1_000_000 > len({stream.below(CODES) for _ in codes})


def test_every_place_is_used_once() -> None:
    """The permutation is onto: the last and first of the range have codes, and the next one is refused."""
    assert [1, LAST] == [decode(encode(n, "whole"), "whole") for n in (1, LAST)]
    with pytest.raises(InputError, match="no code for variant"):
        encode(LAST + 1, "whole")


def exhausted(places: int, permute: Callable[[int], int]) -> bool:
    """Whether the map is a permutation of 0..places-1."""
    return set(range(places)) == {permute(i) for i in range(places)}


def test_network_is_a_permutation(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a small range the network, cycle walking included, hits every value once; skipping the walk is caught."""
    from examgen import codes

    monkeypatch.setattr(codes, "CODES", 2000)
    monkeypatch.setattr(codes, "_SIDE", 50)
    tables = tuple(tuple((7 * r + 11 * i * i) % 50 for i in range(50)) for r in range(4))
    assert exhausted(2000, lambda i: codes._permuted(i, tables))
    assert all(i == codes._unpermuted(codes._permuted(i, tables), tables) for i in range(2000))
    monkeypatch.setattr(codes, "CODES", 2500)
    assert not exhausted(2000, lambda i: codes._permuted(i, tables))


def test_round_tables_cover_the_codes() -> None:
    """The network's square holds all codes, or decoding would be undefined."""
    from examgen import codes

    assert (codes._SIDE - 1) ** 2 < CODES <= codes._SIDE**2


def test_symbols_are_unambiguous() -> None:
    """At most one symbol of each confusable set, no vowel, a prime number of symbols."""
    assert all(len(set(alike) & set(ALPHABET)) <= 1 for alike in CONFUSABLE)
    assert not set("AEIOUY") & set(ALPHABET)
    assert 19 == len(ALPHABET) == len(set(ALPHABET))
    assert all(len(ALPHABET) % d for d in range(2, len(ALPHABET)))


def single_errors(code: str) -> Iterator[str]:
    """All codes with one symbol replaced."""
    for i, right in enumerate(code):
        yield from (code[:i] + wrong + code[i + 1 :] for wrong in ALPHABET if wrong != right)


def swaps(code: str) -> Iterator[str]:
    """All codes with two different symbols swapped, neighbours or not."""
    for i in range(len(code)):
        for j in range(i + 1, len(code)):
            if code[i] != code[j]:
                yield code[:i] + code[j] + code[i + 1 : j] + code[i] + code[j + 1 :]


def unnoticed(codes: list[str], wrong: Callable[[str], Iterator[str]], checker: Callable[[str], bool]) -> int:
    """How many mistakes the checker lets through; the codes themselves must pass."""
    assert all(map(checker, codes))
    return sum(checker(mistyped) for code in codes for mistyped in wrong(code))


def plain_sum(code: str) -> bool:
    """A check without weights: blind to every swap."""
    return (sum(map(ALPHABET.index, code[:-1])) - ALPHABET.index(code[-1])) % 19 == 0


def even_weights(code: str) -> bool:
    """A check modulo 18 with even weights: blind to some single errors."""
    return sum((2 * i + 2) * ALPHABET.index(s) for i, s in enumerate(code)) % 18 == 0


def passing(checker: Callable[[str], bool]) -> list[str]:
    """A hundred six-symbol texts that satisfy the checker."""
    heads = (encode(n, "tooth")[:5] for n in range(1, 2000))
    return [head + last for head in heads for last in ALPHABET if checker(head + last)][:100]


def test_check_symbol_catches_single_errors_and_swaps() -> None:
    """Exhaustively for 200 codes: no wrong symbol and no swap of two, neighbours or not, passes."""
    codes = [encode(n, "check") for n in range(1, 201)]
    assert 0 == unnoticed(codes, single_errors, check)
    assert 0 == unnoticed(codes, swaps, check)


def test_weak_checks_are_caught() -> None:
    """Teeth: an unweighted sum misses swaps, even weights modulo 18 miss single errors."""
    assert 0 < unnoticed(passing(plain_sum), swaps, plain_sum)
    assert 0 < unnoticed(passing(even_weights), single_errors, even_weights)


def agreement(one: list[str], other: list[str]) -> float:
    """Share of places at which two lists of codes have the same symbol."""
    pairs = [(a, b) for left, right in zip(one, other, strict=True) for a, b in zip(left, right, strict=True)]
    return sum(a == b for a, b in pairs) / len(pairs)


def test_seed_changes_every_code() -> None:
    """Under a neighbouring seed or sitting codes agree no more than by chance, 1 in 19; the same seed is the tooth."""
    codes = [encode(n, "seed 1") for n in range(1, 2001)]
    assert 0.1 > agreement(codes, [encode(n, "seed 2") for n in range(1, 2001)])
    assert 0.1 > agreement(codes, [encode(n, "seed 1", 2) for n in range(1, 2001)])
    assert 1 == agreement(codes, [encode(n, "seed 1") for n in range(1, 2001)])


def unevenness(codes: list[str]) -> float:
    """The most frequent (place, symbol) over its expected number."""
    most = Counter((i, s) for code in codes for i, s in enumerate(code)).most_common(1)[0][1]
    return most * len(ALPHABET) / len(codes)


def test_numbers_in_a_row_leave_no_pattern() -> None:
    """Codes of 1..2000 use all symbols at all places alike; a code that counts, the tooth, does not."""
    assert 1.5 > unevenness([encode(n, "pattern") for n in range(1, 2001)])
    counting = ["".join(ALPHABET[n // 19**i % 19] for i in range(4, -1, -1)) for n in range(2000)]
    assert 1.5 < unevenness(counting)


def test_typed_codes_are_read() -> None:
    """Small letters, spaces, dashes and Cyrillic letters of the same shape are forgiven."""
    code = next(c for c in ("K7X3M" + last for last in ALPHABET) if check(c))
    typed = [code.lower(), f" {code[:3]} {code[3:]}\n", f"{code[:3]}-{code[3:]}", f"{code[:2]}–{code[2:]}"]
    cyrillic = code.translate(str.maketrans("KMX3", "КМХЗ")).lower()
    assert [code] * 5 == [normalise(text) for text in (*typed, cyrillic)]
    assert cyrillic != code.lower()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda code: "", "0 symbols instead of 6"),
        (lambda code: code[:5], "5 symbols instead of 6"),
        (lambda code: code + "2", "7 symbols instead of 6"),
        (lambda code: "E" + code[1:], "'E' never stands in one"),
        (lambda code: code[1] + code[0] + code[2:], "check symbol does not fit"),
        (lambda code: "×" * 1000, "1000 symbols"),
    ],
)
def test_mistyped_code_is_refused(spoil: Callable[[str], str], why: str) -> None:
    """One short sentence says what is wrong; `check`, `normalise` and `decode` agree."""
    code = next(c for c in (encode(n, "typo") for n in range(1, 9)) if c[0] != c[1])
    assert not check(spoil(code))
    for read in (normalise, lambda text: decode(text, "typo")):
        with pytest.raises(InputError, match=why) as caught:
            read(spoil(code))
        assert 150 > len(str(caught.value))


def test_lookalike_is_suggested() -> None:
    """A letter that a code never holds, typed for the symbol it looks like, brings the right code as the remedy."""
    code = next(c for c in (encode(n, "alike") for n in range(1, 99)) if "8" in c)
    with pytest.raises(InputError, match=f"was {code} meant"):
        normalise(code.replace("8", "B"))


def test_code_of_another_sitting_is_refused() -> None:
    """A paper of one sitting is not taken for a variant of another."""
    with pytest.raises(InputError, match="none of sitting 1"):
        decode(encode(3, "exam", 2), "exam", 1)


@pytest.mark.parametrize(("number", "sitting"), [(0, 1), (-1, 1), (1, 0), (1.0, 1), (True, 1), (1, 22 + 1), (1, 10**9)])
def test_numbers_without_a_code_are_refused(number: int, sitting: int) -> None:
    """Variants and sittings count from 1 and end where codes end."""
    with pytest.raises(InputError, match=r"^The|^There is no code"):
        encode(number, "exam", sitting)


KNOWN = tuple(encode(number, "class") for number in range(1, 31))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: code[:-1],
        lambda code: code + code[-1],
        lambda code: code[1] + code[0] + code[2:],
        lambda code: ("2" if code[0] != "2" else "3") + code[1:],
    ],
    ids=["missing", "added", "swapped", "mistyped"],
)
@pytest.mark.parametrize("code", KNOWN[::7])
def test_a_code_of_the_exam_is_suggested(spoil: Callable[[str], str], code: str) -> None:
    """One wrong symbol, and the code of the class that was meant is named; nothing is where no code is near."""
    with pytest.raises(InputError, match=f"was .*{code}.* meant"):
        normalise(spoil(code), KNOWN)
    with pytest.raises(InputError, match="compare it with the sheet"):
        normalise("ZZZ", KNOWN)


@given(st.integers(1, LAST), st.text(max_size=8), st.integers(1, 99))
def test_a_scanned_page_is_found_again(number: int, seed: str, page: int) -> None:
    """Exam, variant and page come back from what a QR code holds, and the smallest QR code holds it."""
    told = page_label(identity(seed), encode(number, seed), page)
    assert (identity(seed), encode(number, seed), page) == read_page_label(told)
    assert 20 >= len(told) and told == told.upper()


NO_PAGES = ("", "XG:66MWJ:44H3T4", "XG:66MWJ:44H3T5:1", "XG:66MWJ:44H3T4:0", "https://example.org", "XG::::")


@pytest.mark.parametrize("text", NO_PAGES)
def test_what_is_no_page_is_refused(text: str) -> None:
    """A code of something else, or one that was read wrong."""
    assert ("66MWJ", "44H3T4", 1) == read_page_label("XG:66MWJ:44H3T4:1")
    with pytest.raises(InputError, match="no page of an exam"):
        read_page_label(text)


def test_an_exams_identity_tells_nothing_and_is_its_own() -> None:
    """Neighbouring seeds have nothing in common, and no code of an exam begins with its identity."""
    found = {identity(f"seed {i}") for i in range(2000)}
    assert 1990 < len(found)
    assert not any(encode(number, "seed 0").startswith(identity("seed 0")) for number in range(1, 500))
