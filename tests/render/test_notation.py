"""Numbers and formulas as they stand on paper."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.errors import InputError
from examgen.render.notation import indexed, math, num, places, prose


def classes(latex: str) -> dict[str, str]:
    """Text of a leaf -> its class, for the leaves that have one."""
    root = ElementTree.fromstring(math(latex))
    return {leaf.text or "": leaf.get("class") or "" for leaf in root.iter() if leaf.get("class")}


@pytest.mark.parametrize(
    ("text", "value", "options"),
    [
        ("0", 0, {}),
        ("−3", -3, {}),
        ("2.1", Fraction(21, 10), {}),
        ("−0,05", Fraction(-1, 20), {"comma": True}),
        ("19/15", Fraction(19, 15), {}),
        ("−1/3", Fraction(-1, 3), {"comma": True}),
        ("3.00", 3, {"decimals": 2}),
        ("−0.50", Fraction(-1, 2), {"decimals": 2}),
        ("1/3", Fraction(1, 3), {"decimals": 2}),
    ],
)
def test_a_number_is_its_shortest_decimal_or_a_fraction(text: str, value: Fraction, options: dict[str, Any]) -> None:
    """A true minus sign, the wanted comma, the wanted places, and a/b where a decimal does not end."""
    assert text == num(value, **options)


@given(st.fractions(max_denominator=1000), st.booleans())
def test_a_printed_number_reads_back_exactly(value: Fraction, comma: bool) -> None:
    """Nothing is rounded on the way to paper."""
    assert value == Fraction(num(value, comma).replace("−", "-").replace(",", "."))


def test_a_column_is_shown_with_the_places_of_its_longest_number() -> None:
    """2.1 and 3 stand as 2.1 and 3.0; a number without an end leaves every one as it is."""
    assert 1 == places([3, Fraction(21, 10)])
    assert places([3, Fraction(1, 3)]) is None


def test_letters_are_italic_and_words_upright() -> None:
    """A variable is one letter; max and ReLU are words."""
    found = classes(r"\max(x,\sigma)+\operatorname{ReLU}(Z)")
    assert ("italic", "italic", "italic") == (found["x"], found["σ"], found["Z"])
    assert not {"max", "ReLU"} & found.keys()


@pytest.mark.parametrize(
    ("kind", "latex"),
    [("binary", "a-b"), ("ordinary", "-b"), ("ordinary", "a=-b"), ("ordinary", r"\max(-1,b)"), ("binary", "(a)-b"),
     ("binary", r"\frac{1}{1-e}"), ("binary", r"\lfloor a\rfloor -b")],
)
def test_a_minus_between_operands_has_room_and_a_sign_has_none(kind: str, latex: str) -> None:
    """1 − e in a fraction is a difference although the library sets it tight; after =, ( and , it is a sign."""
    assert kind == classes(latex)["−"]


def test_a_matrix_draws_its_brackets_and_keeps_them_as_text() -> None:
    """The characters stay for browsers and readers, the style sheet draws borders instead."""
    root = ElementTree.fromstring(math(r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"))
    assert ["[", "]"] == [leaf.text for leaf in root.iter("mo") if leaf.get("class") == "drawn"]
    assert "square" == next(root.iter("mtable")).get("class")


def test_latex_that_cannot_be_read_is_refused_in_one_line() -> None:
    """An author learns which formula and why."""
    with pytest.raises(InputError, match=r"^the formula .*nonsense\{' cannot be read: [^\n]+$"):
        math(r"\nonsense{")


def test_prose_escapes_text_and_sets_formulas() -> None:
    """Markup in a sentence is printed, not obeyed; < inside a formula survives."""
    found = prose("a <b> **bold $x<y$** and $$L=1$$")
    assert "a &lt;b&gt; <b>bold <math>" in found
    assert 'display="block"' in found
    assert "&lt;</mo>" in found


def test_a_decimal_comma_in_a_formula_takes_no_room_and_a_list_does() -> None:
    """1,5 is one number; max(0, s) has two arguments."""
    assert 'rspace="0"' in prose("$1,5$")
    assert 'rspace="0"' not in prose(r"$\max(0, s)$")


def test_a_dash_does_not_begin_a_line() -> None:
    """The space before it does not break."""
    assert "строка\N{NO-BREAK SPACE}— изображение" == prose("строка — изображение")


def test_parts_are_indexed_only_where_there_are_several() -> None:
    """One channel needs no number."""
    assert ("I", "K_{2,1}", "K_{2}") == (indexed("I", [0], [1]), indexed("K", [1, 0], [2, 2]), indexed("K", [0, 1], [1, 3]))
