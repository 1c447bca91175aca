"""Lists of one's own numbers: what a command line or a file gives as a table of one row, or as a lone number."""

from __future__ import annotations

from examgen.model import Exact, shape


def listed(value: Exact) -> Exact:
    """A list; a table of more rows, which fits nothing that is one, as it is."""
    if not shape(value):
        return (value,)
    return value[0] if len(shape(value)) == 2 and len(value) == 1 else value
