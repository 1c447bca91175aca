"""Keys and worked solutions that are set are what laid-out ones are: words, pictures, structure, bookmarks; or not set."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from examgen.render.galley import set_key
from tests.render.galleys import Pair, apart, astray, bookmarks, chosen, key, pairs, pictures, places, structure, told, words
from tests.render.structure import faults
from tests.render.test_archival import violations
from tests.render.test_pdf import foreign

EXAMS = [
    pytest.param(*each, marks=pytest.mark.xdist_group(f"galley {i}"), id=f"{each[0]}-{i}") for i, each in enumerate(chosen())
]
SMALL = ("svm_loss", ("2x3",), "en")
GATES = ("backprop", ("sigmoid_neuron",), "ru")
every_exam = pytest.mark.parametrize(("name", "labels", "language"), EXAMS)
pytestmark = pytest.mark.xdist_group("galley")


def lost(pair: Pair) -> list[Any]:
    """The words of one document that do not stand on the same page of the other."""
    mine, plain = words(pair.set), words(pair.plain)
    if len(mine) != len(plain):
        return [len(mine), len(plain)]
    return [word for one, other in zip(mine, plain, strict=True) for word in astray(one, other) + astray(other, one)]


def unlike(pair: Pair) -> list[int]:
    """The pages whose pictures are not the same."""
    shown = zip(pictures(pair.set), pictures(pair.plain), strict=True)
    return [i for i, (one, other) in enumerate(shown, 1) if apart(one, other)]


@every_exam
def test_words_stand_where_they_would(name: str, labels: tuple[str, ...], language: str) -> None:
    """Of every preset, in keys and in solutions, on the same pages."""
    assert [[]] * 3 == [lost(pair) for pair in pairs(name, labels, language)]


@every_exam
def test_pages_look_the_same(name: str, labels: tuple[str, ...], language: str) -> None:
    """But for where strokes begin within a pixel."""
    assert [[]] * 3 == [unlike(pair) for pair in pairs(name, labels, language)]


@every_exam
def test_the_structure_is_the_same(name: str, labels: tuple[str, ...], language: str) -> None:
    """Kinds, words for formulas and pictures, scopes of heads, names of tables, places of pictures."""
    for pair in pairs(name, labels, language):
        assert structure(pair.plain) == structure(pair.set)
        assert places(pair.plain) == pytest.approx(places(pair.set), abs=0.5)


@every_exam
def test_bookmarks_lead_to_the_same_places(name: str, labels: tuple[str, ...], language: str) -> None:
    """Their levels and names too."""
    for pair in pairs(name, labels, language):
        assert bookmarks(pair.plain) == bookmarks(pair.set)


@every_exam
def test_a_set_file_is_sound_and_accessible(name: str, labels: tuple[str, ...], language: str) -> None:
    """Its syntax, its structure and its fonts."""
    for pair in pairs(name, labels, language):
        with pikepdf.open(io.BytesIO(pair.set)) as document:
            assert [] == document.check_pdf_syntax()
        assert [] == faults(pair.set)
        assert set() == foreign(pair.set)


def test_an_archival_key_is_set_too() -> None:
    """A validator of PDF/A has nothing against it, and nothing is wrong with its structure."""
    of = told(*GATES)
    pdf = set_key(replace(of.head, pdf="a"), of.tables, of.strips, of.solved)
    assert [] == violations(pdf)
    assert [] == faults(pdf)


def test_a_key_is_the_same_bytes_each_time() -> None:
    """And another one is other bytes."""
    of = told(*SMALL)
    once, again = (set_key(of.head, of.tables, of.strips, of.solved) for _ in range(2))
    assert once == again
    assert once != set_key(of.head, of.tables, of.strips, of.solved[:1])


# The teeth of the comparison: what is wrong with a set page is found.


def spoiled(pair: Pair, pattern: bytes, becomes: Callable[[re.Match[bytes]], bytes]) -> Pair:
    """A document whose pages' code is changed once."""
    with pikepdf.open(io.BytesIO(pair.set)) as document:
        for page in document.pages:
            streams = [page.Contents, *(form for _, form in page.Resources.XObject.items())]
            for stream in streams:
                code, count = re.subn(pattern, becomes, stream.read_bytes(), count=1)
                if count:
                    stream.write(code)
                    out = io.BytesIO()
                    document.save(out)
                    return Pair(out.getvalue(), pair.plain)
    raise AssertionError("there is nothing to spoil")


def moved(found: re.Match[bytes]) -> bytes:
    return b"BT %.3f " % (float(found[1]) + 2)


SPOILERS: dict[str, tuple[bytes, Callable[[re.Match[bytes]], bytes]]] = {
    "a number two points to the right": (rb"BT ([\d.]+) (?=[\d.]+ Td /\w+ [\d.]+ Tf<\w+>Tj ET)", moved),
    "another digit": (rb"(Td /\w+ [\d.]+ Tf<\w{4})(\w{4})(\w{4})", lambda found: found[1] + found[3] + found[2]),
}
STROKES = {
    "no frame around an answer": rb"q 1 0 0 1 [-\d.]+ 0 cm /E\d+ Do Q|(?<=/Artifact BMC\n)/E\d+ Do(?=\n/E\d+ Do)",
    "no line below a row": rb"(?<=/Artifact BMC\n)/E\d+ Do(?=\nEMC\n/T)",
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_a_spoiled_word_is_found(spoiler: str) -> None:
    """By its place or its letters."""
    assert [] == lost(key(*SMALL))
    assert lost(spoiled(key(*SMALL), *SPOILERS[spoiler]))


@pytest.mark.parametrize("spoiler", STROKES)
def test_a_lost_stroke_is_found(spoiler: str) -> None:
    """By the picture of its page."""
    assert [] == unlike(key(*SMALL))
    assert unlike(spoiled(key(*SMALL), STROKES[spoiler], lambda _: b""))
