"""Expressions as a person writes them: tidied of what goes without saying, and reckoned out part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from examgen.model import Expression, Leaf, Term

SUMS = ("+", "-", "neg")
FORMS = 3  # of an equation: more of them are steps of their own on paper, and the last say it all


def tidy(term: Expression) -> Expression:
    """The same expression as a person writes it: no factor 1, no zero products in a sum, no brackets in a chain."""
    if isinstance(term, Leaf):
        return term
    args = tuple(map(tidy, term.args))
    if term.do == "neg" and isinstance(args[0], Leaf) and not args[0].symbol:
        return Leaf(-args[0].value)
    if term.do == "*":
        return _product(args)
    if term.do == "+":
        return _sum(args)
    if term.do == "**" and args[1] == Leaf(Fraction(1)):
        return args[0]
    return Term(term.do, args)


def _flat(do: str, args: Sequence[Expression]) -> Iterator[Expression]:
    for arg in args:
        if isinstance(arg, Term) and arg.do == do:
            yield from arg.args
        else:
            yield arg


def _product(args: Sequence[Expression]) -> Expression:
    factors = [arg for arg in _flat("*", args) if arg != Leaf(Fraction(1))]
    if any(arg == Leaf(Fraction(0)) for arg in factors):
        return Leaf(Fraction(0))
    return (Term("*", tuple(factors)) if len(factors) > 1 else factors[0]) if factors else Leaf(Fraction(1))


def _sum(args: Sequence[Expression]) -> Expression:
    """Products with a zero among many are left out, as on paper."""
    parts = list(_flat("+", args))
    kept = [part for part in parts if not _vanishes(part)] or parts[:1]
    return Term("+", tuple(kept)) if len(kept) > 1 else kept[0]


def _vanishes(part: Expression) -> bool:
    if isinstance(part, Leaf):
        return part == Leaf(Fraction(0))
    return part.do == "*" and any(isinstance(arg, Leaf) and arg.value == 0 for arg in part.args)


def has_symbols(term: Expression) -> bool:
    return bool(term.symbol) if isinstance(term, Leaf) else any(map(has_symbols, term.args))


def reductions(term: Expression, reckon: Callable[[Expression], Fraction]) -> tuple[Expression, ...]:
    """The expression, then what is left of it as its innermost parts are reckoned out; the value itself is left off."""
    forms = list(_unfolded(term))
    while isinstance(forms[-1], Term) and not _is_number(shorter := _reduced(forms[-1], reckon)):
        forms.append(shorter)
    return tuple(forms if len(forms) <= FORMS else (forms[0], *forms[-FORMS + 1 :]))


def tied(term: Expression, reckon: Callable[[Expression], Fraction]) -> bool:
    """Whether a slope in the expression is shared, since operands are equal."""
    if isinstance(term, Leaf):
        return False
    shares = term.do in ("share", "largest", "smallest")
    return (shares and 0 < reckon(term) < 1) or any(tied(arg, reckon) for arg in term.args)


def _is_number(term: Expression) -> bool:
    return isinstance(term, Leaf) or (term.do == "neg" and isinstance(term.args[0], Leaf))


def _unfolded(term: Expression) -> Iterator[Expression]:
    """A sigmoid is written out, since nobody has a key for it."""
    yield term
    if isinstance(term, Term) and term.do == "sigmoid":
        yield Term("/", (Leaf(1), Term("+", (Leaf(1), Term("exp", (Term("neg", term.args),))))))


def _reduced(term: Term, reckon: Callable[[Expression], Fraction]) -> Expression:
    if _ready(term):
        return Leaf(reckon(term))
    return Term(term.do, tuple(_reduced(arg, reckon) if isinstance(arg, Term) else arg for arg in term.args))


def _ready(term: Expression) -> bool:
    """Whether it is reckoned out in one go: an operation on numbers, or a chain of sums and differences of numbers."""
    if isinstance(term, Leaf):
        return True
    if term.do == "exp" and isinstance(term.args[0], Term) and term.args[0].do == "log":
        return True  # they cancel: nobody looks the logarithm up
    return all(isinstance(arg, Leaf) or (term.do in SUMS and arg.do in SUMS and _ready(arg)) for arg in term.args)
