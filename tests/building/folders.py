"""Built folders to look at, and what can be read out of them: pages, numbers, a PDF's hidden places."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
from jsonschema import Draft202012Validator

from examgen.answers import rounded
from examgen.resources import find
from tests.architecture.sources import ROOT

FILES = ("key.json", "key.pdf", "manifest.json", "sheets.pdf")
PDFS = ("sheets.pdf", "key.pdf")
LECTURE, HOMEWORK = (find("variants") / name for name in ("lecture6.toml", "homework6.toml"))
SECRET = "6d1f0c52e7b94a38"
NUMBER = re.compile(r"[-−]?\d+(?:[.,]\d+)?")


def secret_definition() -> str:
    """The lecture's exam with a seed that nobody knows."""
    shipped = LECTURE.read_text(encoding="utf-8")
    assert 1 == shipped.count('seed = "sample"')
    return shipped.replace('seed = "sample"', f'seed = "{SECRET}"')


@dataclass(frozen=True)
class Folder:
    """A built folder."""

    path: Path

    @property
    def names(self) -> list[str]:
        """Every file, by its path within the folder."""
        return sorted(path.relative_to(self.path).as_posix() for path in self.path.rglob("*") if path.is_file())

    @property
    def solutions(self) -> list[str]:
        """The worked solutions, in the order of the variants."""
        return [f"solutions/{variant['code']}.pdf" for variant in self.key["variants"]]

    def bytes(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    @cached_property
    def key(self) -> dict[str, Any]:
        return dict(json.loads(self.bytes("key.json")))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return dict(json.loads(self.bytes("manifest.json")))

    def pages(self, name: str) -> list[str]:
        """The text of every page, as a reader would copy it."""
        done = subprocess.run(["pdftotext", "-layout", self.path / name, "-"], capture_output=True, check=True)
        return done.stdout.decode("utf-8").split("\f")[:-1]

    def sheet(self, code: str) -> str:
        """The pages of one variant: each page says its code."""
        return "\n".join(page for page in self.pages("sheets.pdf") if code in page)

    def copy(self, place: Path) -> Folder:
        return Folder(Path(shutil.copytree(self.path, place)))

    def change(self, name: str, change: Callable[[Any], None]) -> None:
        """Changes a JSON file and, if that is the key, its checksum in the manifest too."""
        document = json.loads(self.bytes(name))
        change(document)
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        (self.path / name).write_text(text, encoding="utf-8")
        if name == "key.json":
            digest = sha256(self.bytes(name)).hexdigest()
            self.change("manifest.json", lambda manifest: manifest["files"].update({name: digest}))


def cells(value: Any) -> Iterator[Any]:
    """The scalars of nested lists."""
    if isinstance(value, list):
        for part in value:
            yield from cells(part)
    else:
        yield value


def tasks(key: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every variant with every of its tasks."""
    return ((variant, task) for variant in key["variants"] for task in variant["tasks"])


def answers(key: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (answer for _, task in tasks(key) for answer in task["answers"])


def numbers(text: str) -> list[Fraction]:
    """Every number of a text, in order, whatever its minus sign and decimal mark."""
    return [Fraction(found.replace("−", "-").replace(",", ".")) for found in NUMBER.findall(text)]


def printed(answer: Mapping[str, Any]) -> list[Fraction]:
    """What the key prints for an answer."""
    return [rounded(Fraction(cell), answer["decimals"]) for cell in cells(answer["value"])]


def leaks(text: str, variant: Mapping[str, Any]) -> list[str]:
    """Boxes of a variant whose answer stands in the text.

    A number with decimals that is neither given nor a box's points counts where it occurs at all; a map of four or more
    whole numbers where they follow one another.
    """
    told = numbers(text)
    given = {Fraction(cell) for task in variant["tasks"] for value in task["data"].values() for cell in cells(value)}
    given |= {Fraction(answer["points"]) for task in variant["tasks"] for answer in task["answers"]}
    found = []
    for task in variant["tasks"]:
        for answer in task["answers"]:
            wanted = printed(answer)
            alone = [cell for cell in wanted if cell.denominator != 1 and not {cell, -cell} & given]
            if any(cell in told or -cell in told for cell in alone) or (len(wanted) >= 4 and _follows(wanted, told)):
                found.append(answer["label"])
    return found


def tellable(variant: Mapping[str, Any]) -> list[str]:
    """The boxes that `leaks` would see: those it finds in the answers themselves."""
    shown = " ".join(f"{float(cell):.6f}" for task in variant["tasks"] for a in task["answers"] for cell in printed(a))
    return leaks(shown, variant)


def _follows(part: list[Fraction], whole: list[Fraction]) -> bool:
    return any(part == whole[i : i + len(part)] for i in range(len(whole) - len(part) + 1))


def hidden(pdf: Path) -> str:
    """Everything in a PDF that no page shows: document information, XMP, outlines, file names, form fields."""
    with pikepdf.open(pdf) as document:
        parts = [str(value) for value in document.docinfo.values()]
        if "/Metadata" in document.Root:
            told = document.Root.Metadata.read_bytes().decode("utf-8")
            parts.append(re.sub(r'xmlns:\w+="[^"]*"', "", told))  # the addresses of schemas hold version numbers
        with document.open_outline() as outline:
            parts += _titles(outline.root)
        parts += list(document.attachments)
        parts += [str(document.Root.AcroForm)] if "/AcroForm" in document.Root else []
        return "\n".join(parts)


def _titles(items: Iterable[Any]) -> Iterator[str]:
    for item in items:
        yield str(item.title)
        yield from _titles(item.children)


def everything(path: Path) -> bytes:
    """A file's bytes; of a PDF also every stream unpacked, and every text string as text."""
    found = [path.read_bytes()]
    if path.suffix == ".pdf":
        with pikepdf.open(path) as document:
            for thing in document.objects:
                found.append(repr(thing).encode("utf-8"))
                if isinstance(thing, pikepdf.Stream):
                    found.append(thing.read_bytes())
        shown = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True)
        found.append(shown.stdout)
    return b"\n".join(found)


SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "key.schema.json").read_text(encoding="utf-8"))


def unlike_schema(document: Any, part: str = "") -> list[str]:
    """Where a key, or one of the schema's parts by its name, breaks the schema."""
    schema = {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{part}"} if part else SCHEMA
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(document)]
