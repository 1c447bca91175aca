"""Task 4: written by examgen.adapters.otter.task_tests. The key lies beside the notebook while this runs."""

import json
from pathlib import Path

from otter.test_files import test_case

from examgen.adapters.otter import check

OK_FORMAT = False
name = "task4"
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))


@test_case(name="4a: losses[0]", points=1.0, hidden=False)
def test_1(answers):
    check(KEY, answers, "4a")


@test_case(name="4b: losses[1]", points=1.0, hidden=False)
def test_2(answers):
    check(KEY, answers, "4b")


@test_case(name="4c: losses[2]", points=1.0, hidden=False)
def test_3(answers):
    check(KEY, answers, "4c")


@test_case(name="4d: loss", points=1.0, hidden=False)
def test_4(answers):
    check(KEY, answers, "4d")
