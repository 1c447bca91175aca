"""Keys and worked solutions that are set are what laid-out ones are, or are not set at all."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from examgen.errors import InputError
from examgen.explaining import solution_steps
from examgen.registry import problem
from examgen.render.galley import Unfit, set_key, set_solutions
from examgen.render.html import key_html, solution_html
from examgen.render.paper import SolvedTask, SolvedVariant
from examgen.render.pdf import write_pdf
from examgen.solving import draw
from examgen.writing import Box, style_for, write
from tests.render.galleys import Pair, apart, astray, bookmarks, chosen, key, pairs, pictures, places, structure, told, words
from tests.render.specimens import head
from tests.render.structure import faults
from tests.render.test_archival import violations
from tests.render.test_pdf import foreign

EXAMS = [
    pytest.param(*each, marks=pytest.mark.xdist_group(f"galley {i}"), id=f"{each[0]}-{i}") for i, each in enumerate(chosen())
]
SMALL = ("svm_loss", ("2x3",), "en")
GATES = ("backprop", ("sigmoid_neuron",), "ru")
every_exam = pytest.mark.parametrize(("name", "labels", "language"), EXAMS)


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
    assert [] == [found for pair in pairs(name, labels, language) for found in lost(pair)]


@every_exam
def test_pages_look_the_same(name: str, labels: tuple[str, ...], language: str) -> None:
    """But for where strokes begin within a pixel."""
    assert [] == [found for pair in pairs(name, labels, language) for found in unlike(pair)]


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


# What cannot be set as it would be laid out is not set at all.


def own(folder: Path, sheet: str, block: str) -> Any:
    """The small exam's key with own templates: a block of `sheet` replaced."""
    (folder / f"{sheet}.html.j2").write_text(f'{{% extends "examgen/{sheet}.html.j2" %}}{block}', encoding="utf-8")
    of = told(*SMALL)
    return replace(of, head=replace(of.head, templates=folder))


def rule(css: str) -> str:
    return f"{{% block style %}}{css}{{% endblock %}}"


HARMLESS = {
    "larger letters": ".tolerance, .says { font-size: 12pt; }",
    "other margins": ".line { margin-left: 9mm; } .step { margin-top: 3mm; }",
    "a grey heading": "h2 { color: #333; }",
}
REFUSED = {
    "every other row": "tr:nth-child(even) { font-size: 12pt; }",
    "neighbours": ".line + .line { margin-top: 2mm; }",
    "a box around strips": ".strip { border: 1pt solid #000; padding: 2mm; }",
    "grey steps": ".step { background: #eee; }",
    "columns": ".solved { columns: 2; }",
    "floats": ".third { float: left; }",
    "counters": ".step { counter-increment: step; } .says::before { content: counter(step); }",
    "turned": ".cut { transform: rotate(3deg); }",
    "see-through": ".misled { opacity: .5; }",
}


def assert_set(of: Any) -> None:
    parts = of.head, of.tables, of.strips, of.solved
    assert [] == lost(Pair(set_key(*parts), write_pdf(key_html(*parts), of.head)))


@pytest.mark.parametrize("css", HARMLESS.values(), ids=HARMLESS)
def test_own_styles_of_texts_are_followed(css: str, tmp_path: Path) -> None:
    """A key with them is set as it would be laid out."""
    assert_set(own(tmp_path, "key", rule(css)))


WAYS = {
    "a line moved": ".says { position: relative; left: 4mm; }",
    "capitals": ".says, .tolerance { text-transform: uppercase; }",
    "justified": "p { text-align: justify; }",
    "wide spaces": ".line, .misled { word-spacing: 3pt; }",
    "an indent": ".line, .misled { text-indent: 5mm; }",
    "small letters": ".misled { font-variant: small-caps; }",
    "a word before": '.line::before { content: "Then "; }',
    "from the right": ".line { direction: rtl; }",
    "another font": ".slot { font-family: monospace; }",
}


@pytest.mark.parametrize("css", WAYS.values(), ids=WAYS)
def test_no_own_style_makes_a_wrong_key(css: str, tmp_path: Path) -> None:
    """It is set as it would be laid out, or not at all."""
    of = own(tmp_path, "key", rule(css))
    with suppress(Unfit):
        assert_set(of)


@pytest.mark.parametrize("css", REFUSED.values(), ids=REFUSED)
def test_styles_that_stacking_cannot_follow_are_refused(css: str, tmp_path: Path) -> None:
    """The whole key is laid out then."""
    of = own(tmp_path, "key", rule(css))
    with pytest.raises(Unfit):
        set_key(of.head, of.tables, of.strips, of.solved)


def test_a_picture_is_refused(tmp_path: Path) -> None:
    """Before any solution is written."""
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', encoding="utf-8")
    of = own(tmp_path, "solution", '{% block logo %}<img src="logo.svg" alt="A logo">{% endblock %}')
    written: list[Any] = []
    with pytest.raises(Unfit):
        set_solutions(of.head, of.solved, lambda *made: written.append(made))
    assert [] == written


def test_a_template_that_fails_is_told(tmp_path: Path) -> None:
    """As on the plain path, with its line; it is no reason to lay the key out."""
    of = own(tmp_path, "key", rule("{{ 1 // 0 }}"))
    with pytest.raises(InputError, match="line 1"):
        set_key(of.head, of.tables, of.strips, of.solved)


def test_a_caption_wider_than_its_table_is_no_measure_for_others() -> None:
    """Grids with one look, whose wider captions move them: the first of them is wide, the one behind it is not."""
    instance = draw("parallel_block", problem("parallel_block").presets["2x2_bias"], "captions")
    tasks = tuple(
        SolvedTask(1, "Block", write(solution_steps(instance), style_for("en"), {("w1", True, ()): Box(2, label)}, full=False))
        for label in ("1g", "2f")
    )
    solved = SolvedVariant(1, "PQR01T", tasks)
    made: list[bytes] = []
    set_solutions(head("en"), [solved], lambda variant, pdf: made.append(pdf))
    shown = [word[0] for page in words(made[0]) for word in page]
    assert {"1g", "2f"} <= set(shown)
    assert [] == lost(Pair(made[0], write_pdf(solution_html(head("en"), solved), head("en"))))
