"""A formula in words that can be said aloud, in the language of the paper, so that it can be written down again exactly.

Whatever is more than one sign long has a said end: a fraction, an index, a power. Capital letters are called so. Only the
invisible is silent: spaces, and that a function is applied to what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from xml.etree.ElementTree import Element

from examgen.render.language import say

SIGNS = {
    "=": "equals", "≠": "is not equal to", "<": "is less than", ">": "is greater than", "≤": "is less than or equal to",
    "≥": "is greater than or equal to", "≈": "is about", "→": "goes to", "∈": "is an element of", "+": "plus", "−": "minus",
    "-": "minus", "±": "plus or minus", "×": "times", "·": "times", "∘": "times cell by cell", "/": "divided by",
    "÷": "divided by", ",": "comma", ";": "semicolon", "(": "open bracket", ")": "close bracket", "[": "open square bracket",
    "]": "close square bracket", "{": "open brace", "}": "close brace", "|": "vertical bar", "∑": "the sum", "∏": "the product",
    "'": "prime", "⊤": "transposed", "∂": "partial", "∇": "nabla", "…": "and so on", "!": "factorial", "∞": "infinity",
    "⌊": "open floor bracket", "⌋": "close floor bracket",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta", "θ": "theta", "λ": "lambda", "μ": "mu",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ω": "omega", "√": "square root",
}
PRIME = "'"  # a derivative's
CAPITAL = "capital %(letter)s"
FRACTION = "fraction: %(above)s over %(below)s, end of fraction"
DERIVATIVE = "partial derivative of %(above)s with respect to %(below)s"
INDEX, LONG_INDEX = "%(base)s sub %(index)s", "%(base)s sub %(index)s, end of index"
POWER, LONG_POWER = "%(base)s to the power %(power)s", "%(base)s to the power %(power)s, end of power"
OVER, FROM = "%(base)s over %(below)s of", "%(base)s from %(below)s to %(above)s of"
ROOT = "square root of %(inside)s, end of root"
MATRIX, ROW = "matrix: %(rows)s, end of matrix", "row %(number)s: %(cells)s"
MESSAGES = (
    *SIGNS.values(), CAPITAL, FRACTION, DERIVATIVE, INDEX, LONG_INDEX, POWER, LONG_POWER, OVER, FROM, ROOT, MATRIX, ROW,
)
GROUPS = frozenset(("math", "mrow", "mstyle", "mpadded", "semantics"))
SCRIPTS = {"msub": (INDEX, LONG_INDEX, "index"), "msup": (POWER, LONG_POWER, "power")}
LIMITS = {"munder": (OVER, ("base", "below")), "munderover": (FROM, ("base", "below", "above"))}


def spoken(math: Element, language: str) -> str:
    """The words for a <math> element."""
    words = _row([math], lambda message, **values: say(language, message, values))
    return re.sub(r"\s+(?=[,:.])", "", " ".join(words.split()))


Say = Callable[..., str]


def _row(elements: Sequence[Element], say: Say, *, index: bool = False) -> str:
    """Signs one after another, a derivative as one, and a number with a decimal comma too; an index is a list."""
    parts = [part for element in elements for part in _flat(element)]
    said = []
    while parts:
        if (two := _derivative(parts[:5])) is not None:
            said.append(say(DERIVATIVE, above=_one(two[0], say), below=_one(two[1], say)))
            parts = parts[5:]
        elif not index and _decimal(parts[:3]):
            said.append("".join(map(_text, parts[:3])))
            parts = parts[3:]
        else:
            said.append(_one(parts.pop(0), say))
    return " ".join(filter(None, said))


def _flat(element: Element) -> Iterator[Element]:
    """The parts of a row, groups opened, what is invisible left out."""
    if _kind(element) in GROUPS:
        for child in element:
            yield from _flat(child)
    elif len(element) or _text(element):
        yield element


def _derivative(parts: Sequence[Element]) -> tuple[Element, Element] | None:
    """The two parts of ∂x/∂y, where these five are one."""
    signs = [_text(part) for part in parts]
    return (parts[1], parts[4]) if len(parts) == 5 and (signs[0], signs[2], signs[3]) == ("∂", "/", "∂") else None


def _decimal(parts: Sequence[Element]) -> bool:
    """Whether these three are a number: a comma without a space behind it, between digits."""
    kinds = [_kind(part) for part in parts]
    return kinds == ["mn", "mo", "mn"] and _text(parts[1]) == "," and parts[1].get("rspace") == "0"


def _one(element: Element, say: Say) -> str:
    kind, children = _kind(element), list(element)
    if kind in SCRIPTS:
        return _script(children[0], children[1], say, *SCRIPTS[kind])
    if kind == "msubsup":
        base = _script(children[0], children[1], say, *SCRIPTS["msub"])
        return _scripted(base, children[2], say, *SCRIPTS["msup"])
    if kind in LIMITS:
        message, names = LIMITS[kind]
        return say(message, **{name: _row([child], say) for name, child in zip(names, children, strict=True)})
    if kind == "mfrac":
        return _fraction(children[0], children[1], say)
    if kind == "msqrt":
        return say(ROOT, inside=_row(children, say))
    if kind == "mtable":
        return _matrix(children, say)
    return _sign(_text(element), say) if not children else _row(children, say)


def _script(base: Element, script: Element, say: Say, short: str, long: str, name: str) -> str:
    return _scripted(_row([base], say), script, say, short, long, name)


def _scripted(base: str, script: Element, say: Say, short: str, long: str, name: str) -> str:
    """`long` names the end of a script of more than one sign."""
    parts = list(_flat(script))
    if [_text(part) for part in parts] == [PRIME]:
        return f"{base} {say(SIGNS[PRIME])}"
    message = short if len(parts) == 1 and not len(parts[0]) else long
    return say(message, **{"base": base, name: _row([script], say, index=name == "index")})


def _fraction(above: Element, below: Element, say: Say) -> str:
    over, under = list(_flat(above)), list(_flat(below))
    if len(over) == len(under) == 2 and _text(over[0]) == _text(under[0]) == "∂":
        return say(DERIVATIVE, above=_one(over[1], say), below=_one(under[1], say))
    return say(FRACTION, above=_row([above], say), below=_row([below], say))


def _matrix(rows: Sequence[Element], say: Say) -> str:
    told = (
        say(ROW, number=number, cells=", ".join(_row(list(cell), say) for cell in row)) for number, row in enumerate(rows, 1)
    )
    return say(MATRIX, rows="; ".join(told))


def _sign(text: str, say: Say) -> str:
    if text in SIGNS:
        return say(SIGNS[text])
    return say(CAPITAL, letter=text) if len(text) == 1 and text.isupper() else text


def _kind(element: Element) -> str:
    """The tag without its namespace."""
    return element.tag.rpartition("}")[2]


def _text(element: Element) -> str:
    """What a sign shows."""
    return "" if len(element) else (element.text or "").strip()
