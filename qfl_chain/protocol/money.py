"""The statement of money: where every gwei that reached a federation is now. Rule P55."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
class Disputes:
    """The money of bonds and demands.

    Attributes:
        bonded, demanded: sums put down, as bonds of oracles and for demands.
        bonds, demands, credits: what is held now: bonds, open demands, what accounts can collect.
        unbonded, answered, collected: sums that left, to oracles, to whoever answered, and of credits.
        burned: what was slashed and went to nobody.
        bounties: what went to reporters, of bonds and of stakes.
    """

    bonded: Gwei = ZERO
    demanded: Gwei = ZERO
    bonds: Gwei = ZERO
    demands: Gwei = ZERO
    credits: Gwei = ZERO
    unbonded: Gwei = ZERO
    answered: Gwei = ZERO
    collected: Gwei = ZERO
    burned: Gwei = ZERO
    bounties: Gwei = ZERO


NO_DISPUTES = Disputes()


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
    disputes: Disputes = NO_DISPUTES

    @property
    def balance(self) -> Gwei:
        """What the contract must hold."""
        return Gwei(sum(self.held().values()))

    def came(self) -> Mapping[str, int]:
        """What came in, by part."""
        return self._parts(("deposits", "funding"), ("bonded", "demanded"))

    def held(self) -> Mapping[str, int]:
        """What is here now, by part."""
        return self._parts(("stakes", "exiting", "unclaimed", "pool"), ("bonds", "demands", "credits"))

    def left(self) -> Mapping[str, int]:
        """What is gone, by part."""
        of_disputes = ("unbonded", "answered", "collected", "burned", "bounties")
        return self._parts(("withdrawn", "paid", "reclaimed"), of_disputes)

    def _parts(self, own: Sequence[str], of_disputes: Sequence[str]) -> Mapping[str, int]:
        parts = {name: getattr(self, name) for name in own}
        return parts | {name: getattr(self.disputes, name) for name in of_disputes}


def money_statement(
    accounts: Iterable[Account],
    funding: int,
    funded: int,
    reclaimed: int,
    total: Gwei,
    disputes: Disputes = NO_DISPUTES,
) -> Money:
    """The statement, checked.

    Args:
        accounts: everybody who ever joined.
        funding: sum of all payments into the pool.
        funded: what the pool counts as funded: funding and penalties less their bounties, less reclaims.
        reclaimed: sum of all payments back to the sponsor.
        total: the latest standing report's total; claims are paid from it.
        disputes: the money of bonds and demands.

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
        disputes=disputes,
    )
    check_money(money)
    return money


def check_money(money: Money) -> None:
    """What came in is held or has left, to the gwei.

    ``deposits + funding + bonded + demanded`` came in; ``stakes + exiting + unclaimed + pool + bonds + demands +
    credits`` are held; ``withdrawn + paid + reclaimed + unbonded + answered + collected + burned + bounties`` left.
    Penalties move from stakes to the pool but for their bounties, so they stand on neither side.

    Raises:
        ChecksumError: the two sides differ, or a part is negative.
    """
    came, left = sum(money.came().values()), sum(money.left().values())
    if came != money.balance + left:
        missing = came - money.balance - left
        raise ChecksumError(f"{came} gwei came in, {money.balance} are held and {left} left: {missing} are missing")
    if min(money.held().values()) < 0:
        raise ChecksumError(f"a part of the money is negative: {money}")
