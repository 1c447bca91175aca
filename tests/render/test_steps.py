"""Worked solutions on paper: our fonts, within the margins, no heading left behind and no step torn apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import cycle
from typing import Any

import pytest

from examgen import homework
from examgen.explaining import solution_steps
from examgen.model import Instance
from examgen.registry import asks_of, problem, problems
from examgen.render.html import homework_html
from examgen.render.language import languages, say
from examgen.render.paper import Head, SolvedTask
from examgen.render.pdf import lay_out
from examgen.writing import Box, style_for, write
from tests.render.specimens import MORE_OPTIONS, drawn
from tests.render.test_pdf import PAGE, beyond, foreign, glyphless

SLACK = 2.0  # px: borders stand half outside their box
def worked(instance: Instance, number: int, language: str) -> SolvedTask:
    """One task's long form, with every answer box labelled."""
    boxes = {
        (ask.node, ask.gradient, ask.index or ()): Box(0 if ask.whole else 2, f"{number}{chr(97 + place % 26)}")
        for place, ask in enumerate(asks_of(instance))
    }
    written = write(solution_steps(instance), style_for(language), boxes)
    return SolvedTask(number, say(language, problem(instance.problem).title), written)


def instances(name: str) -> list[Instance]:
    return [drawn(name, preset.params) for preset in problem(name).presets.values()]


def page(found: Iterable[Instance], language: str) -> str:
    tasks = [worked(instance, number, language) for number, instance in enumerate(found, 1)]
    return homework_html(Head(say(language, "Worked solution"), language), tasks, screen=False)


def boxes_of(box: Any) -> Iterator[Any]:
    """All boxes of a page that an element of the document has made, those in the margins left out."""
    yield box
    for child in getattr(box, "children", ()):
        if type(child).__name__ != "MarginBox":
            yield from boxes_of(child)


def outside(document: Any) -> list[str]:
    """Text, cells and circuits that reach over the left, right or lower margin."""
    found = []
    for number, sheet in enumerate(document.pages, 1):
        frame = sheet._page_box
        left, top = frame.content_box_x(), frame.content_box_y()
        for box in boxes_of(frame):
            text = getattr(box, "text", "").strip()
            if text or box.element_tag in ("td", "th", "figure", "svg"):
                start, above = box.border_box_x(), box.border_box_y()
                right, bottom = start + box.border_width(), above + box.border_height()
                within = left - SLACK <= start and right <= left + frame.width + SLACK
                if not within or bottom > top + frame.height + SLACK:
                    found.append(f"page {number}: {text or box.element_tag}")
    return found


def left_behind(document: Any) -> list[str]:
    """Headings, and words of a step, that stand last on a page with what they speak of on the next."""
    found = []
    for number, sheet in enumerate(document.pages[:-1], 1):
        lines = [box for box in boxes_of(sheet._page_box) if type(box).__name__ == "LineBox"]
        last = max(lines, key=lambda line: line.position_y + line.height)
        if last.element_tag in ("h1", "h2", "h3") or "says" in last.element.get("class", ""):
            found.append(f"page {number}: {''.join(part.text for part in last.descendants() if hasattr(part, 'text'))}")
    return found


def torn(document: Any) -> list[str]:
    """Steps on more than one page that would have had room on one, by their first words."""
    parts: dict[Any, list[tuple[int, float, float]]] = {}
    for number, sheet in enumerate(document.pages, 1):
        for box in boxes_of(sheet._page_box):
            if box.element_tag == "div" and box.element is not None and "step" in box.element.get("class", "").split():
                parts.setdefault(box.element, []).append((number, box.height, sheet._page_box.height))
    return [
        f"pages {[number for number, *_ in places]}: {''.join(element.itertext()).strip()[:40]}"
        for element, places in parts.items()
        if len(places) > 1 and sum(height for _, height, _ in places) < places[0][2]
    ]


def foreign_fonts(document: Any) -> list[str]:
    """Fonts that are not ours, on every third page: writing a page takes as long as setting it."""
    return sorted(foreign(document.copy(document.pages[::3]).write_pdf()))


CHECKS = (outside, beyond, left_behind, torn, foreign_fonts)


@pytest.mark.parametrize(("name", "language"), list(zip(problems(), cycle(languages()), strict=False)))
def test_a_worked_solution_is_well_set(name: str, language: str) -> None:
    """Every preset's long form: within the margins, no heading left behind, no step torn, our fonts with every glyph.

    One document per problem, in turn in one language and the other, and all checks at it: to lay it out takes seconds.
    """
    html = page(instances(name), language)
    document = lay_out(html)
    assert len(problem(name).presets) == html.count('<section class="solved">')
    assert html.count('<div class="step" data-step="') >= 4 * len(problem(name).presets)
    assert set() == glyphless(html)
    assert {} == {check.__name__: found for check in CHECKS if (found := check(document))}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", problems())
def test_nothing_is_left_of_templates_and_messages(name: str, language: str) -> None:
    """No place that was not filled in, no LaTeX that was not set."""
    body = page(instances(name), language).partition("</style>")[2]
    assert [] == [left for left in ("%(", "{{", "{%", "\\", "None", "$") if left in body]


@pytest.mark.parametrize(
    "wide",
    [
        f"<p style='white-space: nowrap'>{'x ' * 200}</p>",
        "<table style='width: 200mm'><tr><td></td></tr></table>",
        "<figure style='width: 180mm; height: 9mm'></figure>",
        "<p style='position: relative; left: -9mm'>x</p>",
        "<div style='height: 240mm'></div><p style='position: relative; top: 40mm'>x</p>",
    ],
)
def test_what_reaches_over_a_margin_is_found(wide: str) -> None:
    """The tooth: text, an empty cell, a picture, to the right, to the left, below."""
    css = "<style>@page { size: A4; margin: 20mm } p, figure { margin: 0 }</style>"
    assert [] == outside(lay_out(f"{css}{PAGE}<p>x</p><table><tr><td>1</td></tr></table>"))
    assert 1 == len(outside(lay_out(f"{css}{PAGE}{wide}")))


@pytest.mark.parametrize("last", ["<h3>Task 1</h3>", "<div class='step'><p class='says'>Then:</p></div>"])
def test_a_heading_left_behind_is_found(last: str) -> None:
    """The tooth: a title, and words, before a page break; not a line of the step."""
    after = "<p style='break-before: page'>y</p>"
    assert 1 == len(left_behind(lay_out(f"{PAGE}<p class='line'>x</p>{last}{after}")))
    assert [] == left_behind(lay_out(f"{PAGE}{last}<p class='line'>x</p>{after}"))


def test_a_torn_step_is_found() -> None:
    """The tooth: a step across a page break that is shorter than a page; one that is longer may be torn."""
    fill = "<div style='height: 200mm'></div>"
    step = "<div class='step'>" + "<p class='line'>x</p>" * 9 + "</div>"
    assert 1 == len(torn(lay_out(f"{PAGE}{fill}{step}")))
    assert [] == torn(lay_out(f"<style>.step {{ break-inside: avoid }}</style>{PAGE}{fill}{step}"))
    assert [] == torn(lay_out(f"{PAGE}{fill}{step.replace('<p', '<p style=height:40mm')}"))


def test_a_foreign_font_is_found() -> None:
    """The tooth: one of the machine's."""
    assert foreign_fonts(lay_out(f"{PAGE}<p style='font-family: DejaVu Sans, Liberation Sans, sans-serif'>x</p>"))


def own(name: str, data: Any, **params: Any) -> homework.Solved:
    chosen = problem(name)
    return homework.solved(chosen.pin(params, data, bounded=False), chosen)


WIDE = {
    "scores": lambda: own("svm_loss", {"scores": scores(3, 15), "labels": [0, 1, 14]}),
    "probabilities": lambda: own("softmax_loss", {"scores": scores(3, 12)}, gradient=True),
    "image": lambda: own(
        "conv_relu_pool", {"image": [[(3 * i + j) % 10 for j in range(24)] for i in range(9)], "kernels": [[1, -1], [0, 2]]},
        stride=4,
    ),
    "formula": lambda: own(
        "backprop", {"x": [1, 2, 3, 4, 5, 6], "W": [[Fraction(i - j, 7) for j in range(4)] for i in range(6)]},
        formula="h = relu(x @ W); f = sum(h * h)",
    ),
}  # fmt: skip


def scores(samples: int, classes: int) -> list[list[Fraction]]:
    return [[Fraction((7 * i + 11 * j) % 200 - 100, 10) for j in range(classes)] for i in range(samples)]


@pytest.mark.parametrize("name", WIDE)
def test_wide_numbers_of_ones_own_fit_the_page(name: str) -> None:
    """More classes, a wider image, longer sums than any preset has."""
    document = lay_out(homework.page([WIDE[name]()], style_for("ru"), full=True, screen=False))
    assert [] == outside(document)
    assert [] == torn(document)


@pytest.mark.parametrize("place", [3, 4])
def test_long_sums_break_into_lines(place: int) -> None:
    """Averages, channels and targets, whose sums are longer than a line."""
    name, given = MORE_OPTIONS[place]
    document = lay_out(page([drawn(name, problem(name).with_params(given))], "en"))
    assert [] == outside(document)
    assert [] == torn(document)


def test_a_sum_that_cannot_break_is_found() -> None:
    """The tooth: the same solution where long lines are held together like all others."""
    name, given = MORE_OPTIONS[3]
    html = page([drawn(name, problem(name).with_params(given))], "en")
    assert html.count('class="line long"') > 1
    assert outside(lay_out(html.replace('class="line long"', 'class="line"')))
