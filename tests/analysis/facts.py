"""Histories made by hand: what metrics, reports and comparisons are tested on.

:func:`history` is a small federation with every kind of participant; ``replace`` of :mod:`dataclasses` makes variants.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from qfl_chain.analysis.facts import (
    Facts,
    ModelFigure,
    MovementFacts,
    ParticipantFacts,
    RoundFacts,
    StandingFacts,
    TransactionFacts,
)
from qfl_chain.protocol.money import Account, money_statement
from qfl_chain.types import Address, Gwei

START = datetime(2026, 1, 1, tzinfo=UTC)
ETH = 10**9
FUNDING = 10 * ETH
BUDGET = ETH
SPONSOR = Address("0x" + "f" * 40)
GAS_PRICE = 2 * 10**9
"""Wei, of every transaction."""


def account(index: int) -> Address:
    """A made-up address."""
    return Address(f"0x{index:040x}")


def hour(count: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=count)


def participant(index: int, name: str = "", **changes: Any) -> ParticipantFacts:
    """Somebody honest who staked 2 ETH and did nothing since."""
    values: dict[str, Any] = {
        "account": account(index),
        "name": name or f"P{index}",
        "behaviour": "honest",
        "joined": START,
        "deposited": 2 * ETH,
        "stake": 2 * ETH,
        **dict.fromkeys(("exiting", "withdrawn", "earned", "claimed", "penalties", "gas_used", "fees"), 0),
        **dict.fromkeys(("commits", "reveals", "accepted"), 0),
    }
    return ParticipantFacts(**{**values, **changes})


def round_(number: int, **changes: Any) -> RoundFacts:
    """A round whose report stands, accepted the candidate and paid the budget; one an hour."""
    values: dict[str, Any] = {
        "number": number,
        "status": "reported",
        "opened": hour(number),
        "budget": BUDGET,
        "commits": 3,
        "reveals": 3,
        "paid": BUDGET,
        "evidence": "read",
        "loss_before": 1.0 / number,
        "loss_after": 1.0 / (number + 1),
        "accepted": True,
        "signers": 3,
        "block": 10 * number + 9,
        "transaction": f"0x{number:064x}",
        "agreement": 0.5,
        "step": 0.25,
        "drift": 0.25 * number,
    }
    return RoundFacts(**{**values, **changes})


def expired(number: int, **changes: Any) -> RoundFacts:
    """A round that nobody reported."""
    nothing = dict.fromkeys(("loss_before", "loss_after", "accepted", "block", "agreement", "step", "drift"))
    values = {"status": "expired", "paid": 0, "evidence": "", "signers": 0, "transaction": "", **nothing}
    return round_(number, **{**values, **changes})


def standing(number: int, index: int, contribution: int, reward: int, **changes: Any) -> StandingFacts:
    """An accepted update; ``contribution`` is as the protocol's integers have it, in thousandths as a float."""
    stake = changes.get("stake", 2 * ETH)
    values: dict[str, Any] = {
        "round": number,
        "participant": account(index),
        "status": "accepted",
        "stake": stake,
        "contribution": contribution / 1000,
        "weight": stake * max(contribution, 0),
        "reward": reward,
        "stands": True,
        "block": 10 * number + 5,
        "log_index": index,
        "transaction": f"0x{1000 * number + index:064x}",
        "norm": 1.0,
        "cosine": 0.5,
        "moved": reward / BUDGET,
    }
    return StandingFacts(**{**values, **changes})


def movement(kind: str, index: int, amount: int, **changes: Any) -> MovementFacts:
    """A movement of money in block 1, before any round."""
    values: dict[str, Any] = {
        "kind": kind,
        "account": account(index),
        "amount": amount,
        "stake": amount if kind == "Joined" else None,
        "round": None,
        "time": START,
        "block": 1,
        "log_index": index,
        "transaction": f"0x{index:064x}",
    }
    return MovementFacts(**{**values, **changes})


def transaction(block: int, index: int, function: str, gas_used: int, role: str = "participant") -> TransactionFacts:
    """A transaction that succeeded."""
    name = f"0x{1000 * block + index:064x}"
    return TransactionFacts(name, block, account(index), role, function, gas_used, gas_used * GAS_PRICE, True)


def figure(
    rows: str, number: int | None, value: float | None, model: str = "", metric: str = "accuracy"
) -> ModelFigure:
    """A figure of the federation's model, or of a baseline where ``number`` is None."""
    return ModelFigure(model, number, rows, metric, value)


DEPLOYMENT = transaction(0, 0, "deploy", 3_700_000, "sponsor")


def facts(**changes: Any) -> Facts:
    """A federation that nobody has joined yet, with a money statement that holds for its participants and rounds."""
    values: dict[str, Any] = {
        "source": "by hand",
        "name": "hospitals",
        "chain_id": 31337,
        "federation": account(0xFED),
        "sponsor": SPONSOR,
        "oracles": tuple(account(0xA0 + index) for index in range(4)),
        "quorum": 3,
        "min_stake": ETH,
        "reward_per_round": BUDGET,
        "oracle_bond": ETH,
        "block": 100,
        "time": hour(10),
        "cancelled": False,
        **dict.fromkeys(("participants", "rounds", "standings", "movements", "figures"), ()),
        "transactions": (DEPLOYMENT,),
    }
    values.update(changes)
    accounts = [
        Account(one.deposited, one.stake, one.exiting, one.withdrawn, one.penalties, one.claimed)
        for one in values["participants"]
    ]
    penalties = sum(one.penalties for one in accounts)
    total = Gwei(sum(one.paid for one in values["rounds"]))
    money = money_statement(accounts, FUNDING, FUNDING + penalties, 0, total)
    return Facts(**{"money": money, **values})


def history() -> Facts:
    """Three rounds, the second expired: two honest participants, a free rider who earned nothing, a no-show."""
    penalty = 2 * ETH // 20
    first, second = 7 * ETH // 10, 3 * ETH // 10
    people = (
        participant(1, "Ada", earned=2 * first, claimed=first, commits=3, reveals=3, accepted=2),
        participant(2, "Ben", earned=2 * second, commits=3, reveals=3, accepted=2),
        participant(3, "Fay", behaviour="free-rider", commits=3, reveals=3, accepted=2),
        participant(4, "Nat", behaviour="no-show", commits=1, stake=2 * ETH - penalty, penalties=penalty),
    )
    transactions = _transactions()
    return facts(
        participants=tuple(_with_gas(one, transactions) for one in people),
        rounds=(round_(1, commits=4), expired(2), round_(3)),
        standings=tuple(
            one
            for number in (1, 3)
            for one in (standing(number, 1, 70, first), standing(number, 2, 30, second), standing(number, 3, -10, 0))
        ),
        movements=(
            *(movement("Joined", index, 2 * ETH) for index in (1, 2, 3, 4)),
            movement("Claimed", 1, first, time=hour(2), block=21),
            movement("Penalized", 4, penalty, stake=2 * ETH - penalty, round=1, time=hour(2.5), block=25),
        ),
        transactions=transactions,
        figures=(
            *(figure("pooled", number, 0.5 + 0.1 * number) for number in (0, 1, 2, 3)),
            *(figure("Ada", number, 0.6 + 0.05 * number) for number in (0, 1, 2, 3)),
            figure("pooled", None, 0.75, "centralised"),
            figure("Ada", None, 0.7, "centralised"),
        ),
    )


def _transactions() -> tuple[TransactionFacts, ...]:
    joins = [transaction(1, index, "join", 48_000) for index in (1, 2, 3, 4)]
    sent = [transaction(11, 4, "commit", 31_000), transaction(21, 1, "claim", 50_000)]
    for number in (1, 2, 3):
        sent += [transaction(10 * number + 1, index, "commit", 31_000) for index in (1, 2, 3)]
        sent += [transaction(10 * number + 5, index, "reveal", 40_000) for index in (1, 2, 3)]
    reports = [transaction(10 * number + 9, 0xA0, "report", 70_000, "oracle") for number in (1, 3)]
    return (DEPLOYMENT, *joins, *sent, *reports)


def _with_gas(one: ParticipantFacts, transactions: tuple[TransactionFacts, ...]) -> ParticipantFacts:
    own = [sent for sent in transactions if sent.sender == one.account]
    return replace(one, gas_used=sum(sent.gas_used for sent in own), fees=sum(sent.fee for sent in own))
