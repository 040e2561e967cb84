"""seat(): a committee reports once every member has its bond."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from .chain import Chain
from .harness import Deployment
from .references import MAX_UINT256, Terms, committee, key, oracle_address, pack_addresses

NEXT = sorted((key(f"next {i}") for i in range(3)), key=lambda one: one.public_key.to_canonical_address())


@pytest.fixture
def unseated(chain: Chain) -> Deployment:
    """A federation whose oracles have not bonded."""
    return Deployment.create(chain, Terms(), committee(4), value=10_000, seated=False)


def schedule(federation: Deployment) -> int:
    """Schedules the next committee and returns the time from which it can be seated."""
    sent = federation.send("sponsor", "scheduleCommittee", [oracle_address(one) for one in NEXT])
    return int(sent.only("CommitteeScheduled")["effectiveAt"])


def test_anyone_seats_a_committee_whose_members_have_their_bonds(unseated: Deployment) -> None:
    assert unseated.view("seating") == (False, bytes(32), 0)
    for oracle in unseated.oracles:
        unseated.send(oracle, "bond", value=unseated.terms.oracleBond)
    assert unseated.send("outsider", "seat", unseated.signers).only("CommitteeSeated") == {
        "committee": keccak(unseated.signers)
    }
    assert unseated.view("seating")[0]


def test_a_member_without_its_whole_bond_is_named(unseated: Deployment) -> None:
    *others, last = unseated.oracles
    for oracle in others:
        unseated.send(oracle, "bond", value=unseated.terms.oracleBond)
    unseated.send(last, "bond", value=unseated.terms.oracleBond - 1)
    whole = unseated.terms.oracleBond
    expected = ("BondTooLow", oracle_address(last), whole - 1, whole)
    assert unseated.refused("outsider", "seat", unseated.signers) == expected


def test_a_member_that_gave_notice_cannot_be_seated(federation: Deployment) -> None:
    leaving = federation.oracles[1]
    federation.send(leaving, "unbond")
    assert federation.refused("outsider", "seat", federation.signers) == ("OracleLeaving", oracle_address(leaving))


def test_other_addresses_are_no_committee(federation: Deployment) -> None:
    assert federation.refused("outsider", "seat", federation.signers[:-20]) == ("WrongCommittee",)
    assert federation.refused("outsider", "seat", pack_addresses(NEXT)) == ("WrongCommittee",)


def test_a_scheduled_committee_waits_for_its_second(federation: Deployment) -> None:
    effective = schedule(federation)
    for oracle in NEXT:
        federation.send(oracle, "bond", value=federation.terms.oracleBond)
    federation.chain.clock = effective - 1
    assert federation.refused("outsider", "seat", pack_addresses(NEXT)) == ("WrongPhase", effective, MAX_UINT256)
    federation.chain.clock = effective
    federation.send("outsider", "seat", pack_addresses(NEXT))
    assert federation.view("committee") == keccak(pack_addresses(NEXT))
    assert federation.view("seating") == (True, bytes(32), 0)


def test_after_a_rotation_only_the_new_committee_reports(federation: Deployment) -> None:
    effective = schedule(federation)
    for oracle in NEXT:
        federation.send(oracle, "bond", value=federation.terms.oracleBond)
    federation.chain.clock = effective
    federation.send("outsider", "seat", pack_addresses(NEXT))
    federation.play(["alice"])
    report = federation.report_of()
    assert federation.refused("sponsor", "report", *federation.signed(report)) == ("WrongCommittee",)
    rotated = Deployment(federation.chain, federation.address, federation.terms, tuple(NEXT), federation.sent)
    rotated.report()


def test_a_scheduled_committee_without_bonds_changes_nothing(federation: Deployment) -> None:
    federation.chain.clock = schedule(federation)
    first = oracle_address(NEXT[0])
    refusal = ("BondTooLow", first, 0, federation.terms.oracleBond)
    assert federation.refused("outsider", "seat", pack_addresses(NEXT)) == refusal
    assert federation.view("committee") == keccak(federation.signers)


def test_members_of_the_old_committee_leave_without_unseating_the_new_one(federation: Deployment) -> None:
    federation.chain.clock = schedule(federation)
    for oracle in NEXT:
        federation.send(oracle, "bond", value=federation.terms.oracleBond)
    federation.send("outsider", "seat", pack_addresses(NEXT))
    federation.send(federation.oracles[0], "unbond")
    federation.chain.clock += federation.terms.unbondingWindow
    federation.send(federation.oracles[0], "withdrawBond")
    assert federation.view("seating")[0]
