"""The docstrings of the public functions hold an example each, and the examples are true."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator

import pytest

import examgen
from examgen import solvers
from tests.architecture.sources import ROOT

PUBLIC = [name for name in examgen.__all__ if inspect.isfunction(getattr(examgen, name))]
MARKING = ["grade"]  # docs/grading.md holds its example, on a built folder
FUNCTIONS = [name for name in PUBLIC if name not in MARKING]
SECTIONS = ("Shapes:", "Gives `", "Conventions:", "Raises: InputError", "Source:")


def examples(function: object, name: str) -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(recurse=False, exclude_empty=True)
    yield from (test for test in finder.find(function, name, globs=vars(solvers).copy()) if test.examples)


def failures(tests: Iterator[doctest.DocTest]) -> tuple[int, int]:
    """(failed, tried), with what failed printed."""
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test)
    return runner.failures, runner.tries


def test_the_public_functions() -> None:
    """Those of the design, no more."""
    assert ["backprop", "conv_relu_pool", "grade", "softmax_loss", "svm_loss"] == PUBLIC
    assert all(f"examgen.{name}(" in (ROOT / "docs/grading.md").read_text(encoding="utf-8") for name in MARKING)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_are_true(name: str) -> None:
    """Each function has at least one example, and gives what its examples say."""
    failed, tried = failures(examples(getattr(examgen, name), name))
    assert (0, True) == (failed, tried > 0)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings_say_what_cannot_be_guessed(name: str) -> None:
    """Shapes, what comes back, conventions, errors, source, and every argument by name or as the engine's."""
    function = getattr(examgen, name)
    assert [] == [section for section in SECTIONS if section not in (function.__doc__ or "")]
    unsaid = {"engine", "margin", "stride", "padding", "dilation", "groups", "pool_size", "pool_stride", "pool_padding"}
    said = [word for word in inspect.signature(function).parameters if word not in unsaid]
    assert [] == [word for word in said if word not in function.__doc__.lower() and f"{word}=" not in function.__doc__]


def test_a_false_example_is_noticed() -> None:
    """An example that is not true fails."""

    def lying() -> None:
        """
        >>> 1 + 1
        3
        """

    lying.__module__ = __name__
    assert (1, 1) == failures(iter(doctest.DocTestFinder(recurse=False).find(lying, "lying", globs={})))
