"""Tasks worked out box by box in plain Python, and what a paper is worth by the rules of marking alone.

Every box is a formula of the numbers given and of boxes before it, so that a task can be followed from any number that a
student has in some box. Nothing of the marker is used; numbers are floats and are compared before anybody rounds them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import exp, isfinite, isqrt, log, nan
from typing import Any

Cells = tuple[float, ...]  # the numbers of a box, row by row
Found = Mapping[str, Cells]
EQUAL = 1e-9
CLEAR = 6  # units of the last decimal: nearer to the right number, a number is that by the way it is rounded
FAR = 6  # units of the fewest decimals in the task: nearer to what follows from others, digits that nobody wrote may lead to it
TELLABLE = 3  # units by which digits that were not written may change what follows
NOTHING, HALF, FULL = Fraction(0), Fraction(1, 2), Fraction(1)


@dataclass(frozen=True)
class Step:
    """How a box is worked out, and from which boxes."""

    reads: tuple[str, ...]
    work: Callable[[Found], Cells]


@dataclass(frozen=True)
class Box:
    """What the sheet says of a box."""

    label: str
    key: str
    points: Fraction
    decimals: int
    whole: bool
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Paper:
    """One task of one variant; `mistakes` are what each of them leads to, None where there is nothing to write."""

    problem: str
    boxes: tuple[Box, ...]
    steps: Mapping[str, Step]
    mistakes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def truth(self) -> dict[str, Cells]:
        """The right numbers."""
        return self.followed({})

    def followed(self, own: Found, rounded: Callable[[str, Cells], Cells] = lambda key, cells: cells) -> dict[str, Cells]:
        """Everything as it comes out honestly with a student's own numbers in some boxes."""
        found: dict[str, Cells] = {}
        for box in self.boxes:
            found[box.key] = own[box.key] if box.key in own else rounded(box.key, self.steps[box.key].work(found))
        return found

    def shaped(self, found: Found) -> dict[str, Any]:
        """One number, or rows of them, as the box asks."""
        return {box.key: _rows(found[box.key], box.shape) for box in self.boxes if box.key in found}

    def above(self, key: str) -> list[str]:
        """The boxes that a box is worked out from, and those that these are worked out from."""
        found = {key}
        for box in reversed(self.boxes):
            if box.key in found:
                found.update(self.steps[box.key].reads)
        return [box.key for box in self.boxes if box.key in found - {key}]

    def below(self, key: str) -> list[str]:
        """The boxes that depend on a box."""
        return [box.key for box in self.boxes if key in self.above(box.key)]


def _rows(cells: Cells, shape: tuple[int, ...]) -> Any:
    if not shape:
        return cells[0]
    return tuple(cells[i : i + shape[-1]] for i in range(0, len(cells), shape[-1]))


def worth(
    paper: Paper, written: Found, blank: Collection[str] = (), accepted: Collection[str] = ()
) -> dict[str, Fraction]:
    """The share of its points that each box is due: by the right numbers, or by what follows from the student's own.

    `written` are the numbers that can be read, in the size asked; `blank` the boxes with nothing in them; `accepted` those
    in which something stands that was decided to be right.
    """
    shares: dict[str, Fraction] = {}
    own: dict[str, bool] = {}  # boxes that are not right; whether they follow
    for box in paper.boxes:
        if box.key in written:
            shares[box.key] = _alike(written[box.key], paper.truth[box.key])
            if shares[box.key] != FULL:
                further = [_alike(written[box.key], found) for found in _following(paper, box.key, written, own)]
                own[box.key] = FULL in further
                shares[box.key] = max([shares[box.key], *further])
        else:
            shares[box.key] = NOTHING
        if box.key in accepted:
            shares[box.key] = FULL
    for box in reversed(paper.boxes):
        below = paper.below(box.key)
        if box.key in blank and below and all(shares[key] == FULL for key in below):
            shares[box.key] = FULL
    return shares


def _alike(cells: Cells, wanted: Cells) -> Fraction:
    """All of it, half with one wrong number of several, else nothing; in another size nothing."""
    if len(cells) != len(wanted):
        return NOTHING
    wrong = sum(abs(cell - right) > EQUAL for cell, right in zip(cells, wanted, strict=True))
    return FULL if not wrong else HALF if wrong == 1 and len(cells) > 1 else NOTHING


def _following(paper: Paper, key: str, written: Found, own: Mapping[str, bool]) -> Iterator[Cells]:
    """What comes out of a box with all own numbers before it, or with one of them, where they leave something to work out."""
    for roots in _ways(paper, key, written, own):
        carried = {root: written[root] for root in roots}
        if not _nothing_left(paper, key, carried):
            yield paper.followed(carried)[key]


def _ways(paper: Paper, key: str, written: Found, own: Mapping[str, bool]) -> list[tuple[str, ...]]:
    """The boxes with own numbers from which somebody may have gone on; from an array of another size alone."""
    roots = [root for root in paper.above(key) if root in own]
    above = [root for root in roots if len(written[root]) == len(paper.truth[root])]
    wrong = [root for root in above if not own[root]]
    return [ways for ways in dict.fromkeys([tuple(wrong), tuple(above), *((root,) for root in roots)]) if ways]


def _nothing_left(paper: Paper, key: str, own: Found) -> bool:
    """Whether own numbers make all of a box 0 or only stand there once more, not by chance, and the right ones do not."""
    larger = {root: tuple(cell * 9 / 8 for cell in cells) for root, cells in own.items()}
    return all(_trivial(paper, key, paper.followed(found)[key], found) for found in (own, larger))


def _trivial(paper: Paper, key: str, found: Cells, own: Found) -> bool:
    truth = paper.truth
    if not any(found):
        return any(truth[key])
    alike = [root for root in own if len(own[root]) == len(found)]
    if any(_alike(truth[root], truth[key]) == FULL for root in alike):
        return False
    return bool(alike) and all(_alike(own[root], found) == FULL for root in alike)


def is_clear(paper: Paper, written: Found) -> bool:
    """Whether every number is one that was meant, or far from it, and none so near to 0 that rounding makes it 0."""
    if not all(isfinite(cell) for cells in written.values() for cell in cells):
        return False
    own = {key: False for key in written if _alike(written[key], paper.truth[key]) != FULL}
    for box in paper.boxes:
        if box.key not in own or box.whole:
            continue
        here = written[box.key]
        ways = _ways(paper, box.key, written, own)
        others = [paper.followed({root: written[root] for root in roots})[box.key] for roots in ways]
        others = [other for other in others if all(map(isfinite, other))]
        if any(_near(here, wanted, CLEAR / 10**box.decimals) for wanted in (paper.truth[box.key], (0.0,) * len(here))):
            return False
        if any(_near(here, wanted, FAR / 10 ** min(each.decimals for each in paper.boxes)) for wanted in others):
            return False
    return True


def _near(cells: Cells, others: Cells, far: float) -> bool:
    """Whether a number is nearly another one, and not the same."""
    return any(EQUAL < abs(cell - other) <= far for cell, other in zip(cells, others, strict=True))


def can_be_told(paper: Paper, meant: Found, shown: Found) -> bool:
    """Whether what follows from the own numbers as they were meant can be told from what is shown of them."""
    own = [key for key in meant if _alike(meant[key], paper.truth[key]) != FULL]
    return all(
        abs(cell - other) <= TELLABLE / 10**box.decimals
        for root in own
        for box, found in [(box, paper.followed({root: shown[root]})[box.key]) for box in paper.boxes]
        for cell, other in zip(paper.followed({root: meant[root]})[box.key], found, strict=True)
        if not box.whole and not box.shape
    )


def papers(key: Mapping[str, Any], mistakes: Mapping[tuple[str, int], Mapping[str, Any]]) -> dict[str, list[Paper]]:
    """By the code of each variant its tasks, from the numbers that the key says are printed; mistakes by code and task."""
    return {
        variant["code"]: [
            Paper(task["problem"], tuple(map(_box, task["answers"])), STEPS[task["problem"]](task["data"]),
                  mistakes[variant["code"], number])
            for number, task in enumerate(variant["tasks"], 1)
        ]
        for variant in key["variants"]
    }  # fmt: skip


def _box(told: Mapping[str, Any]) -> Box:
    dims, value = [], told["value"]
    while isinstance(value, list):
        dims.append(len(value))
        value = value[0]
    whole = told["cells"] == "integer"
    return Box(told["label"], told["key"], Fraction(told["points"]), told["decimals"], whole, tuple(dims))


def _numbers(value: Any) -> Any:
    return [_numbers(part) for part in value] if isinstance(value, list) else float(Fraction(value))


def _mean(keys: Sequence[str]) -> Step:
    return Step(tuple(keys), lambda found: (sum(found[key][0] for key in keys) / len(keys),))


def _svm(data: Mapping[str, Any]) -> dict[str, Step]:
    """Margin 1, the mean over the images; a row of scores is an image."""
    def loss(row: Sequence[float], label: int) -> float:
        return sum(max(0.0, score - row[label] + 1) for place, score in enumerate(row) if place != label)

    values = [loss(row, int(label)) for row, label in zip(_numbers(data["scores"]), data["labels"], strict=True)]
    steps = {f"losses[{i}]": Step((), lambda _, value=value: (value,)) for i, value in enumerate(values)}  # type: ignore[misc]  # a loop's variable is kept
    return {**steps, "loss": _mean(list(steps))}


def _softmax(data: Mapping[str, Any]) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    rows = _numbers(data["scores"])
    for i, (row, label) in enumerate(zip(rows, data["labels"], strict=True)):
        share = exp(row[int(label)]) / sum(map(exp, row))
        steps[f"p[{i}]"] = Step((), lambda _, share=share: (share,))  # type: ignore[misc]  # a loop's variable is kept
        steps[f"losses[{i}]"] = Step((f"p[{i}]",), lambda found, key=f"p[{i}]": (-_log(found[key][0]),))  # type: ignore[misc]  # a loop's variable is kept
    return {**steps, "loss": _mean([f"losses[{i}]" for i in range(len(rows))])}


def _log(number: float) -> float:
    return log(number) if number > 0 else nan


def _neuron(data: Mapping[str, Any]) -> dict[str, Step]:
    """f = 1 / (1 + exp(−(w0 x0 + w1 x1 + w2))), the gradient at the output 1."""
    told = {name: _numbers(value) for name, value in data.items()}
    z = told["w0"] * told["x0"] + told["w1"] * told["x1"] + told["w2"]
    steps = {
        "z": Step((), lambda _: (z,)),
        "f": Step(("z",), lambda found: (1 / (1 + exp(-found["z"][0])),)),
        "dz": Step(("f",), lambda found: (found["f"][0] * (1 - found["f"][0]),)),
    }
    factors = {"dw0": told["x0"], "dw1": told["x1"], "dw2": 1.0, "dx0": told["w0"], "dx1": told["w1"]}
    for key, factor in factors.items():
        steps[key] = Step(("dz",), lambda found, factor=factor: (found["dz"][0] * factor,))  # type: ignore[misc]  # a loop's variable is kept
    return steps


def _conv(data: Mapping[str, Any]) -> dict[str, Step]:
    """A 3×3 filter over a 5×5 image with stride 2, ReLU, the largest of the first 2×2."""
    image, kernel = _numbers(data["image"])[0], _numbers(data["kernels"])[0][0]
    corners = [(i, j) for i in (0, 2) for j in (0, 2)]
    cells = tuple(sum(image[i + k][j + m] * kernel[k][m] for k in range(3) for m in range(3)) for i, j in corners)
    return {
        "conv": Step((), lambda _: cells),
        "relu": Step(("conv",), lambda found: tuple(max(0.0, cell) for cell in found["conv"])),
        "pooled": Step(("relu",), lambda found: (max(_window(found["relu"])),)),
    }


def _window(cells: Cells) -> Cells:
    wide = isqrt(len(cells))
    return tuple(cells[wide * i + j] for i in (0, 1) for j in (0, 1))


STEPS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Step]]] = {
    "svm_loss": _svm, "softmax_loss": _softmax, "backprop": _neuron, "conv_relu_pool": _conv,
}  # fmt: skip
