"""``qfl run``: a scenario from deployment to the last claim."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from qfl_chain.cli.output import json_option


@click.command()
@click.argument("scenario", default="heart")
@click.option("--seed", type=click.IntRange(min=0), help="Another seed than the scenario's.")
@click.option("--rounds", type=click.IntRange(min=1), help="Another number of rounds than the scenario's.")
@click.option("--out", type=click.Path(path_type=Path), help="The run directory to create.  [default: runs/<id>]")
@click.option("--baselines/--no-baselines", default=True, help="Train the baselines as well.", show_default=True)
@json_option
def command(
    scenario: str, seed: int | None, rounds: int | None, out: Path | None, baselines: bool, as_json: bool
) -> None:
    """Run SCENARIO, a TOML file or the name of a shipped one (`qfl data scenarios` lists them).

    Everything the run produced stays in its directory; `qfl verify` recomputes it.
    """
    from qfl_chain.analysis.summary import summarise
    from qfl_chain.cli.progress import interruptible, progress
    from qfl_chain.cli.tables import print_summary, summary_json
    from qfl_chain.simulation.runner import run
    from qfl_chain.simulation.scenario import find_scenario, load_scenario, scenario_text

    chosen, text = load_scenario(scenario), scenario_text(find_scenario(scenario))
    chosen = chosen.with_seed(seed) if seed is not None else chosen
    chosen = chosen.with_rounds(rounds) if rounds is not None else chosen
    directory = out or Path("runs") / run_id(chosen.name, chosen.seed, datetime.now(UTC))
    try:
        with progress(chosen.rounds) as show, interruptible(show) as on_step:
            archive = run(chosen, directory, scenario_text=text, on_step=on_step, baselines=baselines)
    except KeyboardInterrupt:
        click.echo(f"What was done is in {directory}; it reads: qfl verify {directory}", err=True)
        raise
    summary = summarise(archive.path)
    if as_json:
        summary_json(summary, archive.path)
    else:
        print_summary(summary)
    click.echo(f"\nEverything is in {directory}. Recompute it: qfl verify {directory}", err=True)


def run_id(name: str, seed: int, now: datetime) -> str:
    """A name that sorts by time: ``heart-s0-20261123-184500``."""
    return f"{name}-s{seed}-{now:%Y%m%d-%H%M%S}"
