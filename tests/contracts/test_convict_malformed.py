"""convictMalformed(): a participant that reveals bytes that are no update pays a fifth of its stake."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from eth_utils import keccak

from .conftest import MEMBERS, STAKE
from .disputes import REFUTABLE, accounted
from .fake_referee import circuit_of, proof_of
from .harness import Deployment, Sent
from .references import MAX_UINT256, NO_FILING, Filing, address, fold
from .updates import BAD, GOOD, Played, demand, play_updates, report_on

MALFORMED = 0


def arguments_of(
    federation: Deployment, played: Played, filing: Filing = NO_FILING, index: int = 0, name: str = "alice"
) -> tuple[Any, ...]:
    circuit = circuit_of(federation, played.number)
    return played.number, filing, played.reveals, index, played.payloads[name], circuit


def convict(federation: Deployment, played: Played, filing: Filing = NO_FILING, who: str = "outsider") -> Sent:
    return federation.send(who, "convictMalformed", *arguments_of(federation, played, filing))


def refused(federation: Deployment, *arguments: Any) -> tuple[Any, ...]:
    return federation.refused("outsider", "convictMalformed", *arguments)


def reason(signature: str, *words: int) -> str:
    """What a referee's refusal looks like to a reader of the federation's ABI."""
    return (keccak(text=signature)[:4] + b"".join(word.to_bytes(32, "big") for word in words)).hex()


def test_a_fifth_of_the_stake_is_taken_and_announced(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    assert convict(federation, played).only("Convicted") == {
        "participant": address("alice"),
        "round": 1,
        "offence": MALFORMED,
        "amount": STAKE // 5,
        "stake": STAKE - STAKE // 5,
        "exiting": 0,
        "reporter": address("outsider"),
        "bounty": STAKE // 50,
    }
    assert federation.member("alice").stake == STAKE - STAKE // 5
    assert federation.member("bob").stake == STAKE


def test_a_tenth_goes_to_the_caller_and_the_rest_to_the_pool(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    (funded, paid), held = federation.pool, federation.balance
    convict(federation, played)
    assert federation.pool == (funded + 900, paid)
    assert held - federation.balance == 100
    assert federation.balance == accounted(federation, MEMBERS)


def test_the_part_and_the_bounty_are_rounded_down(federation: Deployment) -> None:
    federation.send("alice", "join", value=99)
    played, held = play_updates(federation, BAD), federation.balance
    convicted = convict(federation, played).only("Convicted")
    assert (convicted["amount"], convicted["bounty"], convicted["stake"]) == (1_019, 101, 4_080)
    assert held - federation.balance == 101
    assert federation.balance == accounted(federation, MEMBERS)


def test_an_exit_pays_in_full_where_no_stake_is_left(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    federation.send("alice", "exit")
    convicted = convict(federation, played).only("Convicted")
    assert (convicted["amount"], convicted["stake"], convicted["exiting"]) == (1_000, 0, 4_000)
    federation.chain.clock = federation.member("alice").withdrawable_at
    assert federation.send("alice", "withdraw").only("Withdrawn")["amount"] == 4_000
    assert federation.balance == accounted(federation, MEMBERS)


@pytest.mark.parametrize(
    ("joined", "amount", "stake", "exiting"),
    [(1_000, 1_200, 0, 4_800), (1_250, 1_250, 0, 5_000), (2_000, 1_400, 600, 5_000)],
)
def test_stake_pays_before_the_exit(federation: Deployment, joined: int, amount: int, stake: int, exiting: int) -> None:
    played = play_updates(federation, BAD)
    federation.send("alice", "exit")
    leaves = federation.member("alice").withdrawable_at
    federation.send("alice", "join", value=joined)
    convicted = convict(federation, played).only("Convicted")
    assert (convicted["amount"], convicted["stake"], convicted["exiting"]) == (amount, stake, exiting)
    alice = federation.member("alice")
    assert (alice.stake, alice.exiting, alice.withdrawable_at) == (stake, exiting, leaves)
    assert federation.balance == accounted(federation, MEMBERS)


def test_whoever_has_withdrawn_everything_has_nothing_to_take(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    federation.send("alice", "exit")
    pending = report_on(federation, played)
    federation.chain.clock = federation.member("alice").withdrawable_at
    federation.send("alice", "withdraw")
    refusal = refused(federation, *arguments_of(federation, played, pending.filing))
    assert refusal == ("AlreadyConvicted", address("alice"), 1)


def test_a_participant_is_convicted_once_in_a_round(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    convict(federation, played)
    assert refused(federation, *arguments_of(federation, played)) == ("AlreadyConvicted", address("alice"), 1)


def test_a_round_convicted_while_live_is_not_convicted_again_when_reported(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    convict(federation, played)
    pending = report_on(federation, played)
    refusal = refused(federation, *arguments_of(federation, played, pending.filing))
    assert refusal == ("AlreadyConvicted", address("alice"), 1)
    assert federation.member("alice").stake == STAKE - STAKE // 5


def test_another_round_costs_again(federation: Deployment) -> None:
    for expected in (4_000, 3_200):
        played = play_updates(federation, BAD)
        convict(federation, played)
        assert federation.member("alice").stake == expected
        report_on(federation, played)
        federation.activate()


def test_two_participants_of_a_round_both_pay(federation: Deployment) -> None:
    played = play_updates(federation, {"alice": b"\x00 alice", "bob": b"\x00 bob"})
    convict(federation, played)
    federation.send("dave", "convictMalformed", *arguments_of(federation, played, NO_FILING, 1, "bob"))
    assert [federation.member(name).stake for name in ("alice", "bob")] == [4_000, 4_000]
    assert federation.balance == accounted(federation, MEMBERS)


def test_a_live_round_is_convicted_from_the_first_to_the_last_second_of_its_report_phase(
    federation: Deployment,
) -> None:
    played = play_updates(federation, BAD)
    opens, closes = federation.report_opens, federation.report_closes
    for outside in (opens - 1, closes):
        federation.chain.clock = outside
        assert refused(federation, *arguments_of(federation, played)) == ("WrongPhase", opens, closes)
    for inside in (opens, closes - 1):
        with federation.chain.snapshot():
            federation.chain.clock = inside
            convict(federation, played)


def test_the_latest_reports_round_is_convicted_pending_and_active(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    filing = report_on(federation, played).filing
    for time in (federation.chain.clock, filing.activeAt - 1, filing.activeAt, filing.activeAt + 10_000):
        with federation.chain.snapshot():
            federation.chain.clock = time
            convict(federation, played, filing)
            assert federation.member("alice").stake == STAKE - STAKE // 5


def test_the_latest_reports_round_is_convicted_while_the_next_is_live(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    filing = report_on(federation, played).filing
    federation.commit("bob")
    live = federation.live
    convict(federation, played, filing)
    assert federation.live == live
    assert federation.latest.round == 1


def test_a_superseded_round_is_over(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    first = report_on(federation, played).filing
    federation.activate()
    report_on(federation, play_updates(federation, GOOD))
    assert refused(federation, *arguments_of(federation, played, first)) == ("NotInDispute", 1)


def test_a_voided_reports_round_is_over(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    filing = report_on(federation, played).filing
    federation.send("guardian", "voidReport")
    assert refused(federation, *arguments_of(federation, played, filing)) == ("NotInDispute", 1)


def test_a_refuted_reports_round_is_over(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    filing = report_on(federation, played).filing
    proof = proof_of(federation, REFUTABLE, filing)
    federation.send("outsider", "refute", REFUTABLE, filing, NO_FILING, federation.signers, proof)
    assert refused(federation, *arguments_of(federation, played, filing)) == ("NotInDispute", 1)


@pytest.mark.parametrize("number", [0, 2, 65_535])
def test_a_round_that_was_not_played_is_not_in_dispute(federation: Deployment, number: int) -> None:
    played = play_updates(federation, BAD)
    arguments = (number, *arguments_of(federation, played)[1:])
    assert refused(federation, *arguments) == ("NotInDispute", number)


def test_before_the_first_round_nothing_is_in_dispute(federation: Deployment) -> None:
    assert refused(federation, 0, NO_FILING, b"", 0, b"\0", b"") == ("NotInDispute", 0)


def test_an_expired_round_is_over_when_the_next_has_opened(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    federation.chain.clock = federation.report_closes
    federation.commit("bob")
    assert refused(federation, *arguments_of(federation, played)) == ("NotInDispute", 1)


def test_a_reported_round_needs_its_own_filing(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    filing = report_on(federation, played).filing
    expected, _ = federation.view("filings")
    refusal = refused(federation, *arguments_of(federation, played, filing._replace(signed=15)))
    assert refusal[:2] == ("WrongFiling", expected)
    assert refused(federation, *arguments_of(federation, played))[:2] == ("WrongFiling", expected)


def test_a_live_round_ignores_the_filing(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    convict(federation, played, NO_FILING._replace(signed=3))
    assert federation.member("alice").stake == STAKE - STAKE // 5


def test_the_reveals_are_those_of_the_accumulator(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    accumulator, fewer = federation.live.accumulator, played.reveals[:60]
    found = fold(0, address("alice"), STAKE, played.digest("alice"))
    arguments = [*arguments_of(federation, played)]
    arguments[2] = fewer
    expected = reason("WrongReveals(uint184,uint184)", accumulator, found)
    assert str(refused(federation, *arguments)[-1]).endswith(expected)


def test_a_reveal_beyond_the_last_is_refused(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    arguments = [*arguments_of(federation, played)]
    for index in (2, MAX_UINT256):
        arguments[3] = index
        refusal = str(refused(federation, *arguments)[-1])
        assert reason("OutOfRange(string,uint256,uint256)") in refusal
        assert (index.to_bytes(32, "big") + (2).to_bytes(32, "big")).hex() in refusal


def test_other_bytes_than_those_revealed_are_refused(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    arguments = [*arguments_of(federation, played)]
    arguments[4] = b"\x00 another"
    found = sha256(arguments[4]).digest()
    assert refused(federation, *arguments) == ("WrongBytes", "payload", played.digest("alice"), found)


def test_bytes_of_another_reveal_are_refused(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    refusal = refused(federation, *arguments_of(federation, played, index=1))
    assert refusal == ("WrongBytes", "payload", played.digest("bob"), played.digest("alice"))


def test_an_update_is_not_malformed(federation: Deployment) -> None:
    played = play_updates(federation, GOOD)
    assert refused(federation, *arguments_of(federation, played)) == ("NotMalformed",)


def test_the_referee_is_told_the_circuit_the_bound_and_the_round(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    arguments = [*arguments_of(federation, played)]
    arguments[5] = circuit_of(federation, 2)
    assert reason("UnreadableBytes(string)") in str(refused(federation, *arguments)[-1])


def test_a_demand_for_the_same_update_stays_open(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    demand(federation, played)
    convict(federation, played)
    assert federation.view("updateDemand", *played.key("alice"))[2] == 1
    assert federation.balance == accounted(federation, MEMBERS, demands=1)


def test_a_missing_reveal_is_another_fault(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    convict(federation, played)
    report_on(federation, played)
    federation.activate()
    federation.play(["bob"], silent=["alice"])
    federation.report()
    federation.activate()
    assert federation.send("outsider", "penalize", address("alice")).only("Penalized")["amount"] == 200
    assert federation.balance == accounted(federation, MEMBERS)


def test_a_participant_may_report_itself_for_nothing_gained(federation: Deployment) -> None:
    played, held = play_updates(federation, BAD), federation.balance
    convicted = convict(federation, played, who="alice").only("Convicted")
    assert convicted["reporter"] == address("alice")
    assert held - federation.balance == convicted["bounty"] < convicted["amount"]


def test_the_report_stands(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    pending = report_on(federation, played)
    standing = federation.latest
    convict(federation, played, pending.filing)
    assert federation.latest == standing
