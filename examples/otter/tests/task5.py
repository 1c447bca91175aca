"""Task 5: written by examgen.adapters.otter.task_tests. The key lies beside the notebook while this runs."""

import json
from pathlib import Path

from otter.test_files import test_case

from examgen.adapters.otter import check

OK_FORMAT = False
name = "task5"
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))


@test_case(name="5a: z", points=0.5, hidden=False)
def test_1(answers):
    check(KEY, answers, "5a")


@test_case(name="5b: f", points=0.5, hidden=False)
def test_2(answers):
    check(KEY, answers, "5b")


@test_case(name="5c: dz", points=0.5, hidden=False)
def test_3(answers):
    check(KEY, answers, "5c")


@test_case(name="5d: dw0", points=0.5, hidden=False)
def test_4(answers):
    check(KEY, answers, "5d")


@test_case(name="5e: dw1", points=0.5, hidden=False)
def test_5(answers):
    check(KEY, answers, "5e")


@test_case(name="5f: dw2", points=0.5, hidden=False)
def test_6(answers):
    check(KEY, answers, "5f")


@test_case(name="5g: dx0", points=0.5, hidden=False)
def test_7(answers):
    check(KEY, answers, "5g")


@test_case(name="5h: dx1", points=0.5, hidden=False)
def test_8(answers):
    check(KEY, answers, "5h")
