"""One task marked: its boxes in the order in which they follow from each other, the student's own wrong numbers carried on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.keyfile import KeyTask, KeyVariant, Rules
from examgen.marking._corrections import Accept, Corrections
from examgen.marking._following import Carried, Expected, Follower, middle
from examgen.marking._judging import (
    Answer,
    Ends,
    certain,
    coarse,
    contradicted,
    followed,
    in_shape,
    name_mistakes,
    share,
    within,
)
from examgen.marking._reading import read_box
from examgen.marking._resizing import resized
from examgen.model import cells
from examgen.written import Unreadable

NOTHING = Fraction(1, 10**20)  # what is nearer to 0 than this, or to another number, is that number
Say = Callable[[str, Mapping[str, Any]], str]  # an English message (a gettext id) and its values, in the exam's language

BLANK = "Not answered."
WRONG = "Wrong."
FOLLOWS = "Follows correctly from the number in %(boxes)s."
LEFT = "Follows from the number in %(boxes)s, but with it nothing was left to work out."
SOUND = "All that comes after follows correctly from it."
IMPLIED = "Blank; counts as right, since what follows from it is right."
ONE_CELL = "One number is wrong: row %(row)s, column %(column)s."
SOME_CELLS = "%(wrong)s of %(all)s numbers are wrong."
SIZE = "The size is %(found)s; %(asked)s is asked."
COARSE = "Too few decimals: %(decimals)s are asked."
ACCEPTED = "Accepted: %(reason)s"


@dataclass(frozen=True)
class Chain:
    """What follows from a student's own numbers in some boxes: their places, and what is accepted on one honest way."""

    follower: Follower
    way: int
    roots: tuple[int, ...]
    ends: Ends


class TaskMarker:
    """Marks one task of one variant, for one student after another."""

    def __init__(
        self, variant: KeyVariant, task: KeyTask, rules: Rules, corrections: Corrections, say: Say
    ) -> None:
        self.task, self.rules, self.say = task, rules, say
        self.follower = Follower(task)
        self.further = [tuple(corrections.accepted(variant, task, box)) for box in task.boxes]

    def mark(self, texts: Sequence[str]) -> list[Answer]:
        """What becomes of the texts in the boxes."""
        answers = [self._read(place, text) for place, text in enumerate(texts)]
        own: dict[int, bool] = {}  # boxes whose numbers are the student's own, and whether they follow from others of them
        for place in self.follower.order:
            if answers[place].written is not None:
                self._judge(place, answers, own)
        name_mistakes(self.task, answers, self.follower.above)
        self._explain(answers)
        if self.rules.blank == "implied":
            self._imply(answers)
        return answers

    def _read(self, place: int, text: str) -> Answer:
        answer = Answer(self.task.boxes[place], text)
        if not text:
            return answer
        try:
            answer.written = read_box(text, answer.box, forms=self.rules.exact_forms)
        except Unreadable as error:
            answer.status, answer.says = "unreadable", (self.say(error.says, error.values),)
        return answer

    def _judge(self, place: int, answers: Sequence[Answer], own: dict[int, bool]) -> None:
        """One answer by the key, else by what follows from the student's own numbers, else by what was decided since."""
        answer = answers[place]
        self._by_key(answer)
        if answer.status == "right":
            return
        own[place] = self._by_following(place, answers, own)
        self._by_corrections(place, answer, answers)

    def _by_key(self, answer: Answer) -> None:
        if not answer.fits:
            answer.status = "wrong"
            return
        answer.wrong = answer.misses(answer.box.accept)
        answer.share = share(len(answer.wrong), len(answer.box.accept), self.rules)
        answer.status = "partial" if answer.wrong and answer.share else "wrong" if answer.wrong else "right"

    def _by_following(self, place: int, answers: Sequence[Answer], own: Mapping[int, bool]) -> bool:
        """Whether all of an answer follows from the student's own numbers, be it trivial or worth points."""
        answer = answers[place]
        for chain in self._chains(place, answers, own):
            wrong = answer.misses(chain.ends)
            accepted = all(answers[root].status == "right" for root in chain.roots)  # by what was decided since
            worth = share(len(wrong), len(chain.ends), self.rules) * (1 if accepted else self.rules.follow)
            named = {"boxes": ", ".join(self.task.boxes[root].label for root in self._named(chain.roots, own))}
            if wrong and worth <= answer.share:
                continue
            if self._trivial(place, chain, answers):
                answer.says = answer.says or (self.say(LEFT, named),)
                if not wrong:  # a detour by what follows from the same numbers makes it no more than trivial
                    return True
                continue
            answer.share, answer.wrong, answer.says = max(worth, answer.share), wrong, (self.say(FOLLOWS, named),)
            answer.status = "partial" if wrong else "followed"
            if not wrong:
                return True
        return False

    def _chains(self, place: int, answers: Sequence[Answer], own: Mapping[int, bool]) -> Iterator[Chain]:
        """What follows from all of the student's own numbers above a box, then from each of them alone."""
        roots = [root for root in self.follower.order if root in own and root in self.follower.above[place]]
        above = [root for root in roots if answers[root].fits]
        wrong = [root for root in above if not own[root]]
        for chosen in filter(None, dict.fromkeys([tuple(wrong), tuple(above), *((root,) for root in above)])):
            yield from self._followed(self.follower, place, chosen, answers)
        for root in roots:
            if root not in above and (resized := self._resized(root, answers)) is not None:
                yield from self._followed(resized, place, (root,), answers)

    def _followed(
        self, follower: Follower, place: int, roots: tuple[int, ...], answers: Sequence[Answer]
    ) -> Iterator[Chain]:
        box, carried = follower.task.boxes[place], {root: answers[root].carried() for root in roots}
        for way, expected in enumerate(follower.ways(carried)):
            if expected is None or box.shape != answers[place].shape:
                continue
            ends = followed(box, expected[place])
            if len(answers[place].misses(ends)) == len(ends):
                continue
            exact = follower.ways({root: answers[root].carried(exact=True) for root in roots}, exact=True)[way]
            if exact is not None and certain(exact[place], box):  # else nobody can tell what follows
                yield Chain(follower, way, roots, within(ends, self._reached(follower, place, carried), box))

    def _reached(self, follower: Follower, place: int, carried: Carried) -> list[Expected]:
        """What comes out of the student's own numbers where nobody rounds on the way, by the ways on which they matter."""
        found = [ways[place] for ways in follower.expected(carried, exact=True)]
        return [way for way in found if way not in self._sound(follower, place)] or found

    def _sound(self, follower: Follower, place: int) -> set[Expected]:
        """What comes out of the right numbers; of an array of another size than asked nothing is known."""
        return {found[place] for found in follower.expected({}, exact=True)} if follower is self.follower else set()

    def _resized(self, root: int, answers: Sequence[Answer]) -> Follower | None:
        """What goes on from an array of another size than asked, if anything can."""
        own = {place: answer.written.value for place, answer in enumerate(answers) if answer.written is not None}
        task = resized(self.task, root, own)
        return Follower(task) if task is not None else None

    def _named(self, roots: Sequence[int], own: Mapping[int, bool]) -> tuple[int, ...]:
        """The wrong boxes among those that are followed; where all of them follow from others, they themselves."""
        return tuple(root for root in roots if not own[root]) or tuple(roots)

    def _trivial(self, place: int, chain: Chain, answers: Sequence[Answer]) -> bool:
        """Whether carried numbers leave nothing to work out: they make all of a box 0, or stand there once more.

        What another number, larger by an eighth, would not do is chance and not trivial, unless all that is worked out from the
        carried numbers is 0. Where the right numbers do the same, that is the task.
        """
        exact = {root: answers[root].carried(exact=True) for root in chain.roots}
        larger = {root: tuple((9 * low // 8, 9 * high // 8) for low, high in carried) for root, carried in exact.items()}
        found = [chain.follower.ways(carried, exact=True)[chain.way] for carried in (exact, larger)]
        left = [way for way in found if way is not None and not self._nothing_left(place, chain, way)]
        return not left or self._all_gone(place, chain, found[0])

    def _all_gone(self, place: int, chain: Chain, found: Sequence[Expected] | None) -> bool:
        """Whether everything below the carried numbers, and more than one box, is 0 where it should not be."""
        below = {other for root in chain.roots for other in self.follower.below[root]} - set(chain.roots)
        boxes = chain.follower.task.boxes
        if found is None or len(below) < 2 or all(map(boxes[place].shows_zero, map(Fraction, cells(boxes[place].value)))):
            return False
        return all(boxes[other].shows_zero(middle(cell)) for other in below for cell in found[other])

    def _nothing_left(self, place: int, chain: Chain, found: Sequence[Expected]) -> bool:
        boxes, here = chain.follower.task.boxes, list(map(middle, found[place]))
        box = boxes[place]
        if all(box.shows_zero(cell) for cell in here):
            return not all(box.shows_zero(Fraction(cell)) for cell in cells(box.value))
        alike = [root for root in chain.roots if boxes[root].shape == box.shape]
        if any(list(cells(boxes[root].value)) == list(cells(box.value)) for root in alike):
            return False
        return bool(alike) and all(_same(list(map(middle, found[root])), here) for root in alike)

    def _by_corrections(self, place: int, answer: Answer, answers: Sequence[Answer]) -> None:
        for accept, (dims, ends) in self.further[place]:
            if answer.shows(dims, ends) and self._read_so(accept, place, answers):
                answer.status, answer.share, answer.wrong = "right", Fraction(1), ()
                answer.says = (self.say(ACCEPTED, {"reason": accept.reason}),)
                return

    def _read_so(self, accept: Accept, place: int, answers: Sequence[Answer]) -> bool:
        """Whether nothing before a box speaks against that reading of the task."""
        before = [answers[other] for other in self.follower.above[place] if answers[other].written is not None]
        readings = [mistake for mistake in self.task.mistakes if mistake.key == accept.reading]
        return not any(contradicted(reading, before) for reading in readings)

    def _explain(self, answers: Sequence[Answer]) -> None:
        """Says what is wrong where no mistake does, which number of a matrix, and that the rest follows where it does."""
        for place, answer in enumerate(answers):
            if answer.status == "blank":
                answer.says = (self.say(BLANK, {}),)
            elif answer.status in ("wrong", "partial") and answer.written is not None:
                told = (*self._where(answer), *answer.says) or (self.say(WRONG, {}),)
                answer.says = (*told, self.say(SOUND, {})) if self._goes_on(place, answers) else told

    def _goes_on(self, place: int, answers: Sequence[Answer]) -> bool:
        """Whether everything written after a box came out, and some of it from this box's wrong number."""
        after = {answers[other].status for other in self.follower.below[place]} - {"blank"}
        return "followed" in after and after <= {"followed", "right"}

    def _where(self, answer: Answer) -> Iterator[str]:
        if not answer.fits:
            asked, found = size_of(answer.box.shape), size_of(answer.shape)
            yield self.say(SIZE, {"found": found, "asked": asked})
        elif coarse(answer):
            yield self.say(COARSE, {"decimals": answer.box.decimals})
        elif len(answer.wrong) == 1 and len(answer.box.shape) > 1:
            *_, row, column = in_shape(answer, answer.wrong[0])
            yield self.say(ONE_CELL, {"row": row + 1, "column": column + 1})
        elif answer.box.shape:
            yield self.say(SOME_CELLS, {"wrong": len(answer.wrong), "all": len(answer.box.accept)})

    def _imply(self, answers: Sequence[Answer]) -> None:
        """A blank box is worth what the worst of those is worth that depend on it, if they all came out."""
        for place in reversed(self.follower.order):
            answer, below = answers[place], [answers[other] for other in self.follower.below[place]]
            came_out = below and all(other.status in ("right", "followed", "implied") for other in below)
            if answer.status == "blank" and came_out:
                answer.status, answer.share = "implied", min(other.share for other in below)
                answer.says = (self.say(IMPLIED, {}),)


def _same(one: Sequence[Fraction], other: Sequence[Fraction]) -> bool:
    return all(abs(x - y) < NOTHING for x, y in zip(one, other, strict=True))


def size_of(dims: Sequence[int]) -> str:
    """1, 3 or 2×3."""
    return "×".join(map(str, dims)) or "1"
