"""Answers as people write them, with what becomes of each: the cases of the tests, and a table for readers.

A case states what is asked as exact text, nested in lists for an array, the decimals asked, the ends of what is accepted
where that is wider than one unit of the last decimal, the text that was written, and its verdict. Whole numbers, asked with
0 decimals, are met exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby, zip_longest
from typing import Any, Literal, NamedTuple

import mpmath

from examgen.model import cells, freeze, shape
from examgen.render.language import say
from examgen.written import Unreadable, read

Verdict = Literal["right", "wrong", "unreadable"]


class Case(NamedTuple):
    asked: Any
    decimals: int
    ends: tuple[str, str] | None
    text: str
    verdict: Verdict


def cases(
    asked: Any, decimals: int, *, right: str, wrong: str = "", unreadable: str = "", ends: tuple[str, str] | None = None
) -> tuple[Case, ...]:
    """Texts for one thing that is asked, parted by " | ", by their verdict."""
    texts: dict[Verdict, str] = {"right": right, "wrong": wrong, "unreadable": unreadable}
    told = [(text, verdict) for verdict, joined in texts.items() if joined for text in joined.split(" | ")]
    return tuple(Case(asked, decimals, ends, text, verdict) for text, verdict in told)


SQUARE, MEANS, LOSSES = [["1", "-2"], ["3", "1"]], ["1.5", "1.4", "0.9"], ["ln(2)", "ln(9/2)"]

GROUPS: Mapping[str, tuple[Case, ...]] = {
    "decimals": (
        *cases(
            "-0.105", 3,
            right="-0.105 | -0,105 | −0.105 | –0,105 | —0.105 | - 0,105 | \u00a0−\u202f0,105  | -,105 | -.105 | -0,1050",
            wrong="0,105 | -0.15 | -105",
            unreadable="--0,105 | -0.1.05 | -0, 105 | 0,105- | ±0,105",
        ),
        *cases(
            "5", 0,
            right="5 | 5. | 5,0 | +5 | = 5 | (5) | [5]",
            wrong="-5 | 5.01",
            unreadable="5.. | 5) | (5 | five",
        ),
        *cases(
            "1234", 0,
            right="1234 | 1234,0",
            wrong="1,234 | 1.234",
            unreadable="1 234 | 1.234,0 | 1,234.0 | 1'234",
        ),
    ),
    "powers of ten": (
        *cases(
            "0.0012", 4,
            right=(
                "1.2e-3 | 1.2E-3 | 1.2·10^-3 | 1,2*10**-3 | 1.2×10⁻³ | 1,2x10^-3 | 1.2·10^{-3} | 1.2·10^(-3) | 12e-4 | "
                "0,12%"
            ),
            wrong="1.2e3 | 1.2·10^-2",
            unreadable="1.2e - 3 | 1.2 e-3 | 1.2·10^ | 1e999999999 | 10^-400",
        ),
        *cases(
            "0.1", 2,
            right="10% | 10 % | 1e-1 | 10^-1 | 0,1",
            wrong="10 | 1%",
            unreadable="10%% | %10 | 1/10%",
        ),
    ),
    "fractions": (
        *cases(
            "19/15", 2, ends=("1.256666", "1.276667"),
            right=(
                "1.27 | 1,27 | 1.26 | 19/15 | 19 / 15 | 38/30 | 1 4/15 | 1,2(6) | 1.2(6) | 1.26666666 | 3,8/3 | "
                "3,8:3 | 1.2666 | (1,5+1,4+0,9)/3 | 19÷15 | 19⁄15"
            ),
            wrong="1.3 | 1.28 | 15/19 | -19/15 | 1 1/15",
            unreadable="1 19/15 | 19/0 | 19//15 | /15 | 19/ | 1 4 15 | 1,2(6",
        ),
        *cases(
            "-19/15", 2,
            right="-1 4/15 | −1 4/15 | -19/15 | -(19/15) | 19/-15",
            wrong="1 4/15",
            unreadable="-1 -4/15",
        ),
        *cases(
            "3/2", 1,
            right="1½ | 1 ½ | 3/2 | 1 1/2 | ½·3 | ½+1",
            wrong="½",
            unreadable="½½ | ½1",
        ),
        *cases(
            "1/3", 2,
            right="0.(3) | 0,(3) | 1/3 | ⅓ | 0.33",
            wrong="0.3",
            unreadable="0.() | 0.(3",
        ),
    ),
    "names and chains": (
        *cases(
            "19/15", 2,
            right="L = 1,27 | L₁ ≈ 1,27 | ≈ 1,27 | ~1.27 | 19/15 = 1,27 | L = 3,8/3 ≈ 1,27 | loss=1.27",
            wrong="L = 1,4",
            unreadable="1,27 = 1,3 = 1,4 | L = | 1,27 = | = L | 1,27 = L | L 1,27 | 19/15 = 1,4",
        ),
        *cases(
            "3", 0,
            right="dL/dw0 = 3 | ∂f/∂w₀ = 3 | dW[0, 1] = 3 | e = 3 | d(x) = 3",
            wrong="∂f/∂z=-2",
            unreadable="2 = 3",
        ),
    ),
    "e, roots and logarithms": (
        *cases(
            "ln(2)", 2,
            right=(
                "ln 2 | ln2 | ln(2) | Ln 2 | -ln 0,5 | −ln(1/2) | 0,69 | ln 4 - ln 2 | ln(4)/2 | ln√4 | "
                "ln(e^2) - 2 + ln 2 | 0.7"
            ),
            wrong="lg 2 | ln 3 | -ln 2",
            unreadable="log 2 | log(2) | ln 4/2 | ln 2·1 | ln | ln 0 | ln(-2) | ln x | 2 ln 2 ln 2",
        ),
        *cases(
            "3*ln(2)", 2,
            right="3ln2 | 3·ln 2 | 3 ln 2 | 3*ln(2) | ln 8 | ln(2^3) | ln 2^3",
            wrong="ln 6",
            unreadable="3(ln 2) | ln 2·3",
        ),
        *cases(
            "1/(1+e**2)", 3,
            right=(
                "e^-2/(1+e^-2) | e^{-2}/(1+e^{-2}) | exp(-2)/(1+exp(-2)) | 1/(1+e^2) | 1/(1+e²) | σ(-2) | "
                "sigmoid(−2) | 1-σ(2) | 0,119"
            ),
            wrong="e^-2 | σ(2)",
            unreadable="1/(1+e^2 | e^ | 1/2e | e^^2 | σ | e^(10^6)",
        ),
        *cases(
            "2*sqrt(2)", 2,
            right="2√2 | 2·√2 | √8 | √(8) | 2sqrt(2) | 8^0,5 | √2·2 | 2^(3/2)",
            wrong="√2",
            unreadable="√(-8) | √ | √2e",
        ),
        *cases(
            "tanh(0.5)", 3,
            right="tanh(0.5) | th(0,5) | th 0,5 | (e-1)/(e+1) | 0.462",
            wrong="tanh(-0.5)",
            unreadable="tan(0.5) | th(0.5))",
        ),
        *cases(
            "pi", 2,
            right="π | pi | 3,14 | 2π/2",
            wrong="2π",
            unreadable="ππ | π2",
        ),
        *cases(
            "-4", 0,
            right="-2^2 | -2**2 | -(2^2) | -2² | -√16",
            wrong="(-2)^2",
            unreadable="-2(2) | 0^0 | 9**9**9 | __import__('os')",
        ),
    ),
    "rows and columns": (
        *cases(
            MEANS, 1,
            right=(
                "1.5 1.4 0.9 | 1,5 1,4 0,9 | 1.5, 1.4, 0.9 | 1,5, 1,4, 0,9 | 1.5,1.4,0.9 | 1,5; 1,4; 0,9 | "
                "1,5\n1,4\n0,9 | [1.5, 1.4, 0.9] | (1,5; 1,4; 0,9) | L = (1.5 1.4 0.9) | 3/2 7/5 9/10 | "
                "1 1/2, 1 2/5, 9/10 | [[1.5], [1.4], [0.9]]"
            ),
            wrong="1,5 1,4 0,7 | 0.9 1.4 1.5 | 1.5 1.4 | 1.5 1.4 0.9 1",
            unreadable="1.5 1.4 x | [1.5, 1.4, 0.9 | 1.5,, 0.9 | L₁ = 1.5; L₂ = 1.4; L₃ = 0.9",
        ),
        *cases(
            LOSSES, 2,
            right="ln 2, ln(9/2) | ln(2) ln(9/2) | ln 2; ln 9 - ln 2 | 0,69 1,5",
            wrong="ln 2, ln 9",
            unreadable="ln 2, ln 9/2 | ln 2 ln 9",
        ),
        *cases(
            ["1", "2"], 0,
            right="1 2 | 1,2 | 1, 2 | 1; 2 | 3-2 1+1 | 3 - 2, 2",
            wrong="12 | 2,1 | 1,2 2 | 3 -2 2",
            unreadable="1 ,2 | 1 2/3,4",
        ),
        *cases(
            [["2.5"], ["-1"]], 1,
            right="2,5 -1 | 2,5; -1 | 2.5\n-1 | [[2.5], [-1]] | [2.5, -1]",
            wrong="-1; 2,5",
            unreadable="2,5; ;-",
        ),
    ),
    "matrices": (
        *cases(
            SQUARE, 0,
            right=(
                "1 -2; 3 1 | 1 −2\n3 1 | 1, -2; 3, 1 | 1,-2;3,1 | [[1, -2], [3, 1]] | [[1,-2],[3,1]] | "
                "((1 -2) (3 1)) | [1 -2; 3 1] | [1 -2]\n[3 1] | [[1. -2.]\n [3. 1.]] | Z = [[1, -2], [3, 1]] | "
                "{{1, -2}, {3, 1}} | 1 -4/2; 6/2 1"
            ),
            wrong="1 3; -2 1 | 1 -2 3 1 | 1; -2; 3; 1 | 5 | 1 -2 0; 3 1 0",
            unreadable="1 -2; 3 | [[1, -2], [3, 1] | [[1, -2], [3, 1)] | 1 - 2; 3 1",
        ),
        *cases(
            [SQUARE, SQUARE], 0,
            right="[[[1, -2], [3, 1]], [[1, -2], [3, 1]]]",
            wrong="1 -2; 3 1",
            unreadable="[[[1, -2], [3, 1]], [[1], [3, 1]]]",
        ),
        *cases(
            [SQUARE], 0,
            right="1 -2; 3 1 | [[[1, -2], [3, 1]]]",
            wrong="1 -2",
        ),
        *cases(
            [["3"]], 0,
            right="3 | [3] | [[3]] | P = 3",
            wrong="3 0 | 4",
            unreadable="three",
        ),
        *cases(
            "3", 0,
            right="[3] | [[3]]",
            unreadable="3 4 | 3; 4 | [3, 4] | [[3, 4], [5, 6]]",
        ),
    ),
}
CASES = tuple(case for group in GROUPS.values() for case in group)


def verdict(case: Case) -> Verdict:
    """What becomes of a case's text: an array of another shape is wrong."""
    asked = freeze(case.asked)
    try:
        written = read(case.text, shape(asked))
    except Unreadable:
        return "unreadable"
    if shape(written.value) != shape(asked):
        return "wrong"
    pairs = zip(cells(written.value), cells(asked), strict=True)
    return "right" if all(_within(found, exact, case) for found, exact in pairs) else "wrong"


def _within(found: Fraction, exact: str, case: Case) -> bool:
    if case.ends:
        low, high = map(Fraction, case.ends)
        return low <= found <= high
    unit = Fraction(1, 10**case.decimals) if case.decimals else 0
    return abs(found - value(exact)) <= unit


def value(exact: str) -> Fraction:
    """What an exact text of ours comes to, by mpmath."""
    names = {"ln": mpmath.log, "e": mpmath.e, "sqrt": mpmath.sqrt, "tanh": mpmath.tanh, "pi": mpmath.pi}
    try:
        return Fraction(exact)
    except ValueError:
        with mpmath.workdps(50):
            return Fraction(mpmath.nstr(mpmath.mpf(eval(exact, names)), 45))


WORDS = {
    "en": (("asked", "accepted", "refused", "why"), "not what is asked", {name: name for name in GROUPS}),
    "ru": (
        ("требуется", "принимается", "не принимается", "почему"), "не то, что требуется",
        {
            "decimals": "десятичные числа", "powers of ten": "степени десяти", "fractions": "дроби",
            "names and chains": "имена и цепочки", "e, roots and logarithms": "e, корни и логарифмы",
            "rows and columns": "строки и столбцы", "matrices": "матрицы",
        },
    ),
}


def table(language: str = "en") -> str:
    """The cases as Markdown: a table for each group, accepted and refused answers side by side."""
    heads, _, names = WORDS[language]
    head = f"| {' | '.join(heads)} |\n|---|---|---|---|"
    tables = ("\n".join((f"### {names[name]}\n\n{head}", *_lines(group, language))) for name, group in GROUPS.items())
    return "\n\n".join(tables) + "\n"


def _lines(group: Sequence[Case], language: str) -> Iterator[str]:
    for asked, same in groupby(group, key=lambda case: case.asked):
        told = list(same)
        good = [case for case in told if case.verdict == "right"]
        pairs = zip_longest(good, [case for case in told if case.verdict != "right"])
        for first, (one, other) in zip((True, *(False for _ in told)), pairs, strict=False):
            shown = (_code(_plain(asked)) if first else "", _code(one.text) if one else "", _code(other.text) if other else "")
            yield f"| {' | '.join(shown)} | {_why(other, language) if other else ''} |"


def _why(case: Case, language: str) -> str:
    """Why a case is not accepted: the sentence that a student reads, or that it is another number."""
    try:
        read(case.text, shape(freeze(case.asked)))
    except Unreadable as reason:
        return say(language, reason.says, reason.values).replace("|", "\\|")
    return WORDS[language][1]


def _plain(asked: Any) -> str:
    return asked if isinstance(asked, str) else f"[{', '.join(map(_plain, asked))}]"


def _code(text: str) -> str:
    return f"`{text}`".replace("\n", " ⏎ ").replace("|", "\\|").replace("\u00a0", " ").replace("\u202f", " ")
