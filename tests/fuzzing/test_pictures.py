"""Pictures and templates of an own folder, however broken or monstrous: on paper, or one sentence, soon."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examgen.errors import InputError
from examgen.render import own, pictures
from examgen.render.html import check_templates, environment
from examgen.render.paper import Head
from examgen.render.pdf import write_pdf
from tests.render.specimens import head

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"'
PAGE = '<html lang="en"><title>t</title><body><p><img src="{}" alt="x"></p>'
ENTITIES = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
USES = "".join(
    f'<g id="{chr(98 + i)}">{f"""<use xlink:href="#{chr(97 + i)}"/>""" * 10}</g>' for i in range(9)
)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, content: bytes = b"") -> bytes:
    """A grey picture of that size, whatever its content."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    packed = zlib.compress(content or b"\0" * (width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


MONSTERS = {
    "bomb.png": (png(7000, 7000, b"\0"), "has 7000 by 7000 dots, more than 40 million, make it smaller"),
    "abyss.png": (png(2**31 - 1, 2**31 - 1, b"\0"), "has more than 40 million dots, make it smaller"),
    "uses.svg": (f'<svg {NS}><path id="a" d="M1 1h5"/>{USES}</svg>'.encode(), "draws more than 20000 parts"),
    "itself.svg": (f'<svg {NS}><g id="a"><use xlink:href="#a"/></g></svg>'.encode(), "a part of it holds itself"),
    "deep.svg": (f"<svg {NS}>{'<g>' * 4000}{'</g>' * 4000}</svg>".encode(), "is nested too deeply"),
    "laughs.svg": (
        f'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]><svg {NS}><text>&j;</text></svg>'.encode(), "cannot be read"
    ),
    "empty.png": (b"", "cannot be read"),
    "half.svg": (b"<svg", "cannot be read"),
}


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_is_one_sentence(name: str, tmp_path: Path) -> None:
    """Before it is unpacked or drawn: the file, what is wrong with it, the remedy."""
    content, says = MONSTERS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says) as told:
        write_pdf(PAGE.format(name), head("en", templates=tmp_path))
    assert str(told.value).startswith(str(tmp_path)) and str(told.value).isprintable()


def test_a_check_without_limits_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: without it a small bomb is unpacked, and its reader says so in words of its own."""
    monkeypatch.setattr(pictures, "DOTS", 100)
    (tmp_path / "a.png").write_bytes(png(20, 20))
    with pytest.raises(InputError, match="has 20 by 20 dots"):
        own.fetched(tmp_path, (tmp_path / "a.png").as_uri())
    monkeypatch.setattr(pictures, "too_much", lambda content, suffix: None)
    assert "image/png" == own.fetched(tmp_path, (tmp_path / "a.png").as_uri())[1]


def test_what_is_drawn_twice_is_fine() -> None:
    """A sound drawing that uses its parts again, with a gradient, is not refused."""
    drawing = (
        f'<svg {NS}><defs><linearGradient id="g"/><path id="p" d="M1 1h5" fill="url(#g)"/></defs>'
        '<use href="#p"/><use href="#p"/></svg>'
    )
    assert pictures.too_much(drawing.encode(), ".svg") is None
    assert pictures.too_much(png(20, 20), ".png") is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from([".png", ".svg", ".jpg"]),
    cut=st.integers(0, 200),
    flips=st.dictionaries(st.integers(0, 99), st.binary(max_size=3), max_size=4),
)
def test_a_broken_picture_is_printed_or_refused(tmp_path: Path, suffix: str, cut: int, flips: dict[int, bytes]) -> None:
    """Cut short and with other bytes in it: a PDF, or one sentence."""
    content = bytearray(MONSTERS["itself.svg"][0].replace(b"<use", b"<path") if suffix == ".svg" else png(9, 9))
    for place, other in flips.items():
        content[place : place + len(other)] = other
    (tmp_path / f"a{suffix}").write_bytes(bytes(content[: len(content) - cut]))
    try:
        assert write_pdf(PAGE.format(f"a{suffix}"), head("en", templates=tmp_path)).startswith(b"%PDF")
    except InputError as error:
        assert str(error).startswith(str(tmp_path)) and str(error).isprintable()


BLOCK = '{{% extends "examgen/sheet.html.j2" %}}{{% block rules %}}{}{{% endblock %}}'


@pytest.mark.parametrize("text", ["{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "{% if 1 %}" * 300 + "{% endif %}" * 300])
def test_a_deep_template_is_one_sentence(text: str, tmp_path: Path) -> None:
    """Too deep for the one who compiles it: the file and the remedy."""
    (tmp_path / "sheet.html.j2").write_text(BLOCK.format(text), encoding="utf-8")
    environment.cache_clear()
    with pytest.raises(InputError, match="nested too deeply, take what is inside apart"):
        check_templates(Head("t", templates=tmp_path))
