"""What a metric is, and the prices it may take into account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from qfl_chain.analysis.facts import Facts
from qfl_chain.types import Gwei

Number = int | float
Value = Number | None | Mapping[str, Number | None]
"""One figure, or a figure each participant, round, function and so on; None where it is unknown or undefined."""

GROUPS = ("money", "fairness", "decentralisation", "security", "learning", "cost")

WEI_PER_GWEI = 10**9
GWEI_PER_ETH = 10**9


@dataclass(frozen=True, slots=True)
class Prices:
    """What the chain does not say: assumptions, to be replaced by one's own.

    Attributes:
        gas_price_wei: of one gas on mainnet.
        l2_gas_price_wei: of one gas of execution on a rollup; what it pays for its data is not modelled.
        eth_usd: price of one ether.
        kwh: energy that a participant needs for a round.
        kwh_usd: price of one kWh.
        shots: runs of a circuit on a quantum processor that a participant needs for a round; 0 with a simulator.
        shot_usd: price of one shot.
    """

    gas_price_wei: int = WEI_PER_GWEI
    l2_gas_price_wei: int = WEI_PER_GWEI // 100
    eth_usd: Decimal = Decimal(3000)
    kwh: Decimal = Decimal("0.1")
    kwh_usd: Decimal = Decimal("0.30")
    shots: int = 0
    shot_usd: Decimal = Decimal("0.001")

    def gwei(self, usd: Decimal | Fraction) -> Gwei:
        """An amount of dollars in gwei, rounded up: nobody's costs look smaller than they are."""
        return Gwei(ceil(Fraction(usd) / Fraction(self.eth_usd) * GWEI_PER_ETH))


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure that ``docs/metrics.md`` defines.

    Attributes:
        group: one of :data:`GROUPS`.
        low, high: what it can be at the least and at the most; None without a bound.
        compute: its value for a history, at some prices.
        per: what the keys of its value are, such as "participant" or "round"; empty for a single figure.
    """

    name: str
    group: str
    title: str
    unit: str
    low: Number | None
    high: Number | None
    compute: Callable[[Facts, Prices], Value]
    per: str = ""
