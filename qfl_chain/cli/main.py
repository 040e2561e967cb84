"""The ``qfl`` command, its entry point, and the exit codes."""

from __future__ import annotations

import os
import sys

import click

from qfl_chain.cli.lazy import LazyGroup
from qfl_chain.errors import QflError

INTERRUPTED = 130
DEFECT = "This is a defect of qfl-chain. Run it again with QFL_TRACEBACK=1 and report what it prints."

COMMANDS = {
    "new": "Write a federation to edit and run.",
    "run": "Run a scenario end to end on a chain in this process.",
    "network": "Run a scenario as separate programs on this machine.",
    "sweep": "Run a grid of scenarios, seeds and parameters over all cores.",
    "verify": "Recompute every report of a run and compare.",
    "analyze": "Say what a run's history shows.",
    "dashboard": "Show a federation as a live page.",
    "devnet": "Run a chain on this machine for several processes.",
    "deploy": "Deploy a scenario's federation on a chain.",
    "deployment": "Check a deployment file against the chain, or write one from it.",
    "join": "Join a federation with a stake, or top up the stake.",
    "round": "Take part in the live round.",
    "participant": "Take part in every round by itself.",
    "oracle": "Recompute, sign and post reports; keep the bond behind them.",
    "watch": "Recompute every report, and prove on chain what is wrong.",
    "dispute": "Explain what is wrong with a report, and what proving it takes.",
    "claim": "Collect what the active report owes the account.",
    "exit": "Leave a federation: start the unbonding of the stake.",
    "withdraw": "Withdraw a stake whose unbonding window is over.",
    "status": "Show a federation's round and phase, stakes, pool and latest report.",
    "account": "Make and list accounts.",
    "circuit": "Show, draw and export circuits.",
    "contracts": "Compile and inspect the contracts.",
    "data": "Describe datasets and what clients would hold.",
    "completion": "Print the completion script for a shell.",
}
"""Every command and its line in the help. Command ``x`` lives in ``qfl_chain.cli.x`` under the name ``command``."""


@click.group(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    package="qfl_chain.cli",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="qfl-chain", prog_name="qfl")
def command() -> None:
    """Train one quantum model together, with the chain on.

    Data goes to standard output, progress and messages to standard error. Exit codes: 0 done, 2 bad input,
    3 protocol, 4 chain, 5 content, 6 run directory, 7 verification failed, 8 a tool is missing, 130 interrupted.
    """


def main() -> None:
    """Entry point: maps every error to its exit code; no traceback reaches a user."""
    # Two threads a library each would fight over the cores; set before numpy is first imported.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        result = command.main(prog_name="qfl", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except QflError as error:
        _fail(f"error: {error}", error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted", INTERRUPTED)
    except Exception as error:
        if os.environ.get("QFL_TRACEBACK"):
            raise
        _fail(f"error: {type(error).__name__}: {error}\n{DEFECT}", QflError.exit_code)


def _fail(message: str, code: int) -> None:
    from qfl_chain.cli.output import printable

    # Messages name what strangers wrote, which must not steer a terminal.
    click.echo(printable(message), err=True)
    sys.exit(code)
