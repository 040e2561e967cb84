"""convictSilentUpdate(): bytes that nobody showed cost the participant, or the oracles that reported on them."""

from __future__ import annotations

from typing import Any

from qfl_chain.protocol.faults import Fault

from .conftest import MEMBERS, STAKE
from .disputes import BURNT, accounted
from .fake_referee import circuit_of
from .harness import Deployment, Sent
from .references import MAX_UINT256, NO_FILING, Filing, address
from .updates import BAD, Played, demand, play_updates, report_on, update_key

UNAVAILABLE_OFFENCE = 1
SETTLED = 3


def convict(federation: Deployment, played: Played, filing: Filing = NO_FILING, who: str = "dave") -> Sent:
    signers = b"" if filing == NO_FILING else federation.signers
    return federation.send(who, "convictSilentUpdate", *played.key("alice"), filing, signers)


def run_out(federation: Deployment, played: Played, filing: Filing = NO_FILING, **who: Any) -> int:
    """Demands alice's bytes and waits; returns the deadline."""
    deadline = int(demand(federation, played, filing, **who).only("UpdateDemanded")["deadline"])
    federation.chain.clock = deadline
    return deadline


def names(sent: Sent) -> list[str]:
    return [log.name for log in sent.logs]


def test_a_live_rounds_participant_pays_a_tenth(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = run_out(federation, played)
    (funded, paid), held = federation.pool, federation.balance
    sent = convict(federation, played)
    assert sent.only("Convicted") == {
        "participant": address("alice"),
        "round": 1,
        "offence": UNAVAILABLE_OFFENCE,
        "amount": STAKE // 10,
        "stake": STAKE - STAKE // 10,
        "exiting": 0,
        "reporter": address("dave"),
        "bounty": STAKE // 100,
    }
    assert sent.only("Credited") == {"account": address("outsider"), "amount": federation.demand_bond}
    assert federation.pool == (funded + 450, paid)
    assert federation.balance == held - 50 == accounted(federation, [*MEMBERS, "outsider"])
    assert federation.view("credit", address("outsider")) == federation.demand_bond
    assert federation.view("updateDemand", *played.key("alice")) == (address("outsider"), deadline, SETTLED)


def test_stake_pays_before_the_exit_and_all_is_rounded_down(federation: Deployment) -> None:
    played = play_updates(federation)
    federation.send("alice", "exit")
    federation.send("alice", "join", value=1_009)
    run_out(federation, played)
    convicted = convict(federation, played).only("Convicted")
    assert (convicted["amount"], convicted["stake"], convicted["exiting"], convicted["bounty"]) == (600, 409, 5_000, 60)
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_an_exit_pays_where_no_stake_is_left(federation: Deployment) -> None:
    played = play_updates(federation)
    federation.send("alice", "exit")
    run_out(federation, played)
    convict(federation, played)
    assert (federation.member("alice").stake, federation.member("alice").exiting) == (0, 4_500)


def test_silence_begins_at_the_deadline(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = run_out(federation, played)
    federation.chain.clock = deadline - 1
    refusal = federation.refused("dave", "convictSilentUpdate", *played.key("alice"), NO_FILING, b"")
    assert refusal == ("WrongPhase", deadline, MAX_UINT256)
    federation.chain.clock = deadline
    convict(federation, played)


def test_without_an_open_demand_there_is_no_silence(federation: Deployment) -> None:
    played = play_updates(federation)
    arguments, refusal = (*played.key("alice"), NO_FILING, b""), ("NothingDemanded", update_key(*played.key("alice")))
    assert federation.refused("dave", "convictSilentUpdate", *arguments) == refusal
    run_out(federation, played)
    convict(federation, played)
    assert federation.refused("dave", "convictSilentUpdate", *arguments) == refusal


def test_silence_before_the_report_costs_the_participant_and_not_the_report(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = run_out(federation, played)
    filing = report_on(federation, played).filing
    assert filing.reportedAt == deadline
    standing = federation.latest
    sent = convict(federation, played, filing)
    assert names(sent) == ["Credited", "Convicted"]
    assert federation.latest == standing
    assert federation.member("alice").stake == STAKE - STAKE // 10


def test_silence_after_the_report_costs_its_oracles_a_tenth_and_voids_it(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = demand(federation, played).only("UpdateDemanded")["deadline"]
    federation.chain.clock = deadline - 1
    filing = report_on(federation, played).filing
    assert filing.reportedAt == deadline - 1
    held, burnt, whole = federation.balance, federation.chain.balance(BURNT), federation.terms.oracleBond
    sent = convict(federation, played, filing)
    taken = 3 * (whole // 10)
    refuted = sent.only("Refuted")
    assert (refuted["round"], refuted["fault"], refuted["reporter"]) == (1, Fault.UNAVAILABLE, address("dave"))
    assert (refuted["bounty"], refuted["burned"]) == (taken // 10, taken - taken // 10)
    assert sent.only("ReportVoided") == {"round": 1}
    assert "Convicted" not in names(sent)
    assert [federation.bond(place) for place in range(4)] == [whole - whole // 10] * 3 + [whole]
    assert federation.chain.balance(BURNT) - burnt == (taken - taken // 10) * 10**9
    assert federation.balance == held - taken == accounted(federation, [*MEMBERS, "outsider"])
    assert federation.member("alice").stake == STAKE
    assert federation.latest.round == 0


def test_a_pending_report_is_void_to_its_last_second_and_stands_from_then_on(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    run_out(federation, played, filing)
    with federation.chain.snapshot():
        federation.chain.clock = filing.activeAt - 1
        assert "ReportVoided" in names(convict(federation, played, filing))
    federation.chain.clock = filing.activeAt
    assert names(convict(federation, played, filing)) == ["Credited"]
    assert federation.latest.round == 1
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_a_reported_round_needs_its_filing_and_its_signers(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    run_out(federation, played, filing)
    key, signers = played.key("alice"), federation.signers
    expected = federation.view("filings")[0]
    refusal = federation.refused("dave", "convictSilentUpdate", *key, NO_FILING, signers)
    assert refusal[:2] == ("WrongFiling", expected)
    assert federation.refused("dave", "convictSilentUpdate", *key, filing, signers[20:]) == ("WrongCommittee",)


def test_a_voided_round_gives_the_bond_back_and_costs_nobody(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    run_out(federation, played, filing)
    federation.send("guardian", "voidReport")
    assert names(convict(federation, played)) == ["Credited"]
    assert federation.member("alice").stake == STAKE
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_a_superseded_round_gives_the_bond_back_and_costs_nobody(federation: Deployment) -> None:
    played = play_updates(federation)
    run_out(federation, played)
    report_on(federation, played)
    federation.activate()
    report_on(federation, play_updates(federation))
    assert names(convict(federation, played)) == ["Credited"]
    assert federation.member("alice").stake == STAKE
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_an_expired_round_gives_the_bond_back_and_costs_nobody(federation: Deployment) -> None:
    played = play_updates(federation)
    run_out(federation, played)
    federation.chain.clock = federation.report_closes
    federation.commit("bob")
    assert names(convict(federation, played)) == ["Credited"]
    assert federation.member("alice").stake == STAKE


def test_a_participant_convicted_already_pays_no_more_and_the_bond_goes_back(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    run_out(federation, played)
    circuit = circuit_of(federation, 1)
    arguments = (1, NO_FILING, played.reveals, 0, played.payloads["alice"], circuit)
    federation.send("dave", "convictMalformed", *arguments)
    assert names(convict(federation, played)) == ["Credited"]
    assert federation.member("alice").stake == 4_000
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_a_silent_participant_pays_no_more_for_a_malformed_update(federation: Deployment) -> None:
    played = play_updates(federation, BAD)
    run_out(federation, played)
    convict(federation, played)
    arguments = (1, NO_FILING, played.reveals, 0, played.payloads["alice"], circuit_of(federation, 1))
    assert federation.refused("dave", "convictMalformed", *arguments) == ("AlreadyConvicted", address("alice"), 1)


def test_a_second_silence_of_a_voided_report_gives_the_bond_back(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    demand(federation, played, filing, 1)
    run_out(federation, played, filing)
    federation.chain.clock += 1
    convict(federation, played, filing)
    sent = federation.send("dave", "convictSilentUpdate", *played.key("bob"), filing, federation.signers)
    assert names(sent) == ["Credited"]
    assert federation.view("credit", address("outsider")) == 2 * federation.demand_bond
    assert federation.bond(0) == federation.terms.oracleBond * 9 // 10
