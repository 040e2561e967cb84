"""What a command prints after it wrote to the chain."""

from __future__ import annotations

from typing import Any

import click

from qfl_chain.cli.output import print_json
from qfl_chain.types import Receipt


def print_receipt(receipt: Receipt, sentence: str, *, as_json: bool, **facts: Any) -> None:
    """Print what was done and what it cost; the facts are JSON's alone."""
    if as_json:
        print_json({**facts, "receipt": receipt})
    else:
        click.echo(f"{sentence} ({receipt.gas_used:,} gas, block {receipt.block}, transaction {receipt.transaction})")
