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
    """Rows of cells under their heads; those of `numbers` (by place) stand at the right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """One part of the report: `key` names its plots, `lines` are sentences."""

    key: str
    title: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...] = field(default=())


def sections(audit: Audit) -> tuple[Section, ...]:
    """In the order in which an instructor reads them."""
    return (_promises(audit), _effort(audit), _distances(audit), _answers(audit), _mistakes(audit), _drawing(audit))


def _promises(audit: Audit) -> Section:
    honest, refused = sum(part.honest for part in audit.parts), sum(part.wrongly_refused for part in audit.parts)
    sat = [mistake for part in audit.parts for mistake in part.mistakes if not mistake.excepted]
    students, accepted = sum(one.students for one in sat), sum(one.accepted for one in sat)
    lines = (
        f"{honest:,} simulated honest students: {refused} answers refused.",
        f"{students:,} simulated students who each make one mistake throughout: {accepted} with all boxes of the task right.",
        *(f"NOT KEPT: {broken}" for broken in audit.broken),
    )
    return Section("promises", "Simulated students", lines)


def _effort(audit: Audit) -> Section:
    hardest, efforts = audit.hardest, audit.efforts
    lines = (
        *audit.timing,
        *(f"note: {warning}" for warning in audit.warnings),
        f"Arithmetic alone takes {min(efforts):.0f} to {max(efforts):.0f} s per variant, {median(efforts):.0f} s in the middle.",
        f"The hardest is variant {hardest} ({audit.codes[hardest - 1]}) with {efforts[hardest - 1]:.0f} s:"
        " solve it with a stopwatch.",
    )
    heads = ("task", "problem", "preset", "variants", "seconds", "from the middle", "active", "clipped", "zeros", "negative", "means")
    rows = tuple(map(_effort_row, audit.parts))
    return Section("effort", "Effort", lines, (Table(heads, rows, frozenset({3, 4, 5, 6, 7, 8, 9})),))


def _effort_row(part: Part) -> tuple[str, ...]:
    low, middle, high = min(part.efforts), (min(part.efforts) + max(part.efforts)) / 2, max(part.efforts)
    traits = [[profile.active for profile in part.profiles], [profile.clipped for profile in part.profiles]]
    traits += [[profile.zeros for profile in part.profiles], [profile.negatives for profile in part.profiles]]
    clean = {profile.clean for profile in part.profiles}
    means = {None: "", True: "end", False: "do not end"}
    return (
        str(part.task), part.problem, "pinned" if part.pinned else part.preset, str(len(part.variants)), span([low, high]),
        f"±{100 * (high - middle) / middle:.1f} %", *map(span, traits), " or ".join(means[one] for one in sorted(clean, key=str)),
    )


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
        for rule, count in part.repeats.items():
            if count and not part.pinned:
                yield f"task {part.task} ({part.problem}): {count} of {len(part.variants)} variants share their {rule} with another."
            elif part.pinned and rule == "numbers" and count:
                yield f"task {part.task} ({part.problem}): its numbers are pinned, the same in all variants."


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
    heads = ("task", "problem", "mistake", "seen in", "students", "right in all boxes", "what the key says")
    rows = [_mistake_row(part, mistake) for part in audit.parts for mistake in part.mistakes]
    return Section("mistakes", "Mistakes", tuple(_mistake_lines(audit)), (Table(heads, tuple(rows), frozenset({3, 4, 5})),))


def _mistake_row(part: Part, mistake: Noticed) -> tuple[str, ...]:
    seen = f"{mistake.told} of {mistake.applies}"
    students = f"{mistake.students:,}", f"{mistake.accepted:,}"
    return (str(part.task), part.problem, mistake.key, seen, *students, mistake.says)


def _mistake_lines(audit: Audit) -> Iterator[str]:
    for part in audit.parts:
        where = f"task {part.task} ({part.problem})"
        for mistake in part.mistakes:
            if mistake.excepted:
                yield f"{where}: {mistake.key} is an exception: {mistake.excepted}."
        pairs = sorted(part.alike.items(), key=lambda pair: -pair[1])
        for (one, other), count in pairs[:LISTED]:
            yield f"{where}: {one} and {other} cannot be told from each other in {count} of {len(part.variants)} variants."
        if rest := len(pairs) - LISTED:
            if rest > 0:
                yield f"{where}: so do {rest} more pairs, in fewer variants."


def _drawing(audit: Audit) -> Section:
    heads = ("task", "problem", "candidates", "kept", "refused", "seconds", "commonest reasons")
    rows = tuple(_drawing_row(part) for part in audit.parts if not part.pinned)
    return Section("drawing", "Drawing", (), (Table(heads, rows, frozenset({2, 3, 4, 5})),))


def _drawing_row(part: Part) -> tuple[str, ...]:
    reasons = Counter(part.refused).most_common(REASONS)
    refused = f"{100 * sum(part.refused.values()) / part.candidates:.0f} %"
    told = "; ".join(f"{reason} ({count})" for reason, count in reasons)
    return (
        str(part.task), part.problem, f"{part.candidates:,}", str(len(part.variants)), refused, f"{part.seconds:.1f}", told,
    )
