"""One's own numbers fitted to what a problem asks: axes of length 1 come and go, everything else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examgen.errors import InputError
from examgen.model import cells, freeze, nest, shape
from examgen.problem import Problem, with_axes
from examgen.registry import problem, problems

SIZED = [name for name, one in problems().items() if one.sized]


def arrays() -> st.SearchStrategy[Any]:
    shapes = st.lists(st.integers(1, 3), max_size=3)
    return shapes.map(lambda dims: nest(tuple(range(9**3))[: _size(dims)], dims))


def _size(dims: list[int]) -> int:
    found = 1
    for length in dims:
        found *= length
    return found


@given(arrays(), st.integers(0, 4))
def test_axes_of_length_one_come_and_go_in_front(value: Any, count: int) -> None:
    """The cells stay in their order, and so do all axes that are longer; where others are in the way, nothing changes."""
    found = with_axes(value, count)
    assert list(cells(value)) == list(cells(found))
    before = shape(value)
    possible = all(length == 1 for length in before[: max(0, len(before) - count)])
    assert (len(shape(found)) == count) if possible else found == value
    assert [length for length in before if length > 1] == [length for length in shape(found) if length > 1]


@pytest.mark.parametrize("x", [[[2, -1]], [2, -1], [[2], [-1]]])
def test_a_row_may_stand_in_a_table(x: Any) -> None:
    data = {"x": x, "w1": [[1, 2], [3, -1]], "w2": [[-1, 2], [2, 2]], "upstream": [[2, 3]]}
    instance = problem("parallel_block").pin({}, data)
    assert ((2, -1), (2, 3)) == (instance.data["x"], instance.data["upstream"])


def test_a_lone_number_is_a_list_of_one() -> None:
    instance = problem("rnn_cell").pin({}, {"W": [1, 2], "b": "0.5", "h0": 1, "x1": [[1, 2]], "upstream": 1})
    assert [(1, 2), (1, 2)] == [instance.data["x1"], instance.data["W"][0]]
    assert (2, 1, 1) == (instance.params.inputs, instance.params.hidden, instance.params.steps)


@pytest.mark.parametrize("name", SIZED)
def test_what_is_missing_is_named(name: str) -> None:
    """An array that sizes follow from is asked for by its name, with the axes that it has."""
    chosen: Problem = problem(name)
    first, axes = next(iter(chosen.sized.items()))
    with pytest.raises(InputError, match=rf"data has no '{first}': give (a list|a table)"):
        chosen.pin({}, {})
    deep = [[[1, 2], [3, 4]], [[1, 2], [3, 4]]]
    with pytest.raises(InputError, match=rf"{first} has shape \(2, 2, 2\): give a "):
        chosen.pin({}, {**dict.fromkeys(chosen.sized, deep)})
    assert len(axes) in (1, 2)


def test_other_axes_are_refused() -> None:
    """The tooth: a table of two rows is no list, and a longer list is not cut."""
    one = problem("optimizer_step")
    with pytest.raises(InputError, match=r"g2 has shape \(2, 2\), expected \(2,\)"):
        one.pin({}, {"theta0": [1, 2], "g1": [2, 3], "g2": [[1, 2], [3, 4]]})
    with pytest.raises(InputError, match=r"g2 has shape \(3,\), expected \(2,\)"):
        one.pin({}, {"theta0": [1, 2], "g1": [2, 3], "g2": [1, 2, 3]})
    assert freeze([[1, 2]]) == with_axes((1, 2), 2)
