"""A folder in which the commands of a page are run as they stand there, one after the other, in this process.

What is done otherwise than on the page is all in this file: `SMALLER`, what a person does between two commands, and the
files that a page takes for granted.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any
from unittest.mock import patch

from examgen.resources import find
from tests.cli.commands import Ended, run

# a build of a few variants takes a second, one of hundreds minutes; -j 1: what stands for a PDF does so in one process
SMALLER = (
    (r"^(examgen (?:build|audit) .*)(?:-j|--jobs) \d+", r"\1-j 1"),
    (r"^(examgen (?:build|audit) (?!.* -j ).*)$", r"\1 -j 1"),
    (r"^(examgen (?:build|audit) .*-n) (?:[7-9]|\d\d+)\b", r"\1 6"),
    (r"^(examgen (?:build|audit) (?!.*( -n | --proof |homework)).*)$", r"\1 -n 3"),
    (r"^(examgen audit (?!.*--students).*)$", r"\1 --students 20"),
)
# a check of answers tells by its status that some are wrong: that it could check them is what counts here
WORKED = {"check": (0, 1)}
STUDENTS = "name;group;id;row;seat\nAnna Ivanova;A1;s017;1;1\nBoris Klein;A1;1018;1;2\nChen Wei;A2;1019;1;4\n"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>\n'


def smaller(command: str) -> str:
    """The command as it is run: less of the same."""
    for pattern, instead in SMALLER:
        command = re.sub(pattern, instead, command)
    return command


@dataclass(frozen=True)
class World:
    """The folder, and what `key.json` of the built exam in it holds."""

    folder: Path
    key: dict[str, Any]

    def type(self, line: str) -> Ended:
        """A line of a shell: `examgen` in this process, anything else in bash."""
        if line.split()[0] != "examgen":
            words = ["bash", "-euo", "pipefail", "-c", line]
            done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, encoding="utf-8", check=False)
            return Ended(done.returncode, done.stdout, done.stderr)
        return self._examgen(shlex.split(smaller(bare(line)))[1:])

    def _examgen(self, words: list[str]) -> Ended:
        words, taken = _redirected(words, "<")
        words, put = _redirected(words, ">")
        given = Path(taken).read_bytes() if taken else b""
        with patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8")):
            ended = run(*words)
        if put:
            Path(put).write_text(ended.out, encoding="utf-8")
        if words[0] == "marks" and "-o" in words:
            fill_in(Path(words[words.index("-o") + 1]), Path(words[1]))
        return ended

    def failed(self, line: str) -> str:
        """What a command says that ends badly; empty where it ends well."""
        ended = self.type(line)
        words = line.split()
        good = WORKED.get(words[1], (0,)) if words[0] == "examgen" else (0,)
        return "" if ended.status in good else f"{line}: {ended.status} {ended.out[-300:]}{ended.err}"


def fill_in(table: Path, folder: Path) -> None:
    """What a marker does: half a point for every box of every paper that was handed in, and its code where none stands yet."""
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    boxes = {v["code"]: {box["label"] for task in v["tasks"] for box in task["answers"]} for v in key["variants"]}
    heads, *rows = csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig")))
    for row in rows:
        told = dict(zip(heads, row, strict=True))
        if told["id"]:  # else a spare sheet that nobody needed
            told["variant"] = told["variant"] or next(iter(boxes))
            told |= {head: "0.5" for head in heads if head.split(" ")[0] in boxes[told["variant"]]}
            row[:] = told.values()
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    table.write_text(text.getvalue(), encoding="utf-8")


def bare(line: str) -> str:
    """A command without the remark behind it."""
    return re.sub(r"\s+# .*$", "", line)


def _redirected(words: list[str], sign: str) -> tuple[list[str], str]:
    if sign not in words:
        return words, ""
    at = words.index(sign)
    return words[:at] + words[at + 2 :], words[at + 1]


GRANTED = ("midterm.toml", "midterm", "students.csv", "answers.csv")


def takes_for_granted(page: str) -> set[str]:
    """The names among `GRANTED` that no command of a page makes."""
    made = re.findall(r"(?:examgen init|>|-o) ([\w.-]+)", page)
    return {name for name in GRANTED if name not in made and not ("midterm.toml" in made and name == "midterm")}


def furnish(folder: Path, built: Path, page: str) -> World:
    """What a page takes for granted: the definitions that ship, an exam and its built folder, a class, its answers."""
    key = json.loads((built / "key.json").read_text(encoding="utf-8"))
    wanted = takes_for_granted(page)
    (folder / "variants").mkdir()
    for definition in find("variants").glob("*.toml"):  # copies: a build fills a folder beside its definition
        copyfile(definition, folder / "variants" / definition.name)
    copyfile(built / "key.json", folder / "key.json")
    if "midterm.toml" in wanted:
        text = find("variants").joinpath("lecture6.toml").read_text(encoding="utf-8")
        (folder / "midterm.toml").write_text(text.replace('language = "ru"', 'language = "en"'), encoding="utf-8")
    if "midterm" in wanted:
        copytree(built, folder / "midterm")
    if "students.csv" in wanted:
        (folder / "students.csv").write_text(STUDENTS, encoding="utf-8")
    if "answers.csv" in wanted:
        code = key["variants"][0]["code"]
        (folder / "answers.csv").write_text(f"id;variant;1a;1b\ns017;{code};0;3,9\n", encoding="utf-8")
    if "letterhead" in page:
        (folder / "letterhead").mkdir()
        (folder / "letterhead" / "logo.svg").write_text(LOGO, encoding="utf-8")
    return World(folder, key)
