"""Renew the README's table of problem types with its thumbnails, and the gallery in docs/; `make table` runs it.

A picture is cut out of a page as it is printed, of the default preset: the task on a sheet, or the beginning of its worked
solution. It holds a checksum of the words and numbers on it: what shows others by now is stale and is made again, what does
not stays as it is.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from examgen.homework import page, solved
from examgen.model import Instance
from examgen.problem import Preset, Problem
from examgen.registry import shipped
from examgen.render.html import sheets_html
from examgen.render.language import decimal_mark, say
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import write_pdf
from examgen.sheets import sheet_task
from examgen.solving import draw
from examgen.writing import Style

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
GALLERY = DOCS / "gallery.md"
BEGIN, END = "<!-- what follows is written by make table -->\n", "<!-- make table ends here -->\n"
LANGUAGES = {"en": "English", "ru": "Russian"}  # those that the gallery shows side by side
DOTS = 200  # per inch, before a page is made smaller
FOOTER, MARGIN = 20, 18  # mm at the foot and at the sides of a page that are no task
GREYS = 16
_TASK = re.compile(r'<section class="task.*?</section>', re.DOTALL)
_BODY = re.compile(r"<body.*</body>", re.DOTALL)
_WORD = re.compile(r'xMin="([0-9.]+)" yMin="([0-9.]+)"[^>]*>([^<]+)<')
OPENING = """\
# Gallery

Every problem type as it is printed: a task of the usual preset in English and in Russian, and below it the beginning of its
worked solution with the same numbers. `examgen problems NAME` lists the presets and parameters of one, with the calculator
that each needs; `examgen practice NAME` gives tasks to try. A problem type of one's own is [a Python file and a
template](add-a-problem.md).

`make table` writes this page. Its pictures are cut out of the PDFs, and the preset that is shown is set in bold.
"""


class Kind(NamedTuple):
    """A kind of picture: its files `docs/FOLDER/NAME-ENDING.png`, in which language, of what, and how large at most."""

    folder: str
    ending: str
    language: str
    html: Callable[[Instance, str], str]
    width: int  # pixels
    tallest: int
    largest: int = 60_000  # bytes

    def path(self, chosen: Problem, docs: Path = DOCS) -> Path:
        return docs / self.folder / f"{chosen.name}{self.ending}.png"


def table() -> str:
    """One row for each problem type of ours, in order of name."""
    rows = (f"| {picture(one)} | **{one.title}**<br>`{one.name}` | {presets(one)} |\n" for one in shipped().values())
    return "".join(["| a task on paper | problem type | presets and their minutes |\n|---|---|---|\n", *rows])


def picture(chosen: Problem) -> str:
    return shown(THUMBNAIL, chosen, f"{chosen.title}: a task", ROOT)


def shown(kind: Kind, chosen: Problem, words: str, beside: Path) -> str:
    """A picture with its words, as a page in the folder `beside` shows it."""
    return f"![{words}]({kind.path(chosen).relative_to(beside).as_posix()})"


def presets(chosen: Problem) -> str:
    """Every preset with a median student's minutes, the default one in bold."""
    return ", ".join(_preset(chosen, label, preset) for label, preset in chosen.presets.items())


def _preset(chosen: Problem, label: str, preset: Preset) -> str:
    low, high = preset.minutes
    name = f"**`{label}`**" if label == chosen.default else f"`{label}`"
    return f"{name}&nbsp;{low:g}" if low == high else f"{name}&nbsp;{low:g}–{high:g}"


def with_table(text: str) -> str:
    """The README with the table of today between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"README.md has lost a mark: {BEGIN.strip()} and {END.strip()} stand around its table")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def gallery() -> str:
    """The page: a section for each problem type, its pictures in the languages side by side."""
    return "\n".join([OPENING, *map(_section, shipped().values())])


def _section(chosen: Problem) -> str:
    names = " · ".join(say(language, chosen.title) for language in LANGUAGES if language != "en")
    rows = (
        [shown(kind, chosen, f"{chosen.title}: {words} in {LANGUAGES[kind.language]}", DOCS) for kind in kinds]
        for words, kinds in (("a task", TASKS), ("its worked solution", SOLUTIONS))
    )
    return "\n".join(
        [
            f"## {chosen.title}\n",
            f"`{chosen.name}` · {names}  ",
            f"Presets and their minutes: {presets(chosen)}  ",
            f"Source: {chosen.source}\n",
            f"| {' | '.join(f'in {name}' for name in LANGUAGES.values())} |",
            "|---" * len(LANGUAGES) + "|",
            *(f"| {' | '.join(row)} |" for row in rows),
            "",
        ]
    )


def html_of(kind: Kind, chosen: Problem) -> str:
    """The page that a picture is cut from, of the default preset, with the same numbers each time."""
    return kind.html(draw(chosen.name, chosen.presets[chosen.default], "thumbnail"), kind.language)


def sheet(instance: Instance, language: str) -> str:
    return sheets_html(Head("examgen", language), [SheetVariant(1, "SAMPLE", (sheet_task(1, instance, language),))])


def solution(instance: Instance, language: str) -> str:
    style = Style(language, comma=decimal_mark(language) == ",")
    return page([solved(instance, shipped()[instance.problem])], style, full=False, screen=False)


THUMBNAIL = Kind("thumbnails", "", "en", sheet, 440, 330, 30_000)
TASKS = [Kind("gallery", f"-{language}", language, sheet, 640, 900) for language in LANGUAGES]
SOLUTIONS = [Kind("gallery", f"-{language}-solution", language, solution, 640, 560) for language in LANGUAGES]
KINDS = [THUMBNAIL, *TASKS, *SOLUTIONS]


def words(html: str) -> str:
    """A checksum of what is to be read of a sheet's task, or of a worked solution."""
    told = _TASK.search(html) or _BODY.search(html)
    assert told, "a page without a task"
    return sha256(" ".join(unescape(re.sub(r"<[^>]*>", " ", told[0])).split()).encode()).hexdigest()[:16]


def stale(docs: Path = DOCS) -> Iterator[tuple[Kind, Problem]]:
    """Pictures that are missing, show other words or numbers than a page of today, or are too large."""
    for chosen in shipped().values():
        for kind in KINDS:
            path = kind.path(chosen, docs)
            if not path.is_file() or path.stat().st_size > kind.largest or _told(path) != words(html_of(kind, chosen)):
                yield kind, chosen


def _told(path: Path) -> str:
    with Image.open(path) as image:
        return str(image.info.get("words", ""))


def left_over(docs: Path = DOCS) -> list[Path]:
    """Pictures of what is no problem type of ours."""
    there = {path for kind in KINDS for path in (docs / kind.folder).glob("*")}
    return sorted(there - {kind.path(chosen, docs) for chosen in shipped().values() for kind in KINDS})


def make(kind: Kind, chosen: Problem, docs: Path = DOCS) -> None:
    """Writes a picture."""
    html = html_of(kind, chosen)
    told = PngInfo()
    told.add_text("words", words(html))
    path = kind.path(chosen, docs)
    path.parent.mkdir(parents=True, exist_ok=True)
    cut_out(kind, write_pdf(html)).save(path, optimize=True, pnginfo=told)


def cut_out(kind: Kind, pdf: bytes) -> Image.Image:
    """The first task of a page, from its heading to where the paper stays white or it is tall enough, in a few greys."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "sheet.pdf"
        path.write_bytes(pdf)
        one = ["-f", "1", "-l", "1"]
        told = subprocess.run(["pdftotext", "-bbox", *one, path, "-"], capture_output=True, text=True, check=True).stdout
        subprocess.run(["pdftoppm", *one, "-gray", "-singlefile", "-r", str(DOTS), path, path.with_suffix("")], check=True)
        with Image.open(path.with_suffix(".pgm")) as opened:
            leaf = opened.convert("L")
    head = say(kind.language, "Task")
    # the table of points has the word too, further to the right
    top = min((float(left), float(top)) for left, top, word in _WORD.findall(told) if word == head)[1]
    side = int(MARGIN * DOTS / 25.4)  # as wide as the text can be, so that all are of one scale
    task = leaf.crop((side, int(top * DOTS / 72) - 4, leaf.width - side, leaf.height - int(FOOTER * DOTS / 25.4)))
    _, above, _, below = ImageOps.invert(task).getbbox() or (0, 0, 0, task.height)
    task = task.crop((0, above, task.width, below))
    small = ImageOps.expand(task, 12, 255)
    small = small.resize((kind.width, small.height * kind.width // small.width), Image.Resampling.LANCZOS)
    return small.crop((0, 0, kind.width, _between_lines(small, kind.tallest))).quantize(GREYS)


def _between_lines(image: Image.Image, tallest: int) -> int:
    """The last row up to `tallest` at which nothing is cut through; `tallest` where there is none in its lower half."""
    if image.height <= tallest:
        return image.height
    rows = range(tallest, tallest // 2, -1)
    return next((row for row in rows if image.crop((0, row, image.width, row + 1)).getextrema()[0] > 250), tallest)


def main() -> None:
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    GALLERY.write_text(gallery(), encoding="utf-8")
    for path in left_over():
        path.unlink()
        print(f"{path.relative_to(ROOT)} is removed")
    for kind, chosen in stale():
        make(kind, chosen)
        print(f"{kind.path(chosen).relative_to(ROOT)} is made again")


if __name__ == "__main__":
    main()
