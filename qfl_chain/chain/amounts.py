"""Amounts of money as people write them, read into whole gwei."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from qfl_chain.errors import AmountError
from qfl_chain.types import Gwei

GWEI_PER_UNIT = {"": 1, "gwei": 1, "eth": 10**9, "ether": 10**9}
MAXIMUM = 2**64 - 1


def parse_gwei(text: str) -> Gwei:
    """Read ``"0.5 eth"``, ``"3 gwei"`` or ``"5"`` (gwei).

    Raises:
        AmountError: no number, a negative one, too large for 64 bits, or not a whole number of gwei.
    """
    number, _, unit = text.strip().lower().replace("_", "").partition(" ")
    if unit.strip() not in GWEI_PER_UNIT:
        raise AmountError(f"unknown unit {unit.strip()!r} in {text!r}: use gwei or eth")
    try:
        amount = Decimal(number) * GWEI_PER_UNIT[unit.strip()]
    except InvalidOperation as error:
        raise AmountError(f"{text!r} is not an amount: write for example '0.5 eth' or '500000000'") from error
    if not amount.is_finite() or amount < 0 or amount > MAXIMUM:
        raise AmountError(f"{text!r} is out of range: amounts are 0 to {MAXIMUM} gwei")
    if amount != amount.to_integral_value():
        raise AmountError(f"{text!r} is not a whole number of gwei: amounts are integer gwei")
    return Gwei(int(amount))


def format_gwei(amount: int) -> str:
    """An exact amount with thousands separated, such as ``1,250,000,000 gwei``."""
    return f"{amount:,} gwei"
