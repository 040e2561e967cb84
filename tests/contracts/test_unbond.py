"""unbond(): notice that a bond leaves."""

from __future__ import annotations

from .harness import Deployment
from .references import oracle_address


def test_the_notice_names_the_bond_and_the_time(federation: Deployment) -> None:
    oracle = federation.oracles[1]
    sent = federation.send(oracle, "unbond")
    leaves = sent.time + federation.terms.unbondingWindow
    expected = {"oracle": oracle_address(oracle), "bond": federation.terms.oracleBond, "withdrawableAt": leaves}
    assert sent.only("Unbonding") == expected
    assert federation.view("bondOf", oracle_address(oracle)) == (federation.terms.oracleBond, leaves)


def test_no_money_moves_and_the_seat_is_kept_until_the_bond_has_left(federation: Deployment) -> None:
    balance = federation.balance
    federation.send(federation.oracles[1], "unbond")
    assert federation.balance == balance
    assert federation.view("seating")[0]
    federation.play(["alice"])
    federation.report()


def test_notice_is_given_once_and_by_whoever_has_a_bond(federation: Deployment) -> None:
    oracle = federation.oracles[1]
    federation.send(oracle, "unbond")
    assert federation.refused(oracle, "unbond") == ("OracleLeaving", oracle_address(oracle))
    assert federation.refused("outsider", "unbond") == ("NoBond",)
