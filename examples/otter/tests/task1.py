"""Task 1: written by examgen.adapters.otter.task_tests. The key lies beside the notebook while this runs."""

import json
from pathlib import Path

from otter.test_files import test_case

from examgen.adapters.otter import check

OK_FORMAT = False
name = "task1"
KEY = json.loads(Path("key.json").read_text(encoding="utf-8"))


@test_case(name="1a: conv", points=2.0, hidden=False)
def test_1(answers):
    check(KEY, answers, "1a")


@test_case(name="1b: relu", points=0.5, hidden=False)
def test_2(answers):
    check(KEY, answers, "1b")


@test_case(name="1c: pooled", points=0.5, hidden=False)
def test_3(answers):
    check(KEY, answers, "1c")
