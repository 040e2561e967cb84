"""Columns survive being written small, exactly where they are exact."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfl_chain.analysis.page.columns import EXACT, MANY_ROWS, Column, columns_of, decode, encode, significant, table

INTEGERS = st.lists(st.one_of(st.none(), st.integers(-(2**100), 2**100)))
TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "b"]), st.text()))


def written(kind: str, values: list[Any]) -> dict[str, Any]:
    """A column as a reader gets it."""
    column: dict[str, Any] = json.loads(json.dumps({"kind": kind, "values": encode(kind, values)}, allow_nan=False))
    return column


@given(INTEGERS)
def test_integers_of_any_size_come_back(values: list[int | None]) -> None:
    assert decode(written("gwei", values)) == values


@given(INTEGERS)
def test_no_written_integer_is_beyond_what_javascript_counts(values: list[int | None]) -> None:
    found = written("wei", values)["values"]
    numbers = found["delta"] if isinstance(found, dict) else found
    assert all(abs(number) < EXACT for number in numbers if isinstance(number, int))


@given(st.lists(st.integers(0, 1000), min_size=2).map(sorted))
def test_ascending_integers_are_written_as_differences(values: list[int]) -> None:
    column = written("round", values)
    assert column["values"]["delta"][0] == values[0]
    assert decode(column) == values


@given(TEXTS)
def test_texts_come_back(values: list[str | None]) -> None:
    assert decode(written("text", values)) == values


def test_few_texts_are_written_once() -> None:
    assert written("text", ["a", "b", "a", None, "a", "b"])["values"] == {
        "dict": ["a", "b"],
        "codes": [0, 1, 0, None, 0, 1],
    }
    assert written("transaction", ["0x1", "0x2"])["values"] == ["0x1", "0x2"]


@pytest.mark.parametrize(
    ("value", "shown"), [(1 / 3, 0.33333), (123456.7, 123457.0), (-0.0, 0.0), (1e-9, 1e-9), (-2.5, -2.5)]
)
def test_floats_keep_five_digits_those_before_the_point_and_no_negative_zero(value: float, shown: float) -> None:
    assert repr(significant(value)) == repr(shown)


def test_floats_of_many_rows_keep_three() -> None:
    assert encode("number", [1 / 3] * (MANY_ROWS + 1))[0] == 0.333


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None])
def test_what_is_no_number_is_unknown(value: float | None) -> None:
    assert written("number", [value])["values"] == [None]


def test_a_table_comes_back_by_column() -> None:
    made = table("T", "", [Column("n", "N", "integer", range(3)), Column("yes", "Yes", "boolean", [True, None, False])])
    assert columns_of(made) == {"n": [0, 1, 2], "yes": [True, None, False]}
