"""Task 3: written by examgen.adapters.otter.task_tests. The key lies beside the notebook while this runs."""

import json
from pathlib import Path

from otter.test_files import test_case

from examgen.adapters.otter import check

OK_FORMAT = False
name = "task3"
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))


@test_case(name="3a: p[0]", points=0.5, hidden=False)
def test_1(answers):
    check(KEY, answers, "3a")


@test_case(name="3b: losses[0]", points=0.5, hidden=False)
def test_2(answers):
    check(KEY, answers, "3b")


@test_case(name="3c: p[1]", points=0.5, hidden=False)
def test_3(answers):
    check(KEY, answers, "3c")


@test_case(name="3d: losses[1]", points=0.5, hidden=False)
def test_4(answers):
    check(KEY, answers, "3d")


@test_case(name="3e: p[2]", points=0.5, hidden=False)
def test_5(answers):
    check(KEY, answers, "3e")


@test_case(name="3f: losses[2]", points=0.5, hidden=False)
def test_6(answers):
    check(KEY, answers, "3f")


@test_case(name="3g: loss", points=1.0, hidden=False)
def test_7(answers):
    check(KEY, answers, "3g")
