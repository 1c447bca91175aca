"""Commands for whoever marks a class: grade, marks, follow, archive."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from examgen.cli._app import apart, command, print_parts, seen
from examgen.cli._voice import voice
from examgen.errors import InputError
from examgen.spreadsheets import passed_over

if TYPE_CHECKING:
    from examgen.grading import Class, Table

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="A folder that build has filled, or an archive of one.", show_default=False)
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write the table here.", show_default=False)]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there; the old one is kept beside it.")]


@command()
def grade(
    folder: Folder,
    table: Annotated[Path, typer.Argument(metavar="TABLE.csv", help="A row per student.", show_default=False)],
    output: Output = None,
    corrections: Annotated[
        Path | None, typer.Option(help="What was decided since; by default corrections.toml in DIR.", show_default=False)
    ] = None,
    scale: Annotated[str | None, typer.Option(help="Grades by percent: 50,70,85 or F=0,D=50.", show_default=False)] = None,
    slips: Annotated[Path | None, typer.Option(help="Write a feedback slip per student as PDF.", show_default=False)] = None,
    moodle: Annotated[Path | None, typer.Option(help="Write grades for Moodle's import.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the summary.")] = False,
    force: Force = False,
) -> None:
    """Mark a class: answers, points given by hand, or both, from a table with a row per student.

    Example: examgen grade variants/lecture6 table.csv -o marks.csv --scale 50,70,85
    """
    from examgen import grading, keyfile

    sources = [table, folder, folder / "key.json", folder / grading.NAME, *filter(None, [corrections])]
    files = {"-o": output, "--slips": slips, "--moodle": moodle}
    for option, path in files.items():
        apart(option, path, sources)
    writable(files, force)
    key = keyfile.load(folder)
    decided = grading.corrections_at(folder, corrections, key)
    read = grading.read_table(table, key)
    voice.now(f"{table} is read: {len(read.entries)} rows")
    limits = grading.read_scale(scale) if scale is not None else None
    found = grading.mark_class(key, read.entries, read.complaints, corrections=decided, scale=limits)
    voice.now(f"{len(found.students)} marked")
    _write(found, output, slips, moodle)
    written = list(filter(None, files.values()))
    if as_json:
        typer.echo(json.dumps(grading.to_dict(found), ensure_ascii=False, indent=1))
    elif not (voice.quiet and written):
        print_parts(grading.parts(found))
    for path in written:
        voice.tell(f"{path} is written", err=as_json)
    _told(table, read, found)


def _write(found: Class, output: Path | None, slips: Path | None, moodle: Path | None) -> None:
    """Everything is made before the first file is written, and then all files are or none."""
    from examgen import grading
    from examgen.staging import write_new

    made: dict[Path, bytes] = {}
    if slips is not None:
        from examgen.setting import write_pdf

        made[slips] = write_pdf(grading.slips(found.students, found.title, found.language))
    if output is not None:
        made[output] = grading.marks_csv(found)
    if moodle is not None:
        made[moodle] = grading.moodle_csv(found)
    write_new(made, private=True)


def _told(table: Path, read: Table, found: Class) -> None:
    """What is wrong with the table, or worth a look. Raises: Exit where a row is not marked."""
    notes = [f"note: column {head[:40]!r} is not used" for head in read.unused]
    notes += [f"note: {passed_over(read.spare)}"] * bool(read.spare)
    notes += [f"note: {f'{table}, line {note.line}: ' if note.line else ''}{note.says}" for note in found.notes]
    for note in notes:
        voice.tell(seen(note), err=True)
    for complaint in found.complaints:
        typer.echo(seen(f"{table}, line {complaint.line}: {complaint.says}"), err=True)
    if found.complaints:
        left, done = len(found.complaints), len(found.students)
        told = f"{left} {'row is' if left == 1 else 'rows are'} not marked, {done} {'is' if done == 1 else 'are'}"
        typer.echo(f"{table}: {told}", err=True)
        raise typer.Exit(2)


@command()
def marks(
    folder: Folder,
    roster: Annotated[Path | None, typer.Option(help="A class list: id, name, group, variant.", show_default=False)] = None,
    output: Output = None,
    force: Force = False,
) -> None:
    """Write an empty table of points for markers of paper: a column per box, with its maximum in the head.

    Example: examgen marks variants/lecture6 --roster students.csv -o points.csv
    """
    from examgen import grading, keyfile
    from examgen.staging import write_new

    writable({"-o": output}, force)
    apart("-o", output, [roster] if roster else [])
    key = keyfile.load(folder)
    table = grading.points_csv(key, grading.read_roster(roster, key) if roster is not None else ())
    if output is None:
        typer.echo(table.decode("utf-8-sig").replace("\r\n", "\n"), nl=False)
    else:
        write_new({output: table})
        voice.tell(f"{output} is written: fill it in, then examgen grade {folder} {output}")


@command()
def follow(
    folder: Folder,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The variant: the code on the sheet.", show_default=False)],
    own: Annotated[list[str], typer.Argument(metavar="BOX=NUMBER", help="What the student wrote.", show_default=False)],
) -> None:
    """Print an answer strip recomputed from a student's own wrong number, for a marker with a pen in hand.

    Example: examgen follow variants/lecture6 44H3T4 2a=0,88
    """
    from examgen import checking, keyfile
    from examgen.marking import follow as followed

    told: dict[str, str] = {}
    for word in own:
        name, sign, text = word.partition("=")
        if not sign or not text.strip() or name.strip() in told:
            raise InputError(f"{word[:60]!r}: give each box once with its number, such as 2a=0,88 or 3a=\"1 -2; 3 1\"")
        told[name.strip()] = text
    key = keyfile.load(folder)
    print_parts([checking.strip(followed(key, code, told), key.language)])


@command()
def archive(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that build has filled.", show_default=False)],
    output: Annotated[Path, typer.Argument(metavar="OUT.zip", help="The archive.", show_default=False)],
    further: Annotated[
        list[Path] | None, typer.Option("--with", help="A further file to keep, such as a table.", show_default=False)
    ] = None,
    force: Force = False,
) -> None:
    """Keep a built folder in one file, which grade, follow, check and verify read like the folder.

    Example: examgen archive variants/lecture6 lecture6.zip --with marks.csv
    """
    from examgen import keyfile
    from examgen.archive import pack

    writable({"OUT.zip": output}, force)
    keyfile.load(folder)
    names = pack(folder, output, further or [])
    voice.tell(f"{output} is written, with {len(names)} files; it holds every answer: keep it where the key is kept")


def writable(files: dict[str, Path | None], force: bool) -> None:
    """Raises: InputError where a file is there already and nobody said --force, or has no folder to be in."""
    seen: set[Path] = set()
    for option, path in files.items():
        if path is None:
            continue
        if path.resolve() in seen:
            raise InputError(f"{option} {path}: is written twice, choose another name")
        seen.add(path.resolve())
        if os.path.isdir(path):
            raise InputError(f"{option} {path}: is a folder, give the name of a file")
        if os.path.exists(path) and not force:
            raise InputError(f"{option} {path}: is there already, choose another name or say --force")
        if not path.absolute().parent.is_dir():
            raise InputError(f"{option} {path}: there is no folder {path.parent}, make it first")
