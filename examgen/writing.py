"""Steps written out for a reader: equations as LaTeX or as text, numbers under the one rounding rule, words in a language.

The rule, said once in front of a solution: what does not end within `working` decimals is rounded to them, half-up, with
≈ in front (small numbers keep three digits that count); the reckoning goes on with all digits; an answer is rounded last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from html.entities import html5
from math import floor, log10
from typing import Any

from examgen.answers import decimal_text, half_up, rounded
from examgen.choices import letter, letters
from examgen.formula import term_latex, term_text
from examgen.model import Circuit, Edge, Expression, Gate, Grid, Leaf, Line, Step, Term, What, cells, each
from examgen.render.diagram import Diagram, Node
from examgen.render.language import decimal_mark, say
from examgen.render.notation import places
from examgen.render.paper import WrittenCell, WrittenCircuit, WrittenEdge, WrittenGrid, WrittenLine, WrittenStep
from examgen.terms import has_symbols

LARGEST = 10**9  # from here on a power of ten
MOST_PLACES = 10
DIGITS = 3  # that count, of a small number
EXACTLY = "="


@dataclass(frozen=True)
class Box:
    """The answer box that a line or a grid fills: to how many decimals it is rounded, and what it is called on paper.

    Without decimals the answer stays a fraction or a logarithm. `choices` are so many to choose from, where it is a choice.
    """

    decimals: int | None
    label: str = ""
    choices: int = 0


@dataclass(frozen=True)
class Style:
    """How equations are written: for the paper as LaTeX, for a terminal as text."""

    language: str = "en"
    comma: bool = False
    working: int = 4
    text: bool = False

    def number(self, value: Fraction) -> str:
        """A number under the rounding rule, with a plain minus (a true one in text)."""
        digits = self._digits(value)
        return digits.replace(".", ("," if self.text else "{,}") if self.comma else ".")

    def _digits(self, value: Fraction) -> str:
        digits = digits_of(value, self.working)
        return plain(digits).replace(" · ", "·") if self.text else digits

    def term(self, expression: Expression, *, symbols: bool = False) -> str:
        if self.text:
            written = term_text(expression, self._digits, plain if symbols else None)
            return _COMMA.sub(",", written) if self.comma else written
        written = term_latex(expression, self._digits, symbols=symbols)
        return _COMMA.sub("{,}", written) if self.comma else written

    def name(self, latex: str) -> str:
        return plain(latex) if self.text else latex

    def relation(self, rounded_off: bool) -> str:
        return "≈" if rounded_off and self.text else r"\approx" if rounded_off else EXACTLY

    def say(self, message: str, values: Mapping[str, Any] | None = None) -> str:
        """A message with its values: numbers and expressions as they are written here."""
        shown = {name: self._value(value) for name, value in (values or {}).items()}
        said = say(self.language, message, shown)
        return _MATH.sub(lambda match: plain(match[1]), said) if self.text else said

    @property
    def paper(self) -> Style:
        """The same for the paper: messages and circuits hold LaTeX, whatever it is made into."""
        return replace(self, text=False)

    def _value(self, value: Any) -> Any:
        if isinstance(value, (Term, Leaf)):
            return self.paper.term(value)
        return self.paper.number(value) if isinstance(value, Fraction) else value


def style_for(language: str, working: int = 4) -> Style:
    """As a language writes numbers. Raises: InputError for a language without a catalogue."""
    return Style(language, decimal_mark(language) == ",", working)


_COMMA = re.compile(r"(?<=\d)\.(?=\d)")
_MATH = re.compile(r"\$([^$]+)\$")


def digits_of(value: Fraction, working: int) -> str:
    """A number under the rounding rule as LaTeX: at most `working` decimals, or as many as show three digits that count."""
    units, count, power = _shown(value, working)
    digits = decimal_text(units, count)
    return rf"{digits} \cdot 10^{{{power}}}" if power else digits


def exact_in(value: int | Fraction, working: int) -> bool:
    """Whether the digits that are shown are all that the number has."""
    units, count, power = _shown(value, working)
    further = count - power
    return units * value.denominator * int(10 ** max(-further, 0)) == value.numerator * int(10 ** max(further, 0))


def _shown(value: int | Fraction, working: int) -> tuple[int, int, int]:
    """The digits that are shown as a whole number, how many of them are decimals, and the power of ten beside them."""
    return _shown_of(value.numerator, value.denominator, working)


@lru_cache(maxsize=1 << 16)  # most numbers stand in several places, and the same ones in many variants
def _shown_of(numerator: int, denominator: int, working: int) -> tuple[int, int, int]:
    value = Fraction(numerator, denominator)
    size, own = _magnitude(value), places([value])
    if abs(value) < LARGEST:
        if own is not None and own <= working:
            return int(value * 10**own), own, 0
        if DIGITS - size <= MOST_PLACES:
            count = max(working, DIGITS - 1 - size)
            count = count if own is None else min(count, own)
            return half_up(value, count), count, 0
    mantissa = rounded(value / Fraction(10) ** size, working)
    if abs(mantissa) == 10:
        mantissa, size = mantissa / 10, size + 1
    count = places([mantissa]) or 0
    return int(mantissa * 10**count), count, size


def _magnitude(value: Fraction) -> int:
    """The power of ten of the first digit."""
    if not value:
        return 0
    size = floor((value.numerator.bit_length() - value.denominator.bit_length()) * log10(2))
    while abs(value) >= Fraction(10) ** (size + 1):
        size += 1
    while abs(value) < Fraction(10) ** size:
        size -= 1
    return size


def write(steps: Sequence[Step], style: Style, boxes: Mapping[What, Box], *, full: bool = True) -> tuple[WrittenStep, ...]:
    """The steps of the long form, or those of the short one, for a reader. `boxes` says which cells are answers."""
    shown = (step for step in steps if full or step.brief)
    return tuple(_step(step, style, boxes) for step in shown)


def _step(step: Step, style: Style, boxes: Mapping[What, Box]) -> WrittenStep:
    return WrittenStep(
        step.key,
        style.say(step.says, step.values),
        tuple(_line(line, style, boxes) for line in step.lines),
        tuple(_grid(grid, style, boxes) for grid in step.grids),
        tuple(_edge(edge, style) for edge in step.edges),
        _circuit(step.circuit, style) if step.circuit else None,
    )


def _circuit(circuit: Circuit, style: Style) -> WrittenCircuit:
    nodes = tuple(_drawn(gate, circuit.output) for gate in circuit.gates)
    found = {gate.name: (_short(gate.value, style), _short(gate.gradient, style)) for gate in circuit.gates}
    return WrittenCircuit(Diagram(nodes, circuit.output), found)


def _drawn(gate: Gate, output: str) -> Node:
    """What the task gives is written as on its sheet: inputs, and the gradient at the output."""
    constant, given = gate.gradient is None, not gate.sign
    return Node(
        gate.name, gate.symbol, gate.sign, gate.sources, gate.value if given else None,
        gate.gradient if gate.name == output else None, constant,
    )


def _short(value: Any, style: Style) -> Any:
    """A number for the circuit: rounded, or with its power of ten as LaTeX."""
    if value is None:
        return None
    units, count, power = _shown(Fraction(value), style.working)
    return style.paper.number(Fraction(value)) if power else Fraction(units, 10**count)


def _line(line: Line, style: Style, boxes: Mapping[What, Box]) -> WrittenLine:
    value, box = Fraction(line.value), boxes.get(line.what) if line.what else None
    forms = list(_forms(line.general, line.forms, value, style))
    left = style.name(line.symbol)
    if not left and forms:
        left = forms.pop(0)[1]
    note = style.say(line.note) if line.note else ""
    answer = ""
    if box is not None and box.choices:
        chosen = letter(value, letters(box.choices, style.language))
        return WrittenLine(left, (("=", chosen if style.text else rf"\text{{{chosen}}}"),), True, box.label, "", note)
    if box is not None and box.decimals is not None:
        final = rounded(value, box.decimals)
        if final != value:
            answer = _digits(final, box.decimals, style)
    elif box is not None and any(sign == EXACTLY for sign, _ in forms):
        if forms[-1][0] != EXACTLY:
            note = f"≈ {replace(style, text=True).number(value)} {note}".rstrip()
        while forms[-1][0] != EXACTLY:
            forms.pop()
    return WrittenLine(left, tuple(forms), box is not None, box.label if box else "", answer, note)


def _digits(value: Fraction, decimals: int, style: Style) -> str:
    """An answer with all the decimals asked."""
    digits = decimal_text(int(value * 10**decimals), decimals)
    return digits.replace(".", ("," if style.text else "{,}") if style.comma else ".").replace("-", "−" if style.text else "-")


def _forms(
    general: Expression | None, forms: Sequence[Expression], value: Fraction, style: Style
) -> Iterator[tuple[str, str]]:
    """(relation, what follows it): in symbols, in numbers, reduced, the value; nothing that looks like what stands before."""
    written: list[tuple[str, str]] = []
    if general is not None:
        written.append(("=", style.term(general, symbols=True)))
    for form in forms:
        written.append((style.relation(_rounded_off(form, style.working)), style.term(form)))
    written.append((style.relation(not exact_in(value, style.working)), style.number(value)))
    last = ""
    for sign, text in written:
        if text != last:
            yield sign, text
        last = text


def _rounded_off(expression: Expression, working: int) -> bool:
    if isinstance(expression, Leaf):
        return not exact_in(expression.value, working)
    return any(_rounded_off(arg, working) for arg in expression.args)


def _grid(grid: Grid, style: Style, boxes: Mapping[What, Box]) -> WrittenGrid:
    """Numbers of one grid have the same number of decimals; those of an answer are rounded as it is."""
    box = boxes.get(grid.what) if grid.what else None
    flat = list(cells(grid.rows))
    decimals = box.decimals if box else None
    digits = iter(_aligned(flat if decimals is None else [rounded(cell, decimals) for cell in flat], style))
    rows = each(grid.rows, lambda _: next(digits))
    written = tuple(
        tuple(WrittenCell(text, grid.marks.get((i, j), ""), _sides(grid, i, j)) for j, text in enumerate(row))
        for i, row in enumerate(rows)
    )
    return WrittenGrid(style.name(grid.symbol), written, box.label if box else "")


def _aligned(numbers: Sequence[int | Fraction], style: Style) -> list[str]:
    """Numbers as text with the same number of decimals, unless one of them needs a power of ten."""
    shown = [_shown(number, style.working) for number in numbers]
    if any(power for _, _, power in shown):
        return [replace(style, text=True).number(Fraction(number)) for number in numbers]
    most = max(count for _, count, _ in shown)
    mark = "," if style.comma else "."
    digits = (decimal_text(half_up(number, most), most) for number in numbers)
    return [text.replace(".", mark).replace("-", "−") for text in digits]


def _sides(grid: Grid, i: int, j: int) -> str:
    """The sides on which the cell has the frame of a window, as letters."""
    sides = set()
    for top, left, height, width in grid.windows:
        if top <= i < top + height and left <= j < left + width:
            sides |= {side for side, on in (("t", i == top), ("b", i == top + height - 1)) if on}
            sides |= {side for side, on in (("l", j == left), ("r", j == left + width - 1)) if on}
    return "".join(sorted(sides))


def _edge(edge: Edge, style: Style) -> WrittenEdge:
    general = edge.local[0] if has_symbols(edge.local[0]) else None
    upstream = Fraction(edge.upstream.value)
    forms = list(_forms(general, edge.local, Fraction(edge.slope), style))
    forms[0] = ("", forms[0][1])
    value = Fraction(edge.value)
    relation = style.relation(not exact_in(value, style.working))
    product = (relation, style.number(value))
    ends = (style.name(edge.gate), style.name(edge.source), style.number(upstream))
    return WrittenEdge(*ends, tuple(forms), product, style.say(edge.note) if edge.note else "")


_SUBSCRIPT = str.maketrans("0123456789ij+-", "₀₁₂₃₄₅₆₇₈₉ᵢⱼ₊₋")
_SUPERSCRIPT = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_SIGNS = {"partial": "∂", "sum": "Σ", "cdot": "· ", "circ": "∘", "approx": "≈", "varepsilon": "ε", "lfloor": "⌊",
          "rfloor": "⌋", "left": "", "right": "", "quad": "  ", "qquad": "    "}
_FORMULA = re.compile(r"(\${1,2})([^$]+)\1")
_RELATION = re.compile(r" *([=≈]) *")
_BINARY = re.compile(r"(?<=[\w)\]]) *([+−](?= *[\w(])|∘) *")
_GROUP = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"


def plain(latex: str) -> str:
    """Names and short expressions of our own LaTeX as text: s_{12} is s₁₂."""
    text = re.sub(rf"\\(?:mathrm|operatorname|text){_GROUP}", r"\1", latex)
    text = re.sub(rf"\\sqrt{_GROUP}", r"sqrt(\1)", text)
    text = re.sub(rf"\\[td]?frac{_GROUP}{_GROUP}(?=([\\A-Za-z])?)", _fraction, text)
    text = re.sub(r"(?<!\\)_([A-Za-z0-9])", lambda m: _script("_", m[1], _SUBSCRIPT), text)
    text = re.sub(r"(?<!\\)\^([A-Za-z0-9])", lambda m: _script("^", m[1], _SUPERSCRIPT), text)
    text = re.sub(rf"_{_GROUP}", lambda m: _script("_", m[1], _SUBSCRIPT), text)
    text = re.sub(rf"\^{_GROUP}", lambda m: _script("^", m[1], _SUPERSCRIPT), text)
    text = re.sub(r"\\([A-Za-z]+)( ?)", lambda m: _sign(m[1], m[2]), text)
    return re.sub(r"\\[,;] ?", " ", text.replace("{,}", ",").replace("-", "−")).replace("\\", "")


def prose(text: str) -> str:
    """A sentence with its $formulas$ as text; **bold** stays as it is, and so do the $$ around a formula on its own line."""
    return _FORMULA.sub(lambda match: _spaced(plain(match[2])).join(("$$", "$$") if match[1] == "$$" else ("", "")), text)


def equation(latex: str) -> str:
    """A line of a formula as text, with room around its signs."""
    return _spaced(plain(latex))


def _spaced(text: str) -> str:
    apart = _BINARY.sub(r" \1 ", _RELATION.sub(r" \1 ", text))
    return re.sub(r"(_\([^()]*\))(?=[A-Za-z])", r"\1 ", apart).strip()


def _fraction(match: re.Match[str]) -> str:
    """One line high: in brackets what would be torn apart, and with room to a name that follows."""
    top, bottom = plain(match[1]), plain(match[2])
    if (top, bottom) == ("1", "2"):
        return "½"
    top = f"({top})" if re.search(r"(?<=.)[+−·]", top) else top
    bottom = f"({bottom})" if re.search(r"[+−·,/ ]", bottom) else bottom
    return f"{top}/{bottom}{' ' if match[3] else ''}"


def _sign(word: str, behind: str) -> str:
    """What a command stands for; a function's name keeps the space behind it."""
    sign = _SIGNS[word] if word in _SIGNS else html5.get(f"{word};", word)
    return sign + behind if sign == word else sign


def _script(sign: str, inside: str, table: Mapping[int, int]) -> str:
    if all(letter in ",'" or ord(letter) in table for letter in inside):
        return inside.translate(table)
    inner = plain(inside.replace("\\,", ","))
    if inner.startswith("["):
        return inner
    return f"{sign}{inner}" if re.fullmatch(r"\w+", inner) else f"{sign}({inner})"

