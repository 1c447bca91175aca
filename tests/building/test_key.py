"""`key.json` and `manifest.json`: the fields that stay, values nearest to exact, a certificate for every answer."""

from __future__ import annotations

import json
from fractions import Fraction
from hashlib import sha256
from typing import Any

import mpmath
import pytest

from examgen import codes
from examgen.keyfile import exact_data, task_graph
from examgen.verifying import prove
from tests.building.folders import FILES, SECRET, Folder, answers, cells, tasks, unlike_schema
from tests.cli.commands import Ended

pytestmark = pytest.mark.xdist_group("build")

ANSWER = {"key", "label", "kind", "cells", "node", "gradient", "index", "exact", "value", "accept", "decimals", "points"}
CLOSED = {"exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "tanh": mpmath.tanh}


def number(exact: str) -> Any:
    """A fraction or a closed form to 60 digits, by mpmath alone."""
    with mpmath.workdps(60):
        whole = "".join(f"mpf({part})" if part.isdigit() else part for part in _parts(exact))
        return eval(whole, {"__builtins__": {}}, {**CLOSED, "mpf": mpmath.mpf})  # our own key, not a user's text


def _parts(text: str) -> list[str]:
    parts, digits = [], ""
    for letter in text:
        if letter.isdigit():
            digits += letter
            continue
        parts += [digits] * bool(digits) + [letter]
        digits = ""
    return parts + [digits] * bool(digits)


def test_the_key_has_the_fields_that_stay(secret: Folder) -> None:
    """For the marker: variant, code, tasks, problem, params, data, graph, and of each answer what is accepted."""
    assert {"format", "title", "language", "variants"} <= secret.key.keys()
    assert [1, 2, 3, 4] == [variant["number"] for variant in secret.key["variants"]]
    assert all(codes.check(variant["code"]) for variant in secret.key["variants"])
    for _, task in tasks(secret.key):
        assert {"problem", "params", "data", "graph", "answers", "working"} <= task.keys()
        assert all(ANSWER <= answer.keys() for answer in task["answers"])
        assert {answer["kind"] for answer in task["answers"]} <= {"integer", "number", "array", "choice"}


def test_the_key_keeps_to_its_schema(sample: Folder, secret: Folder, homework: tuple[Folder, Ended]) -> None:
    """As it lies in the folder; `test_key_schema.py` looks at the key of every preset."""
    assert [[], [], []] == [unlike_schema(folder.key) for folder in (sample, secret, homework[0])]


def test_boxes_are_labelled_and_worth_what_the_definition_says(secret: Folder) -> None:
    """1а, 1б, … without a gap; the points of the tasks are 4, 4 and 3."""
    for variant in secret.key["variants"]:
        for place, task in enumerate(variant["tasks"], start=1):
            labels = [f"{place}{letter}" for letter in "абвгдежз"[: len(task["answers"])]]
            assert labels == [answer["label"] for answer in task["answers"]]
        worth = [sum(Fraction(answer["points"]) for answer in task["answers"]) for task in variant["tasks"]]
        assert [4, 4, 3] == worth


def test_values_are_the_nearest_doubles(sample: Folder, secret: Folder) -> None:
    """To the exact form, read by mpmath alone; where that is too long to print, to the proved value."""
    closed = 0
    for folder in (sample, secret):
        for _, task in tasks(folder.key):
            proof = prove(task_graph(task), exact_data(task["data"]))
            for answer in task["answers"]:
                found = proof.gradients if answer["gradient"] else proof.values
                near = {float(cell) for cell in found[answer["node"]]}
                for value, exact in zip(cells(answer["value"]), _texts(answer), strict=True):
                    closed += exact is not None and not _rational(exact)
                    assert value in near
                    assert exact is None or float(number(exact)) == value
    assert closed > 10  # softmax and sigmoid did occur


def _texts(answer: Any) -> list[str | None]:
    count = len(list(cells(answer["value"])))
    return [None] * count if answer["exact"] is None else list(cells(answer["exact"]))


def _rational(text: str) -> bool:
    return text.replace("/", "").removeprefix("-").isdigit()


def test_a_value_one_bit_off_is_seen(secret: Folder) -> None:
    """The tooth: the next double is not the nearest to the exact form."""
    answer = next(a for a in answers(secret.key) if isinstance(a["exact"], str) and "/" in a["exact"])
    assert float(number(answer["exact"])) == answer["value"]
    assert float(number(answer["exact"])) != answer["value"] * (1 + 2**-52)


def test_every_interval_contains_its_value(secret: Folder) -> None:
    """By at least a unit of the last decimal asked on either side, by 5 in all (3 of a gradient); a whole number is alone."""
    for answer in answers(secret.key):
        unit = Fraction(1, 10 ** answer["decimals"]) if answer["decimals"] else Fraction(0)
        slack = Fraction(1, 10 ** (answer["decimals"] + 3))
        pairs = list(cells(answer["accept"]))
        for value, low, high in zip(cells(answer["value"]), pairs[::2], pairs[1::2], strict=True):
            assert Fraction(low) <= Fraction(value) - unit + slack and Fraction(low) <= Fraction(value)
            assert Fraction(high) >= Fraction(value) + unit - slack and Fraction(high) >= Fraction(value)
            assert Fraction(high) - Fraction(low) <= (3 if answer["gradient"] else 5) * unit


def test_the_manifest_says_how_the_folder_came_about(secret: Folder) -> None:
    """Versions, the definition without its seed, and checksums of all other files."""
    manifest = secret.manifest
    assert {"examgen", "numpy", "sympy", "torch", "weasyprint"} <= manifest["versions"].keys()
    assert "not installed" not in manifest["versions"].values()
    assert {"seed", "seed_file"}.isdisjoint(manifest["definition"])
    assert 3 == len(manifest["definition"]["task"])
    assert SECRET not in json.dumps(manifest)
    digests = {name: sha256(secret.bytes(name)).hexdigest() for name in secret.names if name != "manifest.json"}
    assert digests == manifest["files"]
    assert {*FILES, *secret.solutions} == {*digests, "manifest.json"}
    assert "short" == manifest["key"]


def test_every_answer_has_a_certificate_of_three_engines(secret: Folder) -> None:
    """In the order of the key; each names NumPy, SymPy and PyTorch and the bound it met, exact where no exp occurs."""
    asked = [
        (variant["code"], place, answer["key"])
        for variant in secret.key["variants"]
        for place, task in enumerate(variant["tasks"], start=1)
        for answer in task["answers"]
    ]
    certificates = secret.manifest["certificates"]
    assert asked == [(c["code"], c["task"], c["key"]) for c in certificates]
    for certificate in certificates:
        engines = certificate["engines"]
        assert {"numpy", "sympy", "torch"} == engines.keys()
        assert engines["sympy"] in ("exact", "50 digits")
        assert f"{engines['sympy']}; float64 within 1e-12 of the largest number" == engines["numpy"]
        assert "float64 on cpu within 1e-12 of the largest number" == engines["torch"]
    assert {"exact", "50 digits"} == {c["engines"]["sympy"] for c in certificates}
    assert {"exact"} == {c["engines"]["sympy"] for c in certificates if c["task"] == 3}


def _values(folder: Folder, task: int) -> dict[str, Any]:
    return {answer["key"]: answer["value"] for answer in folder.key["variants"][0]["tasks"][task]["answers"]}


def test_the_homework_has_the_answers_of_the_lecture(homework: tuple[Folder, Ended]) -> None:
    """The seed's own numbers, checked by hand there: convolution, both losses in both orientations, the neuron."""
    folder, _ = homework
    assert {"conv": [[1, -2], [3, 1]], "relu": [[1, 0], [3, 1]], "pooled": 3} == _values(folder, 0)
    svm = {"losses[0]": 1.5, "losses[1]": 1.4, "losses[2]": 0.9, "loss": 19 / 15}
    assert svm == _values(folder, 1)
    softmax = _values(folder, 2)
    wanted = {"losses[0]": 0.958020, "losses[1]": 0.911901, "losses[2]": 0.645985, "loss": 0.838635}
    assert wanted == {name: round(softmax[name], 6) for name in wanted}
    columns = {"losses[0]": 1.9, "losses[1]": 1.5, "losses[2]": 0, "loss": 17 / 15}
    assert columns == _values(folder, 3)
    neuron = {"f": 0.119203, "dw0": -0.104994, "dw1": 0.104994, "dw2": 0.104994, "dx0": 0.104994, "dx1": -0.209987}
    found = _values(folder, 4)
    assert neuron == {name: round(found[name], 6) for name in neuron}
    exact = {a["key"]: a["exact"] for task in (1, 3) for a in folder.key["variants"][0]["tasks"][task]["answers"][-1:]}
    assert {"loss": "17/15"} == exact


def test_the_homework_is_built_with_notes(homework: tuple[Folder, Ended]) -> None:
    """A symmetric filter, labels not given and a margin of exactly 0 are noted, printed and kept, never refused."""
    folder, ended = homework
    notes = folder.manifest["notes"]
    told = ("task 1 (conv_relu_pool): a filter is its own flip", "task 2 (svm_loss): no labels", "task 4 (svm_loss): kink")
    assert [] == [words for words in told if not any(note.startswith(words) for note in notes)]
    assert [] == [note for note in notes if f"note: {note}\n" not in ended.out]
    assert not folder.manifest["sample"]
    assert "none: all numbers are pinned" == folder.manifest["seed"]
