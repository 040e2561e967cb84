"""Options several commands share."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from qfl_chain.cli.options import uses
from qfl_chain.config import Settings


@click.command()
@uses("store")
def places(settings: Settings) -> None:
    click.echo("|".join(settings.store))


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--store", "a", "--store", "http://b:5001"], None, "a|http://b:5001"),
        ([], "a, http://b:5001", "a|http://b:5001"),
        (["--store", "with,comma"], "ignored", "with,comma"),
    ],
)
def test_stores_come_in_the_order_given(arguments: list[str], environment: str | None, expected: str) -> None:
    said = CliRunner().invoke(places, arguments, env={"QFL_STORE": environment})
    assert said.output.strip() == expected


def test_an_empty_place_is_refused() -> None:
    said = CliRunner().invoke(places, [], env={"QFL_STORE": "a,,b"})
    assert said.exit_code == 2
    assert "an empty place: give a directory or the address of a Kubo RPC" in said.output
