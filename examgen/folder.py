"""A built folder read and proved again: checksums first, then every answer by every engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

from examgen.bundle import FORMAT, exact_data, task_graph
from examgen.errors import ExamgenError, InputError, ProofError
from examgen.model import Exact, cells, freeze, nest, pick
from examgen.solving import accepted
from examgen.verifying import Proof, prove

Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Verdict:
    """What was looked at, and every way in which the folder does not hold what it states."""

    files: int
    variants: int
    answers: int
    engines: tuple[str, ...]
    failures: tuple[str, ...]


def verify(folder: Path, *, device: str = "cpu", report: Report = lambda stage, done, total: None) -> Verdict:
    """Proves a built folder again from `key.json` alone.

    Raises: InputError where the folder holds no build; EngineUnavailable where an engine cannot run.
    """
    manifest, key = _document(folder, "manifest.json", "files"), _document(folder, "key.json", "variants")
    failures = [*_checksums(folder, manifest), *_uncertified(manifest, key)]
    answers, engines = 0, dict[str, None]()
    for done, variant in enumerate(key["variants"], start=1):
        for number, task in enumerate(variant["tasks"], start=1):
            answers += len(task["answers"])
            try:
                proof = _proof(task, device)
                engines |= dict.fromkeys(proof.bounds)
                wrong = list(_differences(task, proof))
            except ProofError as error:
                wrong = [str(error)]
            failures += [f"variant {variant['number']} ({variant['code']}), task {number}: {text}" for text in wrong]
        report("prove", done, len(key["variants"]))
    return Verdict(len(manifest["files"]) + 1, len(key["variants"]), answers, tuple(engines), tuple(failures))


def _document(folder: Path, name: str, part: str) -> dict[str, Any]:
    path = folder / name
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder}: there is no {name}, give a folder that `examgen build` has filled") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({error}), build the folder again") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(f"{path}: not of format {FORMAT}, build the folder again with this version")
    try:
        _places(found) if part == "variants" else found["files"].items() and found["certificates"]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not what a build writes ({error}), build the folder again") from None
    return found


def _places(key: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Code, task and box key of every answer."""
    return [
        (str(variant["code"]), number, str(answer["key"]))
        for variant in key["variants"]
        for number, task in enumerate(variant["tasks"], start=1)
        for answer in task["answers"]
    ]


def _checksums(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    for name, stated in manifest["files"].items():
        try:
            found = sha256((folder / Path(name).name).read_bytes()).hexdigest()
        except OSError as error:
            yield f"{name}: cannot be read ({error.strerror})"
            continue
        if found != stated:
            yield f"{name}: changed since it was built (checksum differs from manifest.json)"


def _proof(task: Mapping[str, Any], device: str) -> Proof:
    try:
        return prove(task_graph(task), exact_data(task["data"]), device)
    except ExamgenError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise ProofError(f"its graph or data cannot be evaluated ({type(error).__name__}: {error})") from None


def _differences(task: Mapping[str, Any], proof: Proof) -> Iterator[str]:
    graph = task_graph(task)
    for answer in task["answers"]:
        node = answer["node"]
        flat = (proof.gradients if answer["gradient"] else proof.values).get(node)
        if flat is None:
            yield f"{answer['key']}: the graph has no {'gradient at' if answer['gradient'] else 'value of'} {node}"
            continue
        yield from _answer_differences(answer, pick(nest(flat, graph[node].shape), answer["index"]))


def _answer_differences(answer: Mapping[str, Any], value: Exact) -> Iterator[str]:
    if list(cells(freeze(answer["value"]))) != [float(cell) for cell in cells(value)]:
        yield f"{answer['key']}: the key says {answer['value']}, proved is {_floats(value)}"
    integer = answer["decimals"] == 0 and answer["cells"] == "integer"
    if freeze(answer["accept"]) != accepted(value, answer["decimals"], integer=integer):
        yield f"{answer['key']}: the accepted interval does not belong to the proved value {_floats(value)}"
    for text, cell in zip(cells(freeze(answer["exact"])), cells(value), strict=False):
        if text is not None and not _states(text, cell):
            yield f"{answer['key']}: the exact form {text} is not the proved {float(cell)!r}"


def _states(text: str, cell: Fraction) -> bool:
    """Whether a fraction or a closed form is the number, to 40 digits for a closed form."""
    from examgen.engines import _numpy
    from examgen.formula import parse

    try:
        return Fraction(text) == cell
    except ValueError:
        pass
    graph = parse(text)
    found = Fraction(str(_numpy.run(graph, {}, "exact")[graph.output].item()))
    return abs(found - cell) <= max(Fraction(1), abs(cell)) / 10**40


def _floats(value: Exact) -> Any:
    return [_floats(part) for part in value] if isinstance(value, tuple) else float(value)
