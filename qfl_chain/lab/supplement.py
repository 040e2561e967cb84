"""What the lab adds to a run's facts, so that the metrics no chain can tell have figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from qfl_chain.analysis.facts import Supplement
from qfl_chain.errors import InputError
from qfl_chain.lab.cases import RunCases, open_cases
from qfl_chain.lab.counterfactual import deviations
from qfl_chain.lab.data_value import data_values
from qfl_chain.lab.deviation_table import DeviationRow, deviation_rows
from qfl_chain.lab.models import prepared
from qfl_chain.lab.scenarios import scenario_of
from qfl_chain.types import Gwei

SYBILS = 2
"""Over how many accounts a stake is split."""

OnStep = Callable[[str], None]


def supplement(path: Path, on_step: OnStep = lambda step: None) -> Supplement:
    """Replay a run's deviations and train again without each client: minutes for a large run.

    Raises:
        RunError: not a run directory, without a reported round, or without a scenario that reads.
        ContentError: the circuit or the validation set is missing.
    """
    run = open_cases(path)
    found = deviations(run.cases, run.terms.min_stake, SYBILS, lambda number: on_step(f"round {number} again"))
    values = data_values(run, lambda client: on_step(f"training without {client or 'nobody'}"))
    return Supplement(
        rows=_rows(run),
        values={one.name: one.loss for one in values.values},
        deviations=best_deviations(deviation_rows(run, found)),
    )


def best_deviations(rows: Iterable[DeviationRow]) -> Mapping[str, tuple[Gwei, Gwei]]:
    """By deviation, what whoever gains most by it was paid, and what it would have been; without those never possible.

    Two who collude count together.
    """
    held = tuple(rows)
    paid = {row.name: row.paid for row in held}
    gains = {
        "splitting": [(row.paid, gain) for row in held for gain in (row.same, row.nudged)],
        "colluding": [
            (row.paid + paid.get(partner, 0), gain)
            for row in held
            for partner, gain in ((row.partner, row.mean), (row.richer_partner, row.merged))
        ],
        "copying": [(row.paid, gain) for row in held for gain in (row.exact_copy, row.near_copy)],
    }
    possible = {name: [(paid, gain) for paid, gain in each if gain is not None] for name, each in gains.items()}
    best = {name: max(each, key=lambda one: one[1]) for name, each in possible.items() if each}
    return {name: (Gwei(honest), Gwei(honest + gain)) for name, (honest, gain) in best.items()}


def _rows(run: RunCases) -> Mapping[str, int]:
    """How many rows of its own everybody trained on; empty where the data cannot be read again."""
    try:
        data = prepared(scenario_of(run.archive))
    except InputError:
        return {}
    held = {client.name: len(client.own) for client in data.clients}
    return {run.names[account]: held[client] for account, client in run.holdings.items() if client in held}
