"""revealMany(): a batch that nobody can spoil."""

from __future__ import annotations

from .conftest import MEMBERS, STAKE
from .harness import Deployment
from .references import MAX_UINT256, address, fold, opening_of


def open_reveals(federation: Deployment) -> None:
    for name in MEMBERS:
        federation.commit(name)
    federation.chain.clock = federation.reveal_opens


def test_a_batch_does_what_single_reveals_in_its_order_do(federation: Deployment) -> None:
    open_reveals(federation)
    with federation.chain.snapshot():
        single = [federation.reveal(name).logs[0] for name in MEMBERS]
        live = federation.live
    sent = federation.reveal_many(MEMBERS, "outsider")
    assert list(sent.logs) == single
    assert federation.live == live
    assert [federation.member(name).commitment for name in MEMBERS] == [0, 0, 0]


def test_openings_that_were_revealed_before_are_skipped(federation: Deployment) -> None:
    open_reveals(federation)
    federation.reveal("bob")
    sent = federation.reveal_many(MEMBERS, "outsider")
    assert [log.args["participant"] for log in sent.logs] == [address("alice"), address("carol")]
    expected = 0
    for name in ["bob", "alice", "carol"]:
        expected = fold(expected, address(name), STAKE, opening_of(name, 1).digest)
    assert federation.live[3:] == (3, expected)


def test_an_opening_twice_in_a_batch_counts_once(federation: Deployment) -> None:
    open_reveals(federation)
    federation.reveal_many(["alice", "alice"], "outsider")
    assert federation.live.revealed == 1


def test_an_empty_batch_changes_nothing(federation: Deployment) -> None:
    open_reveals(federation)
    before = federation.live
    assert federation.reveal_many([], "outsider").logs == ()
    assert federation.live == before


def test_a_wrong_opening_reverts_the_batch(federation: Deployment) -> None:
    open_reveals(federation)
    batch = [opening_of("alice", 1), opening_of("bob", 2)]
    assert federation.refused("outsider", "revealMany", batch) == ("WrongOpening", address("bob"))


def test_an_opening_without_a_commitment_reverts_the_batch(federation: Deployment) -> None:
    open_reveals(federation)
    batch = [opening_of("alice", 1), opening_of("dave", 1)]
    assert federation.refused("outsider", "revealMany", batch) == ("NothingToReveal", address("dave"))


def test_a_batch_out_of_phase_is_refused(federation: Deployment) -> None:
    batch = [opening_of("alice", 1)]
    assert federation.refused("alice", "revealMany", batch) == ("WrongPhase", MAX_UINT256, MAX_UINT256)
    federation.commit("alice")
    start = federation.live.start
    assert federation.refused("alice", "revealMany", batch) == ("WrongPhase", start + 100, start + 150)
    federation.chain.clock = start + 150
    assert federation.refused("alice", "revealMany", batch) == ("WrongPhase", start + 100, start + 150)
