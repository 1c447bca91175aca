"""The report's plots as SVG, in greys that a printer keeps apart."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from examgen.audit._report import Audit, Spread

Plot = tuple[str, str]  # what it shows, in words, and its SVG
WIDTH = 9.0  # inches
ACROSS = 4  # histograms in a row
BINS = 16
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "examgen",  # the same report is the same bytes
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
BARS: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.4}


def plots(audit: Audit) -> Mapping[str, Sequence[Plot]]:
    """Section key -> its plots."""
    with matplotlib.rc_context(STYLE):
        found = {
            "effort": [("Seconds of arithmetic of every variant, task by task", _effort(audit))],
            "distances": [("The share of answers in which every two variants differ", _distances(audit))],
            "answers": [(f"How the answers of task {task} are distributed", _answers(audit, task)) for task in tasks(audit)],
        }
        return {key: [(says, _svg(figure)) for says, figure in figures] for key, figures in found.items()}


def tasks(audit: Audit) -> list[int]:
    return sorted({part.task for part in audit.parts})


def _svg(figure: Figure) -> str:
    """The figure without the prologue that HTML does not want."""
    target = io.StringIO()
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    return text[text.index("<svg") :]


def _axes(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def _effort(audit: Audit) -> Figure:
    """Bars on each other, a task each; a line at what the hardest takes."""
    figure, axes = _axes(3.2)
    numbers = range(1, len(audit.codes) + 1)
    below = [0.0] * len(numbers)
    for shade, task in zip(shades(len(tasks(audit))), tasks(audit), strict=True):
        found = {n: s for p in audit.parts if p.task == task for n, s in zip(p.variants, p.efforts, strict=True)}
        heights = [found[number] for number in numbers]
        axes.bar(numbers, heights, bottom=below, color=shade, label=f"task {task}", width=0.85, **BARS)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    axes.axhline(max(below), color="black", linewidth=0.8, linestyle="--")
    axes.annotate(f"variant {audit.hardest}", (audit.hardest, max(below)), (0, 3), textcoords="offset points", ha="center")
    axes.set(xlabel="variant", ylabel="seconds of arithmetic", ylim=(0, 1.12 * max(below)), xlim=(0.4, len(numbers) + 0.6))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def shades(count: int) -> list[str]:
    """Greys from light to dark."""
    return [str(round(0.9 - 0.65 * place / max(1, count - 1), 3)) for place in range(count)]


def _distances(audit: Audit) -> Figure:
    """A matrix, dark where two variants have much in common, and black on the diagonal."""
    figure, axes = _axes(4.5)
    ends = (0.5, len(audit.codes) + 0.5)
    shown = {"cmap": "gray", "vmin": 0, "vmax": 100, "interpolation": "nearest"}
    image = axes.imshow(100 * audit.distances, extent=(*ends, *ends[::-1]), **shown)
    figure.colorbar(image, ax=axes, label="answers that differ, %")
    axes.set(xlabel="variant", ylabel="variant")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _answers(audit: Audit, task: int) -> Figure:
    """A histogram per box."""
    spreads = [(part.problem, spread) for part in audit.parts if part.task == task for spread in part.spreads]
    rows = ceil(len(spreads) / ACROSS)
    figure = Figure(figsize=(WIDTH, 1.7 * rows), layout="constrained")
    for place, (problem, spread) in enumerate(spreads, 1):
        axes = figure.add_subplot(rows, ACROSS, place)
        axes.hist(spread.numbers, bins=bins(spread), color="0.75", **BARS)
        axes.set_title(f"{spread.label}  {spread.key}\n{problem}", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    return figure


def bins(spread: Spread) -> Any:
    """Of whole numbers a bar each, where they are not too many."""
    low, _, high = spread.summary
    whole: Callable[[float], bool] = float.is_integer
    if all(map(whole, spread.numbers)) and high - low < 2 * BINS:
        return [low - 0.5 + step for step in range(int(high - low) + 2)]
    return BINS
