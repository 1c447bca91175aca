"""Sentences of feedback: one for each mistake, in at most fifteen words, stating the rule and blaming nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from examgen import registry
from examgen.render.language import languages, say
from examgen.testing._mistakes import LONGEST, words
from tests.oracles.test_mistakes import FURTHER

BLAMING = re.compile(
    r"\b(you|your|wrong|wrongly|error|mistake|forgot|forgotten|вы|вас|ваш\w*|ошиб\w*|забы\w*|неверно|неправильно)\b", re.I
)
GENDERED = re.compile(r"\b(должен|должна|студент\w*|he|she|his|her)\b|\w+(ли|л)\s+бы\b", re.I)


def sentences() -> Iterator[str]:
    for name, problem in registry.problems().items():
        own = [preset.params for preset in problem.presets.values()]
        for params in (*own, *map(problem.with_params, FURTHER.get(name, []))):
            yield from (mistake.says for mistake in problem.mistakes(params))


def breaches(said: Iterable[str]) -> Iterator[str]:
    for sentence in dict.fromkeys(said):
        if not 0 < words(sentence) <= LONGEST:
            yield f"{words(sentence)} words: {sentence}"
        if BLAMING.search(sentence) or GENDERED.search(sentence):
            yield f"not only the rule: {sentence}"
        if not sentence.endswith("."):
            yield f"not a sentence: {sentence}"


@pytest.mark.parametrize("language", languages())
def test_every_sentence_states_the_rule_and_no_more(language: str) -> None:
    """Short, impersonal, ended by a full stop."""
    assert [] == list(breaches(say(language, sentence) for sentence in sentences()))


FAULTY = (
    "You took the predicted class.",
    "Вы взяли предсказанный класс.",
    "Забыт зазор.",
    "He should divide.",
    "Divide",
    "One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.",
)


@pytest.mark.parametrize("sentence", FAULTY)
def test_a_faulty_sentence_is_noticed(sentence: str) -> None:
    """The tooth: each kind of fault is found."""
    assert 1 == len(list(breaches([sentence])))


PAGE = Path(__file__).resolve().parents[2] / "docs" / "mistakes.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+) \| (.+) \|$", re.MULTILINE)


def known() -> dict[tuple[str, str, str], dict[str, None]]:
    """Key and both sentences of every mistake -> the problems that name it, in their order."""
    found: dict[tuple[str, str, str], dict[str, None]] = {}
    for name, problem in registry.problems().items():
        own = [preset.params for preset in problem.presets.values()]
        for params in (*own, *map(problem.with_params, FURTHER.get(name, []))):
            for mistake in problem.mistakes(params):
                found.setdefault((mistake.key, mistake.says, say("ru", mistake.says)), {})[f"`{name}`"] = None
    return found


def test_the_page_lists_every_mistake() -> None:
    """In docs/mistakes.md, with the sentences that the key prints, each once; the README says how many there are."""
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert known() == {(key, *says): dict.fromkeys(names.split(", ")) for key, names, *says in rows}
    assert len(known()) == len(rows)
    told = int(re.findall(r"(\d+) common mistakes", (PAGE.parents[1] / "README.md").read_text(encoding="utf-8"))[0])
    assert told == len({key for key, *_ in rows}) >= 30
