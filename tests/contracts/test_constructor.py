"""What a deployment fixes, and what it refuses."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from .abi import RefusedError
from .chain import Chain
from .harness import Deployment
from .references import Terms, address, committee, oracle_address, pack_addresses


def deploy(chain: Chain, oracles: int = 4, value: int = 0, **changes: object) -> Deployment:
    return Deployment.create(chain, Terms()._replace(**changes), committee(oracles), value)


def test_the_event_and_the_view_repeat_the_terms(chain: Chain) -> None:
    federation = deploy(chain)
    event = federation.sent.only("Deployed")
    assert event["terms"] == federation.terms
    assert event["oracles"] == tuple(oracle_address(oracle) for oracle in federation.oracles)
    assert federation.view("terms") == federation.terms


def test_ether_sent_at_deployment_funds_the_pool(chain: Chain) -> None:
    federation = deploy(chain, value=77)
    assert federation.sent.only("Funded") == {"from": address("sponsor"), "amount": 77, "funded": 77}
    assert federation.pool == (77, 0)


def test_a_deployment_without_ether_funds_nothing(chain: Chain) -> None:
    federation = deploy(chain)
    assert [log.name for log in federation.sent.logs] == ["Deployed"]
    assert federation.pool == (0, 0)


def test_nothing_is_live_pending_or_active_at_the_start(chain: Chain) -> None:
    federation = deploy(chain)
    assert federation.live == (0, 0, 0, 0, 0)
    assert federation.latest[:3] == federation.active[:3] == (0, 0, 0)


def test_the_committee_is_kept_as_the_hash_of_its_packed_addresses(chain: Chain) -> None:
    assert deploy(chain, oracles=7).view("committee") == keccak(pack_addresses(committee(7)))


@pytest.mark.parametrize(("n", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7), (13, 9)])
def test_two_quorums_share_an_honest_oracle(chain: Chain, n: int, quorum: int) -> None:
    liars = (n - 1) // 3
    federation = deploy(chain, oracles=n)
    federation.send("alice", "join", value=1_000)
    federation.play(["alice"])
    args = federation.signed(federation.report_of(), range(quorum - 1))
    assert federation.refused("sponsor", "report", *args) == ("QuorumMissing", quorum - 1, quorum)
    federation.send("sponsor", "report", *federation.signed(federation.report_of(), range(quorum)))
    assert 2 * quorum - n > liars
    assert n - liars >= quorum


def test_the_domain_separator_is_eip_712(chain: Chain) -> None:
    federation = deploy(chain)
    assert federation.view("domainSeparator") == federation.domain_separator


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commitWindow", 0),
        ("revealWindow", 0),
        ("reportWindow", 0),
        ("reportWindow", 3),
        ("challengeWindow", 3),
        ("challengeWindow", 150),
        ("unbondingWindow", 470),
        ("minStake", 19),
        ("oracleBond", 19),
        ("minReveals", 0),
        ("sponsor", "0x" + "00" * 20),
        ("referee", "0x" + "00" * 20),
        ("referee", address("alice")),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(chain: Chain, field: str, value: object) -> None:
    with pytest.raises(RefusedError) as refusal:
        deploy(chain, **{field: value})
    assert (refusal.value.error, refusal.value.arguments) == ("InvalidTerms", (field,))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reportWindow", 4),
        ("challengeWindow", 4),
        ("challengeWindow", 149),
        ("unbondingWindow", 471),
        ("minStake", 20),
        ("oracleBond", 20),
    ],
)
def test_terms_on_their_bound_are_accepted(chain: Chain, field: str, value: int) -> None:
    assert getattr(deploy(chain, **{field: value}).terms, field) == value


@pytest.mark.parametrize("kind", ["empty", "descending", "twice", "zero"])
def test_a_committee_that_cannot_be_is_refused(chain: Chain, kind: str) -> None:
    first, second = committee(2)
    zero = type("Zero", (), {"public_key": type("Key", (), {"to_checksum_address": lambda _: "0x" + "00" * 20})()})()
    oracles = {"empty": (), "descending": (second, first), "twice": (first, first), "zero": (zero, first)}[kind]
    with pytest.raises(RefusedError, match="InvalidCommittee"):
        Deployment.create(chain, Terms(), oracles)


def test_a_committee_of_256_is_the_largest(chain: Chain) -> None:
    Deployment.create(chain, Terms(), committee(256), seated=False)
    with pytest.raises(RefusedError, match="InvalidCommittee"):
        deploy(chain, oracles=257)


def test_plain_ether_is_refused(federation: Deployment) -> None:
    receipt = federation.chain.transact(address("alice"), federation.address, b"", 1)
    assert receipt["status"] == 0
