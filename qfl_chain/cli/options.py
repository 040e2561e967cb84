"""Options several commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click

from qfl_chain.config import ENVIRONMENT, Settings
from qfl_chain.types import Address

Command = Callable[..., None]

HELP = {
    "rpc_url": "The chain's JSON-RPC endpoint, http or https.",
    "keystore": "The account's version 3 keystore file.",
    "password_file": "A file with the keystore's password; asked for without it.",
    "store": "The directory of content blocks.",
    "deployment": "The deployment file that `qfl deploy` wrote.",
    "confirmations": "Blocks to wait for, a transaction's own counted.  [default: 1]",
}
"""What the help says of every setting."""

KINDS: dict[str, tuple[Any, str]] = {"rpc_url": (str, "URL"), "confirmations": (click.IntRange(min=1), "BLOCKS")}
"""Settings that are no paths."""


def uses(*required: str, optional: Sequence[str] = ()) -> Callable[[Command], Command]:
    """Give a command the named settings as options, gathered into its argument ``settings``."""

    def decorate(function: Command) -> Command:
        @wraps(function)
        def gathered(*args: Any, **kwargs: Any) -> None:
            values = {name: kwargs.pop(name) for name in (*required, *optional)}
            function(*args, settings=Settings(**values), **kwargs)

        command: Command = gathered
        for name in reversed((*required, *optional)):
            command = _option(name, required=name in required)(command)
        return command

    return decorate


def signs(*required: str) -> Callable[[Command], Command]:
    """As :func:`uses`, for a command that signs with an account."""
    return uses(*required, "keystore", optional=("password_file", "confirmations"))


def _option(name: str, *, required: bool) -> Callable[[Command], Command]:
    kind, metavar = KINDS.get(name, (click.Path(path_type=Path), "PATH"))
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        type=kind,
        metavar=metavar,
        envvar=ENVIRONMENT[name],
        show_envvar=True,
        required=required,
        help=HELP[name],
    )


class AddressType(click.ParamType[Address]):
    """An account's address, with its EIP-55 checksum: a mistyped one would be lost money or a lost vote."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        from eth_utils.address import is_checksum_address

        if not is_checksum_address(value):
            self.fail(f"{value!r} is not an address with its EIP-55 checksum: copy it in mixed case", param, ctx)
        return Address(value)


ADDRESS = AddressType()
