"""Sheets and keys made by hand: several variants of all four problems with various options, and what they say.

The conventions are worded as on a real sheet; the numbers are only there to be printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from examgen.model import Convention, shape
from examgen.render.diagram import Diagram, Node
from examgen.render.language import say, translations
from examgen.render.paper import (
    Accepted,
    Box,
    Head,
    MarkingRow,
    MarkingTable,
    SheetTask,
    SheetVariant,
    Strip,
    StripTask,
)

F = Fraction


@dataclass(frozen=True)
class LossParams:
    """Parameters of both classification losses."""

    samples: int = 3
    classes: int = 3
    margin: int = 1
    squared: bool = False
    reduction: str = "mean"
    class_axis: int = 1
    gradient: bool = False
    log_scores: bool = False


@dataclass(frozen=True)
class ConvParams:
    """Parameters of conv -> ReLU -> pool."""

    channels: int = 1
    height: int = 5
    width: int = 5
    filters: int = 1
    kernel: tuple[int, int] = (3, 3)
    stride: int = 2
    padding: int = 0
    dilation: int = 1
    relu: bool = True
    pool: str | None = "max"
    pool_size: int = 2
    pool_stride: int = 2
    bias: bool = True
    gradient: str | None = None


TRUE_CLASS = Convention("true_class", "The score of the true class is framed.")
REST_MEAN = Convention("reduction", r"Then find the mean over the images $%(mean)s$.")
REST_SUM = Convention("reduction", r"Then find the sum over the images, not the mean: $%(sum)s$.")
ROWS = Convention(
    "orientation",
    "The table holds a classifier's scores: **a row is an image, a column is a class**; "
    "$s_{ij}$ is the score of image $i$ for class $j$, and $y_i$ is the true class.",
)
COLUMNS = Convention(
    "orientation",
    "The table holds a classifier's scores: **a column is an image, a row is a class**; "
    "$s_{ij}$ is the score of image $i$ for class $j$, and $y_i$ is the true class.",
)
SVM = Convention(
    "formula",
    "For each image find the multiclass SVM loss with margin %(margin)s: "
    r"$$L_i=\sum_{j\ne y_i}\max(0,\; s_{ij}-s_{i\,y_i}+%(margin)s)$$",
)
SVM_SQUARED = Convention(
    "formula",
    "For each image find the multiclass SVM loss with margin %(margin)s, **each term squared**: "
    r"$$L_i=\sum_{j\ne y_i}\max(0,\; s_{ij}-s_{i\,y_i}+%(margin)s)^2$$",
)
PLAIN = Convention("regularisation", "No squares and no regularisation.")
SQUARED = Convention("regularisation", "No regularisation.")
SOFTMAX = Convention(
    "formula",
    "For each image find the probability of the **true** class (the sum runs over all classes, the true one included) "
    "and the loss (ln is the natural logarithm): "
    r"$$p_i=\frac{e^{s_{i\,y_i}}}{\sum_j e^{s_{ij}}},\qquad L_i=-\ln p_i.$$",
)
LOGARITHM = Convention("logarithm", r"Leave the answer as the logarithm of a fraction, e.g. $\ln(9/2)$.")
GRADIENT_MEAN = Convention(
    "gradient",
    r"Also find $\partial L/\partial s_{ij}$ for every cell of the table, in the order of the table "
    "($L$ is the mean; the factor $1/%(samples)s$ is part of the answer).",
)
UPSTREAM_ONE = Convention("upstream", r"**The gradient at the output is $\partial f/\partial f=1$.**")
UPSTREAM = Convention("upstream", r"**Let $L$ depend on $f$ with $\partial L/\partial f=%(upstream)s$.**")
EDGES = Convention("edges", "On the circuit write the value above an edge and the gradient below it.")
SIGMOID = Convention("gates", r"The gate $\sigma$ is the sigmoid; it may be one node or unfolded.")
CHANNELS_ONE = Convention("channels", r"The image $I$ is $%(height)s\times%(width)s$ with one channel.")
CHANNELS = Convention(
    "channels",
    r"The image $I$ is $%(height)s\times%(width)s$ with %(channels)s channels, and a filter has one matrix per channel; "
    "the channels' results add up to **one** map.",
)
FILTER_ONE = Convention("filter", r"There is one filter $K$, $%(kh)s\times%(kw)s$.")
FILTERS = Convention("filter", r"There are %(filters)s filters $K$, $%(kh)s\times%(kw)s$, and each gives a map of its own.")
FLIP = Convention(
    "flip",
    "**The filter is not flipped** (as in PyTorch): lay it over the window, multiply cell by cell, add up.",
)
BIAS = Convention("bias", "Then add the bias $b$ to every cell.")
NO_BIAS = Convention("bias", "There is no bias.")
STRIDE = Convention("stride", "Stride %(stride)s.")
NO_PADDING = Convention("padding", "No padding.")
PADDING = Convention("padding", "Zero padding of %(padding)s on every side.")
RELU = Convention("relu", "Negative cells become 0, the others stay.")
MAX_POOL = Convention("pool", r"The largest of each window $%(size)s\times%(size)s$, stride %(stride)s.")
AVERAGE_POOL = Convention("pool", r"The mean of each window $%(size)s\times%(size)s$, stride %(stride)s.")
FROM_UPSTREAM = Convention("gradient", "The gradient $%(given)s$ is given. Find the gradients that are asked.")
FROM_TARGET = Convention(
    "gradient", r"With the target $T$ let $L=\tfrac{1}{2}\sum(P-T)^2$. Find the gradients that are asked."
)


def said(language: str, *conventions: tuple[Convention, Mapping[str, Any]] | Convention) -> dict[str, str]:
    """Conventions in a language, by key."""
    pairs = [item if isinstance(item, tuple) else (item, {}) for item in conventions]
    return {convention.key: say(language, convention.says, values) for convention, values in pairs}


def boxes(number: int, language: str, *asked: tuple[Any, ...]) -> tuple[Box, ...]:
    """Boxes 1a, 1b, … (1а, 1б, … in Russian) from (symbol, points, kind, shape, cell_kind)."""
    letters = "абвгдежзиклмнопр" if language == "ru" else "abcdefghijklmnop"
    made = []
    for letter, (symbol, points, *rest) in zip(letters, asked, strict=False):
        kind, dims, cell_kind = (*rest, *("number", (), "number")[len(rest) :])
        made.append(Box(f"box_{letter}", f"{number}{letter}", symbol, kind, cell_kind, dims, F(points), 2))
    return tuple(made)


def tenths(*rows: str) -> tuple[tuple[Fraction, ...], ...]:
    """A table of numbers from lines of text."""
    return tuple(tuple(F(cell) for cell in row.split()) for row in rows)


def whole(*rows: str) -> tuple[tuple[int, ...], ...]:
    """A table of whole numbers from lines of text."""
    return tuple(tuple(int(cell) for cell in row.split()) for row in rows)


def mean(samples: int, sign: str = "L") -> str:
    """LaTeX of the mean over the images, written out."""
    return f"L=({'+'.join(f'L_{i + 1}' for i in range(samples))})/{samples}"


def svm(number: int, language: str, params: LossParams, scores: Any, labels: tuple[int, ...]) -> SheetTask:
    """An SVM task."""
    asked: list[tuple[Any, ...]] = [(f"L_{i + 1}", 1) for i in range(params.samples)] + [("L", 1)]
    if params.gradient:
        asked.append((r"\partial L/\partial s", 2, "array", shape(scores), "number"))
    says = said(
        language,
        ROWS if params.class_axis == 1 else COLUMNS,
        TRUE_CLASS,
        (SVM_SQUARED if params.squared else SVM, {"margin": params.margin}),
        (REST_MEAN, {"mean": mean(params.samples)})
        if params.reduction == "mean"
        else (REST_SUM, {"sum": "L=" + "+".join(f"L_{i + 1}" for i in range(params.samples))}),
        SQUARED if params.squared else PLAIN,
        *([(GRADIENT_MEAN, {"samples": params.samples})] if params.gradient else []),
    )
    data = {"scores": scores, "labels": labels}
    return SheetTask(number, "svm_loss", params, data, boxes(number, language, *asked), says)


def softmax(number: int, language: str, params: LossParams, scores: Any, labels: tuple[int, ...]) -> SheetTask:
    """A softmax task."""
    each = [((f"p_{i + 1}", "1/2"), (f"L_{i + 1}", "1/2")) for i in range(params.samples)]
    asked: list[tuple[Any, ...]] = [pair for pairs in each for pair in pairs] + [("L", 1)]
    says = said(
        language,
        ROWS if params.class_axis == 1 else COLUMNS,
        TRUE_CLASS,
        SOFTMAX,
        (REST_MEAN, {"mean": mean(params.samples)}),
        *([LOGARITHM] if params.log_scores else []),
        *([(GRADIENT_MEAN, {"samples": params.samples})] if params.gradient else []),
    )
    if params.gradient:
        asked.append((r"\partial L/\partial s", 2, "array", shape(scores), "number"))
    data = {"scores": scores, "labels": labels}
    return SheetTask(number, "softmax_loss", params, data, boxes(number, language, *asked), says)


def sigmoid_neuron(number: int, language: str, w: tuple[int, ...] = (1, -2, 1), x: tuple[int, ...] = (-1, 1)) -> SheetTask:
    """The seed's backprop task."""
    nodes = (
        Node("w0", "w_0", value=w[0]),
        Node("x0", "x_0", value=x[0]),
        Node("w1", "w_1", value=w[1]),
        Node("x1", "x_1", value=x[1]),
        Node("w2", "w_2", value=w[2]),
        Node("p0", gate=r"\times", sources=("w0", "x0")),
        Node("p1", gate=r"\times", sources=("w1", "x1")),
        Node("sum", gate="+", sources=("p0", "p1")),
        Node("z", "z", gate="+", sources=("sum", "w2")),
        Node("f", "f", gate=r"\sigma", sources=("z",), gradient=1),
    )
    alt = say(language, "A circuit that computes the function from its inputs.")
    asked = [("z", "1/2"), ("f", "1/2")] + [
        (rf"\partial f/\partial {name}", points)
        for name, points in (("z", 1), ("w_0", "1/2"), ("w_1", "1/2"), ("w_2", "1/2"), ("x_0", "1/2"), ("x_1", "1/2"))
    ]
    return SheetTask(
        number,
        "backprop",
        None,
        {"w0": w[0], "x0": x[0], "w1": w[1], "x1": x[1], "w2": w[2], "upstream": 1},
        boxes(number, language, *asked),
        said(language, UPSTREAM_ONE, EDGES, SIGMOID),
        ("z=w_0x_0+w_1x_1+w_2", r"f=\sigma(z)=\frac{1}{1+e^{-z}}"),
        Diagram(nodes, "f", alt),
    )


def product_and_maximum(number: int, language: str) -> SheetTask:
    """Backprop through x·y + max(z, w), upstream not 1."""
    nodes = (
        Node("x", "x", value=3),
        Node("y", "y", value=-4),
        Node("z", "z", value=2),
        Node("w", "w", value=-1),
        Node("p", gate=r"\times", sources=("x", "y")),
        Node("m", gate=r"\max", sources=("z", "w")),
        Node("f", "f", gate="+", sources=("p", "m"), gradient=-2),
    )
    alt = say(language, "A circuit that computes the function from its inputs.")
    asked = [("f", 1)] + [(rf"\partial L/\partial {name}", "1/2", "integer") for name in "xyzw"]
    return SheetTask(
        number,
        "backprop",
        None,
        {"x": 3, "y": -4, "z": 2, "w": -1, "upstream": -2},
        boxes(number, language, *asked),
        said(language, (UPSTREAM, {"upstream": -2}), EDGES),
        (r"f=x\cdot y+\max(z,\,w)",),
        Diagram(nodes, "f", alt),
    )


def fan_out(number: int, language: str) -> SheetTask:
    """Backprop through (a + b)(b + 1)."""
    nodes = (
        Node("a", "a", value=2),
        Node("b", "b", value=-3),
        Node("one", "1", constant=True, value=1),
        Node("c", "c", gate="+", sources=("a", "b")),
        Node("d", "d", gate="+", sources=("b", "one")),
        Node("f", "f", gate=r"\times", sources=("c", "d"), gradient=1),
    )
    alt = say(language, "A circuit that computes the function from its inputs.")
    asked = [(name, 1, "integer") for name in ("f", r"\partial f/\partial a", r"\partial f/\partial b")]
    return SheetTask(
        number,
        "backprop",
        None,
        {"a": 2, "b": -3, "upstream": 1},
        boxes(number, language, *asked),
        said(language, UPSTREAM_ONE, EDGES),
        ("f=(a+b)(b+1)",),
        Diagram(nodes, "f", alt),
    )


IMAGE = (whole("1 2 3 4 5", "2 2 1 1 1", "3 2 1 1 1", "4 1 1 1 1", "5 1 1 1 1"),)
KERNEL = ((whole("0 -1 0", "1 1 1", "0 -1 0"),),)


def conv(number: int, language: str, params: ConvParams, image: Any = IMAGE, kernels: Any = KERNEL, **given: Any) -> SheetTask:
    """A conv -> ReLU -> pool task."""
    (kh, kw), s = params.kernel, params.stride
    rows = (params.height + 2 * params.padding - kh) // s + 1
    columns = (params.width + 2 * params.padding - kw) // s + 1
    maps = (params.filters, rows, columns)
    pooled = (params.filters, (rows - 2) // params.pool_stride + 1, (columns - 2) // params.pool_stride + 1)
    asked: list[tuple[Any, ...]] = [("Z", 2, "array", maps, "integer")]
    asked += [("A", "1/2", "array", maps, "integer")] if params.relu else []
    asked += [("P", "1/2", "array", pooled, "integer")] if params.pool else []
    asked = [(a[0], a[1], "integer") if a[3] == (1, 1, 1) else a for a in asked]
    if params.gradient:
        asked.append((r"\partial L/\partial Z", 1, "array", maps, "integer"))
        asked.append((r"\partial L/\partial K", 1, "array", shape(kernels), "integer"))
    size = {"height": params.height, "width": params.width, "channels": params.channels}
    says = said(
        language,
        (CHANNELS_ONE if params.channels == 1 else CHANNELS, size),
        (FILTER_ONE if params.filters == 1 else FILTERS, {"filters": params.filters, "kh": kh, "kw": kw}),
        FLIP,
        BIAS if params.bias else NO_BIAS,
        (STRIDE, {"stride": s}),
        (PADDING, {"padding": params.padding}) if params.padding else NO_PADDING,
        RELU,
        (
            AVERAGE_POOL if params.pool == "avg" else MAX_POOL,
            {"size": params.pool_size, "stride": params.pool_stride},
        ),
        *([FROM_TARGET] if params.gradient == "target" else []),
        *([(FROM_UPSTREAM, {"given": r"\partial L/\partial P"})] if params.gradient == "upstream" else []),
    )
    bias = tuple(range(-1, params.filters - 1))
    data = {"image": image, "kernels": kernels, "bias": bias, **given}
    return SheetTask(number, "conv_relu_pool", params, data, boxes(number, language, *asked), says)


SCORES = tenths("2.1 1.6 2.1", "3.0 3.2 2.8", "-2 3.7 3.8")
WIDE_SCORES = tenths("2.1 1.6 2.1 -0.4", "3.0 3.2 2.8 -4.5", "-2 3.7 3.8 0.5")


def seed_variants(language: str, count: int = 1) -> tuple[SheetVariant, ...]:
    """The seed's own three tasks, as often as wanted, SVM and softmax in turn."""
    first = (
        svm(1, language, LossParams(3, 4), WIDE_SCORES, (0, 3, 2)),
        softmax(1, language, LossParams(2, 3), SCORES[:2], (0, 1)),
    )
    rest = (sigmoid_neuron(2, language), conv(3, language, ConvParams()))
    return tuple(SheetVariant(i + 1, f"K{i:02d}QMX", (first[i % 2], *rest)) for i in range(count))


def all_options(language: str) -> tuple[SheetVariant, ...]:
    """Every option of every problem at least once."""
    two = (*IMAGE, whole("0 1 0 2 1", "1 0 3 1 0", "2 1 0 0 1", "0 2 1 3 0", "1 0 0 1 2"))
    filters = ((*KERNEL[0], whole("1 0 0", "0 2 -1", "1 0 1")), (whole("1 0 1", "0 -1 0", "2 0 0"), KERNEL[0][0]))
    logs = whole("1 3 2", "4 1 5", "2 6 3")
    long = (whole("1 2 3 4 5 0", "2 2 1 1 1 3", "3 2 1 1 1 2", "4 1 1 1 1 0"),)
    pages: tuple[tuple[SheetTask, ...], ...] = (
        (
            svm(1, language, LossParams(3, 3, squared=True, reduction="sum", class_axis=0), SCORES, (0, 2, 1)),
            product_and_maximum(2, language),
            conv(3, language, ConvParams(1, 4, 6, stride=1), long),
        ),
        (
            softmax(1, language, LossParams(3, 3, log_scores=True), logs, (0, 2, 1)),
            fan_out(2, language),
            conv(3, language, ConvParams(padding=1, pool="avg", bias=False)),
        ),
        (
            softmax(1, language, LossParams(3, 3, gradient=True, class_axis=0), SCORES, (0, 2, 1)),
            svm(2, language, LossParams(4, 4, margin=2), (*WIDE_SCORES, WIDE_SCORES[0]), (0, 2, 1, 3)),
        ),
        (
            svm(1, language, LossParams(3, 3, gradient=True), SCORES, (0, 2, 1)),
            conv(2, language, ConvParams(2, filters=2), two, filters),
        ),
        (
            conv(1, language, ConvParams(gradient="upstream"), upstream=(((3,),),)),
            conv(2, language, ConvParams(1, 4, 6, stride=1, gradient="target"), long, target=(((3, -1),),)),
        ),
    )
    return tuple(SheetVariant(i + 1, f"PQR{i}TX", tasks) for i, tasks in enumerate(pages))


def made_up(box: Box, salt: int) -> Accepted:
    """An accepted value of the right shape."""
    step = F(1) if box.kind == "integer" or box.cell_kind == "integer" else F(37, 100)
    if box.kind != "array":
        value = step * (salt % 7 - 3)
        return Accepted(value, F(value.numerator, 3) if step.denominator > 1 else None)
    *outer, rows, columns = (1, *box.shape) if len(box.shape) == 1 else box.shape
    table = tuple(tuple(step * ((salt + i * 3 + j) % 9 - 3) for j in range(columns)) for i in range(rows))
    for size in reversed(outer):
        table = (table,) * size
    return Accepted(table[0] if len(box.shape) == 1 else table)


def key_of(variants: tuple[SheetVariant, ...]) -> tuple[tuple[MarkingTable, ...], tuple[Strip, ...]]:
    """A key with made-up numbers for the sheets."""
    groups: dict[tuple[int, str, tuple[Box, ...]], list[tuple[SheetVariant, SheetTask]]] = {}
    for variant in variants:
        for task in variant.tasks:
            groups.setdefault((task.number, task.problem, task.boxes), []).append((variant, task))
    tables = tuple(
        MarkingTable(
            number,
            problem,
            asked,
            tuple(MarkingRow(v.number, v.code, tuple(made_up(b, v.number + i) for i, b in enumerate(t.boxes))) for v, t in group),
        )
        for (number, problem, asked), group in sorted(groups.items(), key=lambda item: item[0][:2])
    )
    strips = tuple(
        Strip(
            v.number,
            v.code,
            tuple(StripTask(t.number, t.boxes, tuple(made_up(b, v.number + i) for i, b in enumerate(t.boxes))) for t in v.tasks),
        )
        for v in variants
    )
    return tables, strips


def head(language: str, **changes: Any) -> Head:
    """A head with the title of the seed's exam."""
    title = {"en": "Test: the tools of deep learning", "ru": "Контрольная работа: инструментарий глубокого обучения"}
    fields: dict[str, Any] = {"title": title[language], "language": language, "calculator": "scientific"} | changes
    return Head(**fields)


def untranslated(language: str, messages: list[str]) -> list[str]:
    """Those messages that a language does not have."""
    catalogue = translations(language)
    return [message for message in messages if catalogue.gettext(message) == message]
