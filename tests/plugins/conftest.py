"""Distributions as an installer leaves them, in a folder on the path of this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from examgen import registry
from examgen.authoring import write_problem
from examgen.render import html
from examgen.render.language import translations


def forget() -> None:
    """Nobody remembers what was installed."""
    registry.look_again()
    html.environment.cache_clear()
    translations.cache_clear()
    for name in [name for name in sys.modules if name.startswith("examgen_")]:
        del sys.modules[name]


@dataclass(frozen=True)
class Site:
    """The folder that packages are installed to."""

    folder: Path

    def install(self, name: str, *, entry: str = "", distribution: str = "", package: str = "") -> Path:
        """The example under a name, with an entry point of its own or another; gives the folder of its package."""
        package = package or f"examgen_{name}"
        write_problem(name, self.folder / f".{name}")
        made = self.folder / package
        (self.folder / f".{name}" / f"examgen_{name}").rename(made)
        self.enter(distribution or f"examgen-{name}", entry or f"{name} = {package}.{name}:PROBLEM")
        return made

    def enter(self, distribution: str, entry: str) -> None:
        """What the metadata of a distribution says, and nothing behind it."""
        told = self.folder / f"{distribution.replace('-', '_')}-0.1.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.1\n", encoding="utf-8")
        (told / "entry_points.txt").write_text(f"[examgen.problems]\n{entry}\n", encoding="utf-8")
        forget()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty one; whatever is installed there is gone with the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    forget()
    yield Site(folder)
    monkeypatch.undo()
    forget()

