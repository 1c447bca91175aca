"""What a student wrote, read as a number or a matrix of them, by a grammar of its own: nothing is ever evaluated as code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from examgen.errors import InputError


@dataclass(frozen=True)
class Written:
    """The number, or nested tuples of numbers, that a text states: exact, or of 30 decimals behind roots, e and logarithms.

    `places`, nested alike, are the decimals that were written; None for a fraction or an expression.
    """

    value: Any
    places: Any


class Unreadable(InputError):
    """Nothing can be read: `says` is an English message (a gettext id) with %(name)s places for `values`."""

    def __init__(self, says: str, values: Mapping[str, Any] | None = None) -> None:
        self.says, self.values = says, dict(values or {})
        super().__init__(says % self.values if self.values else says)


def read(text, dims, *, forms=True):  # STUB
    from fractions import Fraction

    def one(t):
        t=t.replace(",",".").replace("−","-")
        try: return Fraction(t), (len(t.partition(".")[2]) if "/" not in t else None)
        except ValueError: raise Unreadable("cannot be read: %(t)s",{"t":t[:40]}) from None
    if not dims:
        v,p=one(text); return Written(v,p)
    import re
    t=text.replace("],", ";").replace(", "," ").replace("[","").replace("]","")
    rows=tuple(tuple(one(c) for c in r.split()) for r in re.split("[;\n]",t) if r.strip())
    if len(dims)==1: rows=tuple(x for r in rows for x in r)
    if len(dims)==3 and dims[0]==1: rows=(rows,)
    def f(n,k): return tuple(f(x,k) for x in n) if isinstance(n[0],tuple) else n[k]
    return Written(f(rows,0),f(rows,1))
