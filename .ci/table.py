"""Renew the README's table of problem types and its thumbnails; `make table` runs it.

A thumbnail is the task on a real sheet, drawn for the default preset. It holds a checksum of the words and numbers on it:
what shows others by now is stale and is made again, what does not stays as it is.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path

from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from examgen.problem import Preset, Problem
from examgen.registry import shipped
from examgen.render.html import sheets_html
from examgen.render.paper import Head, SheetVariant
from examgen.render.pdf import write_pdf
from examgen.sheets import sheet_task
from examgen.solving import draw

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PICTURES = ROOT / "docs" / "thumbnails"
BEGIN, END = "<!-- what follows is written by make table -->\n", "<!-- make table ends here -->\n"
WIDTH, TALLEST = 440, 330  # pixels
DOTS = 200  # per inch, before a page is made smaller
FOOTER = 20  # mm at the foot of a page that are no task
GREYS = 16
LARGEST = 30_000  # bytes
_TASK = re.compile(r'<section class="task.*?</section>', re.DOTALL)
_HEADING = re.compile(r'xMin="([0-9.]+)" yMin="([0-9.]+)"[^>]*>Task<')


def table() -> str:
    """One row for each problem type of ours, in order of name."""
    rows = (f"| {picture(one)} | **{one.title}**<br>`{one.name}` | {presets(one)} |\n" for one in shipped().values())
    return "".join(["| a task on paper | problem type | presets and their minutes |\n|---|---|---|\n", *rows])


def picture(chosen: Problem) -> str:
    return f"![{chosen.title}: a task]({thumbnail(chosen, PICTURES).relative_to(ROOT).as_posix()})"


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


def sheet(chosen: Problem) -> str:
    """A sheet with one task of the default preset, the same each time."""
    instance = draw(chosen.name, chosen.presets[chosen.default], "thumbnail")
    return sheets_html(Head("examgen"), [SheetVariant(1, "SAMPLE", (sheet_task(1, instance, "en"),))])


def words(html: str) -> str:
    """A checksum of what is to be read of a sheet's task."""
    task = _TASK.search(html)
    assert task, "a sheet without a task"
    return sha256(" ".join(unescape(re.sub(r"<[^>]*>", " ", task[0])).split()).encode()).hexdigest()[:16]


def thumbnail(chosen: Problem, folder: Path) -> Path:
    return folder / f"{chosen.name}.png"


def stale(folder: Path = PICTURES) -> Iterator[Problem]:
    """Problem types whose thumbnail is missing, shows other words or numbers than a sheet of today, or is too large."""
    for chosen in shipped().values():
        path = thumbnail(chosen, folder)
        if not path.is_file() or path.stat().st_size > LARGEST or _shown(path) != words(sheet(chosen)):
            yield chosen


def _shown(path: Path) -> str:
    with Image.open(path) as image:
        return str(image.info.get("words", ""))


def left_over(folder: Path = PICTURES) -> list[Path]:
    """Thumbnails of what is no problem type of ours."""
    return sorted(set(folder.glob("*")) - {thumbnail(chosen, folder) for chosen in shipped().values()})


def make(chosen: Problem, folder: Path = PICTURES) -> None:
    """Writes a thumbnail."""
    html = sheet(chosen)
    told = PngInfo()
    told.add_text("words", words(html))
    folder.mkdir(parents=True, exist_ok=True)
    cut_out(write_pdf(html)).save(thumbnail(chosen, folder), optimize=True, pnginfo=told)


def cut_out(pdf: bytes) -> Image.Image:
    """The first task of a sheet, from its heading to where the paper stays white, in a few greys."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "sheet.pdf"
        path.write_bytes(pdf)
        one = ["-f", "1", "-l", "1"]
        told = subprocess.run(["pdftotext", "-bbox", *one, path, "-"], capture_output=True, text=True, check=True).stdout
        subprocess.run(["pdftoppm", *one, "-gray", "-singlefile", "-r", str(DOTS), path, path.with_suffix("")], check=True)
        with Image.open(path.with_suffix(".pgm")) as opened:
            page = opened.convert("L")
    top = min((float(left), float(top)) for left, top in _HEADING.findall(told))[1]  # the table of points has the word too
    task = page.crop((0, int(top * DOTS / 72) - 4, page.width, page.height - int(FOOTER * DOTS / 25.4)))
    task = task.crop(ImageOps.invert(task).getbbox())
    small = ImageOps.expand(task, 12, 255)
    small = small.resize((WIDTH, small.height * WIDTH // small.width), Image.Resampling.LANCZOS)
    return small.crop((0, 0, WIDTH, min(small.height, TALLEST))).quantize(GREYS)


def main() -> None:
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    for path in left_over():
        path.unlink()
        print(f"{path.relative_to(ROOT)} is removed")
    for chosen in stale():
        make(chosen)
        print(f"{thumbnail(chosen, PICTURES).relative_to(ROOT)} is made again")


if __name__ == "__main__":
    main()
