"""What one row of the op table says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from examgen.errors import InputError

if TYPE_CHECKING:
    from examgen.graph import Builder, Node, Ref

Shape = tuple[int, ...]
Flat = list[Any]


class ShapeError(InputError):
    """Operands whose shapes do not fit together."""


@dataclass(frozen=True)
class Op:
    """One operation.

    `shape(attrs, *shapes)` gives the result's shape or raises ShapeError.
    `vjp(builder, node, upstream)` emits the vector-Jacobian products as nodes, one per input, None where an input is discrete;
    an op without one is piecewise constant and occurs in backward graphs only, or is `gradient`, which stands in for them.
    `kinks(graph, node, *flat_inputs)` yields a sentence for every place where the op has no derivative; `convention` says
    which slope all engines take there.
    `expand(builder, node, name)` writes the op out as a person would on paper and gives the result the name; engines use
    the op itself, which is stable.
    `unfolded(builder, node, name)` is another way to work the op out, gate by gate, forward and backward; `ways` are ways to
    work its value out, each like `expand` (None: the op as one gate), where the derivative is a formula in that value.
    `cell(node, index, *operands)` writes one cell of the result out as an expression over cells of the operands (`_cells`).
    `latex` is the notation with {0}, {1} for the operands; `gate` the sign in a circuit; `source` where the rule is stated.
    """

    name: str
    shape: Callable[..., Shape]
    vjp: Callable[[Builder, Node, Ref], tuple[Ref | None, ...]] | None = None
    kinks: Callable[..., Iterator[str]] | None = None
    convention: str = ""
    expand: Callable[[Builder, Node, str | None], Ref] | None = None
    latex: str = ""
    gate: str = ""
    source: str = ""
    transcendental: bool = False
    cell: Callable[..., Any] | None = None
    unfolded: Callable[[Builder, Node, str | None], Ref] | None = None
    ways: tuple[Callable[[Builder, Node, str | None], Ref] | None, ...] = ()
