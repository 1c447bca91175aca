"""What a shell offers when somebody presses Tab."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import typer


def problem_names(incomplete: str) -> list[str]:
    """Problem types, those of other distributions too."""
    from examgen.registry import problems

    return _beginning(incomplete, problems())


def presets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Of the problem type that stands on the line already."""
    from examgen.registry import problems

    # where the line ends in an option without its value, what stands before it is among the arguments that are left over
    known = (problems().get(word) for word in (ctx.params.get("problem"), *ctx.args) if word)
    return [label for problem in known if problem for label in _beginning(incomplete, problem.presets)]


def languages(incomplete: str) -> list[str]:
    """Those that the paper can be in."""
    from examgen.render.language import languages as known

    return _beginning(incomplete, known())


def one_of(*words: str) -> Callable[[str], list[str]]:
    """One of these."""
    return lambda incomplete: _beginning(incomplete, words)


def _beginning(incomplete: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
