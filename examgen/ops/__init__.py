"""The op table: every operation a graph may hold, with its shape rule, kink rule, VJP, notation and source.

An op is one row. Engines look ops up by name in tables of their own and share nothing with this one but the name.
Axes are counted from the right (-1 is the last), so that a batch axis can stand in front of every array.
"""

from __future__ import annotations

from examgen.ops._op import Op
from examgen.ops.arrays import ARRAYS
from examgen.ops.conv import CONV
from examgen.ops.elementwise import ELEMENTWISE
from examgen.ops.piecewise import PIECEWISE
from examgen.ops.select import SELECT

OPS: dict[str, Op] = {op.name: op for family in (ELEMENTWISE, PIECEWISE, ARRAYS, SELECT, CONV) for op in family}

__all__ = ["OPS", "Op"]
