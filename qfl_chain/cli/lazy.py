"""Groups whose commands are imported when they are called, so that help and completion answer at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group that knows its commands' names and help without importing them.

    Args:
        commands_by_name: every command and its line in the help.
        package: where command ``x`` is ``package.x.command``.
    """

    def __init__(self, *args: Any, commands_by_name: Mapping[str, str], package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lines = commands_by_name
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lines)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self._lines:
            return None
        command: click.Command = import_module(f"{self._package}.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._lines.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self._lines and not args[0].startswith("-"):
            from qfl_chain.schema import nearest

            ctx.fail(f"no command {args[0]!r}{nearest(args[0], list(self._lines))}")
        return super().resolve_command(ctx, args)
