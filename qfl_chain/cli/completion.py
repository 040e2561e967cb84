"""``qfl completion``: the script that teaches a shell to complete ``qfl``."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for SHELL: bash, zsh or fish.

    \b
    qfl completion bash > ~/.local/share/bash-completion/completions/qfl
    qfl completion zsh > ~/.zfunc/_qfl
    qfl completion fish > ~/.config/fish/completions/qfl.fish
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    from qfl_chain.cli.main import command as qfl

    completions = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    click.echo(completions[shell](qfl, {}, "qfl", "_QFL_COMPLETE").source())
