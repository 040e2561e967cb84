"""``qfl data``: datasets, scenarios, and what a scenario's clients would hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from qfl_chain.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from qfl_chain.learning.preprocess import Samples

LICENCES = {"heart": "CC BY 4.0", "breast-cancer": "CC BY 4.0", "iris": "CC BY 4.0"}
"""Licences of the shipped datasets; DATASETS.md says whose they are and where they come from."""


@click.group()
def command() -> None:
    """Describe datasets and what clients would hold."""


@command.command("list")
@json_option
def list_datasets(as_json: bool) -> None:
    """List the shipped datasets."""
    from qfl_chain.learning.datasets import SHIPPED, load

    tables = [load(name) for name in SHIPPED]
    found: list[dict[str, Any]] = [
        {
            "name": table.name,
            "rows": len(table.labels),
            "columns": list(table.columns),
            "classes": list(table.classes),
            "groups": list(dict.fromkeys(table.groups)),
            "dropped": table.dropped,
            "licence": LICENCES[table.name],
        }
        for table in tables
    ]
    if as_json:
        print_json(found)
        return
    rows = [
        (one["name"], str(one["rows"]), str(len(one["columns"])), ", ".join(one["classes"]), one["licence"])
        for one in found
    ]
    print_table("Shipped datasets", ("name", "rows", "columns", "classes", "licence"), rows)


@command.command()
@json_option
def scenarios(as_json: bool) -> None:
    """List the shipped scenarios."""
    from qfl_chain.simulation.scenario import load_scenario, shipped_scenarios

    found = [
        {"name": name, "rounds": one.rounds, "data": one.data.source, "description": one.description}
        for name, one in ((name, load_scenario(name)) for name in shipped_scenarios())
    ]
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['name']}: {one['rounds']} rounds on {one['data']}. {one['description']}")


@command.command()
@click.argument("scenario")
@click.option("--data", "client", metavar="NAME", help="Show this client alone; with a loader, read its rows alone.")
@json_option
def show(scenario: str, client: str | None, as_json: bool) -> None:
    """Show the clients of SCENARIO: rows, classes, and how the data were prepared.

    Public are those of its own rows that a client donates to score updates; training is what it trains on.
    """
    from qfl_chain.learning.clients import prepare, prepare_client
    from qfl_chain.simulation.scenario import load_scenario

    chosen = load_scenario(scenario)
    data = prepare_client(chosen.data, client, chosen.seed).alone if client else prepare(chosen.data, chosen.seed)
    classes = data.public.classes
    clients: list[dict[str, Any]] = [
        {
            "name": one.name,
            "own": balance(one.own, classes),
            "public": balance(one.donated, classes),
            "training": balance(one.train, classes),
            "test": balance(one.test, classes),
        }
        for one in data.clients
    ]
    if as_json:
        print_json({"features": data.public.features, "classes": classes, "clients": clients, "notes": data.notes})
        return
    parts = ("own", "public", "training", "test")
    rows = [(one["name"], *(_shown(one[part]) for part in parts)) for one in clients]
    print_table(f"Rows by class: {' / '.join(classes)}", ("client", *parts), rows)
    for note in (f"features: {', '.join(data.public.features)}", *data.notes):
        click.echo(f"- {note}")


def balance(samples: Samples, classes: tuple[str, ...]) -> dict[str, int]:
    """How many rows there are of every class."""
    counts = Counter(samples.labels.tolist())
    return {name: counts[index] for index, name in enumerate(classes)}


def _shown(counts: dict[str, int]) -> str:
    return f"{sum(counts.values())} ({' / '.join(str(count) for count in counts.values())})"
