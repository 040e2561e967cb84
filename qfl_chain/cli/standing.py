"""Where a federation stands now, gathered from the chain alone, for ``qfl status`` and ``qfl round status``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from qfl_chain.actors.phases import current_window
from qfl_chain.cli.output import print_table
from qfl_chain.cli.refusals import moment
from qfl_chain.ports import Ledger
from qfl_chain.protocol.history import History, RoundRecord
from qfl_chain.protocol.money import Money
from qfl_chain.protocol.replay import replay
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Address, Event, Gwei, LiveRound, Phase, Terms


@dataclass(frozen=True, slots=True)
class RoundStanding:
    """The current round: ``phase`` until ``closes_at``, on the chain's clock; 0 and None where there is no bound."""

    number: int
    phase: Phase
    opens_at: int
    closes_at: int | None
    committed: tuple[Address, ...]
    revealed: tuple[Address, ...]
    min_reveals: int


@dataclass(frozen=True, slots=True)
class Stake:
    """One participant's money, in gwei."""

    participant: Address
    stake: Gwei
    exiting: Gwei
    claimed: Gwei


@dataclass(frozen=True, slots=True)
class ReportStanding:
    """The latest standing report. Claims are paid from it once ``active``."""

    round: int
    active_at: int
    active: bool
    total: Gwei
    model: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A federation at the chain's time ``now``."""

    chain_id: int
    federation: Address
    now: int
    paused: bool
    cancelled: bool
    round: RoundStanding
    participants: tuple[Stake, ...]
    money: Money
    report: ReportStanding | None


def federation_standing(ledger: Ledger) -> Standing:
    """Read where a federation stands."""
    live, terms, now, events = ledger.live(), ledger.terms(), ledger.now(), ledger.events()
    history = replay(events, ledger.federation, terms.model)
    return Standing(
        chain_id=ledger.chain_id,
        federation=ledger.federation,
        now=now,
        paused=live.paused,
        cancelled=live.cancelled,
        round=_round(live, terms, now, history.rounds.get(live.number)),
        participants=tuple(
            Stake(participant, account.stake, account.exiting, account.claimed)
            for participant, account in history.accounts.items()
        ),
        money=history.money,
        report=_report(history, events, terms.challenge_window, now),
    )


def print_standing(standing: Standing) -> None:
    """Print everything."""
    click.echo(f"federation {standing.federation} on chain {standing.chain_id}")
    for name in ("paused", "cancelled"):
        if getattr(standing, name):
            click.echo(f"the federation is {name}")
    print_round(standing)
    _print_report(standing)
    rows = [
        (one.participant, *(f"{x:,}" for x in (one.stake, one.exiting, one.claimed))) for one in standing.participants
    ]
    click.echo()
    print_table("Participants, in gwei", ("participant", "stake", "exiting", "claimed"), rows)
    money = standing.money
    click.echo(f"pool {money.pool:,} gwei, unclaimed {money.unclaimed:,} gwei, paid {money.paid:,} gwei")


def print_round(standing: Standing) -> None:
    """Print the round, its phase and who has acted."""
    here = standing.round
    until = f" until {moment(here.closes_at, standing.now)}" if here.closes_at else ""
    click.echo(f"round {here.number}: {here.phase.value}{until}")
    if here.phase is Phase.IDLE:
        click.echo("the next commit opens a new round")
    counts = f"{len(here.committed)} committed, {len(here.revealed)} revealed"
    click.echo(f"{counts}, {here.min_reveals} reveals needed for a report")
    for participant in here.committed:
        click.echo(f"  {participant} {'revealed' if participant in here.revealed else 'committed'}")


def _print_report(standing: Standing) -> None:
    report = standing.report
    if report is None:
        click.echo("no report stands")
        return
    state = "active since" if report.active else "active from"
    click.echo(f"latest report: round {report.round}, {state} {moment(report.active_at, standing.now)}")
    click.echo(f"  model {report.model}, rewards so far {report.total:,} gwei")


def _round(live: LiveRound, terms: Terms, now: int, record: RoundRecord | None) -> RoundStanding:
    window = current_window(live, terms, now)
    return RoundStanding(
        number=live.number,
        phase=window.phase,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        committed=tuple(commit.participant for commit in record.commits) if record else (),
        revealed=tuple(reveal.participant for reveal in record.reveals) if record else (),
        min_reveals=terms.min_reveals,
    )


def _report(history: History, events: Sequence[Event], challenge_window: int, now: int) -> ReportStanding | None:
    report = history.rounds[history.standing[-1]].report if history.standing else None
    if report is None:
        return None
    posted = [event.timestamp for event in events if event.name == "Reported" and event.args["round"] == report.round]
    active_at = posted[-1] + challenge_window
    return ReportStanding(
        report.round, active_at, active_at <= now, report.total, cid_of(report.model), cid_of(report.evidence)
    )
