r"""A recipe's steps as LaTeX, the way the formula stands on a sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from examgen.formula._grammar import REDUCTIONS, Step

GREEK = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
        "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)
# how tightly a piece holds together: what is looser than its place asks for gets brackets
SUM, NEGATIVE, PRODUCT, FRACTION, POWER, SUBSCRIPTED, ATOM = range(7)
CALLED = {
    "exp": "\\exp", "log": "\\ln", "sin": "\\sin", "cos": "\\cos", "tanh": "\\tanh", "sigmoid": "\\sigma",
    "max": "\\max", "min": "\\min", "sum": "\\sum", "mean": "\\operatorname{mean}", "relu": "\\operatorname{ReLU}",
}


@dataclass(frozen=True)
class Piece:
    """LaTeX of a result. `plain` pieces stand side by side without a thin space; `sign` is the sign of a product."""

    text: str
    level: int = ATOM
    plain: bool = False
    sign: str = ""


def symbol(name: str) -> str:
    r"""One name as LaTeX: w0 is w_{0}, h12 is h_{12}, sigma is \sigma, x_true is x_{\mathrm{true}}."""
    match = re.fullmatch(r"([A-Za-z]+)([0-9]*)((?:_[A-Za-z0-9]+)*)", name)
    if not match:
        return _upright(name)
    letters, digits, rest = match.groups()
    base = f"\\{letters}" if letters in GREEK else _upright(letters)
    below = [digits] * bool(digits) + [_upright(part) for part in rest.split("_")[1:]]
    return f"{base}_{{{','.join(below)}}}" if below else base


def _upright(word: str) -> str:
    """A word in upright letters; single letters are variables and numbers are numbers."""
    if word.isdigit() or (len(word) == 1 and word.isalpha()):
        return word
    return f"\\mathrm{{{word}}}".replace("_", "\\_")


def bracketed(text: str, left: str = "(", right: str = ")") -> str:
    return f"\\left{left}{text}\\right{right}" if "\\frac" in text else f"{left}{text}{right}"


def held(piece: Piece, level: int) -> str:
    """The piece's text, in brackets where it holds less tightly than the level."""
    return piece.text if piece.level >= level else bracketed(piece.text)


class LatexRules:
    r"""One rule per kind of step. `names` are the formula's; with `matrices` a product of names side by side is `@`."""

    def __init__(self, names: frozenset[str], matrices: bool) -> None:
        self.names = names
        self.matrices = matrices

    def apply(self, step: Step, *pieces: Piece) -> Piece:
        if step.do == "number":
            return number(step.what)
        if step.do == "name":
            return name(step.what)
        if step.do in ("+", "-"):
            left, right = pieces
            return Piece(f"{left.text} {step.do} {held(right, PRODUCT)}", SUM)
        if step.do == "neg":
            return Piece(f"-{held(pieces[0], PRODUCT)}", NEGATIVE, pieces[0].plain, pieces[0].sign)
        if step.do == "/":
            return Piece(f"\\frac{{{pieces[0].text}}}{{{pieces[1].text}}}", FRACTION)
        if step.do in ("*", "@"):
            return self.product(step.do, *pieces)
        return self.postfix(step, *pieces)

    def postfix(self, step: Step, *pieces: Piece) -> Piece:
        base = pieces[0]
        if step.do == "**":
            return Piece(f"{held(base, SUBSCRIPTED)}^{{{pieces[1].text}}}", POWER, base.plain)
        if step.do == "T":
            return Piece(f"{held(base, SUBSCRIPTED)}^{{T}}", POWER, base.plain)
        if step.do == "index":
            return Piece(f"{held(base, ATOM)}_{{{','.join(map(str, step.what))}}}", SUBSCRIPTED, base.plain)
        return self.call(step, *pieces)

    def call(self, step: Step, *pieces: Piece) -> Piece:
        inside = ", ".join(piece.text for piece in pieces)
        if step.do == "exp" and "e" not in self.names:
            return Piece(f"e^{{{inside}}}", POWER)
        if step.do == "sqrt":
            return Piece(f"\\sqrt{{{inside}}}", FRACTION)
        if step.do == "abs":
            return Piece(bracketed(inside, "|", "|"))
        word = "\\operatorname{sigmoid}" if step.do == "sigmoid" and "sigma" in self.names else CALLED[step.do]
        if step.do in REDUCTIONS and step.what[0] is not None:
            word += f"_{{\\mathrm{{axis}}\\,{','.join(map(str, step.what[0]))}}}"
        return Piece(word + bracketed(inside), FRACTION)

    def product(self, sign: str, left: Piece, right: Piece) -> Piece:
        numeric = right.text[0].isdigit() or is_number(left)
        # a mixed chain of elementwise and matrix products is not associative
        mixed = left.sign not in ("", sign) and self.matrices
        before = bracketed(left.text) if mixed else held(left, NEGATIVE)
        after = held(right, FRACTION)
        spaced = left.plain and right.plain and (before, after) == (left.text, right.text)
        # x(y) reads as a call, 2 1/3 as a mixed number
        misread = after.startswith("\\frac") or (after.startswith(("(", "\\left(")) and not is_number(left))
        if after[0].isdigit() or (sign == "*" and (misread or (self.matrices and not numeric))):
            joint = " \\cdot "
        else:
            joint = " " if spaced else "\\,"
        return Piece(before + joint + after, min(left.level, PRODUCT) if not mixed else PRODUCT, spaced, sign)


def is_number(piece: Piece) -> bool:
    return re.fullmatch(r"-?[0-9.]+", piece.text) is not None


def number(text: str) -> Piece:
    """A number as written; one in e-notation as a power of ten."""
    mantissa, _, exponent = text.lower().partition("e")
    digits = mantissa.rstrip(".") if "." in mantissa else mantissa
    digits = f"0{digits}" if digits.startswith(".") else digits
    if not exponent:
        return Piece(digits, plain=True)
    power = f"10^{{{int(exponent)}}}"
    return Piece(power, POWER, True) if digits == "1" else Piece(f"{digits} \\cdot {power}", PRODUCT, True, "*")


def name(text: str) -> Piece:
    return Piece(symbol(text), SUBSCRIPTED if "_" in symbol(text) else ATOM, "\\mathrm" not in symbol(text))
