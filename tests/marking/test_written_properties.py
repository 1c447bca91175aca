"""Whatever is written out reads back: rationals in every notation, expressions as mpmath has them, arrays in any brackets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from examgen.model import each, nest
from examgen.written import Unreadable, _expression, _numbers, read

F = Fraction


def number(text: str) -> Fraction:
    """The one number of a text."""
    found = read(text, ()).value
    assert isinstance(found, Fraction)
    return found


# ---- rationals


SMALL = st.integers(-(10**6), 10**6)


def decimal_text(units: int, places: int) -> str:
    """A whole number of units of a decimal place, with a point."""
    digits = str(abs(units)).rjust(places + 1, "0")
    return ("-" if units < 0 else "") + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def periodic_text(top: int, bottom: int) -> str:
    """A fraction by long division, with its period in brackets."""
    whole, rest = divmod(top, bottom)
    seen: dict[int, int] = {}
    digits = ""
    while rest and rest not in seen:
        seen[rest] = len(digits)
        digit, rest = divmod(10 * rest, bottom)
        digits += str(digit)
    return f"{whole}.{digits[: seen[rest]]}({digits[seen[rest] :]})" if rest else f"{whole}.{digits}"


@given(SMALL, st.integers(0, 12), st.sampled_from([".", ","]), st.sampled_from(["-", "−", "–", "- "]))
def test_any_decimal(units: int, places: int, mark: str, minus: str) -> None:
    """With either mark and any minus, its value and its places."""
    found = read(decimal_text(units, places).replace(".", mark).replace("-", minus), ())
    assert (F(units, 10**places), places) == (found.value, found.places)


@given(SMALL, st.integers(1, 10**6), st.sampled_from(["/", " / ", ":", "÷"]))
def test_any_fraction(top: int, bottom: int, bar: str) -> None:
    """In lowest terms or not."""
    assert F(top, bottom) == number(f"{top}{bar}{bottom}")


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.integers(1, 10**4), st.sampled_from(["", "-", "− "]))
def test_any_mixed_number(whole: int, top: int, more: int, minus: str) -> None:
    """The sign stands for all of it."""
    size = whole + F(top, top + more)
    assert (-size if minus else size) == number(f"{minus}{whole} {top}/{top + more}")


@given(st.integers(0, 10**4), st.integers(1, 60), st.sampled_from([".", ","]))
def test_any_periodic_decimal(top: int, bottom: int, mark: str) -> None:
    """As long division gives it."""
    assert F(top, bottom) == number(periodic_text(top, bottom).replace(".", mark))


@given(SMALL, st.integers(0, 4), st.integers(-20, 20))
def test_any_scientific_number(units: int, places: int, power: int) -> None:
    """In every notation of the power of ten, with the decimals that it comes to."""
    assume(abs(units) * F(10) ** power <= 10**30)
    plain, raised = decimal_text(units, places), str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    for behind in (f"e{power}", f"E{power:+d}", f"·10^{power}", f"*10**{power}", f" × 10{raised}"):
        found = read(plain + behind, ())
        assert (F(units, 10**places) * F(10) ** power, max(0, places - power)) == (found.value, found.places)


@given(SMALL, st.integers(1, 3))
def test_another_digit_is_noticed(units: int, places: int) -> None:
    """The tooth: one more digit is another number, one more zero the same with other places."""
    text = decimal_text(units, places)
    assert number(text) != number(f"{text}1")
    assert (number(text), places + 1) == (number(f"{text}0"), read(f"{text}0", ()).places)


# ---- expressions

Tree = Any  # ("number", text) or (operation, tree, …)
TIGHTNESS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}
CALLED: dict[str, Callable[[Any], Any]] = {
    "ln": mpmath.log, "exp": mpmath.exp, "sqrt": mpmath.sqrt, "tanh": mpmath.tanh, "lg": mpmath.log10,
    "σ": lambda x: 1 / (1 + mpmath.exp(-x)), "√": mpmath.sqrt,
}
NUMBERS = st.tuples(st.integers(0, 999), st.integers(0, 2)).map(lambda pair: ("number", decimal_text(*pair)))


def larger(trees: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.tuples(st.sampled_from("+-*/"), trees, trees),
        st.tuples(st.just("^"), trees, st.integers(0, 4).map(lambda n: ("number", str(n)))),
        st.tuples(st.just("neg"), trees),
        st.tuples(st.sampled_from(sorted(CALLED)), trees),
    )


TREES = st.recursive(st.one_of(NUMBERS, st.just(("number", "e"))), larger, max_leaves=8)


def told(tree: Tree, random: Random) -> str:
    """A tree written out with the brackets that it needs, in one of the spellings of each sign."""
    kind, *parts = tree
    if kind == "number":
        return str(parts[0])
    if kind in CALLED:
        return f"{kind}({told(parts[0], random)})"
    texts = [_in_brackets(part, told(part, random), kind, place) for place, part in enumerate(parts)]
    if kind == "neg":
        return f"-{texts[0]}"
    if kind == "^":
        return f"{texts[0]}{random.choice(['^', '**'])}{texts[1]}"
    signs = {"+": " + ", "-": " − ", "*": random.choice(["*", "·", " × "]), "/": random.choice(["/", ":", " ÷ "])}
    return signs[kind].join(texts)


def _in_brackets(part: Tree, text: str, kind: str, place: int) -> str:
    inner = TIGHTNESS.get(part[0], 9)
    looser = inner < TIGHTNESS[kind] or (inner == TIGHTNESS[kind] and (place == 1 or kind in ("^", "neg")))
    return f"({text})" if looser or (part[0] == "neg") else text


class NoNumber(Exception):
    """A tree that comes to none, or to one that is not handy."""


def worth(tree: Tree) -> Any:
    """What a tree comes to, by mpmath. Raises: NoNumber where it, or a part of it, is no number of a handy size."""
    kind, *parts = tree
    if kind == "number":
        return mpmath.e + 0 if parts[0] == "e" else mpmath.mpf(parts[0])
    args = [worth(part) for part in parts]
    found = _worth(kind, args)
    if not mpmath.isfinite(found) or isinstance(found, mpmath.mpc) or not (found == 0 or 1e-9 < abs(found) < 1e9):
        raise NoNumber
    return found


def _worth(kind: str, args: Sequence[Any]) -> Any:
    if (kind == "/" and not args[1]) or (kind == "^" and not args[0]) or (kind in ("ln", "lg") and args[0] <= 0):
        raise NoNumber
    if kind in CALLED:
        if abs(args[0]) > 50:
            raise NoNumber
        return CALLED[kind](args[0])
    operations: dict[str, Callable[..., Any]] = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
        "^": lambda a, b: a ** int(b), "neg": lambda a: -a,
    }
    return operations[kind](*args)


def difference(tree: Tree, text: str) -> Any:
    """How far a text's number is from what its tree comes to. Raises: NoNumber, Unreadable."""
    with mpmath.workdps(90):
        expected, found = worth(tree), number(text)
        return abs(mpmath.mpf(found.numerator) / found.denominator - expected)


@settings(max_examples=300)
@given(TREES, st.integers(0, 99))
def test_any_expression(tree: Tree, seed: int) -> None:
    """It comes to what mpmath says, with points as with commas."""
    text = told(tree, Random(seed))
    assume(len(text) <= 200)
    try:
        assert difference(tree, text) < mpmath.mpf(10) ** -29
    except NoNumber:
        assume(False)
    except Unreadable as reason:
        assert reason.says in (_numbers.BEYOND, _expression.TOO_DEEP)
        assume(False)
    assert read(text, ()) == read(text.replace(".", ","), ())


def test_a_wrong_precedence_is_noticed() -> None:
    """The tooth: a minus that would bind tighter than a power, powers that would go from left to right."""
    minus = ("neg", ("^", ("number", "2"), ("number", "2")))
    assert "-(2^2)" == told(("neg", ("+", ("number", "2"), ("number", "2"))), Random(0)).replace("+", "^").replace(" ", "")
    assert 0 == difference(minus, "-2^2") != difference(minus, "(-2)^2")
    assert 512 == number("2^3^2") != number("(2^3)^2")


# ---- arrays


NOTATIONS: dict[str, Callable[[list[list[str]]], str]] = {
    "rows of spaces": lambda rows: "\n".join(" ".join(row) for row in rows),
    "semicolons": lambda rows: "; ".join(" ".join(row) for row in rows),
    "commas and spaces": lambda rows: ";".join(", ".join(row) for row in rows),
    "bare commas": lambda rows: ";".join(",".join(row) for row in rows),
    "lists": lambda rows: str(rows).replace("'", ""),
    "tuples": lambda rows: "(" + ", ".join("(" + " ".join(row) + ")" for row in rows) + ")",
    "one bracket": lambda rows: "[" + "; ".join(" ".join(row) for row in rows) + "]",
    "printed": lambda rows: "[" + "\n ".join("[" + "  ".join(row) + "]" for row in rows) + "]",
    "named": lambda rows: "dW = " + str(rows).replace("'", "").replace(" ", ""),
}
CELLS = st.one_of(
    st.tuples(st.integers(-999, 999), st.integers(0, 3)).map(lambda pair: decimal_text(*pair)),
    st.tuples(st.integers(-99, 99), st.integers(1, 99)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
)
SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 4))


@st.composite
def arrays(draw: st.DrawFn) -> list[list[str]]:
    height, width = draw(SHAPES)
    return [draw(st.lists(CELLS, min_size=width, max_size=width)) for _ in range(height)]


@settings(max_examples=200)
@given(arrays(), st.sampled_from(sorted(NOTATIONS)))
def test_any_array_in_any_notation(rows: list[list[str]], notation: str) -> None:
    """In the asked shape."""
    dims = len(rows), len(rows[0])
    assert each(rows, F) == read(NOTATIONS[notation](rows), dims).value


@given(arrays(), st.sampled_from(sorted(set(NOTATIONS) - {"bare commas", "named"})))
def test_commas_are_points(rows: list[list[str]], notation: str) -> None:
    """Where spaces part the numbers, decimals may have commas."""
    dims, commas = (len(rows), len(rows[0])), [[cell.replace(".", ",") for cell in row] for row in rows]
    assert read(NOTATIONS[notation](rows), dims) == read(NOTATIONS[notation](commas), dims)


@given(arrays())
def test_axes_of_length_one(rows: list[list[str]]) -> None:
    """May be left out in front; a column may be written as a row, and a row as a column."""
    text, flat = NOTATIONS["lists"](rows), each([cell for row in rows for cell in row], F)
    assert (each(rows, F),) == read(text, (1, len(rows), len(rows[0]))).value
    joined = "; ".join(cell for row in rows for cell in row)
    for other in (joined, joined.replace(";", ""), f"[{joined.replace(';', ',')}]"):
        assert flat == read(other, (len(flat),)).value
        assert nest(flat, (len(flat), 1)) == read(other, (len(flat), 1)).value


@given(arrays(), SHAPES)
def test_another_shape_comes_back_as_it_is(rows: list[list[str]], dims: tuple[int, int]) -> None:
    """So that whoever marks can say that the size is wrong."""
    assume(sorted(n for n in dims if n > 1) != sorted(n for n in (len(rows), len(rows[0])) if n > 1))
    assert each(rows, F) == read(str(rows).replace("'", ""), dims).value


def test_a_cell_out_of_place_is_noticed() -> None:
    """The tooth: rows read as columns would not be equal."""
    assert ((1, 3), (-2, 1)) != read("1 -2; 3 1", (2, 2)).value == ((1, -2), (3, 1))
