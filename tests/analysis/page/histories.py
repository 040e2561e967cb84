"""Histories made by hand for tests of the page: a small one, and one as large as the page must bear."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from qfl_chain.analysis.facts import (
    Facts,
    ModelFigure,
    MovementFacts,
    ParticipantFacts,
    RoundFacts,
    StandingFacts,
    TransactionFacts,
)
from qfl_chain.protocol.money import Money
from qfl_chain.types import Address, Gwei

START = datetime(2026, 1, 1, tzinfo=UTC)
STAKE, BUDGET = 2_000_000_000, 100_000_000
FEDERATION, SPONSOR = Address("0x" + "fe" * 20), Address("0x" + "5f" * 20)


def account(number: int) -> Address:
    return Address(f"0x{number + 1:040x}")


def digest(number: int) -> str:
    return f"0x{number:064x}"


def history(participants: int = 3, rounds: int = 2, *, seed: int = 0) -> Facts:
    """Everybody honest, everybody reveals in every round, every report stands and pays."""
    made = random.Random(seed)
    standings = [one for number in range(1, rounds + 1) for one in _round(number, participants, made)]
    earned = [0] * participants
    for one in standings:
        earned[int(one.participant, 16) - 1] += one.reward
    budget = BUDGET * rounds if participants else 0
    return Facts(
        source="http://127.0.0.1:8545",
        name="small",
        chain_id=31337,
        federation=FEDERATION,
        sponsor=SPONSOR,
        oracles=tuple(account(10_000 + number) for number in range(4)),
        quorum=3,
        min_stake=Gwei(STAKE),
        reward_per_round=Gwei(BUDGET),
        oracle_bond=Gwei(BUDGET),
        block=1_000 + 100 * rounds,
        time=START + timedelta(hours=rounds + 1),
        cancelled=False,
        money=_money(participants, budget),
        participants=tuple(_participant(number, rounds, earned[number]) for number in range(participants)),
        rounds=tuple(_opened(number, participants) for number in range(1, rounds + 1)),
        standings=tuple(standings),
        movements=tuple(_joined(number) for number in range(participants)),
        transactions=tuple(_transactions(participants, rounds)),
        figures=_figures(participants, rounds),
    )


def without_report(facts: Facts, number: int, status: str = "expired") -> Facts:
    """The same history with one round that has no report."""
    plain = RoundFacts(number, status, START + timedelta(hours=number), Gwei(BUDGET), 1, 0, Gwei(0))
    return replace(
        facts,
        rounds=tuple(plain if one.number == number else one for one in facts.rounds),
        standings=tuple(one for one in facts.standings if one.round != number),
    )


def _money(participants: int, budget: int) -> Money:
    zero = Gwei(0)
    return Money(
        deposits=Gwei(STAKE * participants),
        funding=Gwei(2 * BUDGET + budget),
        stakes=Gwei(STAKE * participants),
        exiting=zero,
        withdrawn=zero,
        penalties=zero,
        unclaimed=Gwei(budget),
        paid=zero,
        pool=Gwei(2 * BUDGET),
        reclaimed=zero,
    )


def _participant(number: int, rounds: int, earned: int) -> ParticipantFacts:
    return ParticipantFacts(
        account=account(number),
        name=f"client-{number + 1}",
        behaviour="honest",
        joined=START,
        deposited=Gwei(STAKE),
        stake=Gwei(STAKE),
        exiting=Gwei(0),
        withdrawn=Gwei(0),
        earned=Gwei(earned),
        claimed=Gwei(0),
        penalties=Gwei(0),
        gas_used=100_000 * rounds,
        fees=10**14 * rounds + 1,
        commits=rounds,
        reveals=rounds,
        accepted=rounds,
    )


def _opened(number: int, reveals: int) -> RoundFacts:
    return RoundFacts(
        number=number,
        status="reported",
        opened=START + timedelta(hours=number),
        budget=Gwei(BUDGET),
        commits=reveals,
        reveals=reveals,
        paid=Gwei(BUDGET),
        evidence="read",
        loss_before=1.0 / number,
        loss_after=1.0 / (number + 1),
        accepted=True,
        signers=3,
        block=1_000 + 100 * number,
        transaction=digest(number),
        agreement=0.5,
        step=0.1,
        drift=0.1 * number,
    )


def _round(number: int, reveals: int, made: random.Random) -> Sequence[StandingFacts]:
    contributions = [made.random() / 100 for _ in range(reveals)]
    rewards = [int(BUDGET * one / sum(contributions)) for one in contributions]
    return [
        StandingFacts(
            round=number,
            participant=account(place),
            status="accepted",
            stake=Gwei(STAKE),
            contribution=contributions[place],
            weight=int(contributions[place] * 2**40) * STAKE,
            reward=Gwei(rewards[place] + (BUDGET - sum(rewards) if place == 0 else 0)),
            stands=True,
            block=1_000 + 100 * number - 50 + place // 100,
            log_index=place % 100,
            transaction=digest(1_000_000 * number + place),
            norm=made.random(),
            cosine=made.random(),
            moved=contributions[place] / sum(contributions),
        )
        for place in range(reveals)
    ]


def _joined(number: int) -> MovementFacts:
    stake = Gwei(STAKE)
    return MovementFacts("Joined", account(number), stake, stake, None, START, 900, number, digest(900_000 + number))


def _transactions(participants: int, rounds: int) -> Sequence[TransactionFacts]:
    commits = [
        TransactionFacts(digest(number), 1_000 + number, account(number), "participant", "commit", 32_081, 10**13, True)
        for number in range(participants)
    ]
    report = TransactionFacts(digest(1), 1_100, account(10_000), "oracle", "report", 67_312, 10**13, True)
    return [*commits, *[report] * rounds]


def _figures(participants: int, rounds: int) -> tuple[ModelFigure, ...]:
    names = ["pooled", *(f"client-{number + 1}" for number in range(participants))]
    curves = [
        ModelFigure("federation", number, rows, "accuracy", 0.5 + 0.1 * number / (rounds or 1))
        for number in range(rounds + 1)
        for rows in names
    ]
    return (*curves, *(ModelFigure("logistic regression", None, rows, "accuracy", 0.7) for rows in names))
