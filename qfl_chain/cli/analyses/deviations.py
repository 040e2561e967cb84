"""``qfl analyze deviations``: what cheating would have gained in a run, and what data are truly worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.output import json_option, print_json, print_table, printable

if TYPE_CHECKING:
    from qfl_chain.lab.cases import RunCases
    from qfl_chain.lab.counterfactual import Deviations
    from qfl_chain.lab.data_value import DataValues
    from qfl_chain.lab.deviation_table import AccountCost, DeviationRow

GAINS = (
    "Gains over the run, gas not deducted. Same, nudged: the stake split over {accounts} accounts that submit the same "
    "update, or copies a unit off. Mean, merged: together with the partner for whom it gains most, both submitting the "
    "mean of their updates, or one with both stakes. A further account costs {each_round:,} gwei of gas a round and "
    "{once:,} once."
)
COPIES = (
    "Gains over the run of submitting, every round, the best-paid update of another instead of one's own: the same "
    "bytes, or a copy a unit off. Possible only if the update leaks before the commit phase ends."
)

VALUES = (
    "Loss without: how much higher the mean squared loss on all test rows is after federated averaging without the "
    "data; accuracy lost: how much lower the accuracy."
)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--accounts", type=click.IntRange(2, 16), default=2, show_default=True, help="Sybils of a split stake.")
@click.option("--data-value/--no-data-value", default=True, show_default=True, help="Train again without each client.")
@json_option
def command(run: Path, accounts: int, data_value: bool, as_json: bool) -> None:
    """Judge every round of RUN, a run directory, again as if somebody had split a stake, colluded or copied.

    Beside it stands what each participant's data are worth: how much the test loss rises in training without them.
    """
    from qfl_chain.lab.cases import open_cases
    from qfl_chain.lab.counterfactual import deviations
    from qfl_chain.lab.data_value import data_values
    from qfl_chain.lab.deviation_table import account_cost, deviation_rows

    opened = open_cases(run)
    found = deviations(opened.cases, opened.terms.min_stake, accounts, lambda number: _tell(f"round {number}"))
    rows, cost = deviation_rows(opened, found), account_cost(opened.archive.spendings())
    values = data_values(opened, _tell_training) if data_value else None
    if as_json:
        print_json({"run": str(run), **_json(opened, found, rows, cost, values)})
        return
    for note in opened.notes:
        click.echo(printable(f"- {note}"))
    print_deviations(rows, cost, accounts)
    if values is not None:
        print_data_values(values)


def print_deviations(rows: tuple[DeviationRow, ...], cost: AccountCost, accounts: int) -> None:
    """Print splitting and colluding, then copying."""
    table = [
        (
            row.name,
            row.behaviour,
            f"{row.paid:,}",
            *map(_gain, (row.same, row.nudged)),
            row.partner,
            _gain(row.mean),
            row.richer_partner,
            _gain(row.merged),
        )
        for row in rows[:-1]
    ]
    columns = ("participant", "behaviour", "paid", "same", "nudged", "partner", "mean", "partner", "merged")
    note = GAINS.format(accounts=accounts, each_round=cost.each_round, once=cost.once)
    print_table("Splitting and colluding, in gwei", columns, table, note)
    copied = [(row.name, row.behaviour, f"{row.paid:,}", _gain(row.exact_copy), _gain(row.near_copy)) for row in rows]
    print_table("Copying, in gwei", ("participant", "behaviour", "paid", "same bytes", "a unit off"), copied, COPIES)


def print_data_values(values: DataValues) -> None:
    """Print what data are worth, and how well payment follows it."""
    if values.note:
        click.echo(printable(f"- {values.note}"))
        return
    table = [
        (
            one.name,
            one.behaviour,
            one.client or "-",
            f"{one.paid:,}",
            f"{one.contribution:+.4f}",
            f"{one.loss:+.4f}",
            f"{one.accuracy:+.4f}",
        )
        for one in values.values
    ]
    columns = ("participant", "behaviour", "data", "paid", "contribution", "loss without", "accuracy lost")
    print_table("What data are worth", columns, table, VALUES)
    ranks = [
        (
            f"{one.of} and {one.to}",
            *("-" if value is None else f"{value:+.3f}" for value in (one.spearman, one.kendall)),
        )
        for one in values.correlations
    ]
    print_table("Rank correlation over participants", ("", "Spearman", "Kendall"), ranks)


def _json(
    run: RunCases, found: Deviations, rows: tuple[DeviationRow, ...], cost: AccountCost, values: DataValues | None
) -> dict[str, Any]:
    return {
        "accounts": found.accounts,
        "participants": rows,
        "account_cost": cost,
        "splitting": [{**asdict(one), "participant": _name(run, one.participant)} for one in found.sybils],
        "colluding": [
            {**asdict(one), "first": _name(run, one.first), "second": _name(run, one.second)}
            for one in found.collusions
        ],
        "copying": [
            {**asdict(one), "participant": _name(run, one.participant), "victim": _name(run, one.victim)}
            for one in found.copies
        ],
        "data": values,
        "notes": run.notes,
    }


def _name(run: RunCases, account: Any) -> str | None:
    return None if account is None else run.names.get(account, account)


def _gain(value: int | None) -> str:
    return "-" if value is None else f"{value:+,}"


def _tell_training(client: str) -> None:
    _tell(f"training without {client}" if client else "training with everybody")


def _tell(text: str) -> None:
    click.echo(text, err=True)
