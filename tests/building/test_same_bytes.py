"""The same definition and seed: the same bytes and variants; another seed: other numbers; no two variants alike."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from examgen import codes
from examgen.build import CHUNK, variants
from examgen.exam import Exam, read_exam
from examgen.sheets import Variant
from examgen.versions import versions
from tests.building.folders import FILES, LECTURE, Folder
from tests.cli.commands import run

pytestmark = pytest.mark.xdist_group("build")


def differences(one: Folder, other: Folder) -> list[str]:
    """Files that are not byte for byte the same, or not in both."""
    both = {*one.names} & {*other.names}
    return sorted({*one.names} ^ {*other.names} | {name for name in both if one.bytes(name) != other.bytes(name)})


def rebuilt(folder: Path, count: int, jobs: int, hash_seed: str) -> Folder:
    """The first variants in another process, another working directory, another order of sets."""
    folder.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "examgen", "build", os.path.relpath(LECTURE, folder.parent), "-o", folder.name]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(
        [*command, "--proof", str(count), "-j", str(jobs)], check=True, cwd=folder.parent, env=environment, capture_output=True
    )
    return Folder(folder)


def test_two_builds_are_the_same_bytes(sample: Folder, tmp_path: Path) -> None:
    """All files, in another process with another PYTHONHASHSEED and another working directory."""
    again = rebuilt(tmp_path / "again", 3, 1, "1")
    assert sorted([*FILES, *again.solutions]) == again.names
    assert [] == differences(sample, again)


def test_the_number_of_jobs_does_not_matter(tmp_path: Path) -> None:
    """More variants than a worker solves at a time, by one process and by two."""
    assert CHUNK < 22
    one, two = rebuilt(tmp_path / "a" / "one", 22, 1, "2"), rebuilt(tmp_path / "b" / "two", 22, 2, "4711")
    assert [f"{number}" for number in range(1, 23)] == [str(variant["number"]) for variant in two.key["variants"]]
    assert 22 == len(two.solutions)
    assert [] == differences(one, two)


def test_the_whole_exam_is_built_and_proved_again(tmp_path: Path) -> None:
    """All thirty variants of the lecture's exam by the real command: distinct, and `verify` finds every answer right."""
    command = [sys.executable, "-m", "examgen"]
    subprocess.run([*command, "build", LECTURE, "-o", tmp_path / "out", "-j", "2"], check=True, capture_output=True)
    key = Folder(tmp_path / "out").key
    assert 30 == len({variant["code"] for variant in key["variants"]}) == len(list((tmp_path / "out/solutions").iterdir()))
    for place in range(3):
        assert 30 == len({json.dumps([v["tasks"][place][part] for part in ("problem", "data")]) for v in key["variants"]})
    done = subprocess.run([*command, "verify", tmp_path / "out"], capture_output=True, text=True, check=False)
    assert (0, "solved and proved: 30\n") == (done.returncode, done.stderr)
    _, engines = done.stdout.split(" answers of 30 variants proved by ")
    assert {"numpy", "sympy", "torch"} == set(engines.strip().split(", "))


NO_BYTES = {"pydantic", "rich", "typer", "matplotlib"}  # they read, report and speak to the terminal


def test_the_manifest_names_every_library(sample: Folder) -> None:
    """All that the distribution depends on, by the names of its own definition, but for what leaves no trace in a file."""
    definition = Path(__file__).parents[2] / "pyproject.toml"
    project = tomllib.loads(definition.read_text(encoding="utf-8"))["project"]
    required = {re.split(r"[<>=~! ;\[]", line)[0] for line in (*project["dependencies"], "torch>=2")}
    found = versions()
    assert found == sample.manifest["versions"]
    assert set() == required - NO_BYTES - found.keys()
    assert {"python", "pango", "zlib", "pydyf"} <= found.keys()
    assert [] == [version for version in found.values() if not re.fullmatch(r"\d+(\.\d+)+([ab.]|rc|dev|post|\d)*", version)]


def test_one_changed_byte_is_a_difference(sample: Folder, tmp_path: Path) -> None:
    """The tooth of the comparison, also of a file that only one of them has."""
    other = sample.copy(tmp_path / "other")
    gone, *changed = "sheets.pdf", other.solutions[0], "key.pdf"
    for name in changed:
        data = bytearray(other.bytes(name))
        data[len(data) // 2] ^= 1
        (other.path / name).write_bytes(data)
    (other.path / gone).unlink()
    assert sorted([gone, *changed]) == differences(sample, other)


def exam() -> Exam:
    return read_exam(LECTURE)


def twins(found: tuple[Variant, ...]) -> list[tuple[int, str]]:
    """Numbers that two variants have in common, as (task, problem)."""
    seen = Counter(
        (place, instance.problem, repr(sorted(instance.data.items())))
        for variant in found
        for place, instance in enumerate(variant.instances, start=1)
    )
    return [(place, name) for (place, name, _), count in seen.items() if count > 1]


def test_thirty_variants_differ_in_every_task() -> None:
    """Three tasks on each, the first SVM and softmax in turn; codes distinct and well-formed."""
    found = variants(exam())
    first = [variant.instances[0].problem for variant in found]
    assert list(range(1, 31)) == [variant.number for variant in found]
    assert ["svm_loss", "softmax_loss"] * 15 == first
    assert {("backprop", "conv_relu_pool")} == {tuple(i.problem for i in variant.instances[1:]) for variant in found}
    assert [] == twins(found)
    assert 30 == len({variant.code for variant in found})
    assert all(codes.check(variant.code) for variant in found)


def test_a_repeated_variant_is_seen() -> None:
    """The tooth of `twins`."""
    first, second, *_ = variants(exam(), 2)
    repeated = replace(second, instances=(second.instances[0], *first.instances[1:]))
    assert [(2, "backprop"), (3, "conv_relu_pool")] == twins((first, repeated))


def test_the_folder_holds_the_first_variants(sample: Folder) -> None:
    """A proof of three is the beginning of the thirty, so the proof read is the paper handed out."""
    drawn = [(variant.number, variant.code) for variant in variants(exam())[:3]]
    assert drawn == [(variant["number"], variant["code"]) for variant in sample.key["variants"]]


def test_the_environment_wins_over_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    """EXAMGEN_SEED changes every number and every code, and the exam is no sample any more."""
    shipped = exam()
    monkeypatch.setenv("EXAMGEN_SEED", "correct horse battery staple")
    own = exam()
    assert ("correct horse battery staple", "EXAMGEN_SEED", False) == (own.seed, own.seed_from, own.sample)
    assert (True, "seed") == (shipped.sample, shipped.seed_from)
    before, after = variants(shipped), variants(own)
    assert set() == {v.code for v in before} & {v.code for v in after}
    assert [] == twins((*before, *after))


def test_a_retake_has_other_numbers_and_codes() -> None:
    """The second sitting from the same seed shares nothing with the first."""
    first = exam()
    again = replace(first, sitting=2)
    assert [] == twins((*variants(first), *variants(again)))
    assert set() == {v.code for v in variants(first)} & {v.code for v in variants(again)}


def test_no_room_for_so_many_variants(tmp_path: Path) -> None:
    """500 variants of three numbers within ±2: one sentence with how many there are, soon, and nothing written."""
    path = tmp_path / "exam.toml"
    path.write_text(
        'title = "T"\nvariants = 500\nseed = "correct horse battery staple"\n[[task]]\nproblem = "backprop"\n'
        'preset = "sum_times"\nparams = { limit = 2 }\n',
        encoding="utf-8",
    )
    ended = run("build", path, "-j", 1)
    assert (2, 1) == (ended.status, ended.err.count("\n"))
    assert ended.err.startswith("examgen: task 1: only ") and "ask for fewer variants" in ended.err
    assert [path] == list(tmp_path.iterdir())


def test_the_json_is_plain(sample: Folder) -> None:
    """UTF-8 without escapes, a line break at the end, no NaN, and no path of this machine."""
    for name in ("key.json", "manifest.json"):
        text = sample.bytes(name).decode("utf-8")
        assert text.endswith("}\n") and "\\u" not in text and "\r" not in text
        json.loads(text, parse_constant=lambda constant: pytest.fail(f"JSON has no {constant}"))
        assert str(LECTURE.parent) not in text and str(sample.path.parent) not in text
