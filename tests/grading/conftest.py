"""The lecture's exam in eight variants, and a class of 200 that sat it: made once for all modules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from examgen import keyfile
from examgen.keyfile import Key
from tests.grading.exams import drawn
from tests.grading.papers import Paper
from tests.grading.simulated import Student, simulated
from tests.grading.tables import Dialect, labels, rows

STUDENTS, SEED = 200, 2026


@dataclass(frozen=True)
class Sat:
    """An exam that was sat: a folder with its key, the papers worked out apart from it, the class and its table."""

    folder: Path
    told: Mapping[str, Any]
    key: Key
    papers: Mapping[str, list[Paper]]
    students: list[Student]
    table: Path

    @property
    def labels(self) -> list[str]:
        return labels(self.told)


@pytest.fixture(scope="session")
def sat(tmp_path_factory: pytest.TempPathFactory) -> Sat:
    """The lecture's exam and its class."""
    folder = tmp_path_factory.mktemp("sat")
    told, made = drawn()
    (folder / "key.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    students = simulated(made, STUDENTS, SEED)
    table = folder / "table.csv"
    table.write_bytes(Dialect().bytes(rows(students, labels(told))))
    return Sat(folder, told, keyfile.load(folder), made, students, table)
