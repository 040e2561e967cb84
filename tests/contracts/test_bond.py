"""bond(): what an oracle answers with."""

from __future__ import annotations

from .harness import Deployment
from .references import oracle_address

BOND = 2**64


def test_a_bond_is_announced_kept_and_added_to(federation: Deployment) -> None:
    oracle = federation.oracles[0]
    before = federation.bond(0)
    assert federation.send(oracle, "bond", value=7).only("Bonded") == {
        "oracle": oracle_address(oracle),
        "amount": 7,
        "bond": before + 7,
    }
    assert federation.bond(0) == before + 7


def test_a_bond_stays_out_of_the_pool_and_of_the_stakes(federation: Deployment) -> None:
    pool, balance = federation.pool, federation.balance
    federation.send("alice", "bond", value=9)
    assert federation.pool == pool
    assert federation.member("alice").stake == 5_000
    assert federation.balance == balance + 9


def test_anybody_may_put_down_a_bond_before_there_is_a_seat(federation: Deployment) -> None:
    federation.send("outsider", "bond", value=3)
    assert federation.view("bondOf", federation._account("outsider")) == (3, 0)


def test_nothing_and_a_fraction_of_a_gwei_are_refused(federation: Deployment) -> None:
    assert federation.refused(federation.oracles[0], "bond") == ("ZeroAmount",)
    assert federation.refused(federation.oracles[0], "bond", wei=10**9 + 1) == ("NotWholeGwei", 10**9 + 1)


def test_an_oracle_that_is_leaving_adds_nothing(federation: Deployment) -> None:
    oracle = federation.oracles[0]
    federation.send(oracle, "unbond")
    assert federation.refused(oracle, "bond", wei=10**9) == ("OracleLeaving", oracle_address(oracle))
