"""The report as sections of text and tables, which the terminal and the page show alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from examgen.audit._report import Audit, Noticed, Part

REASONS = 3  # why candidates were refused, named
LISTED = 10  # pairs of mistakes that look alike, named


@dataclass(frozen=True)
class Table:
    """Rows of cells under their heads. Columns, by place: `numbers` stand at the right, `extra` need not stand at all."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    extra: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """One part of the report: `key` names its plots, `lines` are sentences."""

    key: str
    title: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...] = field(default=())


def sections(audit: Audit) -> tuple[Section, ...]:
    """In the order in which an instructor reads them."""
    shown = [_promises(audit), _effort(audit), _distances(audit), _answers(audit), _mistakes(audit)]
    return (*shown, _drawing(audit)) if any(not part.pinned for part in audit.parts) else tuple(shown)


def _promises(audit: Audit) -> Section:
    lines = [line for pinned in (False, True) for line in _sat([part for part in audit.parts if part.pinned == pinned], pinned)]
    broken = (f"NOT KEPT: {line}" for line in audit.broken)
    return Section("promises", "Marking, tried by simulated students", (*lines, *broken))


def _sat(parts: Sequence[Part], pinned: bool) -> Iterator[str]:
    """What became of the students who sat drawn tasks, for which a promise is made, or pinned ones."""
    if parts:
        honest, refused = sum(part.honest for part in parts), sum(part.wrongly_refused for part in parts)
        sat = [mistake for part in parts for mistake in part.mistakes if not mistake.excepted]
        students, accepted = sum(one.students for one in sat), sum(one.accepted for one in sat)
        which = "Pinned tasks" if pinned else "Drawn tasks"
        yield f"{which}, {honest:,} honest students: {refused} answers refused."
        exempt = ", which is nobody's fault" if pinned and accepted else ""
        yield f"{which}, {students:,} students who each make one mistake throughout: {accepted} with all boxes right{exempt}."


def _effort(audit: Audit) -> Section:
    hardest, efforts = audit.hardest, audit.efforts
    lines = (
        *audit.timing,
        *(f"note: {warning}" for warning in audit.warnings),
        f"Arithmetic alone takes {span(efforts)} s per variant (median {median(efforts):.0f} s).",
        f"The hardest is variant {hardest} ({audit.codes[hardest - 1]}) with {efforts[hardest - 1]:.0f} s:"
        " solve it with a stopwatch.",
    )
    traits = ("active", "clipped", "zeros", "negative", "means")
    heads = ("task", "preset", "variants", "seconds", "within", *traits)
    rows = tuple(map(_effort_row, audit.parts))
    return Section("effort", "Effort", lines, (Table(heads, rows, frozenset(range(2, 9)), frozenset({1, 2})),))


def _effort_row(part: Part) -> tuple[str, ...]:
    low, middle, high = min(part.efforts), (min(part.efforts) + max(part.efforts)) / 2, max(part.efforts)
    traits = [[profile.active for profile in part.profiles], [profile.clipped for profile in part.profiles]]
    traits += [[profile.zeros for profile in part.profiles], [profile.negatives for profile in part.profiles]]
    clean = {profile.clean for profile in part.profiles}
    means = {None: "", True: "end", False: "no end"}
    kind = "pinned" if part.pinned else part.preset
    ended = " or ".join(means[one] for one in sorted(clean, key=str))
    within = f"±{100 * (high - middle) / middle:.1f} %"
    return (name(part), kind, str(len(part.variants)), span([low, high]), within, *map(span, traits), ended)


def name(part: Part) -> str:
    """A task, and which of its problem types."""
    return f"{part.task} {part.problem}"


def span(numbers: Sequence[float]) -> str:
    """From the least to the largest."""
    low, high = f"{min(numbers):.0f}", f"{max(numbers):.0f}"
    return low if low == high else f"{low}–{high}"


def _distances(audit: Audit) -> Section:
    return Section("distances", "Differences", tuple(_distance_lines(audit)))


def _distance_lines(audit: Audit) -> Iterator[str]:
    if audit.nearest is None:
        yield "There is one variant only."
        return
    least, one, other = audit.nearest
    yield f"Any two variants differ in at least {100 * least:.0f} % of their answers: {one} and {other} are the nearest."
    if audit.neighbours:
        yield f"{audit.neighbours} pairs of variants beside each other share the final answer of a task."
    else:
        yield "Variants beside each other differ in the final answer of every task."
    for part in audit.parts:
        where = f"task {part.task} ({part.problem})"
        if part.pinned:
            yield f"{where}: its numbers are pinned, the same in all variants."
            continue
        for rule, count in part.repeats.items():
            if count:
                what = "numbers on the way" if "%" in rule else rule
                yield f"{where}: {count} of {len(part.variants)} variants share their {what} with another."


def _answers(audit: Audit) -> Section:
    heads = ("box", "problem", "asked", "least", "median", "largest", "different", "commonest")
    rows = []
    for part in audit.parts:
        for spread in part.spreads:
            numbers = (f"{number:g}" for number in spread.summary)
            counts = str(spread.distinct), f"{spread.commonest} of {len(part.variants)}"
            rows.append((spread.label, part.problem, spread.key, *numbers, *counts))
    lines = ("Of a matrix all cells are looked at together. Commonest: how often the most frequent answer is right.",)
    return Section("answers", "Answers", lines, (Table(heads, tuple(rows), frozenset({3, 4, 5, 6, 7})),))


def _mistakes(audit: Audit) -> Section:
    heads = ("task", "mistake", "seen in", "students", "right in all boxes", "what the key says")
    rows = [_mistake_row(part, mistake) for part in audit.parts for mistake in part.mistakes]
    table = Table(heads, tuple(rows), frozenset({2, 3, 4}), frozenset({3, 5}))
    return Section("mistakes", "Mistakes", tuple(_mistake_lines(audit)), (table,))


def _mistake_row(part: Part, mistake: Noticed) -> tuple[str, ...]:
    seen = f"{mistake.told} of {mistake.applies}"
    students = f"{mistake.students:,}", f"{mistake.accepted:,}"
    return (name(part), mistake.key, seen, *students, mistake.says)


def _mistake_lines(audit: Audit) -> Iterator[str]:
    for part in audit.parts:
        where = f"task {part.task} ({part.problem})"
        for mistake in part.mistakes:
            if part.pinned and not mistake.told:
                yield f"{where}: its pinned numbers do not show {mistake.key}."
            if mistake.excepted:
                yield f"{where}: {mistake.key} is an exception: {mistake.excepted}."
        pairs = sorted(part.alike.items(), key=lambda pair: -pair[1])
        for (one, other), count in pairs[:LISTED]:
            yield f"{where}: {one} and {other} cannot be told from each other in {count} of {len(part.variants)} variants."
        if (rest := len(pairs) - LISTED) > 0:
            yield f"{where}: the same holds of {rest} more pairs, in fewer variants."


def _drawing(audit: Audit) -> Section:
    heads = ("task", "candidates", "kept", "refused", "seconds", "commonest reasons")
    rows = tuple(_drawing_row(part) for part in audit.parts if not part.pinned)
    return Section("drawing", "Drawing", (), (Table(heads, rows, frozenset({1, 2, 3, 4})),))


def _drawing_row(part: Part) -> tuple[str, ...]:
    reasons = Counter(part.refused).most_common(REASONS)
    refused = f"{100 * sum(part.refused.values()) / part.candidates:.0f} %"
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons)
    return name(part), f"{part.candidates:,}", str(len(part.variants)), refused, f"{part.seconds:.1f}", told
