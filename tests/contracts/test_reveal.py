"""reveal(): opens one commitment, whoever sends it."""

from __future__ import annotations

from .conftest import STAKE
from .harness import Deployment
from .references import MAX_UINT256, Terms, address, commitment_of, fold, opening_of


def open_reveals(federation: Deployment, *names: str) -> None:
    for name in names:
        federation.commit(name)
    federation.chain.clock = federation.reveal_opens


def test_a_reveal_announces_the_digest_and_clears_the_commitment(federation: Deployment) -> None:
    open_reveals(federation, "alice")
    sent = federation.reveal("alice")
    digest = opening_of("alice", 1).digest
    assert sent.only("Revealed") == {"participant": address("alice"), "round": 1, "stake": STAKE, "digest": digest}
    assert federation.member("alice")[:4] == (STAKE, 0, 1, 0)


def test_reveals_fold_participant_stake_and_digest_into_the_accumulator(federation: Deployment) -> None:
    open_reveals(federation, "alice", "bob")
    expected = 0
    for count, name in enumerate(["bob", "alice"], start=1):
        federation.reveal(name)
        expected = fold(expected, address(name), STAKE, opening_of(name, 1).digest)
        assert federation.live[3:] == (count, expected)


def test_the_stake_at_the_reveal_counts(federation: Deployment) -> None:
    open_reveals(federation, "alice")
    federation.send("alice", "join", value=7)
    assert federation.reveal("alice").only("Revealed")["stake"] == STAKE + 7
    assert federation.live.accumulator == fold(0, address("alice"), STAKE + 7, opening_of("alice", 1).digest)


def test_anyone_with_the_preimage_may_reveal(federation: Deployment) -> None:
    open_reveals(federation, "alice")
    assert federation.reveal("alice", sender="outsider").only("Revealed")["participant"] == address("alice")


def test_reveals_are_accepted_from_the_first_to_the_last_second_of_their_window(federation: Deployment) -> None:
    federation.commit("alice")
    federation.commit("bob")
    start = federation.live.start
    federation.chain.clock = start + 99
    assert federation.refused("alice", "reveal", *opening_of("alice", 1)) == ("WrongPhase", start + 100, start + 150)
    federation.chain.clock = start + 100
    federation.reveal("alice")
    federation.chain.clock = start + 149
    federation.reveal("bob")
    federation.chain.clock = start + 150
    assert federation.refused("bob", "reveal", *opening_of("bob", 1)) == ("WrongPhase", start + 100, start + 150)


def test_without_an_open_round_the_error_has_no_window(federation: Deployment) -> None:
    expected = ("WrongPhase", MAX_UINT256, MAX_UINT256)
    assert federation.refused("alice", "reveal", *opening_of("alice", 1)) == expected
    federation.play(["alice"])
    federation.report()
    assert federation.refused("alice", "reveal", *opening_of("alice", 1)) == expected


def test_a_reveal_without_a_commitment_in_this_round_is_refused(federation: Deployment) -> None:
    federation.commit("bob")
    federation.chain.clock = federation.report_closes
    open_reveals(federation, "alice")
    assert federation.refused("bob", "reveal", *opening_of("bob", 1)) == ("NothingToReveal", address("bob"))
    assert federation.refused("carol", "reveal", *opening_of("carol", 2)) == ("NothingToReveal", address("carol"))


def test_a_second_reveal_is_refused(federation: Deployment) -> None:
    open_reveals(federation, "alice")
    federation.reveal("alice")
    assert federation.refused("alice", "reveal", *opening_of("alice", 1)) == ("NothingToReveal", address("alice"))


def test_an_opening_that_differs_in_any_field_is_refused(federation: Deployment) -> None:
    open_reveals(federation, "alice", "bob")
    right = opening_of("alice", 1)
    wrong = [
        right._replace(digest=bytes(32)),
        right._replace(salt=bytes(16)),
        right._replace(participant=address("bob")),
        opening_of("alice", 2),
    ]
    for opening in wrong:
        assert federation.refused("alice", "reveal", *opening) == ("WrongOpening", opening.participant)


def test_a_copied_commitment_cannot_be_opened(federation: Deployment) -> None:
    copied = commitment_of(federation.address, 1, opening_of("alice", 1))
    federation.send("bob", "commit", 1, copied)
    federation.commit("alice")
    federation.chain.clock = federation.reveal_opens
    stolen = opening_of("alice", 1)._replace(participant=address("bob"))
    assert federation.refused("bob", "reveal", *stolen) == ("WrongOpening", address("bob"))


def test_a_commitment_for_another_federation_cannot_be_opened(federation: Deployment) -> None:
    other = Deployment.create(federation.chain, Terms(), federation.oracles)
    federation.send("alice", "commit", 1, commitment_of(other.address, 1, opening_of("alice", 1)))
    federation.chain.clock = federation.reveal_opens
    assert federation.refused("alice", "reveal", *opening_of("alice", 1)) == ("WrongOpening", address("alice"))


def test_neither_pause_nor_cancellation_stops_a_reveal(federation: Deployment) -> None:
    open_reveals(federation, "alice", "bob")
    federation.send("guardian", "pause")
    federation.reveal("alice")
    federation.send("sponsor", "cancel")
    federation.reveal("bob")
    assert federation.live.revealed == 2
