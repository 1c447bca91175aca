"""What stands in an output folder after something went wrong: kills, full and read-only disks, builds at once, odd clocks.

    python benchmarks/faults.py [-n TRIALS] [-s SEED] [--only FAULT] [--quick]

Each trial builds into a folder that is new or holds an older build, lets a fault happen at a random moment, and looks:
the folder holds the old build or the new one, byte for byte as builds in one go make them; what was said is a sentence;
and the next build, undisturbed, makes the new one and leaves nothing else. Builds are forks of one process that has loaded
everything, so that they take a second; one in eight lays its pages out, with `--quick` none. Prints a table, and ends
with 1 where anything was otherwise.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # builds that lay nothing out are those of the test suite

from benchmarks import damage
from benchmarks.children import Child, Ended, forked, warm
from benchmarks.installing import Broken, interrupted
from examgen.entries import ENTRIES
from examgen.staging import OLD
from examgen.unfinished import STAGE

SEEDS = {"old": "5b1f0c52e7b94a39", "new": "93a4b97e25c0f1b5"}
EXAM = """
title = "Контрольная работа"
language = "ru"
variants = {variants}
seed = "{seed}"

[[task]]
problem = "svm_loss"
preset = "2x3"

[[task]]
problem = "backprop"
preset = "sigmoid_neuron"
"""
LAID_OUT = 8  # one trial of so many lays its pages out

Snapshot = dict[str, str]  # what a user sees in a folder: name -> checksum


class Failed(Exception):
    """What did not hold after a fault."""


def seen(folder: Path) -> Snapshot:
    """All files but those in the stages of builds, by their names in the folder."""
    files = (path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else ()
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: _checksum(path) for name, path in named.items() if not name.startswith(STAGE)}


def _checksum(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Reference:
    """A build in one go: where it lies, what it holds, how long it took."""

    folder: Path
    files: Snapshot
    seconds: float

    @property
    def size(self) -> int:
        """Bytes on a disk that gives files whole pages."""
        return sum(path.stat().st_size + 4096 for path in self.folder.rglob("*"))


@dataclass
class World:
    """Exams and their references, made when somebody asks for them."""

    place: Path
    known: dict[tuple[str, bool], Reference] = field(default_factory=dict)

    def exam(self, name: str) -> Path:
        """The old exam has a variant more, so that one of its solutions has no successor."""
        path = self.place / f"{name}.toml"
        if not path.exists():
            path.write_text(EXAM.format(seed=SEEDS[name], variants=4 + (name == "old")), encoding="utf-8")
        return path

    def reference(self, name: str, laid: bool) -> Reference:
        if (name, laid) not in self.known:
            folder, began = self.place / f"{name}-{laid}", monotonic()
            ended = self.start(name, folder, laid).wait()
            if ended.status:
                raise SystemExit(f"a build that nothing disturbs fails: {ended.said}")
            self.known[name, laid] = Reference(folder, seen(folder), monotonic() - began)
        return self.known[name, laid]

    def start(self, name: str, folder: Path, laid: bool, inside: Callable[[], None] = lambda: None) -> Child:
        """A build in a process of its own, in which `inside` runs first."""
        arguments = ["build", str(self.exam(name)), "-o", str(folder), "-j", "1"]
        return forked(arguments, self.place / f"said-{name}", laid, inside)


@dataclass
class Trial:
    """One fault and its folder; `room` is what holds the folder, `possible` which new builds may stand there afterwards."""

    world: World
    random: Random
    room: Path
    laid: bool
    over: bool  # whether there was an older build
    stack: ExitStack  # what is put in order when all is done
    undo: Callable[[], None] = damage.nothing  # ends the fault, before the next build
    ended: list[Ended] = field(default_factory=list)
    possible: list[str] = field(default_factory=lambda: ["new"])

    @property
    def folder(self) -> Path:
        return self.room / "out"

    @property
    def old(self) -> Snapshot:
        return self.world.reference("old", self.laid).files if self.over else {}

    @property
    def new(self) -> Reference:
        return self.world.reference("new", self.laid)

    def fill(self) -> None:
        """Puts the older build where it has to be."""
        if self.over:
            shutil.copytree(self.world.reference("old", self.laid).folder, self.folder)

    def start(self, inside: Callable[[], None] = lambda: None, name: str = "new") -> Child:
        return self.world.start(name, self.folder, self.laid, inside)

    def listing(self) -> dict[str, int]:
        """What a user sees at the top of the folder, and how long it is."""
        found = (entry for entry in os.scandir(self.folder) if not entry.name.startswith(STAGE)) if self.folder.is_dir() else ()
        return {entry.name: entry.stat().st_size for entry in found}

    def moment(self) -> float:
        """Some seconds from the beginning of a build until after its end."""
        return self.random.uniform(0, 1.1 * self.new.seconds)

    def outcome(self) -> str:
        """What stands in the folder: old, new or between. Raises: Failed for anything else, and for unclear words."""
        for ended in self.ended:
            if not ended.clear:
                raise Failed(f"status {ended.status}, said {ended.said[-300:]!r}")
        found = seen(self.folder)
        if found == self.old and not (self.ended and all(ended.status == 0 for ended in self.ended)):
            return "old"
        if any(found == self.world.reference(name, self.laid).files for name in self.possible):
            return "new"
        if found == self.old:
            raise Failed("status 0, and the folder is as before")
        if any(ended.between for ended in self.ended) and self._nothing_lost(found):
            return "between"
        wrong = {name for name in found.keys() | self.old.keys() if found.get(name) != self.old.get(name)}
        raise Failed(f"neither the old nor the new build: {sorted(wrong)}")

    def _nothing_lost(self, found: Snapshot) -> bool:
        """Whether nobody takes the folder for a build, and all that was there still is, here or set aside."""
        places = [found, *(seen(aside) for aside in self.folder.glob(f"{STAGE}*/{OLD}"))]
        there = all(any(files.get(name) == total for files in places) for name, total in self.old.items())
        return "manifest.json" not in found and len(places) > 1 and there

    def mended(self) -> None:
        """Builds once more, undisturbed. Raises: Failed where that does not give the new build and nothing else."""
        ended = self.start().wait()
        if ended.status:
            raise Failed(f"the next build ends with {ended.status}: {ended.said[-300:]!r}")
        if seen(self.folder) != self.new.files:
            raise Failed("the next build differs from one in one go")
        if left := [path.name for path in self.folder.iterdir() if path.name not in ENTRIES]:
            raise Failed(f"the next build leaves {left}")


def killed(trial: Trial) -> None:
    """SIGKILL at a random moment."""
    trial.fill()
    trial.ended.append(trial.start().killed(trial.moment()))


def killed_publishing(trial: Trial) -> None:
    """SIGKILL while files are moved, which takes a millisecond and is stretched here."""
    trial.fill()
    child = trial.start(damage.slow_moves)
    before = trial.listing()
    child.until(lambda: any(trial.folder.glob(f"{STAGE}*/{OLD}")) or trial.listing() != before)
    trial.ended.append(child.killed(trial.random.uniform(0, 16 * damage.SLOW)))


def two_at_once(trial: Trial) -> None:
    """Another build into the same folder, begun a random while later; in half of the trials files move slowly."""
    trial.fill()
    trial.possible.append("old")
    inside = trial.random.choice([damage.slow_moves, lambda: None])
    first = trial.start(inside)
    first.sleep(trial.random.choice([0, 0.02, trial.moment()]))
    second = trial.start(inside, "old")
    trial.ended += [first.wait(), second.wait()]


def read_only(trial: Trial) -> None:
    """Nothing can be written any more, from the beginning or from a random moment on."""
    lock = damage.Lock(trial.room)
    trial.stack.callback(lock.gone)
    trial.fill()
    child = trial.start(lock.inside) if trial.random.random() < 0.7 else None
    if child is not None:
        child.sleep(trial.moment())
    lock.close()
    trial.undo = lock.open
    trial.ended.append((child or trial.start(lock.inside)).wait())


def full(trial: Trial) -> None:
    """A disk with too little room, or just enough; files that may not grow where no small disk can be made."""
    if not damage.mounts():
        limited(trial)
        return
    size = trial.new.size + trial.over * trial.world.reference("old", trial.laid).size
    damage.disk(trial.room, int(size + trial.random.uniform(0, 3) * trial.new.size))
    trial.stack.callback(damage.unmount, trial.room)
    trial.fill()
    trial.ended.append(trial.start().wait())
    trial.undo = lambda: damage.enlarge(trial.room)


def limited(trial: Trial) -> None:
    """Files that the system does not let grow beyond a random size."""
    trial.fill()
    largest = int(trial.random.uniform(0, 1.2) * max(path.stat().st_size for path in trial.new.folder.rglob("*")))
    trial.ended.append(trial.start(lambda: damage.limit(largest)).wait())


def clock(trial: Trial) -> None:
    """The time of day jumps by years, back too, and the files in the folder are from any time."""
    trial.fill()
    for path in trial.folder.rglob("*"):
        when = trial.random.choice([0, 2**31, trial.random.randint(0, 2**33)])
        os.utime(path, (when, when))
    seed = trial.random.random()
    trial.ended.append(trial.start(lambda: damage.jumping_clock(seed)).wait())
    _expect(trial, "a clock that jumps", 0)


def locale(trial: Trial) -> None:
    """Names in Cyrillic letters where the system knows ASCII alone: a build, one that is killed, or a mistake in the exam."""
    trial.fill()
    kind = trial.random.choice(["whole", "killed", "mistaken"])
    exam, link = trial.room / "экзамен.toml", trial.room / "папка"  # the same folder under another name
    text = trial.world.exam("new").read_text(encoding="utf-8")
    exam.write_text(("клавиша = 1\n" if kind == "mistaken" else "") + text, encoding="utf-8")
    trial.folder.mkdir(exist_ok=True)
    link.symlink_to(trial.folder, target_is_directory=True)
    child = damage.in_ascii(exam, link, trial.laid, trial.world.place / "said-ascii")
    trial.ended.append(child.killed(trial.moment() + 2) if kind == "killed" else child.wait())
    if kind != "killed":
        _expect(trial, kind, {"whole": 0, "mistaken": 2}[kind])


def _expect(trial: Trial, what: str, status: int) -> None:
    if trial.ended[0].status != status:
        raise Failed(f"{what}: status {trial.ended[0].status}, said {trial.ended[0].said[-300:]!r}")


def install(world: World, random: Random, laid: bool) -> str:
    """SIGKILL in the midst of an installation; see `installing`."""
    with _room(world) as room:
        return interrupted(world.place, room, random)


@contextmanager
def _room(world: World) -> Iterator[Path]:
    room = Path(tempfile.mkdtemp(dir=world.place))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _in_a_folder(fault: Callable[[Trial], None]) -> Fault:
    """A trial of a fault that befalls a folder: the fault, a look, and the next build."""

    def tried(world: World, random: Random, laid: bool) -> str:
        with _room(world) as room, ExitStack() as stack:
            trial = Trial(world, random, room, laid, random.random() < 0.6, stack)
            fault(trial)
            found = trial.outcome()
            trial.undo()
            trial.mended()
            return found

    return tried


Fault = Callable[[World, Random, bool], str]  # what came of it: old, new or between. Raises: Failed, Broken
FAULTS: dict[str, tuple[int, Fault]] = {  # name -> how often among the others, and what it does
    "killed": (6, _in_a_folder(killed)),
    "killed while publishing": (6, _in_a_folder(killed_publishing)),
    "read-only folder": (5, _in_a_folder(read_only)),
    "full disk": (5, _in_a_folder(full)),
    "files that cannot grow": (3, _in_a_folder(limited)),
    "two builds at once": (6, _in_a_folder(two_at_once)),
    "clock that jumps": (3, _in_a_folder(clock)),
    "no UTF-8": (3, _in_a_folder(locale)),
    "killed installation": (3, install),
}


def trials(count: int, names: Sequence[str]) -> list[str]:
    """Which fault each trial has: all of them in turn, as often as they should be."""
    turn = [name for name in names for _ in range(FAULTS[name][0] if len(names) > 1 else 1)]
    order = Random("order").sample(turn, len(turn))
    once = [*names, *order]  # each at least once in a short run
    return [once[place] if place < len(once) else order[place % len(order)] for place in range(count)]


def table(found: dict[str, Counter[str]], seconds: float) -> str:
    """What came of all trials, a line for each fault."""
    kinds = ("old", "new", "between", "FAILED")
    lines = [f"{'fault':<26}{'trials':>7}{'old whole':>11}{'new whole':>11}{'in between, told':>18}{'failed':>8}"]
    for name, counts in [*found.items(), ("all", sum(found.values(), Counter()))]:
        old, new, between, failed = (counts[kind] for kind in kinds)
        lines.append(f"{name:<26}{counts.total():>7}{old:>11}{new:>11}{between:>18}{failed:>8}")
    return "\n".join([*lines, f"{seconds:.0f} seconds"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-n", type=int, default=200, help="trials")
    parser.add_argument("-s", "--seed", default="faults")
    parser.add_argument("--only", choices=FAULTS, action="append", help="faults, instead of all")
    parser.add_argument("--quick", action="store_true", help="lay no pages out")
    given = parser.parse_args(arguments)
    names = given.only or list(FAULTS)
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    if not damage.mounts():
        print("no disk can be mounted here: permissions and limits on the size of files stand for full and locked ones")
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        world = World(Path(place))
        warm(world.exam("new"), Path(place) / "warm")
        for number, name in enumerate(trials(given.n, names)):
            try:
                what = FAULTS[name][1](world, Random(f"{given.seed} {number}"), not given.quick and number % LAID_OUT == 0)
            except (Failed, Broken, TimeoutError) as failure:
                what = "FAILED"
                print(f"trial {number}, {name}: {failure}", flush=True)
            found[name][what] += 1
    print(table(found, monotonic() - began))
    return 1 if any(counts["FAILED"] for counts in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
