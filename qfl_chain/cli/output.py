"""How commands print: tables for people, JSON for programs, both on standard output."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from enum import Enum
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

WIDTH = 200
"""Columns a table may take: rather a line that wraps than a figure that is cut."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")


def printable(text: str) -> str:
    """Text on its lines. Names come from strangers: what could steer a terminal is shown as a question mark."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)


def print_json(value: object) -> None:
    """Print a value: dataclasses as objects, bytes as hex, enums as their values."""
    click.echo(json.dumps(value, indent=2, default=_jsonable, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Print a table: the first column to the left, the others to the right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(_cell(column), justify="left" if index == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*map(_cell, row))
    # Names are what strangers wrote: brackets and colons in them mean nothing.
    screen = Console(highlight=False, markup=False, emoji=False, width=WIDTH, height=WIDTH)
    # Captured, so that it is written in one go by the same hand as all other output.
    with screen.capture() as captured:
        screen.print(printable(title), style="bold")
        screen.print(table)
        if note:
            screen.print(printable(note) + "\n", style="dim")
    click.echo(captured.get(), nl=False, color=screen.is_terminal)


def _cell(text: str) -> str:
    """One line."""
    return printable(text).replace("\n", "?")


def _jsonable(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Enum):
        return value.value
    return str(value)
