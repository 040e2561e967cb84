"""bond(), unbond(), withdrawBond(), scheduleCommittee(), seat(), reportAlone(): oracles and what they answer with."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from .chain import GWEI, Chain
from .harness import Deployment
from .references import MAX_UINT256, Terms, address, committee, oracle_address, pack_addresses

BOND = Terms().oracleBond


@pytest.fixture
def bare(chain: Chain) -> Deployment:
    """A committee of four without bonds, and alice with a stake."""
    federation = Deployment.create(chain, Terms(), committee(4), value=10_000, seated=False)
    federation.send("alice", "join", value=1_000)
    return federation


def test_a_bond_is_added_to(bare: Deployment) -> None:
    oracle = bare.oracles[0]
    bare.send(oracle, "bond", value=5)
    sent = bare.send(oracle, "bond", value=7)
    assert sent.only("Bonded") == {"oracle": oracle_address(oracle), "amount": 7, "bond": 12}
    assert bare.view("bondOf", oracle_address(oracle)) == (12, 0)
    assert bare.refused(oracle, "bond") == ("ZeroAmount",)


def test_a_bond_leaves_after_the_unbonding_window(federation: Deployment) -> None:
    oracle, who = federation.oracles[1], oracle_address(federation.oracles[1])
    sent = federation.send(oracle, "unbond")
    leaves = sent.time + federation.terms.unbondingWindow
    assert sent.only("Unbonding") == {"oracle": who, "bond": BOND, "withdrawableAt": leaves}
    assert federation.refused(oracle, "unbond") == ("OracleLeaving", who)
    assert federation.refused(oracle, "bond", wei=GWEI) == ("OracleLeaving", who)
    federation.chain.clock = leaves - 1
    assert federation.refused(oracle, "withdrawBond") == ("WrongPhase", leaves, MAX_UINT256)
    federation.chain.clock = leaves
    before = federation.balance
    sent = federation.send(oracle, "withdrawBond")
    assert sent.only("BondWithdrawn") == {"oracle": who, "amount": BOND}
    assert sent.only("CommitteeUnseated") == {"committee": keccak(federation.signers)}
    assert federation.balance == before - BOND
    assert federation.view("bondOf", who) == (0, 0)
    assert federation.refused(oracle, "withdrawBond") == ("NoBond",)
    assert federation.refused(oracle, "unbond") == ("NoBond",)


def test_a_bond_without_notice_stays(federation: Deployment) -> None:
    assert federation.refused(federation.oracles[0], "withdrawBond") == ("NoBond",)


def test_no_bond_leaves_while_a_report_is_pending(federation: Deployment) -> None:
    oracle = federation.oracles[0]
    leaves = federation.send(oracle, "unbond").time + federation.terms.unbondingWindow
    federation.chain.clock = leaves - 200
    federation.play(["alice"])
    federation.report()
    federation.chain.clock = leaves
    assert federation.refused(oracle, "withdrawBond") == ("ReportPending", federation.latest.active_at)
    federation.activate()
    federation.send(oracle, "withdrawBond")


def test_a_bond_of_nobody_in_the_committee_leaves_it_seated(federation: Deployment) -> None:
    federation.send("dave", "bond", value=3)
    federation.send("dave", "unbond")
    federation.chain.clock += federation.terms.unbondingWindow
    assert [log.name for log in federation.send("dave", "withdrawBond").logs] == ["BondWithdrawn"]
    assert federation.view("seating")[0] is True


def test_the_committee_is_seated_when_every_bond_is_whole(bare: Deployment) -> None:
    last = bare.oracles[3]
    for oracle in bare.oracles[:3]:
        bare.send(oracle, "bond", value=BOND)
    bare.send(last, "bond", value=BOND - 1)
    assert bare.refused("alice", "seat", bare.signers) == ("BondTooLow", oracle_address(last), BOND - 1, BOND)
    bare.send(last, "bond", value=1)
    assert bare.view("seating") == (False, bytes(32), 0)
    sent = bare.send("alice", "seat", bare.signers)
    assert sent.only("CommitteeSeated") == {"committee": keccak(bare.signers)}
    assert bare.view("seating")[0] is True


def test_an_oracle_that_leaves_cannot_be_seated(federation: Deployment) -> None:
    federation.send(federation.oracles[2], "unbond")
    expected = ("OracleLeaving", oracle_address(federation.oracles[2]))
    assert federation.refused("alice", "seat", federation.signers) == expected


def test_only_the_committee_is_seated(federation: Deployment) -> None:
    for wrong in (b"", federation.signers[20:], federation.signers + bytes(1)):
        assert federation.refused("alice", "seat", wrong) == ("WrongCommittee",)


def test_without_a_seat_no_quorum_reports(bare: Deployment) -> None:
    bare.play(["alice"])
    assert bare.refused("sponsor", "report", *bare.signed(bare.report_of())) == ("NotSeated",)


def test_the_sponsor_names_the_next_committee_with_notice(federation: Deployment) -> None:
    others = committee(7)
    addresses = [oracle_address(oracle) for oracle in others]
    assert federation.refused("alice", "scheduleCommittee", addresses) == ("NotSponsor", address("alice"))
    assert federation.refused("sponsor", "scheduleCommittee", addresses[::-1]) == ("InvalidCommittee",)
    sent = federation.send("sponsor", "scheduleCommittee", addresses)
    effective = sent.time + federation.terms.unbondingWindow
    assert sent.only("CommitteeScheduled") == {"oracles": tuple(addresses), "effectiveAt": effective}
    packed = pack_addresses(others)
    assert federation.view("seating") == (True, keccak(packed), effective)
    for oracle in others:
        federation.send(oracle, "bond", value=BOND)
    federation.chain.clock = effective - 1
    assert federation.refused("alice", "seat", packed) == ("WrongPhase", effective, MAX_UINT256)
    federation.chain.clock = effective
    federation.send("alice", "seat", packed)
    assert federation.view("committee") == keccak(packed)
    assert federation.view("seating") == (True, bytes(32), 0)
    assert federation.refused("alice", "seat", federation.signers) == ("WrongCommittee",)


@pytest.fixture
def late(bare: Deployment) -> Deployment:
    """Half of the report phase has passed, one oracle has its bond, nobody is seated."""
    bare.send(bare.oracles[1], "bond", value=BOND)
    bare.play(["alice"])
    bare.chain.clock += bare.terms.reportWindow // 2
    return bare


def test_an_oracle_reports_alone_with_a_longer_challenge(late: Deployment) -> None:
    report = late.report_of(total=600)
    sent = late.send(late.oracles[1], "reportAlone", report, 1, late.signers)
    active = sent.time + late.terms.commitWindow + late.terms.revealWindow
    assert sent.only("Reported") == report._asdict() | {"signed": 0b10, "activeAt": active}
    assert late.latest == (1, active, 600, report.rewards)
    filing = late.filing_of(sent, 1)
    assert filing.activeAt == active


def test_nobody_reports_alone_before_half_time(late: Deployment) -> None:
    half = late.report_opens + late.terms.reportWindow // 2
    late.chain.clock = half - 1
    args = (late.report_of(), 1, late.signers)
    assert late.refused(late.oracles[1], "reportAlone", *args) == ("WrongPhase", half, late.report_closes)


def test_who_reports_alone_is_an_oracle_with_its_whole_bond(late: Deployment) -> None:
    report = late.report_of()
    for index in (0, 4, MAX_UINT256):
        expected = ("NotOracle", oracle_address(late.oracles[1]))
        assert late.refused(late.oracles[1], "reportAlone", report, index, late.signers) == expected
    expected = ("BondTooLow", oracle_address(late.oracles[0]), 0, BOND)
    assert late.refused(late.oracles[0], "reportAlone", report, 0, late.signers) == expected
    assert late.refused(late.oracles[1], "reportAlone", report, 0, late.signers[20:]) == ("WrongCommittee",)
    wrong = report._replace(total=1)
    assert late.refused(late.oracles[1], "reportAlone", wrong, 1, late.signers) == ("TotalOutOfRange", 1, 0, 600)
