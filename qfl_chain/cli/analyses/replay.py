"""``qfl analyze replay``: a run's payloads under other rules."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.options import KeyChoice
from qfl_chain.cli.output import json_option, print_json, print_table, printable
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.contribution import CONTRIBUTIONS
from qfl_chain.protocol.rewards import STAKE_WEIGHTS

if TYPE_CHECKING:
    from qfl_chain.lab.models import ModelFigures
    from qfl_chain.lab.replaying import Replayed, ReplayedRound, Ruling
    from qfl_chain.types import Address

WIDEST = 8
"""Participants in the table by round."""

NOTE = (
    "Exact: each round on the chain's own model, with the updates trained from it. Carried: the other rules' own model "
    "throughout, to which the same updates are added; they were trained from another, so it is an approximation."
)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--aggregation", type=KeyChoice(RULES), help="How deltas make a model.  [default: as the run has it]")
@click.option("--contribution", type=KeyChoice(CONTRIBUTIONS), default="shapley", help="What an update is worth.")
@click.option("--stake-weight", type=KeyChoice(STAKE_WEIGHTS), default="linear", help="What a stake counts for.")
@click.option("--figure", type=click.Path(path_type=Path), help="Draw the difference into this .png or .svg file.")
@json_option
def command(
    run: Path, aggregation: str | None, contribution: str, stake_weight: str, figure: Path | None, as_json: bool
) -> None:
    """Judge every round of RUN, a run directory, by other rules, from the same payloads."""
    from qfl_chain.lab.drawing import check_figure, draw_replay
    from qfl_chain.lab.replaying import replay_run
    from qfl_chain.protocol.scheme import Scheme

    if figure is not None:
        check_figure(figure)
    replayed = replay_run(run, Scheme(aggregation or "", contribution, stake_weight))
    if figure is not None:
        draw_replay(replayed, figure)
        click.echo(f"Drawn in {figure}", err=True)
    if as_json:
        print_json({"run": str(run), **replay_json(replayed)})
    else:
        print_replay(replayed)


def replay_json(replayed: Replayed) -> dict[str, object]:
    """A replay as JSON holds it: payments by participant's name, differences beside the amounts."""
    return {
        "scheme": replayed.scheme,
        "own_aggregation": replayed.own_aggregation,
        "participants": [
            {
                **asdict(one),
                "exact_difference": one.exact_difference,
                "carried_difference": one.carried_difference,
            }
            for one in replayed.participants
        ],
        "rounds": [
            {
                "round": one.round,
                **{kind: _named(getattr(one, kind), replayed) for kind in ("own", "exact", "carried")},
            }
            for one in replayed.rounds
        ],
        "own_model": replayed.own_model,
        "carried_model": replayed.carried_model,
        "notes": replayed.notes,
    }


def print_replay(replayed: Replayed) -> None:
    """Print what differs by participant, by round, and at the end."""
    scheme = replayed.scheme
    click.echo(
        f"Under aggregation {scheme.aggregation} (the run's own: {replayed.own_aggregation}), contribution "
        f"{scheme.contribution} (shapley), stake weight {scheme.stake_weight} (linear)"
    )
    for note in replayed.notes:
        click.echo(printable(f"- {note}"))
    click.echo()
    _print_participants(replayed)
    _print_rounds(replayed)
    _print_models(replayed)


def _print_participants(replayed: Replayed) -> None:
    rows = [
        (
            one.name,
            one.behaviour,
            *(f"{amount:,}" for amount in (one.own, one.exact, one.carried)),
            *(f"{amount:+,}" for amount in (one.exact_difference, one.carried_difference)),
        )
        for one in replayed.participants
    ]
    columns = ("participant", "behaviour", "paid", "exact", "carried", "exact - paid", "carried - paid")
    print_table("Paid over the run, in gwei", columns, rows, NOTE)


def _print_rounds(replayed: Replayed) -> None:
    accounts = _shown_accounts(replayed)
    rows = [
        (
            str(one.round),
            *(_difference(one, account) for account in accounts),
            *(_loss(ruled) for ruled in (one.own, one.exact, one.carried)),
        )
        for one in replayed.rounds
    ]
    names = [replayed.names.get(account, account[:10]) for account in accounts]
    print_table(
        "Exact - paid by round, in gwei; loss per drawn sample after the round",
        ("round", *names, "loss", "exact", "carried"),
        rows,
        f"A loss marked * is of a model that was refused: the old one stayed, and nobody was paid. At most {WIDEST} "
        "participants, those whose payment differs most; --json has all.",
    )


def _shown_accounts(replayed: Replayed) -> list[Address]:
    """Who is shown by round, in the order of first reveals."""
    moved: dict[Address, int] = {}
    for one in replayed.rounds:
        for account, paid in one.own.paid.items():
            moved[account] = moved.get(account, 0) + abs(one.exact.paid[account] - paid)
    most = sorted(moved, key=lambda account: -moved[account])[:WIDEST]
    return [account for account in moved if account in most]


def _difference(one: ReplayedRound, account: Address) -> str:
    return f"{one.exact.paid[account] - one.own.paid[account]:+,}" if account in one.own.paid else "-"


def _loss(ruled: Ruling) -> str:
    return f"{ruled.loss_after:.4f}{'' if ruled.accepted else ' *'}"


def _print_models(replayed: Replayed) -> None:
    models = {"own rules": replayed.own_model, "carried": replayed.carried_model}
    rows = [(name, *_figures(figures)) for name, figures in models.items()]
    columns = ("last model", "validation loss", "validation accuracy", "test accuracy", "test AUC")
    print_table("What was learned", columns, rows)


def _figures(figures: ModelFigures) -> tuple[str, ...]:
    values = (figures.validation_loss, figures.validation_accuracy, figures.test_accuracy, figures.test_auc)
    return tuple("-" if value is None else f"{value:.4f}" for value in values)


def _named(ruled: Ruling, replayed: Replayed) -> dict[str, object]:
    paid = {replayed.names.get(account, account): amount for account, amount in ruled.paid.items()}
    return {**asdict(ruled), "paid": paid}
