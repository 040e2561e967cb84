"""The prices that no chain says, as options of the commands that count with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.decimals import NOT_NEGATIVE, POSITIVE, WEI

if TYPE_CHECKING:
    from qfl_chain.analysis.metrics.catalogue import Prices

Command = Callable[..., None]

OPTIONS = (
    click.option("--gas-price-gwei", type=WEI, default="1", show_default=True, help="Price of gas on mainnet."),
    click.option("--l2-gas-price-gwei", type=WEI, default="0.01", show_default=True, help="Price of gas on a rollup."),
    click.option("--eth-usd", type=POSITIVE, default="3000", show_default=True, help="Price of an ether in dollars."),
    click.option(
        "--kwh", type=NOT_NEGATIVE, default="0.1", show_default=True, help="Energy a participant needs a round."
    ),
    click.option("--kwh-usd", type=NOT_NEGATIVE, default="0.30", show_default=True, help="Price of a kWh in dollars."),
    click.option(
        "--shots", type=click.IntRange(min=0), default=0, show_default=True, help="Shots a participant needs a round."
    ),
    click.option(
        "--shot-usd", type=NOT_NEGATIVE, default="0.001", show_default=True, help="Price of a shot in dollars."
    ),
)


def price_options(function: Command) -> Command:
    """Give a command an option for every price, named as :func:`read_prices` takes them."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def read_prices(options: Mapping[str, Decimal | int]) -> Prices:
    """The prices as metrics take them: gas comes in gwei, and is kept in wei."""
    from qfl_chain.analysis.metrics.catalogue import Prices

    renamed: dict[str, Any] = {name.replace("gas_price_gwei", "gas_price_wei"): one for name, one in options.items()}
    return Prices(**renamed)
