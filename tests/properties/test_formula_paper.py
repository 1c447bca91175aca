"""Formulas on paper: every bracket that is needed, no sign that could be misread."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given

from examgen.errors import InputError
from examgen.formula import latex, symbol
from examgen.render.notation import math as mathml
from tests.properties.formula_trees import POINT, exact, scalars

PAPER = {
    "1/(1+exp(-(w0*x0+w1*x1+w2)))": r"f = \frac{1}{1 + e^{-(w_{0} x_{0} + w_{1} x_{1} + w_{2})}}",
    "z = w0*x0 + w1*x1 + w2": r"z = w_{0} x_{0} + w_{1} x_{1} + w_{2}",
    "x*y": "f = x y",
    "2*x": "f = 2 x",
    "2*3": r"f = 2 \cdot 3",
    "x*2": r"f = x \cdot 2",
    "2*(x+y)": r"f = 2\,(x + y)",
    "2*(1/3)": r"f = 2 \cdot \frac{1}{3}",
    "(x+y)*z": r"f = (x + y)\,z",
    "z*(x+y)": r"f = z \cdot (x + y)",
    "(a+b)*(b+1)": r"f = (a + b) \cdot (b + 1)",
    "x*y*z": "f = x y z",
    "x*(y*z)": r"f = x \cdot (y z)",
    "x*y+max(z,w)": r"f = x y + \max(z, w)",
    "max(x)": r"f = \max(x)",
    "sum(x, axis=0)": r"f = \sum_{\mathrm{axis}\,0}(x)",
    "tanh(z)": r"f = \tanh(z)",
    "sigmoid(z)": r"f = \sigma(z)",
    "sigmoid(sigma)": r"f = \operatorname{sigmoid}(\sigma)",
    "relu(h)*x": r"f = \operatorname{ReLU}(h)\,x",
    "exp(x)*y": r"f = e^{x}\,y",
    "exp(x)*e": r"f = \exp(x)\,e",
    "log(x)**2": r"f = (\ln(x))^{2}",
    "exp(x)**2": r"f = (e^{x})^{2}",
    "sqrt(x+1)": r"f = \sqrt{x + 1}",
    "abs(x)": "f = |x|",
    "abs(x/y)": r"f = \left|\frac{x}{y}\right|",
    "(x/y)**2": r"f = \left(\frac{x}{y}\right)^{2}",
    "x/y*z": r"f = \frac{x}{y}\,z",
    "x*y/z": r"f = \frac{x y}{z}",
    "x/(y*z)": r"f = \frac{x}{y z}",
    "-x**2": "f = -x^{2}",
    "(-x)**2": "f = (-x)^{2}",
    "-(x+y)": "f = -(x + y)",
    "-(-x)": "f = -(-x)",
    "x-(y-z)": "f = x - (y - z)",
    "x-y-z": "f = x - y - z",
    "x+(y+z)": "f = x + (y + z)",
    "x - -2": "f = x - (-2)",
    "x + -y*z": "f = x + (-y z)",
    "-2*x": "f = -2 x",
    "x*-y": r"f = x \cdot (-y)",
    "x**y**z": "f = x^{y^{z}}",
    "(x**y)**z": "f = (x^{y})^{z}",
    "x**-1": "f = x^{-1}",
    "x0**2": "f = x_{0}^{2}",
    "1e-3*x": "f = 10^{-3} x",
    "2.5e3*x": r"f = 2.5 \cdot 10^{3} x",
    ".5*x": "f = 0.5 x",
    "x[0, 1]": "f = x_{0,1}",
    "w0[1]": "f = (w_{0})_{1}",
    "x.T": "f = x^{T}",
    "x@W1 + b1": "f = x W_{1} + b_{1}",
    "x@W*y": r"f = (x W) \cdot y",
    "-(x*y)@z": r"f = (-x \cdot y)\,z",
    "x@(y*z)": r"f = x\,(y \cdot z)",
    "alpha*score": r"f = \alpha\,\mathrm{score}",
    "alpha*x": r"f = \alpha x",
}


@pytest.mark.parametrize("text", PAPER)
def test_paper(text: str) -> None:
    """The formula as a sheet prints it, in LaTeX that the notation reads."""
    assert [PAPER[text]] == latex(text)
    assert mathml(latex(text)[0])


def test_paper_of_statements() -> None:
    """One line per statement."""
    assert ["q = x + y", "f = q z"] == latex("q = x + y; f = q * z")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", "x"), ("w0", "w_{0}"), ("h12", "h_{12}"), ("b1", "b_{1}"), ("sigma", r"\sigma"),
        ("alpha2", r"\alpha_{2}"),
        ("loss", r"\mathrm{loss}"), ("x_true", r"x_{\mathrm{true}}"), ("W_1", "W_{1}"), ("x1_a", "x_{1,a}"),
        ("lambda", r"\lambda"), ("_a", r"\mathrm{\_a}"), ("x1y", r"\mathrm{x1y}"),
    ],
)  # fmt: skip
def test_symbol(name: str, expected: str) -> None:
    """Names on paper: numbers as subscripts, Greek names as Greek letters, words upright."""
    assert expected == symbol(name)
    assert mathml(expected)


class Paper:
    """Reads back the arithmetic that a person reads off a sheet: fractions, powers, brackets, factors side by side."""

    TOKEN = re.compile(r"\\frac|\\cdot|\\,|\\left\(|\\right\)|[0-9.]+|[a-z]|[-+^(){}]")

    def __init__(self, text: str, data: Mapping[str, Fraction]) -> None:
        self.rest = [token.replace("\\left", "").replace("\\right", "") for token in self.TOKEN.findall(text)] + [""]
        self.data = data

    def take(self, *wanted: str) -> str:
        return self.rest.pop(0) if not wanted or self.rest[0] in wanted else ""

    def sum(self) -> Fraction:
        total = -self.product() if self.take("-") else self.product()
        while sign := self.take("+", "-"):
            total += self.product() * (1 if sign == "+" else -1)
        return total

    def product(self) -> Fraction:
        total = self.power()
        while self.rest[0] not in ("", "+", "-", ")", "}"):
            self.take("\\cdot", "\\,")
            total *= self.power()
        return total

    def power(self) -> Fraction:
        base = self.atom()
        return base ** int(self.group()) if self.take("^") else base

    def group(self) -> Fraction:
        self.take("{", "(")
        found = self.sum()
        self.take("}", ")")
        return found

    def atom(self) -> Fraction:
        if self.rest[0] == "(":
            return self.group()
        token = self.take()
        if token == "\\frac":
            above = self.group()
            return above / self.group()
        return self.data[token] if token in self.data else Fraction(token)


@given(scalars)
def test_paper_says_what_the_text_says(tree: ast.expr) -> None:
    """Read off the sheet, a formula has the value of its text: no bracket is missing."""
    assert exact(tree, POINT) == Paper(latex(ast.unparse(tree))[0].removeprefix("f = "), POINT).sum()


def test_paper_property_has_teeth() -> None:
    """Without its brackets a printed formula reads otherwise."""
    printed = latex("x - (y - z) * x")[0].removeprefix("f = ")
    bare = printed.replace("(", "").replace(")", "")
    assert Paper(printed, POINT).sum() == Fraction(13) != Paper(bare, POINT).sum()


def test_names_that_look_alike_are_refused() -> None:
    """Two names with one symbol would make a sheet nobody can solve."""
    with pytest.raises(InputError, match="look alike on paper"):
        latex("x1 + x_1")
