"""Answers as people write them: every form, every refusal, and nothing that a text can do to the reader."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import localcontext
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import fuzz_answers
from examgen import honesty
from examgen.marking import _following
from examgen.model import cells
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


@pytest.mark.parametrize("text", ["привет", "1 + привет", "2е3ж", "нет; е", "(1, е", "Е" * 60, "е" * 41, "\t1 2е-3 привет"])
@pytest.mark.parametrize("dims", [(), (2,), (2, 2)])
def test_a_refusal_quotes_what_was_written(text: str, dims: tuple[int, ...]) -> None:
    """The letters of either alphabet, though a Cyrillic е counts as e; a Latin text is quoted as ever."""
    assert not re.search("[а-я]e|e[а-я]|[eE]{40}", refusal(text, dims)), refusal(text, dims)
    latin = text.replace("е", "e").replace("Е", "E")
    assert refusal(latin, dims) == refusal(text, dims).replace("е", "e").replace("Е", "E")


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


# ---- commas

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
    "(1+1)^1000000": "too large", "0^-1": "Division by 0", "1/0": "Division by 0",
    "1/(√(2)·√(3) - √6)": "Division by 0", "((e^-1000)^1000)^-1000": "too large",
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
    "ln 2·3": r"write ln\(9/2\)", "1/2e": "two ways", "2e - 3": "two ways", "4,87 e-2": "two ways",
    "1, 2": "One number is asked", "1\n2": "One number is asked",
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


LONG = [
    "1" + " " * 15_000 + "-1", "1," + " " * 15_000 + "1", "; " * 9000 + "1", "a=" * 9000 + "1", "1" * 20_000,
    "[1,2]," * 3000, "(" * 20_000,
]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:8])
def test_long_texts_end(text: str) -> None:
    """No repetition makes reading an array slow."""
    begin = perf_counter()
    with suppress(Unreadable):
        read(text, (100,))
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
    ("e^0.1+" * 40 + "1; 2", (10,), "at most 200 characters"), ("1" * 5000 + " 2", (100,), "at most 200 characters"),
    ("a=" * 2000 + "1", (100,), "at most 200 characters"),
]


@pytest.mark.parametrize(("text", "dims", "says"), ARRAYS, ids=lambda part: ascii(part[:20]))
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
    monkeypatch.setitem(_expression.FUNCTIONS, "ln", lambda x: 1 / 0)
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
