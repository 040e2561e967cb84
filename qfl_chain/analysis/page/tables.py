"""The page's tables of what happened: participants, rounds, reveals, money and gas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from qfl_chain.analysis.facts import Facts, MovementFacts, ParticipantFacts, StandingFacts, TransactionFacts
from qfl_chain.analysis.metrics.money import in_gwei, nets
from qfl_chain.analysis.metrics.readings import contributions, rewards_known
from qfl_chain.analysis.page.columns import MANY_ROWS, Column, table
from qfl_chain.analysis.page.history import History, weight_shares

POSITIONS = " Transactions are given as block:log, because hashes of so many rows would make the page too large."


def participants_table(history: History) -> dict[str, Any]:
    """Everybody who ever joined, and their money."""
    people = history.facts.participants
    contribution, net, known = contributions(history.facts), nets(history.facts), rewards_known(history.facts)
    columns = [
        Column("participant", "Participant", "participant", range(len(people))),
        Column("account", "Account", "account", [one.account for one in people]),
        Column("joined", "Joined", "time", [utc(one.joined) for one in people]),
        Column("deposited", "Deposited", "gwei", [one.deposited for one in people]),
        Column("stake", "Stake", "gwei", [one.stake for one in people]),
        Column("exiting", "Exiting", "gwei", [one.exiting for one in people]),
        Column("withdrawn", "Withdrawn", "gwei", [one.withdrawn for one in people]),
        Column("earned", "Earned" if known else "Earned at least", "gwei", [one.earned for one in people]),
        Column("claimed", "Claimed", "gwei", [one.claimed for one in people]),
        Column("penalties", "Penalties", "gwei", [one.penalties for one in people]),
        Column("fees", "Fees", "gwei", [in_gwei(one.fees) for one in people]),
        Column("net", "Net", "gwei", [net.get(one.account) for one in people]),
        Column("gas", "Gas used", "integer", [one.gas_used for one in people]),
        Column("commits", "Commits", "integer", [one.commits for one in people]),
        Column("reveals", "Reveals", "integer", [one.reveals for one in people]),
        Column("accepted", "Accepted", "integer", [one.accepted for one in people]),
        Column("contribution", "Contribution", "number", [contribution.get(one.account) for one in people]),
    ]
    if any(one.behaviour for one in people):
        columns.insert(1, Column("behaviour", "Behaviour", "text", [one.behaviour or None for one in people]))
    note = (
        "Net is earned less penalties and fees; fees are rounded up to a gwei. Contribution is the sum of Shapley "
        "values: by how much the updates lowered the validation loss, per sample."
    )
    if not known:
        note += " The evidence of a report is missing, so not all rewards are known, and no net."
    return table("Participants", note, columns)


def rounds_table(facts: Facts) -> dict[str, Any]:
    """Every round, its report and what the model became."""
    rounds = facts.rounds
    columns = [
        Column("round", "Round", "round", [one.number for one in rounds]),
        Column("status", "Status", "text", [one.status for one in rounds]),
        Column("opened", "Opened", "time", [utc(one.opened) for one in rounds]),
        Column("commits", "Commits", "integer", [one.commits for one in rounds]),
        Column("reveals", "Reveals", "integer", [one.reveals for one in rounds]),
        Column("budget", "Budget", "gwei", [one.budget for one in rounds]),
        Column("paid", "Paid", "gwei", [one.paid for one in rounds]),
        Column("loss_before", "Loss before", "number", [one.loss_before for one in rounds]),
        Column("loss_after", "Loss after", "number", [one.loss_after for one in rounds]),
        Column("accepted", "New model", "boolean", [one.accepted for one in rounds]),
        Column("agreement", "Agreement", "number", [one.agreement for one in rounds]),
        Column("step", "Step", "number", [one.step for one in rounds]),
        Column("drift", "Drift", "number", [one.drift for one in rounds]),
        Column("signers", "Signers", "integer", [one.signers for one in rounds]),
        Column("evidence", "Evidence", "text", [one.evidence or None for one in rounds]),
        Column("transaction", "Report", "transaction", [one.transaction or None for one in rounds]),
    ]
    note = (
        "Losses are per drawn validation sample, of the base model and of the candidate. Agreement is the mean cosine "
        "between pairs of accepted updates; step and drift are distances in radians, from the model before and from "
        "the initial one."
    )
    return table("Rounds", note, columns)


def standings_table(history: History) -> dict[str, Any]:
    """Every reveal as its round's evidence tells it."""
    standings = sorted(history.facts.standings, key=lambda one: (one.round, one.block, one.log_index))
    many = len(standings) > MANY_ROWS
    columns = [
        Column("round", "Round", "round", [one.round for one in standings]),
        Column("participant", "Participant", "participant", [history.index.get(one.participant) for one in standings]),
        Column("status", "Status", "text", [_status(one) for one in standings]),
        Column("stake", "Stake", "gwei", [one.stake for one in standings]),
        Column("contribution", "Contribution", "number", [one.contribution for one in standings]),
        Column("share", "Weight share", "number", weight_shares(standings)),
        Column("reward", "Reward", "gwei", [one.reward for one in standings]),
    ]
    geometry = [
        Column("moved", "Share of the step", "number", [one.moved for one in standings]),
        Column("cosine", "Cosine with the step", "number", [one.cosine for one in standings]),
        Column("norm", "Norm", "number", [one.norm for one in standings]),
    ]
    if not many:
        columns += [column for column in geometry if any(value is not None for value in column.values)]
    columns.append(transactions_column("Reveal", standings))
    note = (
        "One row a reveal, from the evidence of its round's report. Contribution is the Shapley value per validation "
        "sample; weight is stake times contribution, where that is positive."
    )
    return table("Reveals", note + (POSITIONS if many else ""), columns)


def movements_table(history: History) -> dict[str, Any]:
    """Every movement of money in or out of the contract, and every penalty."""
    every = history.facts.movements
    moved = every[-MANY_ROWS:]
    columns = [
        Column("time", "Time", "time", [utc(one.time) for one in moved]),
        Column("kind", "Event", "text", [one.kind for one in moved]),
        Column("participant", "Participant", "participant", [history.index.get(one.account) for one in moved]),
        Column("account", "Account", "account", [one.account for one in moved]),
        Column("amount", "Amount", "gwei", [one.amount for one in moved]),
        Column("stake", "Stake after", "gwei", [one.stake for one in moved]),
        Column("round", "Round", "round", [one.round for one in moved]),
        transactions_column("Transaction", moved),
    ]
    note = "Every payment into and out of the contract, and every penalty, in the order of the chain."
    if len(every) > MANY_ROWS:
        note += f" The first {len(every) - MANY_ROWS:,} of {len(every):,} are left out, to keep the page small."
    return table("Movements of money", note, columns)


def money_table(facts: Facts) -> dict[str, Any]:
    """The statement of money, part by part."""
    money = facts.money
    sides = {"came in": money.came(), "held": money.held(), "left": money.left()}
    parts = [(name, side, amount) for side, amounts in sides.items() for name, amount in amounts.items()]
    columns = [
        Column("part", "Part", "text", [name for name, _, _ in parts]),
        Column("side", "Side", "text", [side for _, side, _ in parts]),
        Column("amount", "Amount", "gwei", [amount for _, _, amount in parts]),
    ]
    penalties = f"{money.penalties:,} gwei of penalties moved from stakes to the pool"
    return table("Where the money is", f"What came in is what is held and what left. Within, {penalties}.", columns)


def gas_table(transactions: Iterable[TransactionFacts], by: str, title: str) -> dict[str, Any]:
    """Gas and fees by ``function`` or ``role``, in the order of their sums."""
    groups: dict[str, list[TransactionFacts]] = defaultdict(list)
    for one in transactions:
        groups[getattr(one, by)].append(one)
    used = {name: [one.gas_used for one in group] for name, group in groups.items()}
    names = sorted(used, key=lambda name: (-sum(used[name]), name))
    columns = [
        Column(by, by.capitalize(), "text", names),
        Column("transactions", "Transactions", "integer", [len(used[name]) for name in names]),
        Column("failed", "Failed", "integer", [sum(not one.succeeded for one in groups[name]) for name in names]),
        Column("least", "Least gas", "integer", [min(used[name]) for name in names]),
        Column("mean", "Mean gas", "integer", [sum(used[name]) // len(used[name]) for name in names]),
        Column("most", "Most gas", "integer", [max(used[name]) for name in names]),
        Column("gas", "Gas", "integer", [sum(used[name]) for name in names]),
        Column("fees", "Fees", "wei", [sum(one.fee for one in groups[name]) for name in names]),
    ]
    return table(title, "Of the transactions behind the federation's logs, and failed ones where known.", columns)


def behaviours_table(history: History) -> dict[str, Any]:
    """What each behaviour came to."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(history.facts.participants):
        groups[one.behaviour or "unknown"].append(number)
    people, names, net = history.facts.participants, sorted(groups), nets(history.facts)

    def total(value: Callable[[ParticipantFacts], int]) -> list[int]:
        return [sum(value(people[number]) for number in groups[name]) for name in names]

    profit = total(lambda one: net[one.account]) if net else []
    each = [all_ // len(groups[name]) for name, all_ in zip(names, profit, strict=True)] if net else []
    columns = [
        Column("behaviour", "Behaviour", "text", names),
        Column("participants", "Participants", "integer", [len(groups[name]) for name in names]),
        Column("earned", "Earned", "gwei", total(lambda one: one.earned)),
        Column("penalties", "Penalties", "gwei", total(lambda one: one.penalties)),
        Column("net", "Net", "gwei", profit or [None] * len(names)),
        Column("each", "Mean net", "gwei", each or [None] * len(names)),
    ]
    return table("Profit by behaviour", "Behaviours are the scenario's word; the chain does not know them.", columns)


def transactions_column(title: str, rows: Sequence[StandingFacts] | Sequence[MovementFacts]) -> Column:
    """The transaction of every row, or its position where hashes would make the page too large."""
    if len(rows) > MANY_ROWS:
        return Column("position", title, "position", [f"{one.block}:{one.log_index}" for one in rows])
    return Column("transaction", title, "transaction", [one.transaction or None for one in rows])


def utc(time: datetime) -> str:
    """A time as the document writes it. Times without a zone are UTC, as the index keeps them."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(one: StandingFacts) -> str:
    return one.status if one.stands else f"{one.status}, voided"
