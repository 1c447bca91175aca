"""Keys that adapters mark by, built once: the lecture's exam with three variants, and the public homework."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examgen.build
from tests.building.conftest import built
from tests.building.folders import HOMEWORK, LECTURE, Folder
from tests.unset import unset


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """`lecture` and `homework` -> the key of each in English; what a PDF looks like matters to no adapter."""
    place = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("EXAMGEN_SEED", raising=False)
        unset(patch)
        patch.setattr(examgen.build, "sheets_pdf", lambda head, sheets, **kind: b"%PDF-1.7")
        built(place / "lecture", LECTURE, "--proof", 3, "--language", "en")
        built(place / "homework", HOMEWORK, "--language", "en")
    return {name: place / name / "key.json" for name in ("lecture", "homework")}


@pytest.fixture(scope="session")
def lecture(keys: dict[str, Path]) -> dict[str, Any]:
    return Folder(keys["lecture"].parent).key


@pytest.fixture(scope="session")
def homework(keys: dict[str, Path]) -> dict[str, Any]:
    return Folder(keys["homework"].parent).key
