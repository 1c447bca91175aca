"""A worked solution on a terminal: equations as text, grids and edges as tables, results to six decimals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.columns import Columns
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from examgen.homework import Solved
from examgen.model import shape
from examgen.render.notation import num
from examgen.render.paper import WrittenCell, WrittenCircuit, WrittenEdge, WrittenGrid, WrittenLine, WrittenStep
from examgen.writing import Style

# a mark is told by characters too: colours and weights do not reach every terminal
MARKS = {
    "clipped": ("({})", "dim"),
    "winner": ("*{}", "bold"),
    "true": ("[{}]", "bold"),
    "padding": ("[{}]", "dim"),
    "used": ("[{}]", ""),
}
ROUNDING = (
    "≈ is rounded to %(working)s decimals (small numbers to three significant digits), calculations carry all digits; "
    "→ is the answer."
)
SHOWN = 10  # rows and columns of a result that are printed


def task_parts(task: Solved, style: Style, *, full: bool = True) -> Iterator[RenderableType]:
    """A task with its title, steps and results."""
    yield Rule(Text(style.say(task.problem.title), "bold"), align="left")
    written = task.written(style, full=full)
    if written:
        yield Text(style.say(ROUNDING, {"working": style.working}), "dim")
        yield from steps(written, style)
    else:
        yield Text(task.note, "dim")
    yield Text(f"{style.say('Results')} ({task.engine})", "bold")
    yield Padding(results(task.result.to_dict()), (0, 0, 1, 2))


def steps(written: Sequence[WrittenStep], style: Style) -> Iterator[RenderableType]:
    """Each step: its words, then what it shows."""
    for step in written:
        yield Text(step.says, style="bold")
        shown = [part for part in _parts(step, style) if part is not None]
        yield Padding(Group(*shown), (0, 0, 1, 2))


def _parts(step: WrittenStep, style: Style) -> Iterator[RenderableType | None]:
    if step.grids:
        yield Columns([_Grid(grid) for grid in step.grids], padding=(0, 4))
    if step.circuit is not None:
        yield _circuit(step.circuit, style)
    if step.lines and step.key == "given":
        yield Text("   ").join(map(_line, step.lines))
    elif step.lines:
        yield Group(*map(_line, step.lines))
    if step.edges:
        yield _edges(step.edges, style)


def _line(line: WrittenLine) -> Text:
    text = Text(line.left)
    for place, (sign, form) in enumerate(line.forms, 1):
        last = line.final and place == len(line.forms) and not line.answer
        text.append(f" {sign} ").append(form, "bold" if last else "")
    if line.answer:
        text.append("  →  ").append(line.answer, "bold")
    if line.note:
        text.append(f"   ({line.note})", "dim")
    return text


@dataclass(frozen=True)
class _Grid:
    """A matrix as a table; row by row in running text where the terminal is too narrow for it, since no digit may be lost."""

    grid: WrittenGrid

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        width = Measurement.get(console, options.update(max_width=10_000), _grid(self.grid)).maximum
        return Measurement(min(width, options.max_width), min(width, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = _grid(self.grid)
        if Measurement.get(console, options.update(max_width=10_000), table).maximum <= options.max_width:
            yield table
            return
        yield Text(self.grid.symbol)
        for row in self.grid.rows:
            yield Text("  ").append(Text("  ").join(map(_cell, row)))


def _grid(grid: WrittenGrid) -> Table:
    table = Table(title=grid.symbol, title_style="", min_width=cell_len(grid.symbol), box=None, show_header=False)
    table.pad_edge, table.padding = False, (0, 1)
    for _ in grid.rows[0]:
        table.add_column(justify="right", no_wrap=True)
    for row in grid.rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(cell: WrittenCell) -> Text:
    pattern, style = MARKS.get(cell.mark, ("{}", ""))
    return Text(pattern.format(cell.text), style)


def _edges(written: Sequence[WrittenEdge], style: Style) -> Table:
    heads = ("gate", "operand", "gradient from above", "× local derivative", "product")
    table = Table(box=None, pad_edge=False, header_style="italic")
    for head in heads:
        table.add_column(style.say(head))
    for edge in written:
        local = " ".join([*(f"{sign} {form}".strip() for sign, form in edge.local), edge.note and f"({edge.note})"]).strip()
        table.add_row(*map(Text, (edge.gate, edge.source, edge.upstream, local, " ".join(edge.value))))
    return table


def _circuit(circuit: WrittenCircuit, style: Style) -> Table:
    table = Table(box=None, pad_edge=False, header_style="italic")
    for head in ("node", "gate", "value", "gradient"):
        table.add_column(style.say(head), justify="right" if head in ("value", "gradient") else "left")
    for node in circuit.diagram.nodes:
        if not node.constant:
            numbers = (_told(number, style) for number in circuit.found[node.name] if number is not None)
            table.add_row(*map(Text, (style.name(node.label), style.name(node.gate), *numbers)))
    return table


def results(found: Mapping[str, Any]) -> Table:
    """Every field of a result, numbers to six decimals; of large arrays the shape."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in found.items():
        if value is not None:
            table.add_row(Text(name, "bold"), Text(_value(_plane(value))))
    return table


def _plane(value: Any) -> Any:
    """The one map of one filter as a matrix."""
    while len(shape(value)) > 2 and len(value) == 1:
        value = value[0]
    return value


def _value(value: Any) -> str:
    if isinstance(value, dict):
        nested = any(isinstance(part, dict) for part in value.values())
        return ("\n" if nested else ", ").join(f"{name}: {_value(part)}" for name, part in value.items())
    if isinstance(value, list):
        shown = ", ".join(map(_value, value[:SHOWN]))
        return f"[{shown}{f', … ({len(value)})' if len(value) > SHOWN else ''}]"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    """Six decimals; numbers that those say little of, in powers of ten."""
    if value and not 1e-4 <= abs(value) < 1e9:
        return f"{value:.6e}"
    return f"{value + 0.0:.6f}".rstrip("0").rstrip(".")


def _told(number: Any, style: Style) -> str:
    return style.name(number) if isinstance(number, str) else num(number, style.comma)
