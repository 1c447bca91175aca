"""Stamped sheets are what plain ones are: the same text, pictures, structure and bookmarks; what cannot be stamped is plain."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from examgen.codes import page_label
from examgen.registry import problem
from examgen.render import stamping
from examgen.render.paper import Head, SheetVariant
from examgen.render.stamping import Stamped, _pages, _texts, stamp_sheets
from examgen.sheets import sheet_task
from tests.render.papers import LANGUAGES
from tests.render.specimens import drawn, head, seed_variants
from tests.render.stamped import (
    EXAM,
    VARIANTS,
    Pair,
    apart,
    bookmarks,
    both,
    every_preset,
    pictures,
    scanned,
    structure,
    texts,
    uncoded,
)
from tests.render.structure import faults
from tests.render.test_archival import identifier, violations
from tests.render.test_pdf import foreign

pytestmark = pytest.mark.xdist_group("stamping")
ROUNDING = 16  # pixels of a page that a renderer may put down elsewhere: a stroke between two of them


def drawn_sheets(name: str, label: str, count: int = 4, language: str = "en") -> list[SheetVariant]:
    """Sheets of one task."""
    params = problem(name).presets[label].params
    return [
        SheetVariant(i, f"K{i:02d}QMX", (sheet_task(1, drawn(name, params, f"seed {i}"), language),))
        for i in range(1, count + 1)
    ]


SCORES = ("svm_loss", "2x3")
IMAGE = ("conv_relu_pool", "5x5_stride2")


def pages_apart(pair: Pair) -> list[int]:
    """Pages whose pictures are not the same, or whose codes say something else."""
    told = zip(pictures(pair.stamped), pictures(pair.plain), strict=True)
    return [
        i for i, (one, other) in enumerate(told)
        if apart(uncoded(one), uncoded(other)) > ROUNDING or scanned(one) != scanned(other)
    ]


def assert_alike(pair: Pair) -> None:
    """The text of every page and its picture."""
    assert texts(pair.plain) == texts(pair.stamped)
    assert [] == pages_apart(pair)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_preset_is_stamped(language: str) -> None:
    """None is laid out by itself, though its numbers differ."""
    pair = every_preset(language)
    assert ("", Counter()) == (pair.made.plain, pair.made.alone)
    assert 0 == pair.made.stamped % VARIANTS < pair.made.structures <= pair.made.stamped


@pytest.mark.parametrize("language", LANGUAGES)
def test_stamped_sheets_have_the_same_text(language: str) -> None:
    """Every preset and option, page by page, in the same order."""
    pair = every_preset(language)
    assert texts(pair.plain) == texts(pair.stamped)


@pytest.mark.parametrize("language", LANGUAGES)
def test_stamped_sheets_look_the_same(language: str) -> None:
    """But for where a stroke begins within a pixel."""
    assert [] == pages_apart(every_preset(language))


def test_stamped_codes_are_read() -> None:
    """Off every page: exam, variant and page."""
    pdf = stamped(head("en", exam=EXAM), seed_variants("en", 2))[0]
    found = [scanned(page) for page in pictures(pdf)]
    assert [page_label(EXAM, f"K0{i}QMX", page) for i in (0, 1) for page in (1, 2)] == found


@pytest.mark.parametrize("language", LANGUAGES)
def test_stamped_sheets_have_the_same_structure(language: str) -> None:
    """Kinds, words for pictures and formulas, languages, heads and names of tables, and the text of each part."""
    pair = every_preset(language)
    assert structure(pair.plain) == structure(pair.stamped)


@pytest.mark.parametrize("language", LANGUAGES)
def test_stamped_sheets_have_the_same_bookmarks(language: str) -> None:
    """Their names, and where they lead."""
    pair = every_preset(language)
    assert bookmarks(pair.plain) == bookmarks(pair.stamped)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stamped_file_is_sound_and_accessible(language: str) -> None:
    """Its syntax, its structure and its fonts."""
    pdf = every_preset(language).stamped
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert [] == document.check_pdf_syntax()
    assert [] == faults(pdf)
    assert set() == foreign(pdf)


def stamped(told: Head, sheets: Sequence[SheetVariant]) -> tuple[bytes, Stamped]:
    out = io.BytesIO()
    made = stamp_sheets(told, sheets, out)
    return out.getvalue(), made


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_archival_file_is_stamped_too(language: str) -> None:
    """A validator of PDF/A has nothing against it, and nothing is wrong with its structure."""
    pdf, made = stamped(head(language, exam=EXAM, pdf="a"), seed_variants(language, 3))
    assert (2, 3, "") == (made.structures, made.stamped, made.plain)
    assert [] == violations(pdf)
    assert [] == faults(pdf)


def test_stamped_sheets_are_the_same_bytes_each_time() -> None:
    """And others are other bytes, with another identifier."""
    once, again = (stamped(head("en"), drawn_sheets(*SCORES, 2))[0] for _ in range(2))
    other = stamped(head("en"), drawn_sheets(*SCORES, 3)[1:])[0]
    assert once == again
    assert identifier(once) != identifier(other)


def words(pdf: bytes) -> list[list[str]]:
    """The words of each page in no order: numbers come last where nothing is tagged."""
    return [sorted(text.split()) for text in texts(pdf)]


def test_untagged_sheets_claim_nothing() -> None:
    """The same words and pictures in less; no structure and no word of accessibility, but a title and a language."""
    told, sheets = head("en", exam=EXAM), drawn_sheets(*SCORES, 30)
    pair = both(replace(told, tagged=False), sheets[:3])
    assert words(pair.plain) == words(pair.stamped)
    assert [] == pages_apart(pair)
    with pikepdf.open(io.BytesIO(pair.stamped)) as document:
        assert not {"/StructTreeRoot", "/MarkInfo"} & set(document.Root.keys())
        assert b"pdfua" not in document.Root.Metadata.read_bytes()
        assert (told.title, "en") == (str(document.docinfo.Title), str(document.Root.Lang))
        assert [] == document.check_pdf_syntax()
    tagged, untagged = (len(stamped(replace(told, tagged=tagged), sheets)[0]) for tagged in (True, False))
    assert tagged - untagged > 1500 * len(sheets)


# The teeth: what is wrong with a stamped sheet is found.


def shifted(patch: pytest.MonkeyPatch) -> None:
    """Every slot a point further to the right."""
    right = _pages.Slot._code
    patch.setattr(
        _pages.Slot, "_code",
        lambda slot, text: re.sub(rb"Tf ([-\d.]+)", lambda x: b"Tf %.3f" % (float(x[1]) + 1), right(slot, text)),
    )


def unframed(patch: pytest.MonkeyPatch) -> None:
    """No true class is framed."""
    right = _pages.Cutter.template

    def template(cutter: Any, page: Any, place: int) -> Any:
        page.frames = []
        return right(cutter, page, place)

    patch.setattr(_pages.Cutter, "template", template)


def misread(patch: pytest.MonkeyPatch) -> None:
    """The next digit for every one."""
    right, following = _texts.Texts.of, str.maketrans("0123456789", "1234567890")
    patch.setattr(_texts.Texts, "of", lambda self, sheet: [text.translate(following) for text in right(self, sheet)])
    patch.setattr(stamping.Wording, "check", lambda *_: None)


BREAKING: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "shifted": shifted, "unframed": unframed, "misread": misread,
}


@pytest.mark.parametrize("breaking", BREAKING.values(), ids=BREAKING)
def test_a_badly_stamped_sheet_looks_otherwise(breaking: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot in the wrong place, a frame that is missing, a wrong digit."""
    breaking(monkeypatch)
    assert pages_apart(both(head("en", exam=EXAM), drawn_sheets(*SCORES, 3)))


def test_another_structure_is_told_apart() -> None:
    """Words for a picture, a kind of element, the scope of a head, a text."""
    plain = stamped(head("en"), drawn_sheets(*SCORES, 1))[0]
    told = structure(plain)
    for name, value in (("/Alt", "other"), ("/S", pikepdf.Name.P), ("/Lang", "ru")):
        with pikepdf.open(io.BytesIO(plain)) as document:
            found = next(e for e in document.objects if isinstance(e, pikepdf.Dictionary) and e.get("/S") == "/Formula")
            found[name] = value
            document.save(out := io.BytesIO())
        assert told != structure(out.getvalue())


# What cannot be stamped.


def with_number(sheet: SheetVariant, name: str, number: Fraction | int) -> SheetVariant:
    """A sheet with another first number in a table."""

    def first(nested: Any) -> Any:
        return (first(nested[0]), *nested[1:]) if isinstance(nested, tuple) else number

    (task,) = sheet.tasks
    return replace(sheet, tasks=(replace(task, data={**task.data, name: first(task.data[name])}),))


NAMES = {
    "long": ("Wilhelmine-Charlotte von Hohenstein-Wittgenstein zu Sayn-Berleburg", "a name is longer than its place"),
    "longer": ("Wilhelmine-Charlotte von Hohenstein-Wittgenstein " * 3, "a name is longer than its place"),
    "foreign": ("孔子", "the paper has no letter"),
    "accents": ("Ада́ Ло́велас", "letters join in it"),
    "leftwards": ("عمر الخيام", "the paper has no letter"),
    "pictures": ("Ada 🙂", "the paper has no letter"),
}


@pytest.mark.parametrize(("place", "number"), [(0, 12345), (2, -999)])
def test_a_number_wider_than_its_cell_is_plain(place: int, number: int) -> None:
    """Its sheet is laid out by itself, wherever it stands; all others are stamped."""
    sheets = [with_number(one, "image", number) if i == place else one for i, one in enumerate(drawn_sheets(*IMAGE, 3))]
    pair = both(head("en"), sheets)
    assert Stamped(1, 2, Counter({"a number is wider than its cell": 1})) == pair.made
    assert "1 of 3 sheets was laid out by itself: a number is wider than its cell" == pair.made.note
    assert_alike(pair)


def test_scores_with_other_decimals_are_plain() -> None:
    """One sheet is laid out by itself; several have a master of their own."""
    sheets = drawn_sheets(*SCORES, 6)
    finer = [with_number(sheet, "scores", Fraction(-21, 100)) for sheet in sheets]
    one, several = both(head("en"), [*sheets[:3], finer[3]]), both(head("en"), [*sheets[:4], *finer[4:]])
    assert Stamped(1, 3, Counter({"its numbers have other decimals": 1})) == one.made
    assert Stamped(2, 6) == several.made
    assert_alike(one)
    assert_alike(several)


@pytest.mark.parametrize(("name", "why"), NAMES.values(), ids=NAMES)
def test_a_name_that_cannot_be_stamped_is_plain(name: str, why: str) -> None:
    """Too long for its place, or of letters that the paper lacks or that join."""
    names = ("Ada Lovelace", "Ян Ли", name, "Bo")
    sheets = [replace(sheet, name=name, group="1") for sheet, name in zip(drawn_sheets(*SCORES), names, strict=True)]
    pair = both(head("en"), sheets)
    assert "" == pair.made.plain
    assert all(found.startswith(why) for found in pair.made.alone)
    assert_alike(pair)


def test_names_that_look_like_other_words_change_nothing_else() -> None:
    """A name that is the title, a group that is a number of a page, a name that is a letter of the text."""
    told = head("en", title="Test")
    names = (("Test", "1"), ("Variant", "2"), ("e", "page 1 of 2"), ("", "2"), ("", "1"), ("Task", ""), ("A", ""))
    sheets = drawn_sheets("conv_relu_pool", "average", len(names))
    assert_alike(both(told, [replace(one, name=n, group=g) for one, (n, g) in zip(sheets, names, strict=True)]))


def test_many_long_names_have_masters_of_their_own() -> None:
    """Names of one size are stamped from one sheet."""
    long = "Wilhelmine-Charlotte von Hohenstein-Wittgenstein"
    names = ("Ada", "Bo", f"{long}, Anna", f"{long}, Emma")
    pair = both(head("en"), [replace(s, name=n) for s, n in zip(drawn_sheets(*SCORES), names, strict=True)])
    assert Stamped(2, 4) == pair.made
    assert_alike(pair)


def test_every_student_has_an_own_head() -> None:
    """Other minutes and another language than the exam; each way is laid out once."""
    told = head("en", exam=EXAM)
    heads = (None, head("ru", exam=EXAM), replace(told, minutes=60), None, head("ru", exam=EXAM), None)
    sheets = [
        replace(drawn_sheets(*SCORES, 6, (own or told).language)[i], head=own, name=f"Ada {i}", place=f"Row {i}")
        for i, own in enumerate(heads)
    ]
    pair = both(told, sheets)
    assert Stamped(3, 6) == pair.made
    assert_alike(pair)
    assert structure(pair.plain) == structure(pair.stamped)


@pytest.mark.parametrize(("changes", "large"), [
    ({"duplex": True}, False), ({"paper": "letter"}, False), ({"paper": "letter"}, True), ({}, True), ({"sample": True}, False),
])
def test_every_way_of_printing_is_stamped(changes: dict[str, Any], large: bool) -> None:
    """Both sides, the other paper, large print, a sample."""
    pair = both(head("ru", exam=EXAM, **changes), drawn_sheets("backprop", "sigmoid_neuron", 2, "ru"), large=large)
    assert Stamped(1, 2) == pair.made
    assert_alike(pair)
    assert bookmarks(pair.plain) == bookmarks(pair.stamped)


def test_graphs_of_their_own_shape_are_masters_of_their_own() -> None:
    """Random circuits have nothing in common but what is printed around them."""
    pair = both(head("en"), drawn_sheets("backprop", "random_5", 3))
    assert 3 == pair.made.stamped
    assert_alike(pair)


# Own templates.

SHEET = '{% extends "examgen/sheet.html.j2" %}'
SCORE = 'variant.tasks[0].data["scores"][0][0]'
LABEL = 'variant.tasks[0].data["labels"][0]'
STAMPED_BLOCKS = {
    "a picture": '{% block logo %}<img src="logo.png" alt="Own" style="width:18mm">{% endblock %}',
    "a drawn picture": '{% block logo %}<img src="logo.svg" alt="Own" style="width:18mm">{% endblock %}',
    "a number twice": "{% block rules %}<p>{{ variant.number }}</p><p>{{ variant.number }}</p>{% endblock %}",
    "a ground": "{% block rules %}<p style='background: url(logo.png)'>Own words</p>{% endblock %}",
    "other words": "{% block rules %}<p>{{ head.minutes }} own minutes. {{ m.rules() }}</p>{% endblock %}",
    "a number in a line": '{% block rules %}<p class="slot">Write {{ variant.code }} here.</p>{% endblock %}',
}
PLAIN_BLOCKS = {
    "kerned": "{% block rules %}<p>Write {{ variant.code }} here.</p>{% endblock %}",
    "within words": f"{{% block rules %}}<p>First <b>{{{{ {SCORE}|num }}}}</b> and more words.</p>{{% endblock %}}",
    "computed": f"{{% block rules %}}<p>{{{{ ({SCORE} * 3)|num }}}}</p>{{% endblock %}}",
    "compared": f"{{% block rules %}}<p>{{% if {LABEL} == 2 %}}one{{% else %}}other{{% endif %}}</p>{{% endblock %}}",
    "printed comparison": f"{{% block rules %}}<p>{{{{ {LABEL} == 2 }}}}</p>{{% endblock %}}",
    "a part of a text": "{% block rules %}<p>{{ variant.code[:3] }}</p>{% endblock %}",
    "in capitals": "{% block rules %}<p>{{ variant.code|lower }}</p>{% endblock %}",
    "formatted": f'{{% block rules %}}<p>{{{{ "%.3f"|format({SCORE}) }}}}</p>{{% endblock %}}',
    "as a width": '{% block rules %}<p style="width:{{ 20 + 9 * variant.number }}mm">Words that need lines</p>{% endblock %}',
    "as a marked width": '{% block rules %}<p style="width:2{{ variant.number }}mm">Words that need lines</p>{% endblock %}',
    "the largest": "{% block rules %}<p>{{ variant.tasks[0].data['labels']|max }}</p>{% endblock %}",
    "drawn around": '{% block rules %}<p><b style="background:#ccc">{{ variant.tasks[0].data["scores"][0][1]|num }}</b></p>'
    "{% endblock %}",
    "another code": "{% block rules %}<svg viewBox='0 0 30 30' width='9mm' height='9mm'>"
    "<path d='{{ qr('X', variant.code, 1).path }}'/></svg>{% endblock %}",
    "a link": "{% block rules %}<p><a href='https://example.org'>example.org</a></p>{% endblock %}",
    "a bookmark more": "{% block rules %}<p data-bookmark='more' style='bookmark-level: 1'>More</p>{% endblock %}",
    "transparent": "{% block rules %}<p style='opacity: .5'>{{ variant.code }}</p>{% endblock %}",
    "turned": "{% block rules %}<p style='transform: rotate(90deg)'>{{ variant.code }}</p>{% endblock %}",
    "underlined": "{% block rules %}<p class='slot'><u>{{ variant.tasks[0].data['scores'][0][0]|num }}</u></p>{% endblock %}",
    "a framed part": f"{{% block rules %}}<table><tr><td{{{{ ({LABEL} == 2)|when('framed') }}}}>x</td></tr></table>"
    "{% endblock %}",
    "another class": f"{{% block rules %}}<p{{{{ ({LABEL} == 2)|when('other') }}}}>x</p>{{% endblock %}}",
    "asked by a style": "{% block rules %}<style>.running::before { content: attr(data-who) } </style>{% endblock %}",
}


def own(folder: Path, block: str) -> Head:
    """A head with own templates."""
    Image.new("RGB", (30, 30), (90, 90, 90)).save(folder / "logo.png")
    picture = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>t</title><path d="M1 1h5v5z"/></svg>'
    (folder / "logo.svg").write_text(picture, encoding="utf-8")
    (folder / "sheet.html.j2").write_text(SHEET + block, encoding="utf-8")
    return head("en", templates=folder, exam=EXAM)


@pytest.mark.parametrize("block", STAMPED_BLOCKS.values(), ids=STAMPED_BLOCKS)
def test_own_templates_that_print_are_stamped(block: str, tmp_path: Path) -> None:
    """With pictures, and with numbers wherever nothing moves with them."""
    pair = both(own(tmp_path, block), drawn_sheets(*SCORES, 3))
    assert Stamped(1, 3) == pair.made
    assert_alike(pair)


@pytest.mark.parametrize("block", PLAIN_BLOCKS.values(), ids=PLAIN_BLOCKS)
def test_own_templates_that_do_more_are_plain(block: str, tmp_path: Path) -> None:
    """Whatever a template makes of a number, no sheet shows that of another one."""
    pair = both(own(tmp_path, block), drawn_sheets(*SCORES, 2))
    assert pair.made.plain or pair.made.alone
    assert_alike(pair)


def test_a_template_that_fails_is_told(tmp_path: Path) -> None:
    """As on the plain path: in one sentence, with its line."""
    with pytest.raises(ValueError, match=r"sheet\.html\.j2, line 1"):
        stamped(own(tmp_path, "{% block rules %}{{ 1 // 0 }}{% endblock %}"), drawn_sheets(*SCORES, 2))


def test_what_cannot_be_taken_apart_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """All sheets are laid out, and why is told; the tooth is that nothing is stamped then."""

    def refuse(*_: Any) -> None:
        raise stamping.Unreadable("a text is turned")

    monkeypatch.setattr(_pages.Cutter, "template", refuse)
    pair = both(head("en"), drawn_sheets(*SCORES, 2))
    assert Stamped(0, 0, plain="a text is turned") == pair.made
    assert pair.plain == pair.stamped
