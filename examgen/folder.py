"""A built folder, or an archive of one, read and proved again: checksums first, then every answer by every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from examgen.answers import accepted
from examgen.archive import DAMAGED, opened
from examgen.bundle import vouched
from examgen.entries import SOLUTIONS, last, optional, whole
from examgen.errors import InputError, ProofError
from examgen.graph import Graph
from examgen.honesty import Interval
from examgen.keyfile import document, exact_data, task_graph
from examgen.model import Ask, Exact, cells, each, freeze, nest, pick
from examgen.proving import prove_all
from examgen.reaching import reach as taped
from examgen.solving import honest_reach, reached, states
from examgen.verifying import ENGINES, Proof, prove

Report = Callable[[str, int, int], None]
CHANGED = "changed since it was built (checksum differs from manifest.json)"
TOGETHER = 100  # variants proved together
PROPOSAL = "assignment.csv"  # which people edit when seats and papers change
EDITED = f"{PROPOSAL}: changed since it was built; it is a proposal, the code on the paper counts"


@dataclass(frozen=True)
class Verdict:
    """What was looked at, and every way in which the folder does not hold what it states.

    `files` are those that must not change; `notes` tell of a proposal that somebody changed.
    """

    files: int
    variants: int
    answers: int
    engines: tuple[str, ...]
    failures: tuple[str, ...]
    notes: tuple[str, ...] = ()


def verify(folder: Path, *, device: str = "cpu", report: Report = lambda stage, done, total: None) -> Verdict:
    """Proves a built folder again from `key.json` alone.

    Raises: InputError where the folder holds no build; EngineUnavailable where an engine cannot run.
    """
    manifest, key, place = document(folder, "manifest.json"), document(folder), opened(folder)
    try:
        names = _names(manifest, key, place)
        unlike = dict(_checksums(place, manifest, names))
        edited = unlike.pop(PROPOSAL, None) if unlike.get(PROPOSAL) == CHANGED else None
        failures = [*(f"{name}: {says}" for name, says in unlike.items()), *_uncertified(manifest, key)]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{folder}: its JSON files are not what a build writes ({error!r}), build it again") from None
    answers, engines, proofs = 0, dict[str, None](), dict[int, Proof]()
    for done, variant in enumerate(key["variants"], start=1):
        if done % TOGETHER == 1:
            proofs = _proofs(key["variants"][done - 1 : done - 1 + TOGETHER], device)
        for number, task in enumerate(variant["tasks"], start=1):
            answers += len(task["answers"])
            wrong = task_failures(task, device, engines, proofs.get(id(task)))
            failures += [f"variant {variant['number']} ({variant['code']}), task {number}: {text}" for text in wrong]
        report("prove", done, len(key["variants"]))
    notes = (EDITED,) if edited else ()
    return Verdict(len(names) + 1 - len(notes), len(key["variants"]), answers, tuple(engines), tuple(failures), notes)


def _names(manifest: Mapping[str, Any], key: Mapping[str, Any], folder: Traversable) -> tuple[str, ...]:
    """What the manifest has to vouch for: a solution of every variant, but none where an earlier version wrote none.

    An optional file is one of them if it is there, or the manifest says that it was. Sheets in volumes are as many as the
    last of them says.
    """
    codes = [variant["code"] for variant in key["variants"]] if "key" in manifest else []
    stated = manifest["files"]
    known = optional({*stated, *(path.name for path in folder.iterdir())})
    further = [name for name in known if name not in stated or whole(name) not in ("key.pdf", "sheets.pdf")]
    return vouched(codes, last("sheets.pdf", known), further)


def _checksums(folder: Traversable, manifest: Mapping[str, Any], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Files that are missing, changed or too many, each once, with what is wrong."""
    stated = manifest["files"]
    for name in sorted({*names, *_solutions(folder)} - stated.keys()):
        yield name, "manifest.json does not vouch for it"
    for name in sorted(stated.keys() - set(names)):
        yield name, "manifest.json vouches for it, but a build of the variants of key.json has no such file"
    for name in sorted(stated.keys() & set(names)):
        try:
            found = sha256((folder / name).read_bytes()).hexdigest()
        except DAMAGED as error:
            yield name, f"cannot be read ({getattr(error, 'strerror', None) or error})"
            continue
        if found != stated[name]:
            yield name, CHANGED


def _solutions(folder: Traversable) -> list[str]:
    """Whatever stands in the folder of solutions, if it can be looked into at all."""
    try:
        return [f"{SOLUTIONS}/{path.name}" for path in (folder / SOLUTIONS).iterdir()]
    except OSError:
        return []  # then each file that should be there is told to be missing


def _uncertified(manifest: Mapping[str, Any], key: Mapping[str, Any]) -> Iterator[str]:
    """Answers taken away or added: the manifest holds one certificate for each that was built."""
    stated = {(entry["code"], entry["task"], entry["key"]) for entry in manifest["certificates"]}
    if not stated or len(stated) != len(manifest["certificates"]):
        yield "manifest.json: certificates are missing or stand twice"
    for entry in manifest["certificates"]:
        if set(entry["engines"]) != set(ENGINES):
            yield f"variant {entry['code']}, task {entry['task']}: the certificate of {entry['key']} does not name every engine"
    found = {
        (variant["code"], number, answer["key"]): variant["number"]
        for variant in key["variants"]
        for number, task in enumerate(variant["tasks"], start=1)
        for answer in task["answers"]
    }
    for code, number, name in sorted(stated - found.keys()):
        yield f"variant {code}, task {number}: key.json has no answer {name}, for which manifest.json has a certificate"
    for code, number, name in sorted(found.keys() - stated):
        yield f"variant {code}, task {number}: manifest.json has no certificate for the answer {name} of key.json"


def _proofs(variants: Sequence[Mapping[str, Any]], device: str) -> dict[int, Proof]:
    """The proofs of all tasks, those of one structure found together; none where something does not hold.

    Whatever is wrong is told when the task is looked at by itself.
    """
    alike: dict[Graph, list[Mapping[str, Any]]] = {}
    found: dict[int, Proof] = {}
    for variant in variants:
        for task in variant["tasks"]:
            with suppress(Exception):
                alike.setdefault(task_graph(task), []).append(task)
    for graph, tasks in alike.items():
        with suppress(Exception):
            proofs = prove_all(graph, [exact_data(task["data"]) for task in tasks], device)
            found.update(zip(map(id, tasks), proofs, strict=True))
    return found


def task_failures(
    task: Mapping[str, Any], device: str = "cpu", engines: dict[str, None] | None = None, proof: Proof | None = None
) -> list[str]:
    """What does not hold in one task of `key.json`, proved again unless there is a proof; adds the engines that ran."""
    try:
        proof = proof or prove(task_graph(task), exact_data(task["data"]), device)
        if engines is not None:
            engines |= dict.fromkeys(ENGINES)
        return list(_differences(task, proof))
    except (ProofError, InputError) as error:
        return [str(error)]
    except (KeyError, TypeError, ValueError, IndexError, ArithmeticError, AttributeError, RuntimeError) as error:
        return [f"its entry in key.json cannot be evaluated ({type(error).__name__}: {error})"]


def _differences(task: Mapping[str, Any], proof: Proof) -> Iterator[str]:
    graph = task_graph(task)
    reach = honest_reach(graph, exact_data(task["data"]), task["working"], by=taped)
    for answer in task["answers"]:
        node = answer["node"]
        flat = (proof.gradients if answer["gradient"] else proof.values).get(node)
        if flat is None:
            yield f"{answer['key']}: the graph has no {'gradient at' if answer['gradient'] else 'value of'} {node}"
            continue
        ask = Ask(
            answer["key"], node, "", gradient=answer["gradient"], index=answer["index"],
            kind="integer" if answer["cells"] == "integer" else "number",
        )
        value = pick(nest(flat, graph[node].shape), answer["index"])
        yield from _answer_differences(answer, value, reached(reach, graph, ask))


def _answer_differences(answer: Mapping[str, Any], value: Exact, near: list[Interval] | None) -> Iterator[str]:
    if list(cells(freeze(answer["value"]))) != [float(cell) for cell in cells(value)]:
        yield f"{answer['key']}: the key says {answer['value']}, proved is {each(value, float)}"
    if freeze(answer["accept"]) != accepted(value, near, answer["decimals"], whole=answer["cells"] == "integer"):
        yield f"{answer['key']}: the accepted interval does not belong to the proved value {each(value, float)}"
    for text, cell in zip(cells(freeze(answer["exact"])), cells(value), strict=False):
        if text is not None and not states(text, cell):
            yield f"{answer['key']}: the exact form {text} is not the proved {float(cell)!r}"
