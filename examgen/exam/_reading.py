"""A definition's file read and checked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from examgen import bounded
from examgen.errors import DefinitionError, InputError
from examgen.exam._data import Exam
from examgen.exam._keys import Definition, band_of, complaint, one_of
from examgen.exam._tasks import task_of
from examgen.keyfile import BLANKS, CELLS, Rules
from examgen.printing import Printing, printing
from examgen.problem import CALCULATORS, shown
from examgen.render.language import languages
from examgen.tables import read_toml

SEED_VARIABLE = "EXAMGEN_SEED"
LONGEST_SEED = 1_000_000  # bytes of a file


def read_exam(
    path: Path, *, variants: int | None = None, language: str | None = None, templates: Path | None = None
) -> Exam:
    """The exam that a file defines; what is given on the command line wins over the file.

    Raises: DefinitionError, one sentence that names the file, the key and what is allowed.
    """
    raw = read_toml(path)
    changed = {key: value for key, value in (("variants", variants), ("language", language)) if value is not None}
    try:
        exam = _exam(raw | changed, path.parent, templates)
    except InputError as error:
        raise DefinitionError(f"{path}: {error}") from None
    return replace(exam, remarks=tuple(_foreign(raw, exam.language)))


def _foreign(raw: Mapping[str, Any], language: str) -> Iterator[str]:
    """What is printed as it stands on a paper in another language than the definition's."""
    own = raw.get("language", Definition.model_fields["language"].default)
    plain = [key for key in ("title", "course") if isinstance(raw.get(key), str)]
    if language != own and plain:
        stand = f"{' and '.join(plain)} stand{'s' * (len(plain) == 1)} there as written"
        pair = f'{plain[0]} = {{ {own} = "…", {language} = "…" }}'
        yield f"the paper is in {language!r}, the definition in {own!r}, and {stand}: give one for each language, {pair}"


def _exam(raw: Mapping[str, Any], folder: Path, templates: Path | None) -> Exam:
    try:
        read = Definition.model_validate(raw)
    except ValidationError as error:
        raise InputError(complaint(error)) from None
    one_of("language", read.language, languages())
    one_of("calculator", read.calculator, CALCULATORS)
    band, avoid, rules = band_of(read.band), _avoid(read.avoid, folder), _rules(read)
    tasks = tuple(task_of(number, task, read) for number, task in enumerate(read.task, start=1))
    pinned = all(choice.pinned for task in tasks for choice in task.choices)
    seed, seed_from = _seed(read, folder, needed=not pinned)
    return Exam(
        printing=_printing(read, folder, templates), language=read.language, minutes=read.minutes,
        variants=read.variants, sitting=read.sitting, working=read.working, decimals=read.decimals,
        calculator=read.calculator, exact_forms=read.exact_forms,  # type: ignore[arg-type]  # one_of: a known calculator
        decimal_comma=read.decimal_comma, tasks=tasks, definition=_without_seed(raw), seed_from=seed_from, seed=seed,
        band=band, avoid=avoid, rules=rules, formulas=read.formulas,
    )


def _rules(read: Definition) -> Rules:
    """How the exam is marked."""
    one_of("blank", read.blank, BLANKS)
    one_of("cells", read.cells, CELLS)
    number = isinstance(read.follow, int | Decimal) and not isinstance(read.follow, bool)
    if not number or not 0 <= Decimal(read.follow) <= 1 or len(str(read.follow)) > 6:
        raise InputError(
            f"follow = {shown(read.follow)}: give what is earned by following from one's own wrong number, as a share: 0 to 1"
        )
    # one_of has seen to it that the two texts are known
    return Rules(Fraction(read.follow), read.blank, read.cells, read.exact_forms)  # type: ignore[arg-type]  # see above


def _avoid(given: list[str], folder: Path) -> tuple[Path, ...]:
    """Keys of earlier builds, or their folders, relative to the definition."""
    found = []
    for name in given:
        path = folder / name
        try:
            path = path / "key.json" if path.is_dir() else path
            there = path.is_file()
        except (OSError, ValueError):  # ValueError: no possible name
            there = False
        if not there:
            what = "no key.json in the folder" if path.name != Path(name).name else "no file"
            raise InputError(f"avoid: there is {what} {shown(name)}, give the key.json of an earlier build")
        found.append(path)
    return tuple(found)


def _printing(read: Definition, folder: Path, templates: Path | None) -> Printing:
    """How the exam is printed; a folder of templates in the file is meant from there."""
    return printing(
        read.language, title=read.title, course=read.course, date=read.date, paper=read.paper, duplex=read.duplex,
        space=read.space, pdf=read.pdf, tagged=read.tagged,
        templates=templates or (folder / read.templates if read.templates else None),
    )


def _without_seed(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in raw.items() if name not in ("seed", "seed_file")}


def _plain(value: Any) -> Any:
    """Anything that TOML can say as JSON holds it: decimals, dates and times as text."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int) else str(value)


def _seed(read: Definition, folder: Path, *, needed: bool) -> tuple[str, str]:
    """The seed and where it stood: the environment wins, so that a shipped definition can be built with one's own."""
    if os.environ.get(SEED_VARIABLE):
        return os.environ[SEED_VARIABLE], SEED_VARIABLE
    if read.seed is not None and read.seed_file is not None:
        raise InputError("seed and seed_file are both there: keep one of them")
    if read.seed is not None:
        return read.seed, "seed"
    if read.seed_file is not None:
        try:
            text = bounded.content(folder / read.seed_file, LONGEST_SEED, "seed").decode("utf-8").strip()
        except InputError as error:
            raise InputError(f"seed_file: {error}") from None
        except (OSError, ValueError):  # ValueError: not UTF-8, or no possible name
            raise InputError(
                f"seed_file: {shown(read.seed_file)} cannot be read, it must be a text file beside this one"
            ) from None
        if not text:
            raise InputError(f"seed_file: {shown(read.seed_file)} is empty, put a long random text into it")
        return text, "seed_file"
    if needed:
        raise InputError(f"missing key 'seed': set it, or seed_file, or the variable {SEED_VARIABLE}")
    return "public", "none: all numbers are pinned"
