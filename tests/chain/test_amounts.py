"""Amounts of money as text: whole gwei or an error that says why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qfl_chain.chain.amounts import MAXIMUM, format_gwei, parse_gwei
from qfl_chain.errors import AmountError


@pytest.mark.parametrize(
    ("text", "gwei"),
    [("5", 5), ("3 gwei", 3), ("0.5 eth", 500_000_000), ("1_000", 1_000), ("2 Ether", 2 * 10**9), (" 1 eth ", 10**9)],
)
def test_amounts_are_read_as_gwei(text: str, gwei: int) -> None:
    assert parse_gwei(text) == gwei


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.5", "not a whole number of gwei"),
        ("0.0000000001 eth", "not a whole number of gwei"),
        ("-1", "out of range"),
        ("nan", "out of range"),
        (str(MAXIMUM + 1), "out of range"),
        ("abc", "not an amount: write for example"),
        ("", "not an amount"),
        ("1 btc", "unknown unit 'btc'"),
    ],
)
def test_what_is_no_whole_gwei_is_refused(text: str, message: str) -> None:
    with pytest.raises(AmountError, match=message):
        parse_gwei(text)


@given(st.integers(0, MAXIMUM))
def test_every_amount_reads_back(gwei: int) -> None:
    assert parse_gwei(str(gwei)) == gwei
    assert format_gwei(gwei).replace(",", "") == f"{gwei} gwei"
