"""Gradescope's autograder: a mark as its `results.json`, or as a unittest suite for gradescope-utils; answers handed in.

Source: Gradescope, "Autograder Specifications"; gradescope-utils 0.5.
"""

from __future__ import annotations

import json
import tomllib
import unittest
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from examgen.adapters._feedback import feedback, name, plain
from examgen.errors import InputError
from examgen.marking import BoxMark, Mark
from examgen.staging import write_file

Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]
ANSWERS = "answers.toml"
LARGEST = 100_000  # bytes of a file of answers; a sheet of a hundred matrices stays below


def results(mark: Mark, *, visibility: Visibility = "visible") -> dict[str, Any]:
    """What `results.json` holds: the points, and a test for each box in the order of the sheet.

    `visibility` says when students see the tests. No right value stands in any of it.
    """
    tests = [_test(box, number, visibility) for number, box in _numbered(mark)]
    return _document(mark.to_dict()["points"], mark.notes, tests, visibility, {"variant": mark.variant})


def refused(sentence: str, *, visibility: Visibility = "visible") -> dict[str, Any]:
    """What `results.json` holds for a submission that cannot be marked: no points, no tests, and the sentence that says why."""
    return _document(0, [sentence], [], visibility, {})


def write_results(found: Mark | Mapping[str, Any], path: Path, *, visibility: Visibility = "visible") -> None:
    """Writes a mark, or what `results` or `refused` gave, whole or not at all. Raises: OutputError."""
    document = results(found, visibility=visibility) if isinstance(found, Mark) else found
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_file(path, text.encode("utf-8"))


def cases(mark: Mark, *, visibility: Visibility = "visible") -> unittest.TestSuite:
    """A test for each box that has passed or failed already, with its points where gradescope-utils looks for them.

    Its `JSONTestRunner` makes of it the tests that `results` gives; any runner of unittest tells right boxes from others.
    """
    return unittest.TestSuite(_case(box, number, visibility) for number, box in _numbered(mark))


def submitted(folder: Path) -> dict[str, Any]:
    """The answers that a student handed in: `answers.toml`, as `examgen answers` writes it.

    Raises: InputError, one sentence for the student.
    """
    path = folder / ANSWERS
    if path.is_symlink() or not path.is_file():  # a link may lead to what a student must not read
        raise InputError(f"There is no file {ANSWERS} in the submission: hand in that one file, not in a folder.")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{ANSWERS} is larger than {LARGEST} bytes: hand in the answers and nothing else.")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{ANSWERS} is not text in UTF-8: save it with that encoding.") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f'{ANSWERS} cannot be read: {error}; a line looks like this: "1a" = "1.27"') from None


def _document(
    score: float, output: Sequence[str], tests: list[dict[str, Any]], visibility: Visibility, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """The top level; every text is text, so that nothing a student wrote is taken for HTML."""
    return {
        "score": score,
        "output": plain("\n".join(output)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "extra_data": dict(extra),
        "tests": tests,
    }


def _test(box: BoxMark, number: str, visibility: Visibility) -> dict[str, Any]:
    told = box.to_dict()
    return {
        "name": name(box),
        "number": number,
        "score": told["points"],
        "max_score": told["max"],
        "status": "passed" if box.points >= box.most else "failed",
        "output": feedback(box),
        "output_format": "text",
        "visibility": visibility,
        "extra_data": {"box": plain(box.key), "status": box.status, "mistakes": told["mistakes"]},
    }


def _case(box: BoxMark, number: str, visibility: Visibility) -> unittest.TestCase:
    """One test whose function bears what the decorators of gradescope-utils would set."""

    def test(case: unittest.TestCase) -> None:
        if box.points < box.most:
            case.fail(feedback(box))
        if box.says:
            print(feedback(box))

    told = box.to_dict()
    test.__doc__ = name(box)
    vars(test).update(__weight__=told["max"], __score__=told["points"], __number__=number, __visibility__=visibility)
    made: unittest.TestCase = type("Box", (unittest.TestCase,), {"test": test})("test")
    return made


def _numbered(mark: Mark) -> Iterator[tuple[str, BoxMark]]:
    """The boxes with the numbers that Gradescope sorts by: task and place, for labels may end in Cyrillic letters."""
    return ((f"{task.number}.{place}", box) for task in mark.tasks for place, box in enumerate(task.boxes, start=1))
