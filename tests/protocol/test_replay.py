from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import pytest

from qfl_chain.errors import ChecksumError, ProtocolError
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.history import Commit, History, RoundStatus
from qfl_chain.protocol.money import Account, Disputes
from qfl_chain.protocol.replay import replay, round_facts
from qfl_chain.types import Digest, Event, Gwei, Report, Reveal

from .builders import FEDERATION, account

INITIAL = digest_of_bytes(b"initial model")
ONE, TWO, THREE = (account(number) for number in (1, 2, 3))
ORACLE, OTHER = account(0x7001), account(0x7002)


def payload(name: str) -> Digest:
    return digest_of_bytes(name.encode())


class Log:
    """Writes logs with rising positions, two to a block."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def add(self, name: str, **args: Any) -> Log:
        block, index = divmod(len(self.events), 2)
        self.events.append(Event(name, args, block, index, 1_700_000_000 + block, f"0x{block:x}"))
        return self

    def start(self, stake: int = 100) -> Log:
        self.add("Deployed", terms={}, oracles=[]).add("Funded", **{"from": THREE}, amount=1000, funded=1000)
        return self.add("Joined", participant=ONE, amount=stake, stake=stake).add(
            "Joined", participant=TWO, amount=stake, stake=stake
        )

    def open(self, number: int) -> Log:
        return self.add("RoundOpened", round=number, start=1_700_000_000 + number, budget=50)

    def commit(self, participant: str, number: int) -> Log:
        return self.add("Committed", participant=participant, round=number, commitment=7)

    def reveal(self, participant: str, number: int, name: str, stake: int = 100) -> Log:
        return self.add("Revealed", participant=participant, round=number, stake=stake, digest=bytes(payload(name)))

    def report(self, number: int, total: int) -> Log:
        return self.add(
            "Reported",
            round=number,
            inputs=accumulate(self.history().rounds[number].reveals),
            rewards=payload(f"rewards {number}"),
            model=payload(f"model {number}"),
            evidence=payload(f"evidence {number}"),
            evidenceRoot=payload(f"root {number}"),
            total=total,
            signed=0b111,
            activeAt=1_700_000_900,
        )

    def demand(self, participant: str, name: str, deadline: int) -> Log:
        fields = {"participant": participant, "digest": bytes(payload(name)), "demander": THREE}
        return self.add("UpdateDemanded", round=1, bond=7, deadline=deadline, **fields)

    def convict(self, participant: str, **fields: int) -> Log:
        return self.add("Convicted", participant=participant, round=1, reporter=THREE, **fields)

    def whole_round(self, number: int, total: int) -> Log:
        return self.open(number).commit(ONE, number).reveal(ONE, number, f"update {number}").report(number, total)

    def history(self) -> History:
        return replay(self.events, FEDERATION, INITIAL)


def test_a_round_collects_commits_reveals_and_report() -> None:
    log = Log().start().open(1).commit(ONE, 1).commit(TWO, 1)
    log.reveal(TWO, 1, "b").reveal(ONE, 1, "a").report(1, 40)
    record = log.history().rounds[1]
    reveals = (Reveal(TWO, Gwei(100), payload("b")), Reveal(ONE, Gwei(100), payload("a")))
    assert record.commits == (Commit(ONE, 1, 7, (2, 1)), Commit(TWO, 1, 7, (3, 0)))
    assert record.reveals == reveals
    assert (record.start, record.budget, record.signed) == (1_700_000_001, 50, 0b111)
    assert (record.status, record.base_model, record.base_round) == (RoundStatus.REPORTED, INITIAL, None)
    assert (record.reported_at, record.active_at) == (log.events[-1].timestamp, 1_700_000_900)
    assert record.report == Report(
        1,
        accumulate(reveals),
        payload("rewards 1"),
        payload("model 1"),
        payload("evidence 1"),
        payload("root 1"),
        Gwei(40),
    )


def test_a_round_builds_on_the_latest_standing_report() -> None:
    history = Log().start().whole_round(1, 40).whole_round(2, 70).open(3).history()
    assert [history.rounds[n].base_round for n in (1, 2, 3)] == [None, 1, 2]
    assert [history.rounds[n].base_model for n in (2, 3)] == [payload("model 1"), payload("model 2")]
    assert history.standing == (1, 2)
    assert history.rounds[3].status is RoundStatus.OPEN


def test_an_expired_round_is_built_on_by_nobody() -> None:
    log = Log().start().whole_round(1, 40).open(2).commit(ONE, 2).add("RoundExpired", round=2).open(3)
    history = log.history()
    assert history.rounds[2].status is RoundStatus.EXPIRED
    assert (history.rounds[3].base_round, history.rounds[3].base_model) == (1, payload("model 1"))


def test_a_voided_report_voids_what_builds_on_it_and_the_one_before_stands() -> None:
    log = Log().start().whole_round(1, 40).whole_round(2, 70).open(3)
    history = log.add("ReportVoided", round=2).add("RoundVoided", round=3).open(4).history()
    assert [history.rounds[n].status for n in (1, 2, 3, 4)] == [
        RoundStatus.REPORTED,
        RoundStatus.VOIDED,
        RoundStatus.VOIDED,
        RoundStatus.OPEN,
    ]
    assert history.standing == (1,)
    assert (history.rounds[4].base_round, history.rounds[4].base_model) == (1, payload("model 1"))
    assert history.money.unclaimed == 40


def test_facts_of_a_round_join_its_record_with_earlier_rewards() -> None:
    history = Log().start().whole_round(1, 40).open(2).commit(TWO, 2).reveal(TWO, 2, "b").history()
    cumulative = {ONE: Gwei(40)}
    facts = round_facts(history, 2, cumulative)
    assert (facts.federation, facts.number, facts.budget, facts.total) == (FEDERATION, 2, 50, 40)
    assert (facts.base_model, facts.cumulative) == (payload("model 1"), cumulative)
    assert facts.accumulator == accumulate(facts.reveals)
    assert facts.reveals == history.rounds[2].reveals


def test_the_first_round_has_no_earlier_rewards() -> None:
    facts = round_facts(Log().start().open(1).history(), 1, {})
    assert (facts.total, facts.accumulator, facts.reveals, facts.base_model) == (0, 0, (), INITIAL)


def test_facts_need_a_round_that_opened_and_the_rewards_it_builds_on() -> None:
    history = Log().start().whole_round(1, 40).open(2).history()
    with pytest.raises(ProtocolError, match=r"round 9 never opened; the rounds are \[1, 2\]"):
        round_facts(history, 9, {})
    with pytest.raises(ProtocolError, match="round 2 builds on rewards of 40 gwei, those given sum to 39; recompute"):
        round_facts(history, 2, {ONE: Gwei(39)})


def full_life() -> Log:
    """Every kind of log once or more."""
    log = Log().start().add("Joined", participant=ONE, amount=20, stake=120)
    log.open(1).commit(ONE, 1).commit(TWO, 1).reveal(ONE, 1, "a", stake=120).report(1, 40)
    log.add("Penalized", participant=TWO, round=1, amount=5, stake=95)
    log.add("Claimed", participant=ONE, amount=25, cumulative=25)
    log.add("Claimed", participant=ONE, amount=15, cumulative=40)
    log.add("Exited", participant=TWO, amount=95, withdrawableAt=1).add("Withdrawn", participant=TWO, amount=95)
    log.add("Joined", participant=TWO, amount=60, stake=60).add("Exited", participant=TWO, amount=60, withdrawableAt=2)
    log.add("Paused").add("Unpaused").add("Cancelled")
    return log.add("Reclaimed", to=THREE, amount=965)


def test_accounts_and_money_follow_the_logs() -> None:
    history = full_life().history()
    assert history.accounts == {
        ONE: Account(deposited=Gwei(120), stake=Gwei(120), claimed=Gwei(40)),
        TWO: Account(deposited=Gwei(160), exiting=Gwei(60), withdrawn=Gwei(95), penalties=Gwei(5)),
    }
    money = history.money
    assert (money.deposits, money.funding, money.reclaimed) == (280, 1000, 965)
    assert (money.stakes, money.exiting, money.withdrawn, money.penalties) == (120, 60, 95, 5)
    assert (money.unclaimed, money.paid, money.pool, money.balance) == (0, 40, 0, 180)
    assert [claim.args["amount"] for claim in history.claims] == [25, 15]
    assert history.cancelled


def test_the_money_statement_holds_after_every_single_log() -> None:
    log = full_life()
    for size in range(len(log.events) + 1):
        money = replay(log.events[:size], FEDERATION, INITIAL).money
        came, left = money.deposits + money.funding, money.withdrawn + money.paid + money.reclaimed
        assert came == left + money.balance


def disputes() -> Log:
    """Every kind of log about bonds, committees, demands and proofs."""
    log = Log().start()
    for oracle in (ORACLE, OTHER):
        log.add("Bonded", oracle=oracle, amount=100, bond=100)
    log.add("CommitteeSeated", committee=bytes(32))
    log.add("CommitteeScheduled", oracles=[ORACLE], effectiveAt=1_800_000_000)
    log.open(1).commit(ONE, 1).commit(TWO, 1).reveal(ONE, 1, "a").reveal(TWO, 1, "b")
    log.demand(ONE, "a", deadline=1_700_000_010).demand(TWO, "b", deadline=1_700_000_020)
    log.add("UpdateAnswered", round=1, participant=TWO, digest=bytes(payload("b")), answerer=OTHER, bond=7)
    log.add("Exited", participant=ONE, amount=100, withdrawableAt=1).add("Joined", participant=ONE, amount=4, stake=4)
    log.convict(ONE, offence=1, amount=10, stake=0, exiting=94, bounty=1)
    log.add("Credited", account=THREE, amount=7).report(1, 40)
    log.add("LeafDemanded", round=1, index=3, demander=THREE, bond=7, deadline=1_700_000_030)
    log.add("LeafAnswered", round=1, index=3, answerer=ORACLE, bond=7)
    for oracle in (ORACLE, OTHER):
        log.add("Slashed", oracle=oracle, round=1, amount=50, bond=50)
    log.add("CommitteeUnseated", committee=bytes(32))
    log.add("Refuted", round=1, fault=6, reporter=THREE, bounty=10, burned=90).add("ReportVoided", round=1)
    log.add("Slashed", oracle=OTHER, round=1, amount=50, bond=0)
    log.add("Equivocated", oracle=OTHER, round=1, reporter=THREE, bounty=5, burned=45)
    log.add("Unbonding", oracle=ORACLE, bond=50, withdrawableAt=5).add("BondWithdrawn", oracle=ORACLE, amount=50)
    return log.add("Collected", account=THREE, amount=7)


def test_the_money_of_disputes_follows_the_logs() -> None:
    log = disputes()
    money = log.history().money
    assert money.disputes == Disputes(
        bonded=Gwei(200),
        demanded=Gwei(21),
        unbonded=Gwei(50),
        answered=Gwei(14),
        collected=Gwei(7),
        burned=Gwei(135),
        bounties=Gwei(16),
    )
    assert (money.stakes, money.exiting, money.penalties, money.pool) == (100, 94, 10, 1009)
    assert money.balance == 100 + 94 + 1009


def test_the_money_of_disputes_holds_after_every_single_log() -> None:
    events = disputes().events
    for size in range(len(events) + 1):
        money = replay(events[:size], FEDERATION, INITIAL).money
        assert sum(money.came().values()) == money.balance + sum(money.left().values())


def test_a_conviction_takes_from_the_stake_first_and_its_bounty_leaves() -> None:
    history = disputes().history()
    assert history.accounts[ONE] == Account(deposited=Gwei(104), exiting=Gwei(94), penalties=Gwei(10))
    assert [event.args["offence"] for event in history.convictions] == [1]


def test_an_update_is_silent_once_a_demand_for_it_ran_out_unanswered() -> None:
    record = disputes().history().rounds[1]
    first, second = (ONE, payload("a")), (TWO, payload("b"))
    assert record.silent_at(1_700_000_009) == frozenset()
    assert record.silent_at(1_700_000_010) == {first}
    assert record.silent_at(1_700_000_999) == {first}, f"{second} was answered"
    assert record.silent(0) == record.silent_at(record.reported_at)
    assert replace(record, reported_at=0).silent(1_700_000_010) == {first}


def test_a_refuted_report_is_voided_and_says_why() -> None:
    history = disputes().history()
    assert (history.rounds[1].refuted, history.rounds[1].status) == (Fault.MODEL, RoundStatus.VOIDED)
    assert history.standing == ()
    assert history.bonds == {OTHER: 0}


def test_an_answer_needs_a_demand() -> None:
    log = Log().start().open(1).commit(ONE, 1).reveal(ONE, 1, "a")
    log.add("UpdateAnswered", round=1, participant=ONE, digest=bytes(payload("a")), answerer=TWO, bond=7)
    with pytest.raises(ProtocolError, match=f"answers a demand of {ONE}'s update that nobody made"):
        log.history()


def test_no_logs_are_an_empty_history() -> None:
    history = replay([], FEDERATION, INITIAL)
    assert (history.rounds, history.standing, history.accounts, history.claims) == ({}, (), {}, ())
    assert history.money.balance == 0


def test_logs_must_come_in_chain_order() -> None:
    events = Log().start().events
    with pytest.raises(ProtocolError, match=r"log Deployed at \(0, 0\) comes after \(0, 1\); sort the logs"):
        replay([events[1], events[0]], FEDERATION, INITIAL)
    with pytest.raises(ProtocolError, match="comes after"):
        replay([events[0], events[0]], FEDERATION, INITIAL)


def test_a_log_of_another_contract_is_named() -> None:
    with pytest.raises(ProtocolError, match=r"log Transfer at \(0, 0\) is none of a federation's"):
        Log().add("Transfer").history()


@pytest.mark.parametrize(
    "log",
    [
        Log().start().commit(ONE, 1),
        Log().start().add("RoundExpired", round=1),
        Log().start().add("ReportVoided", round=1),
    ],
    ids=lambda log: log.events[-1].name,
)
def test_a_log_about_a_round_that_never_opened_means_one_is_missing(log: Log) -> None:
    with pytest.raises(ProtocolError, match="is about round 1, which never opened; a log is missing"):
        log.history()


@pytest.mark.parametrize("name", ["Penalized", "Exited", "Withdrawn"])
def test_a_log_about_somebody_who_never_joined_means_one_is_missing(name: str) -> None:
    with pytest.raises(ProtocolError, match=f"is about {THREE}, who never joined; a log is missing"):
        Log().start().add(name, participant=THREE, amount=1, stake=1, cumulative=1, round=1).history()


def test_a_reveal_needs_a_commitment() -> None:
    with pytest.raises(ProtocolError, match=f"{ONE} revealed in round 1 without a commitment; a log is missing"):
        Log().start().open(1).reveal(ONE, 1, "a").history()


def wrong_numbers() -> list[Any]:
    """The full life with one number of one log off by one, for every number the logs before determine."""
    determined = {
        "Bonded": "bond",
        "BondWithdrawn": "amount",
        "Slashed": "bond",
        "Refuted": "burned",
        "Convicted": "exiting",
        "Collected": "amount",
    }
    cases = _off_by_one(disputes().events, determined)
    determined = {
        "Funded": "funded",
        "Joined": "stake",
        "Revealed": "stake",
        "Reported": "inputs",
        "Claimed": "cumulative",
        "Penalized": "stake",
        "Exited": "amount",
        "Withdrawn": "amount",
    }
    return cases + _off_by_one(full_life().events, determined)


def _off_by_one(events: list[Event], determined: dict[str, str]) -> list[Any]:
    cases = []
    for name, field in determined.items():
        at = next(index for index, event in enumerate(events) if event.name == name)
        wrong = replace(events[at], args={**events[at].args, field: events[at].args[field] + 1})
        cases.append(pytest.param([*events[:at], wrong, *events[at + 1 :]], name, id=f"{name}-{field}"))
    return cases


@pytest.mark.parametrize(("events", "name"), wrong_numbers())
def test_a_log_that_contradicts_those_before_is_an_error(events: list[Event], name: str) -> None:
    with pytest.raises(ChecksumError, match=rf"log {name} at .* the logs before give"):
        replay(events, FEDERATION, INITIAL)


def test_only_the_latest_standing_report_can_be_voided() -> None:
    with pytest.raises(ChecksumError, match="latest report 1, the logs before give 2"):
        Log().start().whole_round(1, 40).whole_round(2, 70).add("ReportVoided", round=1).history()


def test_the_logs_are_those_of_the_contract() -> None:
    artifact = resources.files("qfl_chain.chain").joinpath("artifacts", "Federation.json")
    abi = json.loads(artifact.read_text())["abi"]
    fields = {entry["name"]: {one["name"] for one in entry["inputs"]} for entry in abi if entry["type"] == "event"}
    logs = Log().start().whole_round(1, 40).open(2).add("RoundExpired", round=2).open(3)
    logs.add("ReportVoided", round=1).add("RoundVoided", round=3)
    written = {event.name: set(event.args) for event in [*logs.events, *full_life().events, *disputes().events]}
    assert written == fields


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (Log().start().open(2), "round 2, the logs before give 1"),
        (Log().start().whole_round(1, 40).open(1), "round 1, the logs before give 2"),
        (Log().start().add("Cancelled").open(1), "round 1 opened after the federation was cancelled"),
        (Log().start().open(1).commit(ONE, 1).commit(ONE, 1), f"{ONE} committed twice in round 1"),
        (
            Log().start().open(1).commit(ONE, 1).reveal(ONE, 1, "a").reveal(ONE, 1, "a"),
            f"{ONE} revealed twice in round 1",
        ),
        (Log().start().whole_round(1, 40).commit(TWO, 1), "is about round 1, which is reported"),
        (Log().start().open(1).add("RoundExpired", round=1).commit(ONE, 1), "is about round 1, which is expired"),
    ],
)
def test_a_log_the_contract_cannot_emit_is_refused(log: Log, message: str) -> None:
    with pytest.raises((ProtocolError, ChecksumError), match=message):
        log.history()


@pytest.mark.parametrize(
    "args",
    [{}, {"from": ONE, "amount": "5", "funded": 5}, {"from": ONE, "amount": None, "funded": 5}],
)
def test_a_damaged_log_is_named(args: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match=r"log Funded at \(0, 0\) is damaged"):
        Log().add("Funded", **args).history()


def test_an_account_that_never_joined_may_claim_what_a_report_gave_it() -> None:
    history = Log().start().whole_round(1, 40).add("Claimed", participant=THREE, amount=40, cumulative=40).history()
    assert history.accounts[THREE] == Account(claimed=Gwei(40))
    assert history.money.paid == 40
