"""withdrawBond(): a bond leaves when nothing can be proven against it any more."""

from __future__ import annotations

from eth_utils import keccak

from .harness import Deployment
from .references import MAX_UINT256, address, oracle_address


def leave(federation: Deployment, position: int) -> int:
    """Gives notice and returns the time at which the bond can leave."""
    sent = federation.send(federation.oracles[position], "unbond")
    return int(sent.only("Unbonding")["withdrawableAt"])


def test_the_bond_is_paid_out_once_from_its_second_on(federation: Deployment) -> None:
    oracle, leaves, balance = federation.oracles[2], leave(federation, 2), federation.balance
    federation.chain.clock = leaves - 1
    assert federation.refused(oracle, "withdrawBond") == ("WrongPhase", leaves, MAX_UINT256)
    federation.chain.clock = leaves
    sent = federation.send(oracle, "withdrawBond")
    assert sent.only("BondWithdrawn") == {"oracle": oracle_address(oracle), "amount": federation.terms.oracleBond}
    assert federation.balance == balance - federation.terms.oracleBond
    assert federation.refused(oracle, "withdrawBond") == ("NoBond",)


def test_without_notice_nothing_leaves(federation: Deployment) -> None:
    assert federation.refused(federation.oracles[2], "withdrawBond") == ("NoBond",)


def test_a_members_withdrawal_unseats_the_committee_once(federation: Deployment) -> None:
    federation.chain.clock = max(leave(federation, 0), leave(federation, 1))
    first = federation.send(federation.oracles[0], "withdrawBond")
    assert first.only("CommitteeUnseated") == {"committee": keccak(federation.signers)}
    second = federation.send(federation.oracles[1], "withdrawBond")
    assert [log.name for log in second.logs] == ["BondWithdrawn"]
    assert not federation.view("seating")[0]
    federation.play(["alice"])
    assert federation.refused("sponsor", "report", *federation.signed(federation.report_of())) == ("NotSeated",)


def test_a_strangers_withdrawal_leaves_the_committee_where_it_is(federation: Deployment) -> None:
    federation.send("outsider", "bond", value=3)
    federation.send("outsider", "unbond")
    federation.chain.clock += federation.terms.unbondingWindow
    sent = federation.send("outsider", "withdrawBond")
    assert [log.name for log in sent.logs] == ["BondWithdrawn"]
    assert federation.view("seating")[0]
    assert federation.view("bondOf", address("outsider")) == (0, 0)


def test_no_bond_leaves_while_a_report_is_pending(federation: Deployment) -> None:
    leaves = leave(federation, 3)
    federation.chain.clock = leaves - federation.terms.commitWindow - federation.terms.revealWindow - 1
    federation.play(["alice"])
    federation.report()
    active = federation.latest.active_at
    federation.chain.clock = active - 1
    assert active > leaves
    assert federation.refused(federation.oracles[3], "withdrawBond") == ("ReportPending", active)
    federation.chain.clock = active
    federation.send(federation.oracles[3], "withdrawBond")


def test_whoever_left_may_bond_again(federation: Deployment) -> None:
    federation.chain.clock = leave(federation, 0)
    federation.send(federation.oracles[0], "withdrawBond")
    federation.send(federation.oracles[0], "bond", value=federation.terms.oracleBond)
    federation.send("sponsor", "seat", federation.signers)
    assert federation.view("seating")[0]
