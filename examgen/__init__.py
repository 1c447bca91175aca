"""Randomized variants of pen-and-paper deep-learning tasks, solved exactly and proved by independent engines."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from examgen.errors import InputError
    from examgen.marking import grade
    from examgen.solvers import backprop, conv_relu_pool, softmax_loss, svm_loss

__version__ = "0.1.0"
__all__ = ["InputError", "__version__", "backprop", "conv_relu_pool", "grade", "softmax_loss", "svm_loss"]
_HOMES = {"InputError": "examgen.errors", "grade": "examgen.marking"}  # everything else is a solver


def __getattr__(name: str) -> Any:
    """The public names, loaded when one is asked for: `import examgen` alone needs no array library."""
    if name not in __all__:
        raise AttributeError(f"module 'examgen' has no attribute {name!r}")
    found = getattr(import_module(_HOMES.get(name, "examgen.solvers")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
