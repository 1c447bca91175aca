"""What a build leaves beside the PDFs, as plain data: `key.json` and `manifest.json`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from examgen import codes
from examgen.answers import decimal_text
from examgen.choices import letters
from examgen.entries import solution_name, volumes
from examgen.exam import Exam
from examgen.keyfile import FORMAT
from examgen.labels import labels
from examgen.model import Answer, Mistaken, Solution, each
from examgen.points import Points, distribute
from examgen.problem import DIGITS
from examgen.registry import graph_of
from examgen.render.language import say
from examgen.sheets import Solved, Variant


def vouched(codes: Collection[str], sheets: int = 1, optional: Iterable[str] = ()) -> tuple[str, ...]:
    """What the manifest of these variants, so many sheets and these optional files holds checksums of."""
    printed = (*volumes("key.pdf", len(codes)), *volumes("sheets.pdf", sheets))
    return ("key.json", *printed, *optional, *sorted(map(solution_name, codes)))


def fragment(entries: Iterable[Mapping[str, Any]]) -> bytes:
    """Entries of a list of one of the files as they stand there, for `streamed`."""
    return ",\n".join("  " + _text(entry).replace("\n", "\n  ") for entry in entries).encode("utf-8")


def streamed(document: Mapping[str, Any], name: str, fragments: Iterable[bytes]) -> Iterator[bytes]:
    """A file part by part, whose last field is an empty list so far: no more than a fragment of it is in memory at once."""
    head, _, tail = f"{_text(document)}\n".rpartition(f'"{name}": []')
    yield f'{head}"{name}": [\n'.encode()
    for place, part in enumerate(fragments):
        yield (b",\n" if place else b"") + part
    yield f"\n ]{tail}".encode()


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)


def key_json(exam: Exam, solved: Iterable[Solved]) -> dict[str, Any]:
    """Everything that marking needs: each variant's tasks with their data, graph, answers and accepted intervals."""
    return {
        "format": FORMAT,
        "title": exam.title,
        "exam": codes.identity(exam.seed),
        "language": exam.language,
        "marking": exam.rules.to_json(),
        "variants": [variant_json(exam, variant, solutions) for variant, solutions in solved],
    }


def variant_json(exam: Exam, variant: Variant, solutions: Sequence[Solution]) -> dict[str, Any]:
    """One variant, as `key.json` holds it."""
    tasks = [
        task_json(task.number, solution, exam.language, task.points, task.working)
        for task, solution in zip(exam.tasks, solutions, strict=True)
    ]
    return {"number": variant.number, "code": variant.code, "tasks": tasks}


def task_json(
    number: int, solution: Solution, language: str, points: Points = None, working: int = 4
) -> dict[str, Any]:
    """One solved task of one variant, as `key.json` holds it."""
    instance = solution.instance
    asks = [answer.ask for answer in solution.answers]
    shares = distribute(asks, points)
    named = zip(solution.answers, labels(number, len(asks), language), shares, strict=True)
    return {
        "problem": instance.problem,
        "params": {name: plain(value) for name, value in asdict(instance.params).items()},
        "data": {name: plain(value) for name, value in instance.data.items()},
        "working": working,
        "answers": [_answer(answer, label, points, language) for answer, label, points in named],
        "mistakes": [_mistake(found, language) for found in solution.mistakes],
        "graph": graph_of(instance.problem, instance.params).to_json(),
    }


def _answer(answer: Answer, label: str, points: Fraction, language: str) -> dict[str, Any]:
    """`options` are what the choices are called on paper; only a choice has any."""
    ask = answer.ask
    return {
        "key": ask.key,
        "label": label,
        "symbol": ask.symbol,
        "kind": ask.kind,
        **({"options": letters(len(ask.options), language)} if ask.options else {}),
        "cells": "integer" if ask.whole else "number",
        "node": ask.node,
        "gradient": ask.gradient,
        "index": list(ask.index) if ask.index is not None else None,
        "exact": answer.exact,
        "value": each(answer.value, float),
        "accept": answer.accept,
        "decimals": answer.decimals,
        "points": plain(points),
    }


def _mistake(found: Mistaken, language: str) -> dict[str, Any]:
    """`results` holds the boxes that come out wrong, null where the mistake leads to no number; all others come out right."""
    results = {key: None if value is None else each(value, float) for key, value in found.results.items()}
    return {"key": found.key, "says": say(language, found.says), "results": results}


def manifest_json(
    exam: Exam, solved: Iterable[Solved], files: Mapping[str, str], versions: Mapping[str, str], notes: Sequence[str],
    *, full: bool = False,
) -> dict[str, Any]:
    """How the folder came about: versions, the definition without its seed, checksums, a certificate per answer."""
    from examgen.render.own import checksums  # here, since templates take long to load and only a build has them

    return {
        "format": FORMAT,
        "versions": dict(versions),
        "definition": dict(exam.definition),
        "seed": exam.seed_from,
        "sample": exam.sample,
        "key": "full" if full else "short",
        "notes": list(notes),
        "templates": checksums(exam.printing.templates),
        "files": dict(files),
        "certificates": [entry for one in solved for entry in certificates_json(exam, one)],
    }


def certificates_json(exam: Exam, one: Solved) -> list[dict[str, Any]]:
    """Those of one variant, as `manifest.json` holds them."""
    variant, solutions = one
    return [
        {"code": variant.code, "task": task.number, "key": certificate.key, "engines": dict(certificate.bounds)}
        for task, solution in zip(exam.tasks, solutions, strict=True)
        for certificate in solution.certificates
    ]


def plain(value: Any) -> Any:
    """Exact values for JSON: ints as numbers, other fractions as the decimal or the fraction that they are, as text."""
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if not isinstance(value, Fraction):
        return value
    if value.denominator == 1:
        return int(value)
    places = next((places for places in range(1, 2 * DIGITS) if 10**places % value.denominator == 0), None)
    return str(value) if places is None else decimal_text(int(value * 10**places), places)
