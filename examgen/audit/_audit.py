"""An exam looked at: drawn as a build draws it, measured, and sat by simulated students."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor

from examgen.audit._examine import Measured, Tested, measured, paired, tested
from examgen.audit._report import Audit, report
from examgen.errors import InputError
from examgen.exam import Exam
from examgen.processes import Report, silent, terminable, workers
from examgen.selecting import Selection
from examgen.sheets import Variant

MOST = 1000  # variants whose distances can be looked at
CHUNK = 2  # variants that a worker looks at, one after another


def audit(exam: Exam, *, count: int | None = None, students: int = 200, jobs: int = 1, report_to: Report = silent) -> Audit:
    """The report on the first `count` variants (all by default).

    `students` simulated students of each route, and of each mistake, sit every variant. Nothing is proved here.
    Raises: InputError for more variants than a report holds, DrawError, or DefinitionError where an earlier key cannot be read.
    """
    wanted = exam.variants if count is None else count
    if wanted > MOST:
        raise InputError(f"{wanted} variants are too many for a report: look at the first {MOST} at most, with -n")
    selection = Selection(exam)
    with terminable(), workers(jobs) as pool:
        drawn = tuple(selection.take(wanted))
        report_to("draw", len(drawn), len(drawn))
        numbers = [_measured(exam, variant) for variant in drawn]
        marking = _tested(pool, exam, drawn, students, report_to)
    return report(exam, selection, drawn, numbers, marking)


def _measured(exam: Exam, variant: Variant) -> list[Measured]:
    found = []
    for task, instance in paired(exam.tasks, variant):
        try:
            found.append(measured(variant.number, instance, task.decimals))
        except ArithmeticError:
            raise InputError(f"task {task.number}: its numbers are too large to be counted with, leave the task out") from None
    return found


def _tested(
    pool: Executor, exam: Exam, drawn: Sequence[Variant], students: int, report_to: Report
) -> list[tuple[Tested, ...]]:
    chunks = [drawn[i : i + CHUNK] for i in range(0, len(drawn), CHUNK)]
    pending = [pool.submit(tested, exam.tasks, chunk, students) for chunk in chunks]
    found: list[tuple[Tested, ...]] = []
    for future in pending:
        found += future.result()
        report_to("sit", len(found), len(drawn))
    return found
