"""answerUpdate(): whoever shows the bytes in time is paid the demand's bond."""

from __future__ import annotations

from hashlib import sha256

import pytest

from .conftest import MEMBERS
from .disputes import accounted
from .harness import Deployment
from .references import address
from .updates import demand, play_updates, received, report_on, update_key

ALICE = address("alice")


@pytest.mark.parametrize("who", ["dave", "alice", "outsider"])
def test_the_bond_goes_to_whoever_answers(federation: Deployment, who: str) -> None:
    played, held = play_updates(federation), federation.balance
    deadline = demand(federation, played).only("UpdateDemanded")["deadline"]
    before = federation.chain.balance(address(who))
    sent = federation.send(who, "answerUpdate", 1, ALICE, played.payloads["alice"])
    bond = federation.demand_bond
    assert sent.only("UpdateAnswered") == {
        "round": 1,
        "participant": ALICE,
        "digest": played.digest("alice"),
        "answerer": address(who),
        "bond": bond,
    }
    assert received(federation, who, before, sent) == bond * 10**9
    assert federation.balance == held == accounted(federation, MEMBERS)
    assert federation.view("updateDemand", *played.key("alice")) == (address("outsider"), deadline, 2)


def test_an_answer_is_taken_to_the_last_second_before_the_deadline(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = demand(federation, played).only("UpdateDemanded")["deadline"]
    federation.chain.clock = deadline
    refusal = federation.refused("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    assert refusal == ("WrongPhase", 0, deadline)
    federation.chain.clock = deadline - 1
    federation.send("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    federation.chain.clock = deadline
    assert not federation.view("silentAt", *played.key("alice"), deadline)


def test_it_is_answered_once(federation: Deployment) -> None:
    played = play_updates(federation)
    demand(federation, played)
    federation.send("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    refusal = federation.refused("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    assert refusal == ("NothingDemanded", update_key(*played.key("alice")))


def test_what_nobody_demanded_is_not_answered(federation: Deployment) -> None:
    played = play_updates(federation)
    demand(federation, played)
    other, bob = sha256(b"other").digest(), address("bob")
    for number, who, payload, digest in (
        (2, ALICE, played.payloads["alice"], played.digest("alice")),
        (1, bob, played.payloads["alice"], played.digest("alice")),
        (1, ALICE, b"other", other),
    ):
        refusal = federation.refused("dave", "answerUpdate", number, who, payload)
        assert refusal == ("NothingDemanded", update_key(number, who, digest))


def test_a_settled_demand_is_not_answered(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    federation.chain.clock = demand(federation, played, filing).only("UpdateDemanded")["deadline"]
    federation.send("dave", "convictSilentUpdate", *played.key("alice"), filing, federation.signers)
    refusal = federation.refused("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    assert refusal == ("NothingDemanded", update_key(*played.key("alice")))


def test_an_answer_counts_after_the_report_and_after_its_void(federation: Deployment) -> None:
    played = play_updates(federation)
    demand(federation, played)
    report_on(federation, played)
    with federation.chain.snapshot():
        federation.send("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    federation.send("guardian", "voidReport")
    federation.send("dave", "answerUpdate", 1, ALICE, played.payloads["alice"])
    assert federation.balance == accounted(federation, MEMBERS)
