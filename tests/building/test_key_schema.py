"""docs/key.schema.json: every key keeps to it, whatever breaks a key is refused, and docs/key.md speaks of every field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from examgen import codes, formula
from examgen.bundle import key_json, plain, task_json
from examgen.exam import Task, read_exam
from examgen.graph import Builder, Graph
from examgen.keyfile import FORMAT, STANDARD
from examgen.labels import labels
from examgen.mistaken import mistaken
from examgen.model import Instance, Kind, Solution
from examgen.ops import OPS
from examgen.registry import problem, problems
from examgen.render.language import languages
from examgen.sheets import Variant
from examgen.solving import draw, solve
from tests.architecture.sources import ROOT
from tests.building.folders import LECTURE, SCHEMA, cells, unlike_schema

pytestmark = pytest.mark.xdist_group("schema")  # presets are solved once

PAGE = ROOT / "docs" / "key.md"
DEFS = SCHEMA["$defs"]
GATES = (
    "a = log(x / y) + sqrt(z); b = sin(a) * cos(x) - tanh(y); c = max(abs(b), x) + min(a, -z); d = exp(c) + relu(x ** 1.5);"
    " f = sum(d) * mean(a) + max(x) - min(z) + sigmoid(x)"
)
PINNED: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "fractions": ("svm_loss", {"margin": Fraction(1, 2), "gradient": True}, {"scores": [["2/3", "1e-7", -2], ["0.5", 1, 2]]}),
    "no number": ("softmax_loss", {}, {"scores": [[2, -2, 1], [2, -2, "-0.25"]], "labels": [1, 0]}),
    "too long": ("softmax_loss", {"gradient": True}, {"scores": [[f"{i}.{i}{j}7" for j in range(8)] for i in range(3)]}),
    "every gate": ("backprop", {"formula": GATES}, {"x": "1.5", "y": "2/3", "z": 2, "upstream": "-0.5"}),
    "no names": ("backprop", {"formula": "f = (x + y) * (y - 1)", "ask": "all"}, {"x": 2, "y": 3}),
    "no whole map": ("conv_relu_pool", {}, {"image": [[1, 2, "0.5"], [0, 1, 2], [3, 1, "1/3"]], "kernels": [[1, 0], [-1, 2]]}),
}


def solved(instance: Instance, decimals: int = 2) -> Solution:
    solution = solve(instance, decimals)
    return replace(solution, mistakes=mistaken(solution))


def as_written(document: Mapping[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(document, ensure_ascii=False)))


@pytest.fixture(scope="module")
def presets() -> list[Solution]:
    """One drawn and solved task of every preset of every problem type."""
    found = ((name, preset) for name, chosen in problems().items() for preset in chosen.presets.values())
    return [solved(draw(name, preset, "schema")) for name, preset in found]


@pytest.fixture(scope="module")
def pinned() -> dict[str, dict[str, Any]]:
    """Numbers of somebody's own, each with something that no preset has, as they stand in a key."""
    chosen = {name: solved(problem(kind).pin(params, data), 0) for name, (kind, params, data) in PINNED.items()}
    return {name: as_written(task_json(1, solution, "en", working=1)) for name, solution in chosen.items()}


@pytest.fixture(scope="module")
def small(pinned: Mapping[str, Any]) -> dict[str, Any]:
    """A key with one task: one box that is a number, one that is an array, one mistake; all that breaks it can break."""
    task = deepcopy(pinned["fractions"])
    task["answers"] = [task["answers"][0], task["answers"][-1]]
    task["mistakes"] = task["mistakes"][:1]
    variant = {"number": 1, "code": "44H3T4", "tasks": [task]}
    key = {"format": 1, "title": "Test", "exam": "66MWJ", "language": "en", "marking": STANDARD.to_json()}
    key["variants"] = [variant]
    assert [] == unlike_schema(key)
    return key


def test_the_schema_is_one() -> None:
    """By the schema of schemas."""
    Draft202012Validator.check_schema(SCHEMA)
    assert Draft202012Validator.META_SCHEMA["$id"] == SCHEMA["$schema"]


@pytest.mark.parametrize("language", languages())
def test_the_key_of_every_preset_keeps_to_it(presets: Sequence[Solution], language: str) -> None:
    """All of them as the tasks of one exam, in either language."""
    tasks = tuple(Task(number, (), None, 4, 2) for number in range(1, len(presets) + 1))
    exam = replace(read_exam(LECTURE, language=language), tasks=tasks)
    variant = Variant(1, codes.encode(1, "schema"), tuple(solution.instance for solution in presets))
    key = as_written(key_json(exam, [(variant, presets)]))
    assert [] == unlike_schema(key)
    assert {*problems()} == {task["problem"] for task in key["variants"][0]["tasks"]}


@pytest.mark.parametrize("name", PINNED)
def test_numbers_of_somebodys_own_keep_to_it(pinned: Mapping[str, Any], name: str) -> None:
    """Given as fractions and tiny decimals; answers of no decimals, without a short exact form, of gates without a name."""
    assert [] == unlike_schema(pinned[name], "task")


def test_somebodys_own_numbers_have_what_no_preset_has(pinned: Mapping[str, Any]) -> None:
    """So that the test above looks at it."""
    assert ["2/3", "0.0000001", -2, "0.5", 1, 2] == list(cells(pinned["fractions"]["data"]["scores"]))
    assert "0.5" == pinned["fractions"]["params"]["margin"]
    assert None in [result for mistake in pinned["no number"]["mistakes"] for result in mistake["results"].values()]
    assert None in [cell for answer in pinned["too long"]["answers"] for cell in cells(answer["exact"])]
    assert any(answer["key"].startswith("d%") for answer in pinned["no names"]["answers"])
    assert ("array", "number", 0) in [(a["kind"], a["cells"], a["decimals"]) for a in pinned["no whole map"]["answers"]]


def test_every_op_keeps_to_it(presets: Sequence[Solution], pinned: Mapping[str, Any]) -> None:
    """Those that the schema names are those of which a task can be made, and each is seen with its operands and attributes."""
    text = "u = X @ w; v = X.T @ X; f = sum(u[0] * v, axis=1)[-1] + sum(max(X, axis=0))"
    arrays = formula.parse(text, {"X": (2, 3), "w": (3,)})
    seen = [graph.to_json() for graph in (arrays, _net(), _descent())] + [task["graph"] for task in pinned.values()]
    assert [[] for _ in seen] == [unlike_schema(as_written(graph), "graph") for graph in seen]
    named = {*DEFS["node"]["properties"]["op"]["enum"]}
    assert named == {name for name, op in OPS.items() if op.vjp or name in ("input", "const", "gradient")}
    assert named <= {node["op"] for graph in seen for node in graph["nodes"]}


def _descent() -> Graph:
    b = Builder()
    w = b.input("w", ())
    loss = b.power(w, 2, name="loss")
    b.op("sub", w, b.gradient(w), name="new")
    return b.build(loss)


def _net() -> Graph:
    b = Builder()
    maps = b.conv2d(b.input("image", (2, 8, 8)), b.input("kernels", (4, 1, 3, 3)), 1, (1, 0), 2, 2)
    planes = b.op("spread", b.input("bias", (4,)), axes=(-2, -1), shape=(4, 1, 1))
    pooled = b.pool("avgpool", b.pool("maxpool", maps + planes, 2, 1, 1), (1, 2))
    pooled = pooled + b.op("step", pooled)
    pooled = b.piecewise(b.op("floor", pooled), (0, Fraction(1, 2)), (0, 1, -2), (1, 0), 3)
    scores, labels = b.reduce("amin", pooled, (-1,), name="scores"), b.input("labels", (4,), discrete=True)
    chosen = b.op("pick", b.op("softmax", scores), labels, keepdims=False)
    rest = b.reduce("mean", b.op("others", scores, labels), (-1,), keepdims=False)
    return b.build(b.op("sub", b.op("cross_entropy", scores, labels), chosen + rest))


def test_the_schema_allows_what_the_code_does() -> None:
    """Format, languages, kinds of boxes, symbols of codes, labels beyond one alphabet, points in halves."""
    assert FORMAT == SCHEMA["properties"]["format"]["const"]
    language = SCHEMA["properties"]["language"]["pattern"]
    assert all(re.search(language, name) for name in (*languages(), "de")) and not re.search(language, "German")
    answer, code = DEFS["answer"]["properties"], DEFS["variant"]["properties"]["code"]["pattern"]
    assert {*get_args(Kind)} == {*answer["kind"]["enum"]}
    assert codes.ALPHABET == "".join(symbol for symbol in map(chr, range(128)) if re.search(code, symbol * codes.LENGTH))
    for language in languages():
        assert all(re.search(answer["label"]["pattern"], label) for label in labels(12, 60, language))
    points = Draft202012Validator(answer["points"])
    assert all(points.is_valid(plain(Fraction(halves, 2))) for halves in range(1, 201))


MAPS = ("params", "data", "results")  # by names that a task chooses


def objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all objects with fields that the schema names."""
    if isinstance(value, dict):
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if name not in MAPS:
            yield from objects(part, (*path, name))


def at(document: Any, path: Sequence[str | int]) -> Any:
    for name in path:
        document = document[name]
    return document


def test_a_field_that_is_missing_misspelt_or_unknown_is_refused(small: Mapping[str, Any]) -> None:
    """Each field of each object, down to the attributes of a node."""
    check, let_through = Draft202012Validator(SCHEMA), []
    places = list(objects(small))
    assert len(places) > 20
    for path in places:
        for name in (*at(small, path), None):
            broken = deepcopy(small)
            found = at(broken, path)
            if name is not None:
                value = found.pop(name)
                let_through += [(*path, name)] if check.is_valid(broken) else []
                found[f"{name}s"] = value
            else:
                found["comment"] = ""
            let_through += [(*path, name)] if check.is_valid(broken) else []
    assert [] == let_through


WRONG: dict[str, tuple[str, Any]] = {
    "a format to come": ("format", 2),
    "a language without a catalogue": ("language", "German"),
    "no variants": ("variants", []),
    "a variant 0": ("variants.0.number", 0),
    "a code with a letter that none has": ("variants.0.code", "4OH3T4"),
    "a short code": ("variants.0.code", "44H3T"),
    "a float among the given numbers": ("variants.0.tasks.0.data.scores.0.0", 0.5),
    "a given number that is none": ("variants.0.tasks.0.data.scores.0.0", "x"),
    "a given number without an end": ("variants.0.tasks.0.data.scores.0.0", "2/0"),
    "no decimals kept": ("variants.0.tasks.0.working", 0),
    "a box without a name": ("variants.0.tasks.0.answers.0.key", ""),
    "a label that begins with its letter": ("variants.0.tasks.0.answers.0.label", "a1"),
    "another kind": ("variants.0.tasks.0.answers.0.kind", "matrix"),
    "an array that is one number": ("variants.0.tasks.0.answers.0.kind", "array"),
    "a number that is an array": ("variants.0.tasks.0.answers.1.kind", "number"),
    "whole numbers with decimals": ("variants.0.tasks.0.answers.0", {"cells": "integer", "kind": "integer", "decimals": 2}),
    "another kind of cells": ("variants.0.tasks.0.answers.0.cells", "array"),
    "an index from the end": ("variants.0.tasks.0.answers.0.index", [-1]),
    "an exact number": ("variants.0.tasks.0.answers.0.exact", 1),
    "a text for a value": ("variants.0.tasks.0.answers.0.value", "1.5"),
    "numbers for decimals": ("variants.0.tasks.0.answers.0.accept", [1.4, 1.6]),
    "one number for a decimal": ("variants.0.tasks.0.answers.0.accept.0", 1.4),
    "a fraction for a decimal": ("variants.0.tasks.0.answers.0.accept.0", "15/2"),
    "a power of ten for a decimal": ("variants.0.tasks.0.answers.0.accept.0", "1E-7"),
    "a comma": ("variants.0.tasks.0.answers.0.accept.0", "1,4"),
    "one end": ("variants.0.tasks.0.answers.0.accept", ["1.4"]),
    "three ends": ("variants.0.tasks.0.answers.0.accept", ["1.4", "1.5", "1.6"]),
    "a pair for an array": ("variants.0.tasks.0.answers.1.accept", ["1.4", "1.6"]),
    "one end in an array": ("variants.0.tasks.0.answers.1.accept.0.0", ["1.4"]),
    "quarters of points": ("variants.0.tasks.0.answers.0.points", "0.25"),
    "half points as a number": ("variants.0.tasks.0.answers.0.points", 0.5),
    "no points": ("variants.0.tasks.0.answers.0.points", 0),
    "a mistake without a result": ("variants.0.tasks.0.mistakes.0.results", {}),
    "a text for a result": ("variants.0.tasks.0.mistakes.0.results", {"loss": "1.5"}),
    "a null in an array of results": ("variants.0.tasks.0.mistakes.0.results", {"loss": [1.5, None]}),
    "an op that there is not": ("variants.0.tasks.0.graph.nodes.0.op", "conjure"),
    "an op of the way back": ("variants.0.tasks.0.graph.nodes.0.op", "put_others"),
    "an op with attributes of another": ("variants.0.tasks.0.graph.nodes.0.op", "const"),
    "an attribute of another op": ("variants.0.tasks.0.graph.nodes.3.attrs", {"shape": [2]}),
    "a shape with a negative length": ("variants.0.tasks.0.graph.nodes.0.attrs", {"shape": [-2, 3]}),
    "an op with an operand too many": ("variants.0.tasks.0.graph.nodes.3.inputs", ["scores", "labels", "labels"]),
    "an op without its operand": ("variants.0.tasks.0.graph.nodes.2.inputs", ["scores"]),
    "a name of two words": ("variants.0.tasks.0.graph.nodes.0.name", "the scores"),
    "a name that is a number": ("variants.0.tasks.0.graph.output", 4),
}


@pytest.mark.parametrize(("place", "value"), WRONG.values(), ids=WRONG)
def test_what_no_build_writes_is_refused(small: Mapping[str, Any], place: str, value: Any) -> None:
    """One value of a key made wrong; of an object some fields."""
    broken = deepcopy(small)
    *path, name = (int(part) if part.isdigit() else part for part in place.split("."))
    found = at(broken, path)
    assert found[name] != value
    found[name] = {**found[name], **value} if isinstance(value, dict) and value and name != "results" else value
    assert [] != unlike_schema(broken)


def test_some_things_no_schema_sees(small: Mapping[str, Any]) -> None:
    """Ends that changed places: the page says that this is left to the reader."""
    broken = deepcopy(small)
    broken["variants"][0]["tasks"][0]["answers"][0]["accept"].reverse()
    assert [] == unlike_schema(broken)
    assert "no\nschema can say it" in PAGE.read_text(encoding="utf-8")


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field that an object may have, with its schema; "" for one whose name is free."""
    for name, found in schema.get("properties", {}).items():
        yield name, found
        yield from fields(found)
    for found in schema.get("patternProperties", {}).values():
        yield "", found
        yield from fields(found)


ALL = [pair for part in (SCHEMA, *DEFS.values()) for pair in fields(part)]


def test_everything_is_described() -> None:
    """Every part and every field says in words what it is, and no object takes fields that are not named."""
    assert len(ALL) > 40
    assert [] == [name for name, found in (*DEFS.items(), *ALL) if len(found.get("description", "")) < 10]
    parts = (SCHEMA, *DEFS.values(), *(found for _, found in ALL))
    assert {False} == {found["additionalProperties"] for found in parts if found.get("type") == "object"}


def test_every_field_with_a_name_is_required() -> None:
    """But for the attributes of a node, which belong to one op or another, and the options of a choice."""
    named = [found for found in (SCHEMA, *DEFS.values()) if "properties" in found and found is not DEFS["attrs"]]
    listed = [[name for name in found["properties"] if name != "options"] for found in named]
    assert [found["required"] for found in named] == listed


def unspoken(page: str) -> list[str]:
    """Fields and ops of which a page does not speak by their names."""
    names = {name for name, _ in ALL if name} | {*DEFS["node"]["properties"]["op"]["enum"]}
    return sorted(name for name in names if f"`{name}`" not in page)


def test_the_page_speaks_of_every_field() -> None:
    """By its name, and of every op."""
    assert [] == unspoken(PAGE.read_text(encoding="utf-8"))


def test_a_field_that_the_page_leaves_out_is_noticed() -> None:
    """The tooth."""
    assert ["dilation", "working"] == unspoken(re.sub("`(working|dilation)`", "it", PAGE.read_text(encoding="utf-8")))
