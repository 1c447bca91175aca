"""A circuit in words, for who cannot see it: what can be read off the drawing, so that the task can be done without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache, partial
from xml.etree.ElementTree import fromstring

from examgen.render.diagram import Diagram, Node, Shown
from examgen.render.language import say
from examgen.render.notation import math, num
from examgen.render.speech import spoken
from examgen.render.tracing import written

CIRCUIT = "A circuit, told from its inputs to its output."
INPUT, GIVEN = "Input %(name)s.", "Input %(name)s has the value %(value)s."
GATE = "Gate %(number)s, %(sign)s, takes %(sources)s."
NAMED = "Gate %(number)s, %(sign)s, takes %(sources)s and gives %(name)s."
THEN, NUMBERED, FIXED = "%(one)s, then %(other)s", "gate %(number)s", "the constant %(value)s"
OUTPUT, UPSTREAM = "The output is %(name)s.", "The output is %(name)s; the gradient given there is %(gradient)s."
VALUE, GRADIENT = "Found value: %(value)s.", "Found gradient: %(gradient)s."
MESSAGES = (CIRCUIT, INPUT, GIVEN, GATE, NAMED, THEN, NUMBERED, FIXED, OUTPUT, UPSTREAM, VALUE, GRADIENT)



def _number(language: str, comma: bool, value: Shown) -> str:
    exact = num(value, comma).replace(",", "{,}") if isinstance(value, int | Fraction) else str(value)
    return words(exact, language)


Found = Mapping[str, tuple[Shown, Shown]]


@lru_cache(maxsize=4096)
def words(latex: str, language: str) -> str:
    """A formula as it is said."""
    return spoken(fromstring(math(latex)), language)


def describe(diagram: Diagram, found: Found | None = None, *, language: str, comma: bool) -> str:
    """Inputs with their values, gates with what feeds them, and the gradient given; in a key, with what is found."""
    return " ".join(_Words(diagram, found or {}, language, comma).sentences())


class _Words:
    """Puts one circuit into sentences."""

    def __init__(self, diagram: Diagram, found: Found, language: str, comma: bool) -> None:
        self.diagram, self.found, self.language, self.comma = diagram, found, language, comma
        self.nodes = {node.name: node for node in diagram.nodes}
        gates = (node.name for node in diagram.nodes if node.gate)
        self.numbers = {name: number for number, name in enumerate(gates, 1)}

    def sentences(self) -> Iterator[str]:
        """One for each node and one for the output, each with what a key has found there."""
        yield self._say(CIRCUIT)
        for node in self.diagram.nodes:
            if node.constant:
                continue  # told where it is taken
            yield self._node(node)
            value, gradient = self.found.get(node.name, (None, None))
            if value is not None and node.value is None:
                yield self._say(VALUE, value=self._number(value))
            if gradient is not None and node.gradient is None:
                yield self._say(GRADIENT, gradient=self._number(gradient))
        output = self.nodes[self.diagram.output]
        if output.gradient is None:
            yield self._say(OUTPUT, name=self._called(output))
        else:
            yield self._say(UPSTREAM, name=self._called(output), gradient=self._number(output.gradient))

    def _node(self, node: Node) -> str:
        if node.gate:
            sources = [self._called(self.nodes[source]) for source in node.sources]
            told = sources[0]
            for source in sources[1:]:
                told = self._say(THEN, one=told, other=source)
            says = {"number": self.numbers[node.name], "sign": words(node.inside, self.language), "sources": told}
            return self._say(NAMED, name=words(node.label, self.language), **says) if node.label else self._say(GATE, **says)
        name = words(node.label, self.language)
        if node.value is None:
            return self._say(INPUT, name=name)
        return self._say(GIVEN, name=name, value=self._number(node.value))

    def _called(self, node: Node) -> str:
        """How others speak of the node: by its name, or as a gate by its number."""
        if node.constant:
            return self._say(FIXED, value=words(node.label, self.language))
        return words(node.label, self.language) if node.label else self._say(NUMBERED, number=self.numbers[node.name])

    def _number(self, value: Shown) -> str:
        """Text comes as LaTeX."""
        return written(value, ("words", self.language, self.comma), partial(_number, self.language, self.comma))

    def _say(self, message: str, **values: object) -> str:
        return say(self.language, message, values)
