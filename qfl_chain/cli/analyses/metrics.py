"""``qfl analyze metrics``: every figure that docs/metrics.md defines, by group."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json
from qfl_chain.cli.prices import price_options, read_prices
from qfl_chain.config import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qfl_chain.analysis.facts import Facts
    from qfl_chain.analysis.metrics.catalogue import Metric, Prices, Value


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--metric", "names", multiple=True, metavar="NAME", help="Show this metric only; repeat it for several.")
@price_options
@click.option(
    "--lab",
    is_flag=True,
    help="Of a run directory: also replay what cheating would have gained, and train again without each client.",
)
@uses(optional=("rpc_url", "store"))
@json_option
def command(path: Path, names: tuple[str, ...], lab: bool, settings: Settings, as_json: bool, **prices: Any) -> None:
    """Show the metrics of a federation's history: money, fairness, decentralisation, security, learning and cost.

    PATH is a run directory, an index that `qfl analyze index` wrote, or a deployment file. The last needs --rpc-url,
    and --store for what the reports' evidence says. docs/metrics.md defines every metric. A figure that is unknown or
    not defined is shown as -. Gains of deviating, data values and rows of data are known with --lab only, which takes
    seconds to minutes.
    """
    from qfl_chain.analysis.index.facts import load_facts
    from qfl_chain.analysis.metrics.catalogue import measure, select
    from qfl_chain.cli.histories import open_history
    from qfl_chain.cli.metric_tables import print_metrics

    chosen, assumed = select(names), read_prices(prices)
    with open_history(path, settings) as index:
        facts = load_facts(index)
    if lab:
        from qfl_chain.lab.supplement import supplement

        facts = replace(facts, supplement=supplement(path, lambda step: click.echo(step, err=True)))
    values = measure(facts, assumed, [metric.name for metric in chosen])
    if as_json:
        print_json(_jsonable(facts, assumed, values))
    else:
        print_metrics(facts, values, with_curves=not names)


def _jsonable(facts: Facts, prices: Prices, values: Mapping[str, Value]) -> dict[str, Any]:
    from qfl_chain.analysis.metrics.catalogue import METRICS

    return {
        "source": facts.source,
        "chain_id": facts.chain_id,
        "federation": facts.federation,
        "block": facts.block,
        "time": f"{facts.time:%Y-%m-%dT%H:%M:%SZ}",
        "prices": prices,
        "metrics": {name: {**_about(METRICS[name]), "value": value} for name, value in values.items()},
        "gaps": facts.gaps,
    }


def _about(metric: Metric) -> dict[str, str]:
    """What a program needs to know of a metric beside its value."""
    return {"group": metric.group, "title": metric.title, "unit": metric.unit, "per": metric.per}
