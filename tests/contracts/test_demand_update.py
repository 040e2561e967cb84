"""demandUpdate(): anyone may demand the bytes of a reveal, for a bond."""

from __future__ import annotations

import pytest

from .conftest import MEMBERS
from .disputes import accounted
from .harness import Deployment
from .references import NO_FILING, address
from .updates import Played, demand, play_updates, report_on, update_key

OPEN = 1


def last_live_second(federation: Deployment) -> int:
    """From here the time to answer ends where half of the report phase does."""
    return federation.report_opens + federation.terms.reportWindow // 2 - federation.answer_window


def test_a_demand_is_announced_and_kept(federation: Deployment) -> None:
    played, held = play_updates(federation), federation.balance
    sent = demand(federation, played)
    deadline, bond = sent.time + federation.answer_window, federation.demand_bond
    assert sent.only("UpdateDemanded") == {
        "round": 1,
        "participant": address("alice"),
        "digest": played.digest("alice"),
        "demander": address("outsider"),
        "bond": bond,
        "deadline": deadline,
    }
    assert federation.view("updateDemand", *played.key("alice")) == (address("outsider"), deadline, OPEN)
    assert federation.balance == held + bond == accounted(federation, MEMBERS, demands=1)


def test_it_names_the_reveal_at_its_place(federation: Deployment) -> None:
    played = play_updates(federation)
    assert demand(federation, played, index=1).only("UpdateDemanded")["participant"] == address("bob")
    assert federation.view("updateDemand", *played.key("alice"))[2] == 0


def test_a_live_round_is_demanded_from_its_report_phase_until_time_to_answer_is_short(federation: Deployment) -> None:
    played = play_updates(federation)
    opens, last = federation.report_opens, last_live_second(federation)
    for time in (opens, last):
        with federation.chain.snapshot():
            federation.chain.clock = time
            assert demand(federation, played).time == time
    for time, refusal in (
        (opens - 1, ("WrongPhase", opens, federation.report_closes)),
        (last + 1, ("WrongPhase", 0, last + 1)),
        (federation.report_closes - 1, ("WrongPhase", 0, last + 1)),
        (federation.report_closes, ("WrongPhase", opens, federation.report_closes)),
    ):
        federation.chain.clock = time
        arguments = (1, NO_FILING, played.reveals, 0)
        assert federation.refused("outsider", "demandUpdate", *arguments, wei=federation.demand_bond * 10**9) == refusal


def test_a_pending_reports_round_is_demanded_while_two_times_to_answer_are_left(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    last = filing.activeAt - 2 * federation.answer_window
    with federation.chain.snapshot():
        federation.chain.clock = last
        demand(federation, played, filing)
    for time in (last + 1, filing.activeAt, filing.activeAt + 1_000):
        federation.chain.clock = time
        refusal = federation.refused("outsider", "demandUpdate", 1, filing, played.reveals, 0)
        assert refusal == ("WrongPhase", 0, last + 1)


@pytest.mark.parametrize("difference", [-1, 1])
def test_the_bond_is_exact(federation: Deployment, difference: int) -> None:
    played, bond = play_updates(federation), federation.demand_bond
    wei = (bond + difference) * 10**9
    refusal = federation.refused("outsider", "demandUpdate", 1, NO_FILING, played.reveals, 0, wei=wei)
    assert refusal == ("WrongDemandBond", bond + difference, bond)


def test_nothing_and_a_fraction_of_a_gwei_are_refused(federation: Deployment) -> None:
    played = play_updates(federation)
    arguments, wei = (1, NO_FILING, played.reveals, 0), federation.demand_bond * 10**9 + 1
    assert federation.refused("outsider", "demandUpdate", *arguments) == ("ZeroAmount",)
    assert federation.refused("outsider", "demandUpdate", *arguments, wei=wei) == ("NotWholeGwei", wei)


def again(federation: Deployment, played: Played) -> tuple[object, ...]:
    wei = federation.demand_bond * 10**9
    return federation.refused("dave", "demandUpdate", 1, NO_FILING, played.reveals, 0, wei=wei)


def test_the_same_is_demanded_once_open_answered_or_settled(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = demand(federation, played).only("UpdateDemanded")["deadline"]
    refusal = ("AlreadyDemanded", update_key(*played.key("alice")))
    assert again(federation, played) == refusal
    with federation.chain.snapshot():
        federation.send("dave", "answerUpdate", 1, address("alice"), played.payloads["alice"])
        assert again(federation, played) == refusal
    federation.chain.clock = deadline
    federation.send("dave", "convictSilentUpdate", *played.key("alice"), NO_FILING, b"")
    assert again(federation, played) == refusal


def test_a_round_out_of_dispute_is_refused(federation: Deployment) -> None:
    played = play_updates(federation)
    filing = report_on(federation, played).filing
    with federation.chain.snapshot():
        federation.send("guardian", "voidReport")
        assert federation.refused("outsider", "demandUpdate", 1, filing, played.reveals, 0) == ("NotInDispute", 1)
    for number in (0, 2):
        refusal = federation.refused("outsider", "demandUpdate", number, filing, played.reveals, 0)
        assert refusal == ("NotInDispute", number)


def test_a_reported_round_needs_its_filing(federation: Deployment) -> None:
    played = play_updates(federation)
    report_on(federation, played)
    refusal = federation.refused("outsider", "demandUpdate", 1, NO_FILING, played.reveals, 0)
    assert refusal[:2] == ("WrongFiling", federation.view("filings")[0])


def test_reveals_that_the_referee_refuses_are_refused(federation: Deployment) -> None:
    played = play_updates(federation)
    for reveals, index in ((played.reveals[:60], 0), (played.reveals, 2)):
        assert federation.refused("outsider", "demandUpdate", 1, NO_FILING, reveals, index)[0] == "unknown"
