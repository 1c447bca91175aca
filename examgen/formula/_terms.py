"""Expressions over numbers as LaTeX, in the notation of formulas, and as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce

from examgen.formula._grammar import Step
from examgen.formula._latex import ATOM, FRACTION, NEGATIVE, POWER, PRODUCT, SUBSCRIPTED, SUM, LatexRules, Piece, held
from examgen.model import Expression, Leaf, Term

Shown = Callable[[Fraction], str]  # a number as digits, with a plain minus and a point
Named = Callable[[str], str]  # a LaTeX name as it is to stand there

BARE = "bare"
_RULES = LatexRules(frozenset(), matrices=False)
_SLOPES = {"step": ("[", " > 0]"), "sign": (r"\operatorname{sign}(", ")"), "floor": (r"\lfloor ", r"\rfloor ")}


def term_latex(expression: Expression, shown: Shown, *, symbols: bool) -> str:
    """LaTeX of an expression: with `symbols` over the names of its leaves, else over their numbers."""
    return _latex(expression, shown, symbols).text


def _latex(expression: Expression, shown: Shown, symbols: bool) -> Piece:
    if isinstance(expression, Leaf):
        return _latex_leaf(expression, shown, symbols)
    pieces = [_latex(arg, shown, symbols) for arg in expression.args]
    do = expression.do
    if do == "+":
        return reduce(_plus, pieces)
    if do == "*":
        return reduce(_times, pieces)
    if do == "neg" and pieces[0].level == NEGATIVE:  # -(-2), not --2
        return Piece(f"-({pieces[0].text})", NEGATIVE)
    if do in _SLOPES:
        left, right = _SLOPES[do]
        return Piece(f"{left}{pieces[0].text}{right}")
    if do == "share":
        return Piece(f"[{pieces[0].text} > {pieces[1].text}]")
    if do in ("largest", "smallest"):
        extreme = "max" if do == "largest" else "min"
        return Piece(rf"[{pieces[0].text} = \{extreme}({', '.join(piece.text for piece in pieces)})]")
    return _RULES.apply(Step(do, len(pieces), 0, (None, False)), *pieces)


def _plus(left: Piece, right: Piece) -> Piece:
    """A sum; a number that is negative of itself, not by what was put in for a name, is taken away."""
    if right.level == NEGATIVE and right.sign == BARE:
        return _RULES.apply(Step("-", 2, 0), left, Piece(right.text[1:]))
    return _RULES.apply(Step("+", 2, 0), left, right)


PARTIAL = r"\partial"


def _times(left: Piece, right: Piece) -> Piece:
    """A product: names side by side, numbers with a dot between them."""
    numbers = left.text.strip("(-")[:1].isdigit() or right.text.strip("(-")[:1].isdigit()
    if numbers or PARTIAL in left.text + right.text:  # which could be read on: the derivative with respect to a product
        return Piece(rf"{held(left, NEGATIVE)} \cdot {held(right, FRACTION)}", _product_level(left), sign="*")
    return _RULES.apply(Step("*", 2, 0), left, right)


def _product_level(first: Piece) -> int:
    """A product or quotient that begins with a minus is held as what is negative; a sum at its head has brackets."""
    return NEGATIVE if first.level == NEGATIVE else PRODUCT


def _latex_leaf(leaf: Leaf, shown: Shown, symbols: bool) -> Piece:
    if symbols and leaf.symbol:
        return Piece(leaf.symbol, _symbol_level(leaf.symbol), True)
    digits = shown(Fraction(leaf.value))
    if "cdot" in digits:
        return Piece(digits, PRODUCT if digits[0] != "-" else NEGATIVE, sign="*")
    return Piece(digits, NEGATIVE if digits.startswith("-") else ATOM, True, "" if leaf.symbol else BARE)


def _symbol_level(symbol: str) -> int:
    if symbol.startswith((r"\partial", r"\max", "\\min")):
        return FRACTION
    return POWER if "^" in symbol else SUBSCRIPTED if "_" in symbol else ATOM


def term_text(expression: Expression, shown: Shown, named: Named | None = None) -> str:
    """The expression for a terminal, over numbers; over the names of its leaves where `named` says how they are written."""
    return _text(expression, shown, named).text


_INFIX = {"+": (SUM, " + "), "-": (SUM, " − "), "*": (PRODUCT, " · "), "/": (PRODUCT, " / ")}
_CALLS = {"exp": "exp", "log": "ln", "sigmoid": "σ"}


def _text(expression: Expression, shown: Shown, named: Named | None) -> Piece:
    if isinstance(expression, Leaf):
        if named is not None and expression.symbol:
            return Piece(named(expression.symbol), _symbol_level(expression.symbol))
        digits = shown(Fraction(expression.value)).replace("-", "−")
        level = NEGATIVE if digits.startswith("−") else PRODUCT if "·" in digits else ATOM
        return Piece(digits, level, sign="" if expression.symbol else BARE)
    return _joined(expression, [_text(arg, shown, named) for arg in expression.args])


def _joined(term: Term, pieces: list[Piece]) -> Piece:
    inside = ", ".join(piece.text for piece in pieces)
    if term.do in _INFIX:
        level, sign = _INFIX[term.do]
        # what stands to the right of a minus or a quotient binds more tightly than what stands to its left
        tight = level + 1 if level == PRODUCT and term.do == "/" else level + (level == SUM)
        first, *rest = pieces
        text = held(first, min(level, NEGATIVE))
        for piece in rest:
            taken_away = term.do == "+" and piece.level == NEGATIVE and piece.sign == BARE
            held_piece = held(piece, max(tight, PRODUCT if level == SUM else FRACTION))
            text += f" − {piece.text[1:]}" if taken_away else f"{sign}{held_piece}"
        return Piece(text, level if level == SUM else _product_level(first))
    if term.do == "neg":
        return Piece(f"−{held(pieces[0], PRODUCT)}", NEGATIVE)
    if term.do == "**":
        return Piece(f"{held(pieces[0], SUBSCRIPTED)}^{held(pieces[1], ATOM)}", POWER)
    if term.do == "step":
        return Piece(f"[{pieces[0].text} > 0]")
    if term.do == "share":
        return Piece(f"[{pieces[0].text} > {pieces[1].text}]")
    if term.do in ("largest", "smallest"):
        return Piece(f"[{pieces[0].text} = {'max' if term.do == 'largest' else 'min'}({inside})]")
    if term.do == "floor":
        return Piece(f"⌊{inside}⌋")
    if term.do == "abs":
        return Piece(f"|{inside}|")
    return Piece(f"{_CALLS.get(term.do, term.do)}({inside})")
