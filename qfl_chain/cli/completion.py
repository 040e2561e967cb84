"""``qfl completion``: the script that teaches a shell to complete ``qfl``."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL.

    For example: qfl completion bash > ~/.local/share/bash-completion/completions/qfl
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    from qfl_chain.cli.main import command as qfl

    completions = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    click.echo(completions[shell](qfl, {}, "qfl", "_QFL_COMPLETE").source())
