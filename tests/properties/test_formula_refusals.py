"""What is no formula is refused in one sentence, at once; what is within the limits is read."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.errors import InputError
from examgen.formula import latex, names, parse
from examgen.ops._op import ShapeError

BAD = {
    "": "empty",
    " ;\n; ": "empty",
    "x ^ 2": "column 3.*write \\*\\* for a power",
    "x +": "unexpected end",
    "(x": "unexpected end",
    "x)": "unexpected '\\)'",
    "x y": "column 3.*put an operator",
    "2x": "column 2.*put an operator",
    "x(y)": "column 1.*unknown function 'x'",
    "(x)(y)": "column 4.*put an operator",
    "foo(x)": "unknown function 'foo'",
    "__import__('os')": "cannot stand in a formula",
    "__import__(os)": "unknown function '__import__'",
    "exp": "reserved word",
    "exp = x": "reserved word",
    "True": "reserved word",
    "exp()": "takes one argument, not 0",
    "exp(x, y)": "takes one argument, not 2",
    "max(x, y, z)": "one or two arguments, not 3",
    "sum(x, 0)": "axis=0",
    "exp(x, axis=0)": "only max, min, sum, mean",
    "max(x, y, axis=0)": "only max, min, sum, mean",
    "sum(x, dim=0)": "options are axis= and keepdims=",
    "sum(x, axis=0, axis=0)": "each once",
    "sum(x, axis=y)": "an integer",
    "sum(x, axis=())": "an integer",
    "sum(x, axis=0)": "does not fit shape",
    "sum(x, keepdims=1)": "True or False",
    "x.y": "only attribute is .T",
    "x.__class__": "only attribute is .T",
    "np.exp(x)": "functions are written as",
    "x < y": "comparison",
    "x == y": "comparison",
    "x // y": "write /",
    "x % y": "cannot stand in a formula",
    "x[0:1]": "single integers",
    "x[]": "an integer",
    "x[y]": "an integer",
    "x[0.5]": "an integer",
    "x[0]": "outside shape",
    "x[9999999999999999999999999999999999999999999999999999]": "an integer",
    "x @ y": "no matrix product",
    "q = x; q = y": "column 8.*bound twice",
    "q = q + 1": "used before it has a value",
    "f = q * z; q = x": "used before it has a value",
    "f * x": "an expression without a name is called f",
    "x + y; z": "column 1.*no name",
    "q = x; q * z": "column 8.*no name",
    "a = b = c": "once in a statement",
    "2 = x": "only a name can stand before =",
    "x \u2212 y": "write - for minus",
    "x × y": "write \\* for a product",
    "σ(x)": "Latin names",
    "x # note": "cannot stand in a formula",
    "lambda x: x": "single integers",
    "+x": "missing before it",
    "x ** 1001": "beyond 1000",
    "x ** -1001": "beyond 1000",
    "2 ** 10000000": "beyond 1000",
    "9 ** 999 ** 999": "beyond 1000|more than 50 digits",
    "(9 ** 50) ** 50": "more than 50 digits",
    "1e40 * 1e40": "more than 50 digits",
    "1 / 0": "column 3.*division by zero",
    "x + 0 ** -1": "division by zero",
    "1e51": "at most 50 digits",
    "1e-99999999999": "at most 50 digits",
    "9" * 51: "at most 50 digits",
    "9" * 9_999: "at most 50 digits",
    "x" * 10_001: "at most 10000",
    "(" * 5000 + "x" + ")" * 4000: "more than 100 brackets",
    "(" * 101 + "x" + ")" * 101: "more than 100 brackets",
    "exp(" * 2400: "more than 100 brackets",
    "-" * 9_999 + "x": "more than 100 operations",
    "**".join(["x"] * 3000): "more than 100 operations",
    "/".join(["x"] * 4000): "more than 100 operations",
    "x" + ".T" * 4000: "more than 100 operations",
    "x" + "[0]" * 3000: "more than 100 operations",
    "y" * 41: "at most 40 characters",
    "x " + "9" * 9000: "column 3.*put an operator",
    "x[" + "0," * 4000 + "]": "at most 8 integers",
    "sum(x, axis=(" + "0," * 4000 + "))": "at most 8 integers",
    "\0": "cannot stand in a formula",
    "\ud800": "cannot stand in a formula",
}


def is_one_sentence(message: str) -> bool:
    """Names a place or the whole, and a remedy after the colon; one line of a length a person reads."""
    return re.fullmatch(r"[^\n\r\u2028]+: [^\n\r\u2028]+", message) is not None and len(message) < 250


@pytest.mark.parametrize("text", BAD, ids=lambda text: ascii(text[:24]))
def test_bad_input_is_refused(text: str) -> None:
    """Every kind of bad input: InputError in one sentence that tells the remedy, within 50 ms of computing."""
    times = []
    for _ in range(3):
        start = time.process_time()
        with pytest.raises(InputError, match=BAD[text]) as caught:
            parse(text)
        times.append(time.process_time() - start)
    assert is_one_sentence(str(caught.value))
    assert 0.05 > min(times)


def test_sentence_check_has_teeth() -> None:
    """Two lines, or a complaint without a remedy, are no sentence of ours."""
    assert not is_one_sentence("formula, column 3: bad\nvery bad")
    assert not is_one_sentence("bad formula")


@pytest.mark.parametrize("text", [None, b"x", 3, ["x"]])
def test_what_is_not_text_is_refused(text: Any) -> None:
    """Bytes, numbers and lists are no formulas."""
    for function in (parse, names, latex):
        with pytest.raises(InputError, match="a formula is text"):
            function(text)


def test_place_counts_lines() -> None:
    """In a text of several lines the complaint names line and column."""
    with pytest.raises(InputError, match="line 2, column 7"):
        parse("q = x + y\nf = q ^ z")


@pytest.mark.parametrize(
    ("text", "shapes", "expected"),
    [
        ("x + y", {"x": ()}, "column 5: unbound name 'y'"),
        ("q = x; f = q", {"x": (), "q": ()}, "column 1: the name 'q' is bound here and given too"),
        ("x + y", {"x": (2,), "y": (3,)}, "column 3: shapes"),
        ("exp(x[2])", {"x": (2,)}, "column 6: index"),
        ("sum(x, axis=2)", {"x": (2, 3)}, "column 1: axis"),
        ("sum(x, axis=(0, -2))", {"x": (2, 3)}, "column 1: axis"),
        ("x", {"x": (0,)}, "at least 1"),
    ],
)
def test_shapes_that_do_not_fit(text: str, shapes: Mapping[str, tuple[int, ...]], expected: str) -> None:
    """Unbound names and shapes that do not fit are told with their place."""
    with pytest.raises(InputError, match=expected) as caught:
        parse(text, shapes)
    assert is_one_sentence(str(caught.value))


def test_shape_errors_keep_their_class() -> None:
    """Whoever catches ShapeError catches a formula's too."""
    with pytest.raises(ShapeError):
        parse("x @ y")


@given(st.one_of(st.text(max_size=60), st.text("xyf12.e+-*/@()[],=;T \nsumaxi^", max_size=60)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Arbitrary text: a result or InputError in one sentence, nothing else."""
    for function in (names, latex, parse):
        try:
            function(text)
        except InputError as error:
            assert is_one_sentence(str(error))


def test_fuzz_reaches_both_sides() -> None:
    """The fuzz has something to find on both sides: its alphabet spells formulas and nonsense."""
    assert "f" == parse("y = sum(x) * 2.e1\nf = y").output
    with pytest.raises(InputError):
        parse("sum(x")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100 + "x" + ")" * 100,
        "exp(" * 100 + "x" + ")" * 100,
        "-" * 100 + "x",
        "+".join(["x"] * 5000),
        "*".join(["x"] * 5000),
        "a+b*(" * 50 + "x" + ")" * 50,
        "; ".join(f"q{i + 1} = q{i}" for i in range(600)),
    ],
    ids=lambda text: text[:8],
)
def test_within_the_limits_is_read(text: str) -> None:
    """The deepest and the longest that is allowed, from a caller that is itself deep in the stack."""

    def deep(calls: int) -> str:
        return deep(calls - 1) if calls else parse(text).output

    assert parse(text).output == deep(300)
    assert latex(text)
