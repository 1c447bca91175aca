"""Own templates replace single blocks; no network and no file outside of their folder reaches paper."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import pikepdf
import pytest
from jinja2.sandbox import SecurityError

from examgen.errors import InputError
from examgen.render.html import check_templates, environment, sheets_html
from examgen.render.own import checksums
from examgen.render.paging import sheets_pdf
from examgen.render.paper import Head
from examgen.render.pdf import lay_out, write_pdf
from tests.render.specimens import head, seed_variants

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>t</title>{}<path d="M1 1h5v5z"/></svg>'
SHEET = '{% extends "examgen/sheet.html.j2" %}'
PAGE = '<html lang="en"><title>t</title><body>'
SECRET = "the key of the office"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of own templates beside a file that must not reach paper."""
    (tmp_path / "secret.txt").write_text(SECRET, encoding="utf-8")
    (tmp_path / "secret.svg").write_text(SVG.format(f"<text>{SECRET}</text>"), encoding="utf-8")
    made = tmp_path / "own"
    (made / "problems").mkdir(parents=True)
    write(made, "logo.svg", SVG.format(""))
    return made


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def own(folder: Path) -> Head:
    return head("en", templates=folder)


def sheet(folder: Path) -> str:
    """A sheet of the seed's exam with the templates of a folder."""
    check_templates(own(folder))
    return sheets_html(own(folder), seed_variants("en", 1))


def test_single_blocks_are_replaced(folder: Path) -> None:
    """A logo, own rules and own words of a task; everything else stays as it was."""
    write(folder, "sheet.html.j2", SHEET + '{% block logo %}<img src="logo.svg" alt="Own">{% endblock %}'
          "{% block rules %}<p>{{ head.minutes }} own minutes</p>{% endblock %}")
    write(folder, "problems/svm_loss.html.j2", '{% extends "examgen/problems/svm_loss.html.j2" %}'
          '{% block given %}<p>Own words. {{ m.say(task, ["orientation"]) }}</p>{% endblock %}')
    write(folder, "sheets.html.j2", '{% extends "examgen/sheets.html.j2" %}{% block style %}.own{}{% endblock %}')
    mine, ours = sheet(folder), sheets_html(head("en"), seed_variants("en", 1))
    for text in ('<img src="logo.svg" alt="Own">', "<p>45 own minutes</p>", "<p>Own words. ", ".own{}"):
        assert text in mine and text not in ours
    assert "Keep at least 4 decimals" in ours and "Keep at least 4 decimals" not in mine
    assert ours.count('class="answer ') == mine.count('class="answer ')
    assert write_pdf(mine, own(folder)) != write_pdf(ours)


def test_pictures_of_the_folder_reach_paper(folder: Path) -> None:
    """By their names, in folders of it too, whatever signs the names hold; a style sheet as well."""
    (folder / "имя %41").mkdir()
    write(folder, "имя %41/c.css", "p { font-weight: 700 }")
    write(folder, "имя %41/l.svg", SVG.format(""))
    told = '<link rel="stylesheet" href="имя %2541/c.css"><img src="имя%20%2541/l.svg" alt="x">'
    (page,) = lay_out(PAGE + told + "<p>x</p>", own(folder)).pages
    assert [700] == [box.style["font_weight"] for box in page._page_box.descendants() if box.element_tag == "p"][:1]
    assert 1 == sum(type(box).__name__.endswith("ReplacedBox") for box in page._page_box.descendants())


TRICKS = {
    "absolute": '<img src="file://{outside}/secret.svg" alt="x">',
    "upwards": '<img src="../secret.svg" alt="x">',
    "upwards, escaped": '<img src="%2e%2e/secret.svg" alt="x">',
    "upwards, twice": '<img src="a/../../secret.svg" alt="x">',
    "host": '<img src="file://localhost/etc/hostname" alt="x">',
    "http": '<img src="http://example.org/x.png" alt="x">',
    "https": '<img src="https://example.org/x.png" alt="x">',
    "ftp": '<img src="ftp://example.org/x.png" alt="x">',
    "without scheme": '<img src="//example.org/x.png" alt="x">',
    "data": '<img src="data:image/svg+xml;base64,{data}" alt="x">',
    "style": '<style>p {{ background: url("file://{outside}/secret.svg") }}</style>',
    "import": '<style>@import url("file://{outside}/secret.css");</style>',
    "sheet": '<link rel="stylesheet" href="../secret.css">',
    "font": '<style>@font-face {{ font-family: x; src: url("file://{outside}/secret.ttf") }} p {{ font-family: x }}</style>',
    "picture in a picture": '<img src="nested.svg" alt="x">',
    "link": '<img src="link.svg" alt="x">',
    "folder behind a link": '<img src="door/secret.svg" alt="x">',
    "attachment": '<link rel="attachment" href="file://{outside}/secret.txt">',
    "own file attached": '<link href="logo.svg" rel=attachment>',
    "link to a file": '<a href="logo.svg">x</a>',
    "pipe": '<img src="pipe.svg" alt="x">',
    "broken picture": '<img src="broken.png" alt="x">',
    "picture without words": '<img src="logo.svg">',
    "object": '<object data="file://{outside}/secret.svg"></object>',
    "embed": '<embed src="file://{outside}/secret.svg">',
    "text": '<img src="own.txt" alt="x">',
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
def test_nothing_from_elsewhere_reaches_paper(folder: Path, trick: str) -> None:
    """One sentence that names what was asked for, and no paper."""
    outside = folder.parent
    write(folder, "nested.svg", SVG.format(f'<image href="file://{outside}/secret.svg" width="5" height="5"/>'))
    write(folder, "own.txt", "x")
    (folder / "link.svg").symlink_to(outside / "secret.svg")
    (folder / "door").symlink_to(outside)
    os.mkfifo(folder / "pipe.svg")
    write(folder, "broken.png", "version https://git-lfs.github.com/spec/v1")
    data = base64.b64encode(SVG.format("").encode()).decode()
    with pytest.raises(InputError, match=r"asked for|outside of this folder|no picture|along|is no file|read|alt"):
        write_pdf(PAGE + trick.format(outside=outside, data=data) + "<p>x</p>", own(folder))


@pytest.mark.parametrize(
    "text",
    [
        SHEET + "{% block logo %}{% include '../secret.txt' %}{% endblock %}",
        SHEET + "{% block logo %}{% include 'link.html.j2' %}{% endblock %}",
        SHEET + "{% block logo %}{% include 'door/secret.txt' %}{% endblock %}",
        SHEET + "{% block logo %}{{ style('../../secret') }}{% endblock %}",
        SHEET + "{% block logo %}{{ style.__globals__ }}{% endblock %}",
        SHEET + "{% block logo %}{{ head.templates.parent.joinpath('secret.txt').read_text() }}{% endblock %}",
        SHEET + "{% block logo %}{{ variant.head.templates.parent }}{% endblock %}",
        SHEET + "{% block logo %}{{ ''.__class__.__mro__ }}{% endblock %}",
        SHEET + "{% block logo %}{{ nothing_of_the_kind }}{% endblock %}",
        SHEET + "{% block logo %}{{ 1 // 0 }}{% endblock %}",
    ],
)
def test_a_template_reads_nothing_from_elsewhere(folder: Path, text: str) -> None:
    """Neither by including nor by calling; the sentence names the file and its line."""
    (folder / "door").symlink_to(folder.parent)
    (folder / "loop").symlink_to(folder)
    write(folder, "sheet.html.j2", text)
    with pytest.raises(InputError, match=r"sheet\.html\.j2, line 1|no such style sheet"):
        assert SECRET not in sheet(folder)


def test_no_path_is_in_reach_of_a_template(folder: Path) -> None:
    """Neither by what is printed nor by its attributes: the sandbox itself hands out nothing of a path."""
    world = environment("en", False, folder)
    with pytest.raises(SecurityError):
        world.from_string("{{ path.parent }}").render(path=folder)
    assert "True" == world.from_string("{{ head.templates is none }}").render(head=Head(""))


def test_a_template_behind_a_link_is_refused(folder: Path) -> None:
    """Its text would reach paper."""
    (folder / "sheet.html.j2").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(InputError, match="leads outside"):
        sheet(folder)


def test_what_replaces_nothing_is_told(folder: Path, tmp_path: Path) -> None:
    """A mistyped name, a mistake in the template, an empty folder, none at all: before any work."""
    with pytest.raises(InputError, match="holds none, such as"):
        check_templates(own(folder))
    with pytest.raises(InputError, match="there is no folder"):
        check_templates(own(tmp_path / "none"))
    write(folder, "shet.html.j2", SHEET)
    with pytest.raises(InputError, match=r"replaces no template, those that can be are .*sheet\.html\.j2"):
        check_templates(own(folder))
    (folder / "shet.html.j2").rename(folder / "sheet.html.j2")
    write(folder, "sheet.html.j2", SHEET + "{% block logos %}x{% endblock %}")
    with pytest.raises(InputError, match=r"replaces no block 'logos', those that can be are .*logo"):
        check_templates(own(folder))
    write(folder, "sheet.html.j2", SHEET + "\n{% block logo %}\n{% if %}")
    with pytest.raises(InputError, match=r"sheet\.html\.j2, line 3"):
        check_templates(own(folder))


def test_the_manifest_can_name_every_file(folder: Path) -> None:
    """Templates and pictures, by their content."""
    before = checksums(folder)
    assert ["logo.svg"] == list(before)
    write(folder, "logo.svg", SVG.format("<path/>"))
    assert before != checksums(folder)
    assert {} == checksums(None)


def test_a_sheet_without_an_end_is_told(folder: Path) -> None:
    """A template that does not extend ours loses what pages are counted by; a quotation is no formula."""
    write(folder, "sheet.html.j2", "hello")
    with pytest.raises(InputError, match=r"has no end, extend examgen/sheet\.html\.j2"):
        sheets_pdf(own(folder), seed_variants("en", 1))
    quoted = PAGE + "<blockquote>On my honour</blockquote><table><tr><th scope='rowgroup'>a</th><td>b</td></tr></table>"
    with pikepdf.open(io.BytesIO(write_pdf(quoted, own(folder)))) as document:
        kinds = {str(entry.get("/S")) for entry in document.objects if isinstance(entry, pikepdf.Dictionary)}
    assert "/TH" in kinds and "/Formula" not in kinds


LEFT = ("@import 'a.css';", "p { background: url(logo.svg) }")


@pytest.mark.parametrize("style", LEFT)
def test_a_web_page_has_nothing_to_fetch(folder: Path, style: str) -> None:
    """What cannot be put into the page is told."""
    write(folder, "a.css", "p { color: #000 }")
    write(folder, "sheets.html.j2", '{% extends "examgen/sheets.html.j2" %}{% block style %}' + style + "{% endblock %}")
    with pytest.raises(InputError, match="stands alone and cannot fetch"):
        sheets_html(own(folder), seed_variants("en", 1), screen=True)


def test_a_picture_is_put_into_the_page_however_it_is_spelt(folder: Path) -> None:
    """Without quotes, with spaces."""
    write(folder, "sheet.html.j2", SHEET + "{% block logo %}<img alt='x' src = logo.svg>{% endblock %}")
    assert "src = \"data:" in sheets_html(own(folder), seed_variants("en", 1), screen=True)
