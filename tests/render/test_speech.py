"""Formulas and circuits in words: exact, so that what was written can be written down again, and in both languages."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from examgen.render.describing import describe, words
from examgen.render.diagram import Diagram
from examgen.render.language import say
from examgen.render.notation import math
from examgen.render.speech import SIGNS, spoken
from tests.render.papers import LANGUAGES, papers
from tests.render.test_diagram import NEURON, REUSED, circuits

NUMBER = r"(?:minus )?[\d.]+"


@pytest.mark.parametrize(
    ("latex", "english", "russian"),
    [
        ("x_0 + 1", "x sub 0 plus 1", "x с индексом 0 плюс 1"),
        (r"s_{ij}", "s sub i j, end of index", "s с индексом i j, конец индекса"),
        (r"e^{-z}", "e to the power minus z, end of power", "e в степени минус z, конец степени"),
        (r"x^2", "x to the power 2", "x в степени 2"),
        (r"\frac{1}{2}x", "fraction: 1 over 2, end of fraction x", "дробь: числитель 1, знаменатель 2, конец дроби x"),
        (
            r"\partial L/\partial W_1", "partial derivative of capital L with respect to capital W sub 1",
            "частная производная заглавная L по заглавная W с индексом 1",
        ),
        (
            r"\frac{\partial f}{\partial x}", "partial derivative of f with respect to x", "частная производная f по x",
        ),
        (r"\sum_{j \ne y} s_j", "the sum over j is not equal to y of s sub j", "сумма по j не равно y от s с индексом j"),
        (r"\sum_{j=1}^{n} j", "the sum from j equals 1 to n of j", "сумма от j равно 1 до n от j"),
        (r"\sqrt{x + 1}", "square root of x plus 1, end of root", "корень квадратный из x плюс 1, конец корня"),
        (
            r"\max(0, x)", "max open bracket 0 comma x close bracket", "max скобка открывается 0 запятая x скобка закрывается",
        ),
        (
            r"A = \begin{pmatrix}1&-2\\3&4\end{pmatrix}",
            "capital A equals open bracket matrix: row 1: 1, minus 2; row 2: 3, 4, end of matrix close bracket",
            "заглавная A равно скобка открывается матрица: строка 1: 1, минус 2; строка 2: 3, 4, конец матрицы"
            " скобка закрывается",
        ),
        (r"\operatorname{ReLU}(z)", "ReLU open bracket z close bracket", "ReLU скобка открывается z скобка закрывается"),
        (
            "0{,}5 + (0, 5)", "0,5 plus open bracket 0 comma 5 close bracket",
            "0,5 плюс скобка открывается 0 запятая 5 скобка закрывается",
        ),
        (
            r"\lfloor\frac{H}{2}\rfloor", "open floor bracket fraction: capital H over 2, end of fraction close floor bracket",
            "скобка целой части открывается дробь: числитель заглавная H, знаменатель 2, конец дроби"
            " скобка целой части закрывается",
        ),
        (r"\nabla L", "nabla capital L", "набла заглавная L"),
        (r"a\circ b", "a times cell by cell b", "a поэлементно умножить на b"),
        (r"\epsilon", "epsilon", "эпсилон"),
        ("W_{1,2}", "capital W sub 1 comma 2, end of index", "заглавная W с индексом 1 запятая 2, конец индекса"),
    ],
)
def test_a_formula_is_said(latex: str, english: str, russian: str) -> None:
    """Each kind of notation, in both languages."""
    assert (english, russian) == (words(latex, "en"), words(latex, "ru"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "alike",
    [
        (r"x_{ij}", r"x_i j"), (r"e^{a+b}", r"e^a+b"), (r"\frac{1}{2}x", r"\frac{1}{2x}"), (r"\sqrt{x}+1", r"\sqrt{x+1}"),
        ("l", "L"), (r"\frac{a}{b+c}", r"\frac{a}{b}+c"), (r"x_i^2", r"x_{i^2}"), (r"x^{2_i}", r"x^2_i"),
    ],
)
def test_what_looks_different_is_said_differently(alike: tuple[str, str], language: str) -> None:
    """Where a reading without ends would be the same."""
    assert 2 == len({words(latex, language) for latex in alike})


def formulas(language: str) -> set[str]:
    """Every formula of every paper."""
    pages = (html for name, html in papers(language).items() if name != "slips")
    return {found for html in pages for found in re.findall(r"<math.*?</math>", html, re.DOTALL)}


def shown(math: str) -> str:
    """What a formula shows, its parts told apart by their tags alone."""
    kept = r"<(/?)(m(?:sub|sup|subsup|frac|under|underover|sqrt|td|tr))\b[^>]*>|<[^>]+>"
    return re.sub(r"\s+", "", re.sub(kept, r"\1\2", math))


def clashes(maths: set[str], language: str) -> list[tuple[str, str]]:
    """Formulas that look different and sound alike."""
    heard: dict[str, str] = {}
    return [
        (shown(one), seen)
        for one in sorted(maths)
        if (seen := heard.setdefault(spoken(fromstring(one.replace("&nbsp;", " ")), language), shown(one))) != shown(one)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_formulas_of_any_paper_sound_alike(language: str) -> None:
    """What can be told apart by eye can be told apart by ear."""
    found = formulas(language)
    assert len(found) > 100
    assert [] == clashes(found, language)


def test_formulas_that_sound_alike_are_found() -> None:
    """The tooth: two crosses for times, which are said alike."""
    assert 1 == len(clashes({str(math("a × b")), str(math("a · b"))}, "en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sign_of_every_paper_has_a_word(language: str) -> None:
    """Nothing is left to how a screen reader takes a rare character."""
    signs = {sign.strip() for math in formulas(language) for sign in re.findall(r"<m[io][^>]*>([^<]*)</m[io]>", math)}
    assert set() == {sign for sign in signs if sign and not sign.isascii()} - set(SIGNS)


def told(alt: str) -> dict[str, Any]:
    """The circuit that English words tell: name or number of each node -> value, or sign and sources."""
    found: dict[str, Any] = {}
    for sentence in re.split(r"(?<=[^\d.])\. |(?<=\d)\. |\.$", alt):
        if made := re.fullmatch(rf"Input (.+) has the value ({NUMBER})", sentence):
            found[made[1]] = made[2]
        elif made := re.fullmatch(r"Gate (\d+), (.+), takes (.+?)(?: and gives (.+))?", sentence):
            found[made[4] or f"gate {made[1]}"] = (made[2], tuple(made[3].split(", then ")))
        elif made := re.fullmatch(rf"The output is (.+); the gradient given there is ({NUMBER})", sentence):
            found["output"] = (made[1], made[2])
    return found


def seen(diagram: Diagram) -> dict[str, Any]:
    """The same from the circuit itself."""
    called, gates = {}, 0
    for node in diagram.nodes:
        gates += bool(node.gate)
        name = words(node.label, "en") if node.label else f"gate {gates}"
        called[node.name] = f"the constant {name}" if node.constant else name
    found: dict[str, Any] = {}
    for node in diagram.nodes:
        if node.gate:
            found[called[node.name]] = (words(node.inside, "en"), tuple(called[source] for source in node.sources))
        elif not node.constant:
            found[called[node.name]] = number(node.value)
        if node.name == diagram.output:
            found["output"] = (called[node.name], number(node.gradient))
    return found


def number(value: Any) -> str:
    """A number as it is said."""
    return f"{float(value):g}".replace("-", "minus ")


@pytest.mark.parametrize("diagram", circuits(), ids=lambda diagram: "-".join(n.gate for n in diagram.nodes if n.gate))
def test_a_circuit_can_be_drawn_from_its_words(diagram: Diagram) -> None:
    """Inputs and their values, gates and what feeds them in order, the output and the gradient given there; no more."""
    assert seen(diagram) == told(describe(diagram, language="en", comma=False))


def test_a_circuit_told_wrongly_is_found() -> None:
    """The teeth: operands that change places, another value, a gradient left out."""
    diagram = circuits()[0]
    says = describe(diagram, language="en", comma=False)
    given = "; the gradient given there is 1"
    for old, new in (("takes x, then y", "takes y, then x"), ("value minus 5", "value 5"), (given, "")):
        assert old in says
        assert seen(diagram) != told(says.replace(old, new))


def test_circuits_that_differ_are_told_differently_in_russian() -> None:
    """The other language tells no less."""
    english, russian = ({describe(one, language=language, comma=False) for one in circuits()} for language in LANGUAGES)
    assert len(english) == len(russian) > 5


def test_a_circuit_without_numbers_tells_none() -> None:
    """Nothing is said of values and gradients that are to be found; what a key has found is told at its node."""
    assert not re.search(r"value|gradient", describe(NEURON, language="en", comma=False))
    found = describe(REUSED, {"h": ("2.5", "-1")}, language="en", comma=False)
    assert "takes a, then a and gives h. Found value: 2.5. Found gradient: minus 1. Gate 2" in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sheet_finds_nothing_for_the_student(language: str) -> None:
    """The words of a circuit on a sheet hold no found value; those in a solution do."""
    finding = say(language, "Found value: %(value)s.").split("%")[0]
    assert finding not in papers(language)["sheets"]
    assert finding in papers(language)["homework"]
