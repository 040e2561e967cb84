"""A run's summary as tables a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from qfl_chain.analysis.summary import Summary
from qfl_chain.cli.output import print_json, print_table, printable
from qfl_chain.protocol.money import Money

Figures = Mapping[str, Mapping[str, float | None]]


def print_summary(summary: Summary) -> None:
    """Print learning, baselines, participants, gas and money."""
    facts = summary.facts
    click.echo(printable(f"{facts['name']}, seed {facts['seed']}, {facts['status']}; {facts['machine']}"))
    click.echo(printable(f"federation {facts['federation']} on chain {facts['chain_id']}"))
    for note in facts["notes"]:
        click.echo(printable(f"- {note}"))
    click.echo()
    _print_learning(summary)
    _print_baselines(summary)
    _print_participants(summary)
    _print_gas(summary)
    _print_money(summary.money)
    _print_times(facts["seconds"])


def summary_json(summary: Summary, path: Path) -> None:
    """Print the same figures as JSON."""
    print_json(
        {
            "run": str(path),
            "facts": dict(summary.facts),
            "equal": summary.recomputed.sound,
            "rounds": summary.rounds,
            "baselines": summary.baselines,
            "participants": [{**asdict(row), "net": row.net} for row in summary.participants],
            "gas": summary.gas,
            "money": summary.money,
        }
    )


def _print_learning(summary: Summary) -> None:
    clients = [name for name in summary.rounds[0].figures if name != "pooled"] if summary.rounds else []
    rows = [
        (
            str(row.round),
            row.verdict,
            *(_pair(row.figures, name) for name in ("pooled", *clients)),
            f"{row.paid:,}",
        )
        for row in summary.rounds
    ]
    columns = ("round", "verdict", "pooled", *clients, "paid gwei")
    print_table("Global model on held-out rows: accuracy / AUC", columns, rows)


def _print_baselines(summary: Summary) -> None:
    if not summary.baselines or not summary.rounds:
        return
    clients = [name for name in summary.rounds[0].figures if name != "pooled"]
    federated = {"this federation": summary.rounds[-1].figures}
    rows = [
        (name, *(_pair(figures, column) for column in ("pooled", *clients)))
        for name, figures in {**federated, **summary.baselines}.items()
    ]
    print_table("Beside it, on the same rows: accuracy / AUC", ("model", "pooled", *clients), rows)


def _print_participants(summary: Summary) -> None:
    work = [
        (
            row.name,
            row.behaviour,
            *map(str, (row.committed, row.revealed, row.accepted, row.refused)),
            f"{row.score:+.4f}",
        )
        for row in summary.participants
    ]
    columns = ("participant", "behaviour", "committed", "revealed", "scored", "refused", "score")
    note = (
        "Score: mean Shapley value of an update, in validation loss per sample. Refused: calls the contract reverted."
    )
    print_table("Participants: work", columns, work, note)
    money = [
        (row.name, *(f"{one:,}" for one in (row.deposited, row.earned, row.claimed, row.penalties, row.gas, row.net)))
        for row in summary.participants
    ]
    columns = ("participant", "staked", "earned", "claimed", "penalties", "gas", "net")
    print_table("Participants: money, in gwei", columns, money, "Net: earned - penalties - gas.")


def _print_gas(summary: Summary) -> None:
    rows = [
        (row.function, *(f"{value:,}" for value in (row.calls, row.least, row.mean, row.most, row.fees)))
        for row in summary.gas
    ]
    print_table("Gas", ("function", "calls", "least", "mean", "most", "fees gwei"), rows)


def _print_money(money: Money) -> None:
    came = {name: amount for name, amount in money.came().items() if amount or name in ("deposits", "funding")}
    went = {**money.held(), **money.left()}
    always = {"stakes", "unclaimed", "paid", "pool"}
    shown = {name: amount for name, amount in went.items() if amount or name in always}
    click.echo("Money, in gwei")
    click.echo(f"  {' + '.join(came)} = {' + '.join(shown)}")
    click.echo(f"  {_sum(came)} = {_sum(shown)}")
    click.echo(f"  {sum(came.values()):,} = {sum(went.values()):,}")
    if money.penalties:
        click.echo(f"  of which penalties moved from stakes to the pool: {money.penalties:,}")
    click.echo()


def _sum(amounts: Mapping[str, int]) -> str:
    return " + ".join(f"{amount:,}" for amount in amounts.values())


def _print_times(seconds: Mapping[str, float]) -> None:
    shown = ", ".join(f"{activity} {value:.1f} s" for activity, value in seconds.items())
    click.echo(f"Time: {shown}")


def _pair(figures: Figures, name: str) -> str:
    found = figures.get(name, {})
    return " / ".join("-" if value is None else f"{value:.3f}" for value in (found.get("accuracy"), found.get("auc")))
