r"""Formulas as text: read into a graph, set in LaTeX.

The language: named statements `q = x + y; f = q * z` (`;` or a new line) or one expression, which is then named f;
`+ - * / ** @`, unary `-`, round brackets, numbers, exp log sqrt sin cos tanh sigmoid relu abs, max and min of two
operands, max min sum mean of one (axis=, keepdims=), `.T`, integer indices `x[0, -1]`.

A text is read once into a recipe in postfix order (`_grammar`); the graph (`_graph`) and the LaTeX (`_latex`) are loops
over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from examgen.errors import InputError
from examgen.formula._grammar import Recipe, Step, fail, follow, read
from examgen.formula._graph import GraphRules
from examgen.formula._latex import LatexRules, symbol
from examgen.formula._terms import term_latex, term_text
from examgen.graph import Builder, Graph, Shape
from examgen.model import Expression, Leaf, Term

__all__ = ["expression", "latex", "names", "parse", "symbol", "term_latex", "term_text"]


WRITTEN = {  # operands of what can stand in an expression of numbers alone
    **dict.fromkeys(("+", "-", "*", "/", "**", "max", "min"), 2),
    **dict.fromkeys(("neg", "exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "abs"), 1),
}


def parse(text: str, shapes: Mapping[str, Shape] | None = None) -> Graph:
    """The graph of a formula: its inputs first, then one node per operation; the last statement is the output.

    Shapes: inputs are scalars, in order of first use, unless `shapes` is given; then they stand in its order, and what
    the formula does not use is left out.
    Conventions: a number, or an expression of numbers alone, is one exact constant; everything else stays as written.
    `x**c` with a constant c (numbers, or a name bound to them) is the op pow; with any other exponent y it is
    exp(y * log(x)). A statement that only renames x is 1 * x.
    Raises: InputError, with the column, for what is not in the language, unbound names where `shapes` is given, and
    sizes over the limits; ShapeError where shapes do not fit.
    """
    recipe = read(text)
    builder = Builder()
    for name, dims in _inputs(recipe, shapes).items():
        builder.input(name, dims)
    rules = GraphRules(recipe.text, builder)
    for statement in recipe.statements:
        rules.add(statement)
    return builder.build(recipe.statements[-1].name)


def expression(text: str) -> Expression:
    """A text of numbers alone, without names and arrays, as an expression in which what is rational is one number.

    Raises: InputError, as `parse` does, and for names and what works on arrays.
    """
    recipe = read(text)
    rules = GraphRules(recipe.text, Builder())

    def apply(step: Step, *args: Expression) -> Expression:
        if step.do == "number":
            return Leaf(Fraction(step.what))
        if step.do not in WRITTEN or step.arity != WRITTEN[step.do]:
            fail(recipe.text, step.at, "this is not of numbers alone: leave names and arrays out")
        numbers = [arg.value for arg in args if isinstance(arg, Leaf)]
        if len(numbers) == len(args) and (value := rules.folded(step, *numbers)) is not None:
            return Leaf(value)
        if step.do == "**" and isinstance(args[1], Leaf):
            rules.check_exponent(step, args[1].value)
        return Term(step.do, args)

    return follow(recipe.statements[-1], apply)


def names(text: str) -> tuple[str, ...]:
    """The names a formula takes data for, in order of first use. Raises InputError for what cannot be read."""
    return tuple(read(text).inputs)


def latex(text: str) -> list[str]:
    r"""Each statement as LaTeX: `z = w_{0} x_{0} + b`; a single expression as `f = …`.

    Conventions: log is \ln, exp a power of e, sigmoid σ (\exp and a word where the formula has a name e or sigma);
    brackets as the precedence asks, written groups kept; factors stand side by side, with a dot where that could be
    misread: before numbers, fractions and brackets, and between names where the formula has matrix products.
    Raises: InputError for what cannot be read, and where two names look alike on paper (x1 and x_1).
    """
    recipe = read(text)
    seen: dict[str, str] = {}
    for name in [*recipe.inputs, *(statement.name for statement in recipe.statements)]:
        if (other := seen.setdefault(symbol(name), name)) != name:
            raise InputError(f"the names {other!r} and {name!r} look alike on paper: rename one")
    matrices = any(step.do in ("@", "T") for statement in recipe.statements for step in statement.steps)
    rules = LatexRules(frozenset(seen.values()), matrices)
    return [f"{symbol(statement.name)} = {follow(statement, rules.apply).text}" for statement in recipe.statements]


def _inputs(recipe: Recipe, shapes: Mapping[str, Shape] | None) -> dict[str, Shape]:
    if shapes is None:
        return dict.fromkeys(recipe.inputs, ())
    for name, at in recipe.inputs.items():
        if name not in shapes:
            fail(recipe.text, at, f"unbound name {name!r}: give it a value or bind it in an earlier statement")
    for statement in recipe.statements:
        if statement.name in shapes:
            fail(recipe.text, statement.at, f"the name {statement.name!r} is bound here and given too: rename one")
    used = {name: tuple(dims) for name, dims in shapes.items() if name in recipe.inputs}
    for name, dims in used.items():
        if any(length < 1 for length in dims):
            raise InputError(f"the input {name!r} has shape {dims}: every length must be at least 1")
    return used
