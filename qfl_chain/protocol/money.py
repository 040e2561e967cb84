"""The statement of money: where every gwei that reached a federation is now. Rule P55."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qfl_chain.errors import ChecksumError
from qfl_chain.types import Gwei

ZERO = Gwei(0)


@dataclass(frozen=True, slots=True)
class Account:
    """A participant's money: ``stake`` and ``exiting`` are what it has now, the others sums since it joined."""

    deposited: Gwei = ZERO
    stake: Gwei = ZERO
    exiting: Gwei = ZERO
    withdrawn: Gwei = ZERO
    penalties: Gwei = ZERO
    claimed: Gwei = ZERO


@dataclass(frozen=True, slots=True)
class Money:
    """Where every gwei is. :func:`check_money` states the identity."""

    deposits: Gwei
    funding: Gwei
    stakes: Gwei
    exiting: Gwei
    withdrawn: Gwei
    penalties: Gwei
    unclaimed: Gwei
    paid: Gwei
    pool: Gwei
    reclaimed: Gwei

    @property
    def balance(self) -> Gwei:
        """What the contract must hold."""
        return Gwei(self.stakes + self.exiting + self.unclaimed + self.pool)


def money_statement(accounts: Iterable[Account], funding: int, funded: int, reclaimed: int, total: Gwei) -> Money:
    """The statement, checked.

    Args:
        accounts: everybody who ever joined.
        funding: sum of all payments into the pool.
        funded: what the pool counts as funded: funding and penalties, less reclaims.
        reclaimed: sum of all payments back to the sponsor.
        total: the latest standing report's total; claims are paid from it.

    Raises:
        ChecksumError: see :func:`check_money`.
    """
    held = tuple(accounts)
    paid = sum(account.claimed for account in held)
    money = Money(
        deposits=Gwei(sum(account.deposited for account in held)),
        funding=Gwei(funding),
        stakes=Gwei(sum(account.stake for account in held)),
        exiting=Gwei(sum(account.exiting for account in held)),
        withdrawn=Gwei(sum(account.withdrawn for account in held)),
        penalties=Gwei(sum(account.penalties for account in held)),
        unclaimed=Gwei(total - paid),
        paid=Gwei(paid),
        pool=Gwei(funded - total),
        reclaimed=Gwei(reclaimed),
    )
    check_money(money)
    return money


def check_money(money: Money) -> None:
    """``deposits + funding = stakes + exiting + withdrawn + unclaimed + paid + pool + reclaimed``, to the gwei.

    Penalties move from stakes to the pool, so they stand on neither side.

    Raises:
        ChecksumError: the two sides differ, or a part is negative.
    """
    came = money.deposits + money.funding
    holds = money.stakes + money.exiting + money.unclaimed + money.pool
    left = money.withdrawn + money.paid + money.reclaimed
    if came != holds + left:
        raise ChecksumError(f"{came} gwei came in, {holds} are held and {left} left: {came - holds - left} are missing")
    if min(money.stakes, money.exiting, money.unclaimed, money.pool) < 0:
        raise ChecksumError(f"a part of the money is negative: {money}")
