"""What a problem type brings along for these tests: a module `of_NAME` beside this one, found by the problem's name.

It may hold `direct` and `by_torch` (oracles), `misused_torch` (the latter used wrongly), `EXTRAS` (parameters of no preset),
`MISTAKES` (the direct oracle with a mistake), `HANDS` (mistakes worked out by hand), `WRONG` (mistake -> instances that bring
it out, and the oracle that makes it) and `FURTHER` (parameters that bring out more mistakes). Problem types without such a
module stand in the tables of the tests.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from examgen.registry import problems


def own(what: str) -> dict[str, Any]:
    """Problem -> what its module has under this name, of those that have it."""
    names = (name for name in problems() if find_spec(f"{__package__}.of_{name}"))
    modules = {name: import_module(f"{__package__}.of_{name}") for name in names}
    return {name: getattr(module, what) for name, module in modules.items() if hasattr(module, what)}
