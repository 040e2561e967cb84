"""``qfl analyze check``: the contract's state, rebuilt from an index's logs, beside the contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import json_option, print_json, print_table
from qfl_chain.config import Settings
from qfl_chain.errors import VerificationFailed

if TYPE_CHECKING:
    from qfl_chain.analysis.index.checking import Checked


@click.command()
@click.argument("index", type=click.Path(path_type=Path))
@uses("rpc_url")
@json_option
def command(index: Path, settings: Settings, as_json: bool) -> None:
    """Rebuild the contract's state from the logs in INDEX alone, and compare it with the contract itself.

    INDEX is what `qfl analyze index` wrote, or a deployment file, whose logs are read first. The contract is asked at
    the last block of the index: round, pool, reports, terms, balance and every member, to the gwei. What differs is
    named, with the first event that does, found by asking the contract at earlier blocks; that takes a node which
    keeps their state. Ends with exit code 7 when something differs.
    """
    from qfl_chain.analysis.index.checking import check_index
    from qfl_chain.cli.connection import connect
    from qfl_chain.cli.histories import open_history

    with open_history(index, settings) as opened, connect(settings) as web3:
        checked = check_index(opened, web3)
    if as_json:
        print_json({"index": index, "equal": checked.sound, **_plain(checked)})
    else:
        _show(checked)
    if not checked.sound:
        raise VerificationFailed(
            f"the logs in {index} do not give what the contract is at block {checked.block}; "
            f"the first divergent event: {checked.first}"
        )


def _plain(checked: Checked) -> dict[str, object]:
    return {name: getattr(checked, name) for name in checked.__dataclass_fields__}


def _show(checked: Checked) -> None:
    rows = [(one.subject, one.field, _text(one.logs), _text(one.contract)) for one in checked.differences]
    if rows:
        print_table("What differs", ("of", "field", "logs", "contract"), rows)
    for contradiction in checked.contradictions:
        click.echo(f"the logs contradict themselves: {contradiction}")
    for note in checked.notes:
        click.echo(note)
    verdict = "equal to the contract" if checked.sound else "not what the contract says"
    members = f"{checked.members:,} member{'' if checked.members == 1 else 's'}"
    click.echo(
        f"{checked.events:,} events give {checked.fields:,} fields of {members} at block {checked.block}: {verdict}"
    )


def _text(value: int | bytes | str) -> str:
    if isinstance(value, str):
        return value
    return "0x" + value.hex() if isinstance(value, bytes) else f"{value:,}"
