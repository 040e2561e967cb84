"""``qfl analyze report``: a federation's history as one page that works from disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from qfl_chain.cli.options import uses
from qfl_chain.cli.output import printable
from qfl_chain.cli.prices import price_options, read_prices
from qfl_chain.config import Settings
from qfl_chain.errors import InputError


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default="report.html",
    show_default=True,
    help="The page to write; it must not exist.",
)
@click.option(
    "--figures",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write every chart there as PNG and SVG too.",
)
@click.option(
    "--lab",
    is_flag=True,
    help="Of a run directory: also replay what cheating would have gained, and train again without each client.",
)
@price_options
@uses(optional=("rpc_url", "store"))
def command(path: Path, out: Path, figures: Path | None, lab: bool, settings: Settings, **prices: Any) -> None:
    """Write what happened as one page: money, fairness, security, learning and cost, with charts and tables.

    PATH is a run directory, an index that `qfl analyze index` wrote, or a deployment file. The last needs --rpc-url,
    and --store for what the reports' evidence says. The page needs no network.
    """
    from qfl_chain.analysis.index.facts import load_facts
    from qfl_chain.analysis.page.document import build_document
    from qfl_chain.analysis.page.render import render_page
    from qfl_chain.cli.histories import open_history

    if out.exists():
        raise InputError(f"{out} exists already: choose another --out")
    with open_history(path, settings) as index:
        facts = load_facts(index)
    if lab:
        from qfl_chain.lab.supplement import supplement

        facts = replace(facts, supplement=supplement(path, lambda step: click.echo(step, err=True)))
    document = build_document(facts, read_prices(prices))
    if figures is not None:
        from qfl_chain.analysis.page.figures import render_figures

        click.echo(f"{figures}: {len(render_figures(document, figures))} figures")
    size = _write(out, render_page(document))
    click.echo(printable(f"{out}: {size:,} bytes, {document['title']} up to block {document['block']:,}"))


def _write(out: Path, page: str) -> int:
    data = page.encode()
    try:
        with out.open("xb") as file:
            return file.write(data)
    except OSError as error:
        raise InputError(f"cannot write {out} ({error.strerror}): choose another --out") from error
