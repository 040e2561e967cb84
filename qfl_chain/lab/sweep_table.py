"""A sweep's results: one row a cell, and over the seeds the mean with its confidence interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from qfl_chain.lab.grid import Cell
from qfl_chain.lab.sweeping import CellResult, Parties

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds, and by how much it may be off either way at :data:`CONFIDENCE`.

    ``half`` is Student's t times the standard error; None for one seed, which says nothing of the spread.
    """

    mean: float
    half: float | None

    @property
    def low(self) -> float | None:
        return None if self.half is None else self.mean - self.half

    @property
    def high(self) -> float | None:
        return None if self.half is None else self.mean + self.half


@dataclass(frozen=True, slots=True)
class SweepRow:
    """Cells that differ by their seed alone. Nets are gwei per participant and run.

    Attributes:
        runs: how many of the seeds gave a run; ``failed``: how many did not.
        equal: in how many runs every report recomputed equal.
        pays: ``no`` where the attackers' whole interval is at or below zero, ``yes`` where it is above, else
            ``unclear``; empty without attackers or with one seed.
    """

    scenario: str
    parameters: Mapping[str, Any]
    behaviour: str
    share: float
    runs: int
    failed: int
    equal: int
    accuracy: Interval | None
    attackers: Interval | None
    honest: Interval | None
    pays: str


def interval(values: Sequence[float]) -> Interval | None:
    """The mean of a sample and its confidence interval; None of no sample."""
    if not values:
        return None
    if len(values) == 1:
        return Interval(values[0], None)
    from scipy.stats import t

    quantile = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    return Interval(fmean(values), quantile * stdev(values) / len(values) ** 0.5)


def sweep_rows(cells: Iterable[Cell], results: Mapping[str, CellResult]) -> tuple[SweepRow, ...]:
    """One row for all seeds of a combination, in the order of the cells."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(repr((cell.base, cell.behaviour, cell.share, cell.parameters)), []).append(cell)
    return tuple(_row(group, [results[cell.digest] for cell in group]) for group in groups.values())


def cell_record(cell: Cell, result: CellResult) -> dict[str, Any]:
    """A cell as a flat row of a file: amounts in whole gwei, summed over alike participants."""
    return {
        "run": cell.digest,
        "scenario": cell.base,
        "seed": cell.scenario.seed,
        "behaviour": cell.behaviour,
        "share": round(cell.share, 6),
        **cell.parameters,
        "failure": result.failure,
        "equal": result.equal,
        "reports": result.reports,
        "accuracy": result.accuracy,
        "auc": result.auc,
        **_flat("honest", result.honest),
        **_flat("attackers", result.attackers),
    }


def _flat(name: str, parties: Parties) -> dict[str, int]:
    return {
        name: parties.count,
        f"{name}_earned": parties.earned,
        f"{name}_penalties": parties.penalties,
        f"{name}_gas": parties.gas,
        f"{name}_net": parties.net,
    }


def _row(cells: Sequence[Cell], results: Sequence[CellResult]) -> SweepRow:
    ran = [one for one in results if not one.failure]
    attackers = interval([one.attackers.net / one.attackers.count for one in ran if one.attackers.count])
    return SweepRow(
        scenario=cells[0].base,
        parameters=cells[0].parameters,
        behaviour=cells[0].behaviour,
        share=cells[0].share,
        runs=len(ran),
        failed=len(results) - len(ran),
        equal=sum(one.equal for one in ran),
        accuracy=interval([one.accuracy for one in ran if one.accuracy is not None]),
        attackers=attackers,
        honest=interval([one.honest.net / one.honest.count for one in ran if one.honest.count]),
        pays=_pays(attackers),
    )


def _pays(net: Interval | None) -> str:
    if net is None or net.low is None or net.high is None:
        return ""
    return "yes" if net.low > 0 else "no" if net.high <= 0 else "unclear"
