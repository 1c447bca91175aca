"""An expression of numbers, e, π, roots, logarithms and their like, worked out as it is read.

    sum = term {("+" | "-") term}
    term = [sign] (mixed number | per cent | factor {("*" | "/" | ":") [sign] factor | factor that touches a number})
    factor = primary [("^" | "**") [sign] factor | raised digits]
    primary = number | e | π | "(" sum ")" | function "(" sum ")" | function [sign] factor

What people read in two ways is refused and never guessed: `ln 9/2`, `1/2e`, `2(3)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from examgen.written import _numbers as numbers
from examgen.written._data import Unreadable, excerpt
from examgen.written._decimal import DEEPEST, SUPERSCRIPT, power_of_ten
from examgen.written._numbers import Number

NOT_A_NUMBER = '"%(text)s" is no number from "%(where)s" on: write one such as 1.27, 19/15 or ln(9/2).'
UNFINISHED = '"%(text)s" ends too early: write the number to its end.'
WORD = 'The word "%(word)s" is not known: write numbers, ln, lg, exp, sqrt, tanh, sigmoid, e or π.'
LOG = 'The base of "log" is not certain: write ln or lg.'
SIDE_BY_SIDE = 'Two numbers stand side by side in "%(text)s": write one number, with no space inside it.'
TWO_MARKS = '"%(text)s" has two decimal marks in one number: write 1234.5, with no mark for thousands.'
NO_SIGN = 'A sign is missing before "%(where)s" in "%(text)s": write * or another operation there.'
BEHIND_FUNCTION = '"%(text)s" can be read in two ways: write %(function)s(9/2) or (%(function)s 9)/2.'
TOUCHING = '"%(text)s" can be read in two ways: write * and brackets, as in (1/2)*e or 1/(2*e).'
SPACED_POWER = '"%(text)s" can be read in two ways: write 2*e - 3, or 2e-3 without spaces.'
BRACKETS = 'The brackets in "%(text)s" do not match: close each one that is opened.'
TOO_DEEP = 'Brackets, functions or powers lie too deep in "%(text)s": write it more simply.'

FUNCTIONS: Mapping[str, Callable[[Number], Number]] = {
    "ln": numbers.ln, "lg": numbers.lg, "exp": numbers.exp, "sqrt": numbers.sqrt, "√": numbers.sqrt,
    "tanh": numbers.tanh, "th": numbers.tanh, "sigmoid": numbers.sigmoid, "σ": numbers.sigmoid,
}
CONSTANTS: Mapping[str, Number] = {"e": numbers.E, "π": numbers.PI, "pi": numbers.PI}
CLOSING = {"(": ")", "[": "]", "{": "}"}
VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}
_KINDS = {
    "mixed": rf"\d+ +\d+ */ *\d+(?![\d.,])|\d+ *[{''.join(VULGAR)}]",
    "percent": r"(?:\d+[.,]?\d*|[.,]\d+) *%",
    "number": rf"\d+[.,]\d*\(\d+\)|[.,]\d+\(\d+\)|(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?|[{''.join(VULGAR)}]",
    "word": rf"[^\W\d_⁰¹²³⁴-⁹{''.join(VULGAR)}]+|√",
    "raised": SUPERSCRIPT,
    "sign": r"\*\*|[-+*/:^()\[\]{}]",
}
_TOKEN = re.compile(rf" *(?:{'|'.join(f'(?P<{kind}>{pattern})' for kind, pattern in _KINDS.items())})")
_TWO_MARKS = re.compile(r"[0-9][.,][0-9]+[.,][0-9]")
# `3 -2` is two numbers as likely as one
_SIDE_BY_SIDE = re.compile(r"(?:[^-+*/:^(\[{ A-Za-zσ√]|(?<![A-Za-z])e) +[-+](?! )")
_SPACED_POWER = re.compile(r"[0-9][.,]?(e( +[+-] *| *[+-] +)| +e *[+-] *)[0-9]")
_STARTS = ("mixed", "percent", "number", "word")


def expression(text: str) -> Number:
    """The number that an expression comes to. Raises: Unreadable."""
    for found, says in ((_TWO_MARKS, TWO_MARKS), (_SPACED_POWER, SPACED_POWER), (_SIDE_BY_SIDE, SIDE_BY_SIDE)):
        if found.search(text):
            raise Unreadable(says, {"text": excerpt(text)})
    if any(text.count(opening) != text.count(closing) for opening, closing in CLOSING.items()):
        raise Unreadable(BRACKETS, {"text": excerpt(text)})
    return _Reader(text).all()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


class _Reader:
    """One pass over the tokens of a text; `at` is the next one."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.tokens = self._tokens()

    def all(self) -> Number:
        found = self._sum()
        if self._next.kind != "end":
            self._unexpected()
        return found

    def _tokens(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise Unreadable(NOT_A_NUMBER, {"text": excerpt(self.text), "where": excerpt(self.text[at:])})
            kind = match.lastgroup or ""
            tokens.append(_Token(kind, match[kind], match.start(kind)))
            at = match.end()
        return [*tokens, _Token("end", "", at)]

    @property
    def _next(self) -> _Token:
        return self.tokens[self.at]

    def _took(self, *texts: str) -> str:
        """The next token where it is one of these signs, passed over; else nothing."""
        text = self._next.text
        if text not in texts:
            return ""
        self.at += 1
        return text

    def _sum(self) -> Number:
        total = self._term()
        while sign := self._took("+", "-"):
            term = self._term()
            total = numbers.add(total, term if sign == "+" else numbers.negate(term))
        return total

    def _term(self) -> Number:
        negative = self._took("+", "-") == "-"
        token = self._next
        if token.kind in ("mixed", "percent"):
            self.at += 1
            found: Number = self._mixed(token.text) if token.kind == "mixed" else _number(token.text.strip("% ")) / 100
        else:
            found = self._product()
        return numbers.negate(found) if negative else found

    def _product(self) -> Number:
        first, sign = self.at, ""
        found = self._factor()
        while True:
            if self._next.kind == "word" and self.at == first + 1 and self.tokens[first].kind == "number":
                if sign in ("/", ":"):
                    raise Unreadable(TOUCHING, {"text": excerpt(self.text)})
                found = numbers.multiply(found, self._factor())
            elif sign := self._took("*", "/", ":"):
                negative, first = self._took("+", "-") == "-", self.at
                factor = self._factor()
                factor = numbers.negate(factor) if negative else factor
                found = numbers.multiply(found, factor) if sign == "*" else numbers.divide(found, factor)
            else:
                return found

    def _factor(self) -> Number:
        found = self._primary()
        if self._next.kind == "raised":
            self.at += 1
            return numbers.power(found, Fraction(power_of_ten(self.tokens[self.at - 1].text)))
        if not self._took("^", "**"):
            return found
        return numbers.power(found, self._signed())

    def _signed(self) -> Number:
        """A factor that may have a sign, one level down: an exponent, or what a function without brackets is taken of."""
        self._deeper()
        negative = self._took("+", "-") == "-"
        found = self._factor()
        self.depth -= 1
        return numbers.negate(found) if negative else found

    def _primary(self) -> Number:
        token = self._next
        if token.kind == "number":
            self.at += 1
            return _number(token.text)
        if token.kind == "word":
            self.at += 1
            return self._word(token)
        if token.text not in CLOSING:
            self._unexpected()
        return self._bracket()

    def _bracket(self) -> Number:
        self._deeper()
        closing = CLOSING[self._next.text]
        self.at += 1
        found = self._sum()
        if not self._took(closing):
            self._unclosed()
        self.depth -= 1
        return found

    def _word(self, token: _Token) -> Number:
        word = token.text if len(token.text) == 1 else token.text.lower()
        if word in CONSTANTS:
            return CONSTANTS[word]
        if word == "log":
            raise Unreadable(LOG)
        if word not in FUNCTIONS:
            raise Unreadable(WORD, {"word": excerpt(token.text)})
        if self._next.text in CLOSING:
            return FUNCTIONS[word](self._bracket())
        found = FUNCTIONS[word](self._signed())
        signs = () if word == "√" else ("*", "/", ":")  # √2/2 has one reading, ln 9/2 has two
        if self._next.kind == "word" or self._next.text in (*signs, *CLOSING):
            raise Unreadable(BEHIND_FUNCTION, {"text": excerpt(self.text), "function": token.text})
        return found

    def _mixed(self, text: str) -> Fraction:
        """The number 1 4/15 is; `1 000/3` and `1 4/3` are none."""
        if text[-1] in VULGAR:
            return int(text[:-1]) + Fraction(VULGAR[text[-1]])
        whole, top, bottom = re.findall("[0-9]+", text)
        if top[0] == "0" or int(top) >= int(bottom):
            self._refuse(SIDE_BY_SIDE)
        return int(whole) + Fraction(int(top), int(bottom))

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            self._refuse(TOO_DEEP)

    def _unclosed(self) -> NoReturn:
        if self._next.kind == "end" or self._next.text in CLOSING.values():
            self._refuse(BRACKETS)
        self._unexpected()

    def _unexpected(self) -> NoReturn:
        """Why the next token cannot stand where it stands."""
        token, before = self._next, self.tokens[self.at - 1] if self.at else _Token("sign", "", 0)
        operand = before.kind != "sign" or before.text in CLOSING.values()
        if token.kind == "end" or (token.text in CLOSING.values() and not operand):
            self._refuse(UNFINISHED)
        if token.text in CLOSING.values():
            self._refuse(BRACKETS)
        if token.kind == "mixed" or (token.kind in ("number", "percent") and before.kind in ("number", "mixed", "percent")):
            self._refuse(SIDE_BY_SIDE)
        missing = operand and (token.kind in ("number", "word", "percent") or token.text in CLOSING)
        self._refuse(NO_SIGN if missing else NOT_A_NUMBER)

    def _refuse(self, says: str) -> NoReturn:
        raise Unreadable(says, {"text": excerpt(self.text), "where": excerpt(self.text[self._next.start :])})


def _number(text: str) -> Number:
    if text in VULGAR:
        return Fraction(VULGAR[text])
    plain, _, power = text.lower().replace(",", ".").partition("e")
    shift = Fraction(10) ** power_of_ten(power or "0")
    plain, _, period = plain.partition("(")
    whole, _, decimals = plain.partition(".")
    found = Fraction(int(whole + decimals or "0"), 10 ** len(decimals))
    if period:
        found += Fraction(int(period[:-1]), 10 ** len(decimals) * (10 ** len(period[:-1]) - 1))
    return numbers.bounded(found * shift)
