"""Mathematics on paper: LaTeX to MathML, exact numbers to text, prose with both.

The MathML is what browsers render by themselves; the classes added here are for the print style sheet, since WeasyPrint has
no MathML: it needs to be told what a browser infers (italic variables, spaces around operators, brackets that grow).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape
from math_core import LatexError, LatexToMathML

from examgen.errors import InputError

MINUS = "−"
RELATIONS = frozenset("=≠<>≤≥→≈∈")
BINARY = frozenset("+−×±·∘")
SEPARATORS = frozenset(",;")
PRIME = "'"
CLOSING = frozenset(")]}|!⌋" + PRIME)
TALL = {"mfrac", "munder", "munderover", "mtable"}

_convert = LatexToMathML(fancy_error=False)


@lru_cache(maxsize=4096)
def math(latex: str, display: bool = False) -> Markup:
    r"""LaTeX as a <math> element, in a line or, with `display`, on a line of its own.

    Knows what MathML Core and the print style sheet know: fractions, sub- and superscripts, sums with limits, roots,
    matrices, \operatorname, \text. Raises: InputError for LaTeX that cannot be read.
    """
    try:
        source = _convert.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        raise InputError(f"the formula {latex!r} cannot be read: {error}") from error
    # Signs of our faces stand for those of the same look that none has; function application has no glyph.
    root = ElementTree.fromstring(source.replace("&ApplyFunction;", "").replace("⋅", "·").replace("ϵ", "ε").replace("′", PRIME))
    _mark(root)
    return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:(?:\.|\{,\})[0-9]+)?)|\\(?P<word>[a-z]+) ?|_\{(?P<below>[0-9a-z,]+)\}|(?P<letter>[A-Za-z])"
    r"|(?P<sign> ?[-+=/<>] ?)|(?P<comma>, ?)|(?P<bracket>[()\[\]])|(?P<space> +)"
)
_WORDS = {"cdot": " · ", "approx": "≈ ", "partial": "∂", "sigma": "σ"}
_WORDS |= {name: name for name in ("max", "min", "ln", "sin", "cos", "tanh")}
_TIGHT = frozenset(("/",))
_ESCAPED = {"<": "&lt;", ">": "&gt;"}
LINE = 80  # letters of a line


def equation(latex: str) -> Markup:
    r"""Part of a worked equation: numbers, names, signs and brackets in one line as text, anything taller as `math`.

    Such a line has no need of a box for each of its signs, and a solution has hundreds of them.
    """
    flat = _flat(latex)
    return math(latex) if flat is None else flat


@lru_cache(maxsize=8192)
def _flat(latex: str) -> Markup | None:
    """The line as text with italic names, or None where it has more than one storey."""
    pieces: list[str] = []
    end, operand = 0, False
    for token in _TOKEN.finditer(latex):
        kind, text = token.lastgroup, token[0]
        if token.start() != end or (kind == "word" and token["word"] not in _WORDS):
            return None
        pieces.append(_piece_of(str(kind), text, token, operand))
        end = token.end()
        operand = kind in ("number", "below", "letter") or text in (")", "]")
    return Markup(f'<span class="oneline">{"".join(pieces)}</span>') if end == len(latex) else None


def _piece_of(kind: str, text: str, token: re.Match[str], operand: bool) -> str:
    """Markup of what the pattern lets through; `operand` says whether an operand stands before: a minus is then one of two."""
    if kind == "number":
        return text.replace("{,}", ",")
    if kind == "letter":
        return f"<i>{text}</i>"
    if kind == "below":
        return f"<sub>{token['below']}</sub>"
    if kind == "word":
        return _WORDS[token["word"]]
    if kind == "sign":
        sign = text.strip()
        shown = MINUS if sign == "-" else _ESCAPED.get(sign, sign)
        tight = sign in _TIGHT or (sign == "-" and not operand)
        return shown if tight else f" {shown} "
    return {"comma": ", ", "space": ""}.get(kind, text)


def is_broken(forms: Sequence[tuple[str, str]]) -> bool:
    """Whether one of the forms of a line (relation, what follows it) is about as long as a line: it may then be broken."""
    return any(is_long(form) for _, form in forms)


def is_long(latex: str) -> bool:
    """Whether a form is about as long as a line."""
    most = len(latex) + 2 * sum(latex.count(sign) for sign in "-+=/<>")  # that it can be in letters
    return most > LINE and len(equation(latex).striptags()) > LINE


def _mark(row: ElementTree.Element) -> None:
    """Class the children of a row by what they are."""
    tall = any(child.tag in TALL for child in row)
    for place, child in enumerate(row):
        text = (child.text or "").strip()
        if child.tag == "mi" and len(text) == 1 and text.isalpha() and child.get("mathvariant") != "normal":
            child.set("class", "italic")
        elif child.tag == "mo":
            prefix = place == 0 or _opens(row[place - 1])
            child.set("class", _operator(text, prefix, tall and child.get("stretchy") != "false"))
        _mark(child)
    _hang_brackets(row)


def _opens(before: ElementTree.Element) -> bool:
    """Whether a sign, not an operator, follows: behind an operator or an open bracket, maybe the last of a group."""
    while before.tag == "mrow" and len(before):
        before = before[-1]
    return before.tag == "mo" and before.text not in CLOSING


def _operator(text: str, prefix: bool, tall: bool) -> str:
    if text in ("∑", "∏"):
        return "large"
    if text == PRIME:
        return "prime"
    if text in RELATIONS:
        return "relation"
    if text in BINARY and not prefix:
        return "binary"
    if text in SEPARATORS:
        return "separator"
    return "tall" if tall and text in ("(", ")", "[", "]") else "ordinary"


def _hang_brackets(row: ElementTree.Element) -> None:
    """A matrix draws its own brackets, as borders; the two characters beside it are kept for browsers and readers."""
    children = list(row)
    for before, table, after in zip(children, children[1:], children[2:], strict=False):
        if table.tag == "mtable" and before.tag == after.tag == "mo":
            before.set("class", "drawn")
            after.set("class", "drawn")
            table.set("class", "round" if before.text == "(" else "square")


def num(value: int | Fraction, comma: bool = False, decimals: int | None = None) -> str:
    """An exact number as text: the shortest decimal, or a/b where the decimal does not end; a true minus sign.

    With `decimals` the number is shown with exactly that many places (it must fit in them).
    """
    number = Fraction(value)
    count = _places(number) if decimals is None else decimals
    if count is None or (number * 10**count).denominator != 1:
        text = f"{abs(number.numerator)}/{number.denominator}"
    else:
        digits = str(abs(int(number * 10**count))).rjust(count + 1, "0")
        text = f"{digits[:-count]}{',' if comma else '.'}{digits[-count:]}" if count else digits
    return MINUS + text if number < 0 else text


def places(values: Iterable[int | Fraction]) -> int | None:
    """The decimals that show every one of the numbers; None if one of them does not end."""
    each = [_places(Fraction(value)) for value in values]
    return None if None in each else max((count for count in each if count is not None), default=0)


def _places(number: Fraction) -> int | None:
    """How many decimals the number has; None if they do not end."""
    rest, twos, fives = number.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def indexed(symbol: str, index: Sequence[int], sizes: Sequence[int]) -> str:
    """The LaTeX name of one part of `symbol`: an index from 1 for each axis that is longer than one."""
    shown = [str(i + 1) for i, size in zip(index, sizes, strict=False) if size > 1]
    return f"{symbol}_{{{','.join(shown)}}}" if shown else symbol


_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")  # a list has a space behind its commas
_PARTS = re.compile(r"\$\$(?P<display>[^$]+)\$\$|\$(?P<inline>[^$]+)\$|\*\*(?P<bold>.+?)\*\*", re.DOTALL)


def prose(text: str) -> Markup:
    """A sentence with $formula$, $$formula on its own line$$ and **bold**, escaped unless it is markup already."""
    # A dash never begins a line.
    source = str(escape(text)).replace(" — ", "\N{NO-BREAK SPACE}— ")
    pieces: list[str] = []
    end = 0
    for part in _PARTS.finditer(source):
        pieces += [source[end : part.start()], _piece(part)]
        end = part.end()
    return Markup("".join([*pieces, source[end:]]))


def _piece(part: re.Match[str]) -> str:
    if (bold := part["bold"]) is not None:
        return f"<b>{prose(Markup(bold))}</b>"
    display = part["display"] is not None
    latex = html.unescape(part["display"] if display else part["inline"]).strip()
    return math(_DECIMAL_COMMA.sub("{,}", latex), display)
