"""Tables of a class as spreadsheets save them: any separator, encoding, decimal mark and quoting."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.grading.simulated import Student


@dataclass(frozen=True)
class Dialect:
    """How a program saves a table."""

    separator: str = ";"
    encoding: str = "utf-8"
    ends: str = "\r\n"
    quoted: bool = False
    told: bool = False  # whether the first line names the separator

    def bytes(self, rows: Iterable[Sequence[str]]) -> bytes:
        """The rows as a file; signs that the encoding lacks become those that people type instead."""
        file = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if self.quoted else csv.QUOTE_MINIMAL
        csv.writer(file, delimiter=self.separator, lineterminator=self.ends, quoting=quoting).writerows(rows)
        text = f"sep={self.separator}{self.ends}{file.getvalue()}" if self.told else file.getvalue()
        if self.encoding == "cp1251":
            text = text.replace("−", "-").replace("≈", "=").replace("🙂", "?")
        return text.encode(self.encoding)


def labels(key: Mapping[str, Any]) -> list[str]:
    """Every box that some variant has."""
    boxes = (box["label"] for variant in key["variants"] for task in variant["tasks"] for box in task["answers"])
    return sorted(dict.fromkeys(boxes))


def rows(students: Sequence[Student], columns: Sequence[str]) -> list[list[str]]:
    """A head, and each student with the texts in the boxes; codes are typed as people do."""
    spelling = (str, str.lower, lambda code: f" {code[:3]} {code[3:]}", lambda code: f"{code[:2]}-{code[2:]}".lower())
    head = ["id", "variant", "status", *columns]
    body = [
        [one.id, "" if one.absent else spelling[place % len(spelling)](one.code), "absent" if one.absent else "",
         *(one.texts.get(label, "") for label in columns)]
        for place, one in enumerate(students)
    ]  # fmt: skip
    return [head, *body]
