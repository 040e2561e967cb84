"""The gains of cheating over a whole run, one row a participant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from qfl_chain.lab.cases import RunCases
from qfl_chain.lab.counterfactual import CollusionGain, CopyGain, Deviations
from qfl_chain.storage.archive import Spending
from qfl_chain.types import Address

NEWCOMER = "a newcomer"
WEI_PER_GWEI = 10**9
EVERY_ROUND = ("commit", "reveal")
ONCE = ("join", "claim")


@dataclass(frozen=True, slots=True)
class DeviationRow:
    """One participant's gains over the run, in gwei; None where the deviation was never possible.

    ``partner`` is with whom ``mean`` gains most, ``richer_partner`` with whom ``merged`` does; gains of the two
    together.
    """

    name: str
    behaviour: str
    paid: int
    same: int | None
    nudged: int | None
    partner: str
    mean: int | None
    richer_partner: str
    merged: int | None
    exact_copy: int | None
    near_copy: int | None


@dataclass(frozen=True, slots=True)
class AccountCost:
    """What one more account costs in gas, in gwei: every round and once, as the run's own accounts paid."""

    each_round: int
    once: int


def deviation_rows(run: RunCases, found: Deviations) -> tuple[DeviationRow, ...]:
    """Everybody in the order of the scenario, then a newcomer."""
    accounts = [*run.names, *sorted({one.participant for one in found.sybils} - run.names.keys())]
    return (*(_row(run, found, account) for account in accounts), _newcomer(found))


def account_cost(spendings: Iterable[Spending]) -> AccountCost:
    """The mean fee of each call an account makes, summed."""
    fees: dict[str, list[int]] = {}
    for one in spendings:
        fees.setdefault(one.receipt.function, []).append(one.receipt.fee_wei)

    def summed(functions: Iterable[str]) -> int:
        return round(sum(fmean(fees[name]) for name in functions if name in fees) / WEI_PER_GWEI)

    return AccountCost(summed(EVERY_ROUND), summed(ONCE))


def _row(run: RunCases, found: Deviations, account: Address) -> DeviationRow:
    sybils = [one for one in found.sybils if one.participant == account]
    copies = [one for one in found.copies if one.participant == account]
    mean_with, merged_with = (_partners(found.collusions, account, kind) for kind in ("mean", "merged"))
    paid = sum(one.reward for case in run.cases for one in case.outcome.standings if one.participant == account)
    return DeviationRow(
        run.names.get(account, account),
        run.behaviours.get(account, ""),
        paid,
        _sum(one.same for one in sybils),
        _sum(one.nudged for one in sybils),
        *_best(mean_with, run.names),
        *_best(merged_with, run.names),
        *_copied(copies),
    )


def _newcomer(found: Deviations) -> DeviationRow:
    copies = [one for one in found.copies if one.participant is None]
    return DeviationRow(NEWCOMER, "", 0, None, None, "", None, "", None, *_copied(copies))


def _copied(copies: list[CopyGain]) -> tuple[int | None, int | None]:
    return _sum(one.exact for one in copies), _sum(one.nudged for one in copies)


def _partners(collusions: Iterable[CollusionGain], account: Address, kind: str) -> dict[Address, int]:
    gains: dict[Address, int] = {}
    for one in collusions:
        if account in (one.first, one.second):
            other = one.second if account == one.first else one.first
            gains[other] = gains.get(other, 0) + getattr(one, kind)
    return gains


def _best(gains: Mapping[Address, int], names: Mapping[Address, str]) -> tuple[str, int | None]:
    if not gains:
        return "", None
    partner = max(gains, key=lambda account: gains[account])
    return names.get(partner, partner), gains[partner]


def _sum(gains: Iterable[int | None]) -> int | None:
    possible = [gain for gain in gains if gain is not None]
    return sum(possible) if possible else None
