"""Commands in any order on one folder: whatever was built, broken, mended and graded before, each says how it ended.

What a folder has to hold is known at every moment: the last build that ended well, to the byte, or that with a file changed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

import examgen.build
from tests.building import quick
from tests.cli.commands import Ended, complaint, run
from tests.unset import unset

DEFINITION = 'title = "T"\nlanguage = "en"\nvariants = 2\nseed = "{}"\n[[task]]\nproblem = "{}"\npreset = "2x3"\n'
BROKEN = ("title = 1", DEFINITION.format("s", "svm_los"), DEFINITION.format("s", "svm_loss") + "points = 0.1\n", "[[task", "")


def content(folder: Path) -> dict[str, bytes]:
    """Every file that a user sees."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class Commands(RuleBasedStateMachine):
    """One folder, which commands fill and somebody spoils."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.out, self.exam = self.place / "out", self.place / "exam.toml"
        self.held: dict[str, bytes] = {}
        self.sound = False
        self.first: dict[Any, dict[str, bytes]] = {}  # what a definition was built to when it was built first
        self.patch = pytest.MonkeyPatch()
        unset(self.patch, quick.write_pdf)
        self.patch.setattr(examgen.build, "sheets_pdf", quick.sheets_pdf)
        self.patch.delenv("EXAMGEN_SEED", raising=False)

    def teardown(self) -> None:
        self.patch.undo()
        shutil.rmtree(self.place)

    def built(self, *options: Any) -> Ended:
        return run("build", self.exam, "-o", self.out, "-j", 1, *options)

    @initialize()
    def begin(self) -> None:
        self.build("a", "svm_loss", 2)

    @rule(seed=st.sampled_from("ab"), problem=st.sampled_from(["svm_loss", "softmax_loss"]), count=st.integers(1, 2))
    def build(self, seed: str, problem: str, count: int) -> None:
        """Ends well whatever lies there, and with the same bytes each time."""
        self.exam.write_text(DEFINITION.format(seed, problem), encoding="utf-8")
        ended = self.built("-n", count)
        assert 0 == ended.status, ended.err
        self.held, self.sound = content(self.out), True
        assert self.held == self.first.setdefault((seed, problem, count), self.held)

    @rule(text=st.sampled_from(BROKEN))
    def refuse(self, text: str) -> None:
        """A definition that is wrong: one sentence."""
        self.exam.write_text(text, encoding="utf-8")
        complaint(self.built())

    @precondition(lambda self: self.held)
    @rule(data=st.data(), cut=st.booleans())
    def spoil(self, data: st.DataObject, cut: bool) -> None:
        """Somebody cuts a file off, or adds to it."""
        name = data.draw(st.sampled_from(sorted(self.held)))
        path = self.out / name
        path.chmod(0o600)
        path.write_bytes(self.held[name][:-9] if cut else self.held[name] + b"\n ")
        self.held, self.sound = content(self.out), False

    @rule()
    def verify(self) -> None:
        """Proves what is sound, and nothing else."""
        ended = run("verify", self.out)
        assert (ended.status == 0) == self.sound, ended

    @rule(answer=st.sampled_from(["1", "1/3", "x**x**x", "", '"', "2,5;3"]))
    def grade(self, answer: str) -> None:
        """Marks by the key that lies there; where it is none, one sentence."""
        codes = [variant["code"] for variant in json.loads(self.held["key.json"])["variants"]] if self.sound else ["44H3T4"]
        rows = [f'{place};{code};"{answer.replace(chr(34), chr(34) * 2)}"' for place, code in enumerate(codes)]
        (self.place / "answers.csv").write_text("\n".join(["id;code;1a", *rows, ""]), encoding="utf-8")
        ended = run("grade", self.out, self.place / "answers.csv", "-o", self.place / "marks.csv", "--force")
        assert ended.status in ((0, 1) if self.sound else (0, 1, 2)), ended

    @rule()
    def archive(self) -> None:
        ended = run("archive", self.out, self.place / "exam.zip")
        (self.place / "exam.zip").unlink(missing_ok=True)
        assert ended.status in (0, 1, 2) and (ended.status == 0 or not self.sound), ended

    @invariant()
    def the_folder_holds_what_it_has_to(self) -> None:
        """Whatever failed in between has changed nothing that can be seen."""
        assert self.held == (content(self.out) if self.out.exists() else {})


def walk(machine: type[Commands], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate], report_multiple_bugs=False,
        ),
    )  # fmt: skip


def test_commands_in_any_order() -> None:
    """Built, refused, spoilt, verified, graded, archived."""
    walk(Commands, 8, 10)


class Careless(Commands):
    """The tooth: a refused build leaves something behind."""

    @rule()
    def leave(self) -> None:
        (self.out / "left.txt").write_text("x", encoding="utf-8")


def test_what_is_left_behind_is_noticed() -> None:
    with pytest.raises(AssertionError):
        walk(Careless, 20, 9)
