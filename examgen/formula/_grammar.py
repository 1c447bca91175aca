"""The grammar: a formula's text read once into a recipe in postfix order.

It is our own and not Python's: numbers stay exact as written, every complaint knows its place, and no input reaches a
compiler or its limits. It binds as in Python: `-x**2` is -(x²), `2**-1` is 1/2, powers from the right, all else from
the left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from examgen.errors import InputError

Result = TypeVar("Result")

LENGTH = 10_000  # characters of a text
DEPTH = 100  # brackets in brackets, and operations in operations
DIGITS = 50  # of a number, written out
NAME = 40  # characters of a name
AXES = 8  # integers of an index or axis=
OUTPUT = "f"  # the name of a single expression

REDUCTIONS = frozenset(("max", "min", "sum", "mean"))
ARITY = {
    **dict.fromkeys(("exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs", "sum", "mean"), (1,)),
    **dict.fromkeys(("max", "min"), (1, 2)),
}
RESERVED = frozenset(ARITY) | {"True", "False", "None"}
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "neg": 3, "**": 4}
REMEDY = {
    "^": "write ** for a power",
    "//": "write / for a quotient",
    **dict.fromkeys(("−", "–"), "write - for minus"),
    **dict.fromkeys(("×", "·", "⋅", "∗"), "write * for a product"),
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), "leave the comparison out, it is not part of the language"),
    ":": "write single integers as indices, such as x[0, 1]",
    "|": "write abs(x)",
}
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<other>//|[=!<>]=)|(?P<symbol>\*\*|[-+*/@()\[\],=;.\n])|(?P<space>[ \t\r\f]+)|(?P<unknown>.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Step:
    """One instruction in postfix order: takes `arity` results, gives one.

    `do` is number, name, a sign of BINDING, T, index or a function; `what` the number, name, index or (axes, keepdims).
    """

    do: str
    arity: int
    at: int
    what: Any = None


@dataclass(frozen=True)
class Statement:
    name: str
    at: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Recipe:
    text: str
    statements: tuple[Statement, ...]
    inputs: dict[str, int]  # name -> where it stands first


def read(text: str) -> Recipe:
    """The recipe of a text. Raises InputError, with the column, for what is not in the language or over its limits."""
    if not isinstance(text, str):
        raise InputError(f"a formula is text, not {type(text).__name__}: write it in quotes")
    if len(text) > LENGTH:
        raise InputError(f"the formula has {len(text)} characters: at most {LENGTH} are read")
    return _read(text)


def follow(statement: Statement, apply: Callable[..., Result]) -> Result:
    """What `apply(step, *results)` makes of a statement, step by step."""
    stack: list[Result] = []
    for step in statement.steps:
        start = len(stack) - step.arity
        stack[start:] = [apply(step, *stack[start:])]
    return stack[0]


def place(text: str, at: int) -> str:
    """Where a character stands, in words, counted from 1."""
    column = f"column {at - text.rfind(chr(10), 0, at)}"
    return f"formula, line {text.count(chr(10), 0, at) + 1}, {column}" if "\n" in text else f"formula, {column}"


def fail(text: str, at: int, message: str) -> NoReturn:
    raise InputError(f"{place(text, at)}: {message}")


@lru_cache(maxsize=256)
def _read(text: str) -> Recipe:
    statements = _Reader(text).statements()
    bound: set[str] = set()
    inputs: dict[str, int] = {}
    for statement in statements:
        for step in statement.steps:
            if step.do == "name" and step.what not in bound:
                inputs.setdefault(step.what, step.at)
        if statement.name in bound:
            fail(text, statement.at, f"the name {statement.name!r} is bound twice: every name takes one value")
        if statement.name in inputs:
            hint = " (an expression without a name is called f)" if statement.name == OUTPUT else ""
            fail(text, inputs[statement.name], f"{statement.name!r} is used before it has a value{hint}: rename it")
        bound.add(statement.name)
    return Recipe(text, tuple(statements), inputs)


def _tokens(text: str) -> Iterator[_Token]:
    """The text's tokens and an end; a new line inside brackets is a space, outside it ends a statement."""
    open_brackets = 0
    for match in _TOKEN.finditer(text):
        kind, what, at = str(match.lastgroup), match[0], match.start()
        if kind in ("other", "unknown"):
            meant = "use Latin names, numbers, + - * / ** @, brackets, commas and ="
            fail(text, at, f"{what!r} cannot stand in a formula: {REMEDY.get(what, meant)}")
        if kind == "name" and len(what) > NAME:
            fail(text, at, f"a name has at most {NAME} characters: shorten it")
        open_brackets += (what in ("(", "[")) - (what in (")", "]"))
        if what == "\n" and open_brackets <= 0:
            yield _Token("symbol", ";", at)
        elif kind != "space" and what != "\n":
            yield _Token(kind, what, at)
    yield _Token("end", "", len(text))


def _bounded(text: str, number: _Token) -> None:
    mantissa, _, exponent = number.text.lower().partition("e")
    shift = exponent.lstrip("+-").lstrip("0")
    if len(mantissa) > DIGITS + 1 or len(shift) > 4 or len(mantissa.replace(".", "")) + int(shift or 0) > DIGITS:
        fail(text, number.at, f"a number has at most {DIGITS} digits written out: round it")


class _Reader:
    """Text to postfix steps: operators by precedence with a stack of those that wait, brackets by recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.here = 0
        self.brackets = 0
        self.steps: list[Step] = []
        self.levels: list[int] = []  # how deep each result on the stack is

    @property
    def token(self) -> _Token:
        return self.tokens[self.here]

    def is_binding(self) -> bool:
        """Whether a name and `=` come next."""
        return self.token.kind == "name" and self.tokens[self.here + 1].text == "="

    def next(self) -> _Token:
        self.here += 1
        return self.tokens[self.here - 1]

    def take(self, text: str) -> bool:
        taken = self.token.text == text
        self.here += taken
        return taken

    def expect(self, text: str) -> None:
        if not self.take(text):
            self.unexpected(f"put {text!r} here")

    def unexpected(self, remedy: str) -> NoReturn:
        found = repr(self.token.text[:NAME]) if self.token.text and self.text[self.token.at] != "\n" else "end"
        fail(self.text, self.token.at, f"unexpected {found}: {remedy}")

    def emit(self, do: str, arity: int, at: int, what: Any = None) -> None:
        first, *rest = self.levels[len(self.levels) - arity :] if arity else [0]
        chained = do in ("+", "-", "*", "@")  # a long sum is not deep
        level = max([first, *(n + 1 for n in rest)]) if chained else max([first, *rest]) + (arity > 0)
        if level > DEPTH:
            fail(self.text, at, f"more than {DEPTH} operations inside one another: name parts of the formula")
        self.levels[len(self.levels) - arity :] = [level]
        self.steps.append(Step(do, arity, at, what))

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        unnamed: list[int] = []
        while self.token.kind != "end":
            if self.take(";"):
                continue
            at, name, self.steps, self.levels = self.token.at, OUTPUT, [], []
            if self.is_binding():
                name = self.next().text
                self.expect("=")
                if name in RESERVED:
                    fail(self.text, at, f"{name!r} is a reserved word: choose another name")
            else:
                unnamed.append(at)
            self.expression()
            if self.token.text not in ("", ";"):
                self.unexpected(self.separator())
            found.append(Statement(name, at, tuple(self.steps)))
        if unnamed and len(found) > 1:
            fail(self.text, unnamed[0], "this statement has no name: write name = expression")
        if not found:
            raise InputError("the formula is empty: write an expression such as x * y + z")
        return found

    def separator(self) -> str:
        """What to do about a token that cannot follow an operand."""
        if self.token.text == "=":
            return "only a name can stand before =, once in a statement"
        if self.token.text == "." or self.token.text in (")", "]", ","):
            return "remove it or complete what it belongs to"
        return "put an operator or ; before it, the product is *"

    def expression(self) -> None:
        waiting: list[_Token] = []
        while True:
            while self.token.text == "-":
                waiting.append(_Token("sign", "neg", self.next().at))
            self.operand()
            sign = self.token
            if sign.text not in BINDING or sign.kind != "symbol":
                break
            least = BINDING[sign.text] + (sign.text == "**")
            while waiting and BINDING[waiting[-1].text] >= least:
                self.apply(waiting.pop())
            waiting.append(self.next())
        while waiting:
            self.apply(waiting.pop())

    def apply(self, sign: _Token) -> None:
        self.emit(sign.text, 1 if sign.text == "neg" else 2, sign.at)

    def operand(self) -> None:
        token = self.token
        if token.kind == "number":
            _bounded(self.text, token)
            self.emit("number", 0, token.at, self.next().text)
        elif token.kind == "name":
            self.name(self.next())
        elif self.take("("):
            self.inside(token)
            self.expect(")")
        else:
            self.unexpected("a number, a name or an expression is missing before it")
        while (mark := self.token).text in (".", "["):
            self.next()
            if mark.text == ".":
                if not self.take("T"):
                    self.unexpected("the only attribute is .T, functions are written as exp(x)")
                self.emit("T", 1, mark.at)
            else:
                self.emit("index", 1, mark.at, self.integers("]"))

    def inside(self, bracket: _Token) -> None:
        self.brackets += 1
        if self.brackets > DEPTH:
            fail(self.text, bracket.at, f"more than {DEPTH} brackets inside one another: name parts of the formula")
        self.expression()
        self.brackets -= 1

    def name(self, token: _Token) -> None:
        if self.token.text == "(":
            if token.text not in ARITY:
                known = ", ".join(ARITY)
                fail(self.text, token.at, f"unknown function {token.text!r}: write * for a product or use {known}")
            self.next()
            self.call(token)
        elif token.text in RESERVED:
            fail(self.text, token.at, f"{token.text!r} is a reserved word: call it if it is a function, or rename it")
        else:
            self.emit("name", 0, token.at, token.text)

    def call(self, function: _Token) -> None:
        count = 0
        options: dict[str, Any] = {}
        while not self.take(")"):
            if self.is_binding():
                options.update([self.option(options)])
            else:
                self.inside(function)
                count += 1
            if self.token.text != ")":
                self.expect(",")
        if count not in ARITY[function.text]:
            allowed = "one or two arguments" if len(ARITY[function.text]) > 1 else "one argument"
            hint = "an axis is given as axis=0" if function.text in REDUCTIONS else "correct the call"
            fail(self.text, function.at, f"{function.text} takes {allowed}, not {count}: {hint}")
        if options and (function.text not in REDUCTIONS or count > 1):
            fail(self.text, function.at, "only max, min, sum, mean of one argument take axis= and keepdims=: remove it")
        self.emit(function.text, count, function.at, (options.get("axis"), options.get("keepdims", False)))

    def option(self, before: Mapping[str, Any]) -> tuple[str, Any]:
        """`axis=` an integer or a tuple of them, or `keepdims=` True or False."""
        if self.token.text in before or self.token.text not in ("axis", "keepdims"):
            self.unexpected("the options are axis= and keepdims=, each once")
        key = self.next().text
        self.expect("=")
        if key == "axis":
            return key, self.integers(")") if self.take("(") else (self.integer(),)
        if self.token.text not in ("True", "False"):
            self.unexpected("keepdims is True or False")
        return key, self.next().text == "True"

    def integers(self, close: str) -> tuple[int, ...]:
        """Integers up to the closing bracket."""
        found = [self.integer()]
        while not self.take(close):
            self.expect(",")
            if len(found) == AXES:
                self.unexpected(f"at most {AXES} integers stand here")
            if self.token.text != close:
                found.append(self.integer())
        return tuple(found)

    def integer(self) -> int:
        sign = -1 if self.take("-") else 1
        if not self.token.text.isdigit() or len(self.token.text) > DIGITS:
            self.unexpected("an integer must stand here, such as 0 or -1")
        return sign * int(self.next().text)
