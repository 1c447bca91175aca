"""Checks of the mistakes that a problem names: worded, seen by a marker in every draw, and excepted for a true reason."""

from __future__ import annotations

import re

from examgen.mistaken import solvers, told_apart
from examgen.registry import mistakes_of
from examgen.render.language import languages, say
from examgen.solving import STANDARD
from examgen.testing._case import Case, check, untranslated

LONGEST = 15  # words of a sentence


@check
def mistakes_are_worded(case: Case) -> None:
    """Every mistake has a key of its own and one sentence of at most 15 words in every language."""
    for params in dict.fromkeys(instance.params for instance in case.instances):
        mistakes = mistakes_of(case.problem.name, params)
        keys = [mistake.key for mistake in mistakes]
        named = all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in keys) and len(set(keys)) == len(keys)
        case.expect(named, f"mistakes share a key, or one is not lower_case: {keys}")
        for language in languages():
            for message in untranslated(language, [mistake.says for mistake in mistakes]):
                case.fail(f"the catalogue {language} does not translate {message!r} of a mistake")
            for sentence in (say(language, mistake.says) for mistake in mistakes):
                case.expect(0 < words(sentence) <= LONGEST, f"not a sentence of 1 to {LONGEST} words: {sentence!r}")


def words(sentence: str) -> int:
    """How many words a sentence has; signs of a formula are none."""
    return len(re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", sentence))


@check
def mistakes_are_told_apart(case: Case) -> None:
    """Every mistake that applies leads in every draw, in at least one box, to what is not accepted however it is rounded."""
    for solution in case.solutions:
        spared = case.problem.exceptions(solution.instance.params)
        accept = {answer.ask.key: answer.accept for answer in solution.answers}
        for key, boxes in told_apart(solution.instance, accept, STANDARD.decimals).items():
            case.expect(boxes or key in spared, f"{dict(solution.instance.data)} does not tell the mistake {key} apart")


@check
def exceptions_are_true(case: Case) -> None:
    """What is excepted is a mistake that applies, with a reason, and no draw tells it apart after all."""
    for solution in case.solutions:
        exceptions = case.problem.exceptions(solution.instance.params)
        applies = {solver.mistake.key for solver in solvers(solution.instance)}
        for key, reason in exceptions.items():
            case.expect(key in applies and reason.strip(), f"the exception {key!r} has no such mistake, or no reason")
        accept = {answer.ask.key: answer.accept for answer in solution.answers}
        told = told_apart(solution.instance, accept, STANDARD.decimals)
        found = [key for key in exceptions if told[key]]
        case.expect(not found, f"{dict(solution.instance.data)} tells {found[:1]} apart, which is excepted")
