"""Prices on the command line: decimal numbers, kept exactly as they were written."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import click

WEI_PER_GWEI = 10**9
MOST = 10**18
"""No price is beyond it; numbers without a bound would take a computer down."""
DIGITS = 18
"""After the point, at most."""


class DecimalType(click.ParamType[Decimal]):
    """A decimal number of at least 0, or above it."""

    name = "number"

    def __init__(self, *, above: bool) -> None:
        self._above = above

    def convert(self, value: str | Decimal, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not a number: write one such as 0.5", param, ctx)
        if not number.is_finite() or not 0 <= number <= MOST or (self._above and not number):
            self.fail(f"{value} is not {'above 0' if self._above else '0 or more'}, up to 10^18", param, ctx)
        if int(number.as_tuple().exponent) < -DIGITS:
            self.fail(f"{value} has more than {DIGITS} digits after the point", param, ctx)
        return number


class WeiType(click.ParamType[int]):
    """An amount in gwei, as whole wei."""

    name = "gwei"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        wei = NOT_NEGATIVE.convert(str(value), param, ctx) * WEI_PER_GWEI
        if wei != int(wei):
            self.fail(f"{value} gwei is no whole number of wei: write at most 9 digits after the point", param, ctx)
        return int(wei)


POSITIVE, NOT_NEGATIVE, WEI = DecimalType(above=True), DecimalType(above=False), WeiType()
