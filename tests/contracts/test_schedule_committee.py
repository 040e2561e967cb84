"""scheduleCommittee(): the sponsor names the next committee."""

from __future__ import annotations

from eth_utils import keccak

from .harness import Deployment
from .references import address, key, oracle_address, pack_addresses

NEXT = sorted((key(f"next {i}") for i in range(3)), key=lambda one: one.public_key.to_canonical_address())
NAMES = [oracle_address(one) for one in NEXT]


def test_the_schedule_names_the_oracles_and_the_time(federation: Deployment) -> None:
    sent = federation.send("sponsor", "scheduleCommittee", NAMES)
    effective = sent.time + federation.terms.unbondingWindow
    announced = sent.only("CommitteeScheduled")
    assert ([*announced["oracles"]], announced["effectiveAt"]) == (NAMES, effective)
    assert federation.view("seating") == (True, keccak(pack_addresses(NEXT)), effective)


def test_the_committee_in_force_stays_until_another_is_seated(federation: Deployment) -> None:
    federation.send("sponsor", "scheduleCommittee", NAMES)
    federation.chain.clock += federation.terms.unbondingWindow
    federation.play(["alice"])
    federation.report()
    assert federation.view("committee") == keccak(federation.signers)


def test_a_later_schedule_replaces_an_earlier_one(federation: Deployment) -> None:
    federation.send("sponsor", "scheduleCommittee", NAMES)
    federation.chain.clock += 50
    sent = federation.send("sponsor", "scheduleCommittee", NAMES[:1])
    effective = sent.time + federation.terms.unbondingWindow
    assert federation.view("seating") == (True, keccak(pack_addresses(NEXT[:1])), effective)


def test_only_the_sponsor_schedules(federation: Deployment) -> None:
    assert federation.refused("guardian", "scheduleCommittee", NAMES) == ("NotSponsor", address("guardian"))


def test_a_committee_that_cannot_be_is_refused(federation: Deployment) -> None:
    for oracles in ([], NAMES[::-1], [NAMES[0], NAMES[0]], ["0x" + "00" * 20]):
        assert federation.refused("sponsor", "scheduleCommittee", oracles) == ("InvalidCommittee",)
