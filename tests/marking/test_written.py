"""Answers as people write them: every form, every refusal, and nothing that a text can do to the reader."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import localcontext
from fractions import Fraction
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import mpmath
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz_answers
from examgen import honesty
from examgen.marking import _following
from examgen.model import cells, each, nest
from examgen.render.language import languages, say
from examgen.written import Unreadable, _expression, _numbers, _scalar, read
from tests.marking.keys import key_of
from tests.marking.written_cases import CASES, GROUPS, Case, table, value, verdict

F = Fraction


def number(text: str, **how: Any) -> Fraction:
    """The one number of a text."""
    found = read(text, (), **how).value
    assert isinstance(found, Fraction)
    return found


def refusal(text: str, dims: tuple[int, ...] = (), **how: Any) -> str:
    """The sentence with which a text is refused."""
    with pytest.raises(Unreadable) as caught:
        read(text, dims, **how)
    return str(caught.value)


# ---- the table of cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.text!r} for {case.asked}")
def test_cases(case: Case) -> None:
    """Each text that the table shows comes to its verdict."""
    assert case.verdict == verdict(case)


def test_there_are_enough_cases() -> None:
    """Numbers and arrays, with each verdict among both."""
    counts = Counter((isinstance(case.asked, str), case.verdict) for case in CASES)
    assert 60 <= sum(count for (scalar, _), count in counts.items() if scalar)
    assert 20 <= sum(count for (scalar, _), count in counts.items() if not scalar)
    assert 6 == len(counts)


FALSE = [
    Case("19/15", 2, None, "1.28", "right"), Case("2", 0, None, "2,001", "right"), Case(["1", "2"], 0, None, "2 1", "right"),
    Case("3", 0, None, "three", "wrong"),
]


@pytest.mark.parametrize("case", FALSE, ids=lambda case: case.text)
def test_a_false_case_is_noticed(case: Case) -> None:
    """The tooth: a case whose verdict is not so."""
    assert case.verdict != verdict(case)


@pytest.mark.parametrize("language", languages())
def test_the_table_shows_every_case(language: str) -> None:
    """A heading and a table for each group, four columns in each row, each refusal with its reason."""
    text = table(language)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(GROUPS) == text.count("### ")
    assert {5} == {row.replace("\\|", "").count("|") for row in rows}
    assert sum(case.verdict == "right" for case in CASES) == sum("`" in row.split(" | ")[1] for row in rows)
    assert all(row.split(" | ")[3].strip(" |") for row in rows if row.split(" | ")[2].strip())


# ---- decimals written

PLACES = {
    "1,27": 2, "5": 0, "5.": 0, "2e-3": 3, "1.2·10^-3": 4, "1,20": 2, "-0,105": 3, "10%": 2, "12,5 %": 3, "1.2e3": 0,
    "10^-3": 3, "(1,5)": 1, "L = 1,27": 2, "1,27 = 19/15": 2, "19/15 = 1,27": None, "1/3": None, "1 4/15": None,
    "1,2(6)": None, "½": None,
    "ln 2": None, "1.5+1": None, "2·10": None, "-2^2": None, ".5": 1,
}


@pytest.mark.parametrize("text", PLACES)
def test_decimals_that_were_written(text: str) -> None:
    """How many there are of a plain decimal; None of anything else."""
    assert PLACES[text] == read(text, ()).places


def test_decimals_of_an_array() -> None:
    """Nested as the numbers are."""
    assert ((1, None), (0, 3)) == read("1,5 1/2; 3 1e-3", (2, 2)).places


# ---- exact, or to 30 decimals


EXACT = {
    "ln(e^3)": 3, "√4": 2, "√(9/4)": F(3, 2), "lg 1000": 3, "e^0": 1, "2^0.5·2^0.5": 2, "ln 4 - 2*ln 2": 0, "4^(1/2)": 2,
    "√2^2": 2, "e^ln(3)": 3, "tanh(0)": 0, "σ(0)": F(1, 2), "1/3": F(1, 3), "2^3^2": 512, "-2^2": -4, "2^-1": F(1, 2),
    "10^30": 10**30, "0,1+0,2": F(3, 10),
}


@pytest.mark.parametrize("text", EXACT)
def test_what_is_rational_comes_out_exact(text: str) -> None:
    """Also behind roots, logarithms and powers, whose 80 digits are cut to 30 decimals."""
    assert EXACT[text] == number(text)


def test_constants() -> None:
    """e and π to every digit that is kept."""
    with mpmath.workdps(100):
        assert mpmath.nstr(mpmath.pi, 95)[:80] == str(_numbers.PI)[:80]
        assert mpmath.nstr(mpmath.e, 95)[:80] == str(_numbers.E)[:80]


def test_digits_do_not_depend_on_the_caller() -> None:
    """A decimal context of two digits, set by whoever calls, changes nothing."""
    texts = ("tanh(-0.25)", "σ(-1/3)", "-ln(1/7)", "(-e)^3", "√2")
    expected = [number(text) for text in texts]
    with localcontext() as context:
        context.prec = 2
        assert expected == [number(text) for text in texts]
    assert abs(value("tanh(-0.25)") - expected[0]) < F(1, 10**29)


# ---- decimals alone


@pytest.mark.parametrize("text", ["1/3", "ln 2", "√2", "e", "1,2(6)", "1 4/15", "½", "2+3", "1,27 = 19/15", "2^3"])
def test_no_forms_where_decimals_are_asked(text: str) -> None:
    """A fraction or an expression is refused where the exam does not allow it, and taken where it does."""
    assert refusal(text, forms=False).startswith("A decimal number is asked here, ")
    assert number(text)


@pytest.mark.parametrize("text", ["1,27", "-5", "2e-3", "1,2·10^-3", "10%", "L = 1,27", "(3)"])
def test_decimals_where_decimals_are_asked(text: str) -> None:
    """Powers of ten and percents are decimals."""
    assert read(text, ()) == read(text, (), forms=False)


def test_chains_where_decimals_are_asked() -> None:
    """The working may be an expression: its last member counts."""
    assert (F(127, 100), 2) == (number("L = 3,8/3 ≈ 1,27", forms=False), read("3,8/3 = 1,27", (), forms=False).places)
    assert F(19, 15) == number("L = 3,8/3 ≈ 1,27")


def test_arrays_where_decimals_are_asked() -> None:
    """Each cell is one."""
    assert refusal("1,5 1/2", (2,), forms=False).startswith("A decimal number")
    assert (F(3, 2), F(1, 2)) == read("1,5 0,5", (2,), forms=False).value


# ---- chains


AGREEING = [
    "1,27 = 1,3", "38/3 ≈ 13", "1234 ≈ 1.2e3", "0.126 ≈ 13%", "√2 = 1.414 = 1,41", "2ln2 = ln 4", "e^2/e = e", "1/3 = 0,(3)",
    "1e-9 = 0",
]


@pytest.mark.parametrize("text", AGREEING)
def test_chains_that_agree(text: str) -> None:
    """Within one unit of the last decimal of the coarser number; the first one counts."""
    first = text.replace("≈", "=").partition("=")[0]
    assert number(first) == number(text)


@pytest.mark.parametrize("text", ["1,27 = 1,29", "2 = 3", "√2 = 1.43", "ln 2 = ln 3", "1/3 = 0,33 = 0,36", "5 = 5 = 6"])
def test_chains_that_do_not(text: str) -> None:
    """Two answers in one box are none."""
    assert "two different numbers" in refusal(text)


NAMES = ["L", "L₁", "dL/dw0", "∂f/∂z", "dW[0, 1]", "d(x)", "e", "π", "e1", "σ(z)", "exp(x)", "ŷ", "w'", "x_1", "ln"]


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    """What stands before an equals sign and is no number is passed over, before a number as before an array."""
    assert 3 == number(f"{name} = 3")
    assert (3, 4) == read(f"{name}≈[3, 4]", (2,)).value


@pytest.mark.parametrize("name", ["ln(0)", "ln 2", "e/0", "x^2", "1x", "log 2", "L" * 41, "√(-1)", "exp(1000)"])
def test_no_names(name: str) -> None:
    """A number that is none, or is another one, is not passed over as a name."""
    assert refusal(f"{name} = 3")


# ---- properties: what is written out reads back


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


# ---- properties: expressions

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


# ---- properties: arrays


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


COMMAS = [
    ("1,2", (1,), [F(6, 5)]), ("1,2", (2,), [1, 2]), ("1,2;3,4", (2,), [F(6, 5), F(17, 5)]), ("1,2;3,4", (2, 2), [1, 2, 3, 4]),
    ("1,2;3,4", (3, 3), [F(6, 5), F(17, 5)]), ("1,5 2/3", (2,), [F(3, 2), F(2, 3)]), ("1,5 -2", (2,), [F(3, 2), -2]),
    ("1,2,3", (2,), [1, 2, 3]),
]


@pytest.mark.parametrize(("text", "dims", "numbers"), COMMAS)
def test_commas_by_the_shape_that_is_asked(text: str, dims: tuple[int, ...], numbers: list[Fraction]) -> None:
    """A comma is a decimal one where that gives the shape, and where nothing does."""
    assert numbers == list(cells(read(text, dims).value))


# ---- refusals

HOSTILE = {
    "9**9**9": "too large", "2^(10^9)": "too large", "e^(10^6)": "too large", "10^-400": "too close to 0",
    "1e999999999": "too large", "1e-999999999": "too close", "1" + "/(1" * 30 + ")" * 30: "too deep",
    "(1+1)^1000000": "too large", "0^-1": "Division by 0", "1/0": "Division by 0", "1/(ln 4 - 2*ln 2)": "Division by 0",
    "0^0": r"^0\^0 is no", "√(-4)": "root", "(-4)^0.5": "root", "ln(0)": "logarithm", "ln()": "ends too early",
    "lg -1": "logarithm", "１２": "character \"１\"", "١٢": "character", "\u202e12": r'"\\u202e"', "1\u200b2": r'"\\u200b"',
    "\ud800": r'"\\ud800"', "1\x002": r'"\\x00"', "__import__('os')": "is no number", "exec": "word", "nan": "word",
    "inf": "word", "0x10": "word", "1_000": "is no number", "(" * 100: "do not match|too deep", "(" * 10**7: "too long",
    "[" * 10**7: "too long", "9" * 200: "too large", "9" * 201: "too long", "2^" * 99 + "2": "too deep",
    "ln " * 60 + "2": "too deep", "-" * 200: "is no number", "1=" * 99 + "1": "too many equals", "e^e^e^e": "too large",
    "0." + "0" * 150 + "1/3e200": "too large|too close", "": "no number", " \u00a0 ": "no number", "=": "no number",
    "%": "is no number", "%(text)s": "is no number", "(1+1/3)^999": "too large", "((((((2^9)^9)^9)^9)^9)^9)": "too large",
    "1" + "+1/7" * 45: "", "log 2": "write ln or lg", "2(3)": "sign is missing", "1.234,5": "two decimal marks",
    "1 000": "side by side", "3 -2": "side by side", "ln 9/2": r"write ln\(9/2\) or \(ln 9\)/2",
    "ln 2·3": r"write ln\(9/2\)", "1/2e": "two ways", "2e - 3": "two ways", "1, 2": "One number is asked",
    "1\n2": "One number is asked",
}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))
@pytest.mark.parametrize("dims", [(), (2,), (2, 2)])
def test_hostile_texts_end(text: str, dims: tuple[int, ...]) -> None:
    """In Unreadable or in a number, at once, with a sentence that shows little of the text."""
    begin = perf_counter()
    try:
        read(text, dims)
    except Unreadable as reason:
        assert str(reason).isprintable()
        assert all(len(str(shown)) <= 41 for shown in reason.values.values())
    assert perf_counter() - begin < 1


@pytest.mark.parametrize("text", [text for text in HOSTILE if HOSTILE[text]], ids=lambda text: ascii(text[:30]))
def test_refusals_say_why(text: str) -> None:
    """One clear sentence each."""
    with pytest.raises(Unreadable, match=HOSTILE[text]):
        read(text, ())


ARRAYS = [
    ("1 2 3; 4 5", (2, 3), "unequal length"), ("[[1, 2], [3, 4]", (2, 2), "brackets"), ("1 ,2", (2,), "commas"),
    ("[]", (2,), "no number"), ("1 " * 200, (2,), "200 numbers, and 2 are asked"), ("1 " * 201, (2,), "at most 400 characters"),
    ("[" * 50 + "]" * 50, (2, 2), "too deep"), ("a = 1; b = 2", (2,), 'word "b"'), ("1,,2", (2,), "side by side"),
    ("e^0.1+" * 40 + "1; 2", (10,), "at most 200 characters"),
]


@pytest.mark.parametrize(("text", "dims", "says"), ARRAYS)
def test_refusals_of_arrays(text: str, dims: tuple[int, ...], says: str) -> None:
    """What is wrong with the rows, or with one of their numbers."""
    assert says in refusal(text, dims)


def test_long_expressions_in_an_array() -> None:
    """Many are too many for one box; many decimals and fractions are not."""
    assert "too long together" in refusal("; ".join(f"ln({i}+1)" for i in range(1, 500)), (499,))
    assert 1000 == len(list(cells(read("1/3 2,5 " * 500, (1000,)).value)))


@pytest.mark.parametrize("language", languages())
def test_refusals_in_every_language(language: str) -> None:
    """Each sentence takes its values, and says what to do."""
    for text in HOSTILE:
        try:
            read(text, ())
        except Unreadable as reason:
            sentence = say(language, reason.says, reason.values)
            assert sentence.endswith(".") and ":" in sentence


# ---- anything at all


@settings(max_examples=3000)
@given(st.text(max_size=80), st.sampled_from(fuzz_answers.DIMS))
def test_any_text_ends(text: str, dims: tuple[int, ...]) -> None:
    """In numbers within bounds, or in Unreadable: no other exception leaves."""
    assert fuzz_answers.sound(fuzz_answers.timed(text, dims, True)[1])


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(fuzz_answers.WORDS), max_size=40).map("".join), st.sampled_from(fuzz_answers.DIMS))
def test_any_words_of_the_grammar_end(text: str, dims: tuple[int, ...]) -> None:
    assert fuzz_answers.sound(fuzz_answers.timed(text, dims, False)[1])


def test_the_fuzz_finds_nothing(record_property: Callable[[str, object], None]) -> None:
    """2,000 of the 100,000 texts of the benchmark, which also looks at the time."""
    total = fuzz_answers.tally(2000, seed=1)
    record_property("slowest read, ms", round(total.slowest, 1))
    assert [] == total.faults
    assert 50 < total.read["read"] < total.read["refused"]


def test_the_fuzz_notices_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: an operation that raises something else, a bound that is gone."""
    monkeypatch.setitem(_expression.FUNCTIONS, "ln", lambda x: 1 / 0)  # type: ignore[arg-type]
    assert any("ZeroDivisionError" in fault for fault in fuzz_answers.tally(500, seed=1).faults)
    monkeypatch.setattr(_scalar, "simple", lambda text, forms: _scalar.Part(F(10) ** 31))
    assert any("Written" in fault for fault in fuzz_answers.tally(500, seed=1).faults)


def test_nothing_is_evaluated() -> None:
    """The reader has no eval, exec or float in it: floats would lose what is exact."""
    package = Path(_scalar.__file__).parent
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in package.glob("*.py"))
    names = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert "Unreadable" in names
    assert not {"eval", "exec", "compile", "float", "__import__"} & names


def test_the_fuzz_of_whole_answers_finds_nothing(record_property: Callable[[str, object], None]) -> None:
    """1,500 of the 100,000 texts of `--sheets`, on tasks with matrices, gradients, exponentials and logarithms."""
    keys = [key_of(*preset) for preset in (("softmax_loss", "3x3_log"), ("conv_relu_pool", "5x5_gradient"))]
    total = fuzz_answers.sheets(1500, 1, [*keys, key_of("backprop", "sigmoid_gates"), key_of("backprop", "tanh_neuron")])
    record_property("slowest sheet, ms for each text", round(total.slowest, 1))
    assert [] == total.faults
    assert {"right", "wrong", "followed", "unreadable", "partial"} <= {*total.read}


def test_the_fuzz_of_whole_answers_notices_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tooth: no bound on what is followed, nor on exponentials."""
    monkeypatch.setattr(honesty, "LARGEST_POWER", float("inf"))
    monkeypatch.setattr(_following, "LARGEST", 10**99)
    key = key_of("backprop", "sigmoid_gates")
    assert any("OverflowError" in fault for fault in fuzz_answers.sheets(400, 1, [key]).faults)
