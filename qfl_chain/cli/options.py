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
    "keystore": "A keystore file (version 3, as geth and Foundry write it), or a directory of them.",
    "account": "The keystore's file name or address in the directory.  [default directory: ~/.foundry/keystores]",
    "sender": "The address the account must have; another one is refused.",
    "private_key_file": "A file with a plain private key, instead of a keystore; warns.",
    "password_file": "A file with the keystore's password; asked for without it.",
    "store": "A directory of content blocks or the address of a Kubo RPC; repeat it to try several in order.",
    "deployment": "The deployment file that `qfl deploy` wrote.",
    "confirmations": "Blocks to wait for, a transaction's own counted.  [default: 1]",
}
"""What the help says of every setting."""

SIGNING = ("keystore", "account", "password_file", "sender", "private_key_file", "confirmations")
"""The settings that say whose signature it is."""

NAMES = {"sender": "--from"}
"""Options that Foundry calls otherwise than we call the setting."""

METAVARS = {"rpc_url": "URL", "account": "NAME", "sender": "ADDRESS", "confirmations": "BLOCKS"}
"""What stands for the value of a setting that is no path."""

TYPES = {"confirmations": click.IntRange(min=1)}
"""Settings that are neither text nor paths."""


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
    return uses(*required, optional=SIGNING)


class PlaceType(click.ParamType[str]):
    """A directory or an address; in an environment variable, several separated by commas."""

    name = "place"
    envvar_list_splitter = ","

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("an empty place: give a directory or the address of a Kubo RPC", param, ctx)
        return value.strip()


def _option(name: str, *, required: bool) -> Callable[[Command], Command]:
    if name == "store":
        return _store(required=required)
    return click.option(
        NAMES.get(name, f"--{name.replace('_', '-')}"),
        name,
        type=TYPES.get(name) or (str if name in METAVARS else click.Path(path_type=Path)),
        metavar=METAVARS.get(name, "PATH"),
        envvar=ENVIRONMENT[name],
        show_envvar=True,
        required=required,
        help=HELP[name],
    )


def _store(*, required: bool) -> Callable[[Command], Command]:
    return click.option(
        "--store",
        type=PlaceType(),
        multiple=True,
        metavar="PLACE",
        envvar=ENVIRONMENT["store"],
        show_envvar=True,
        required=required,
        help=HELP["store"],
    )


class KeyChoice(click.Choice[str]):
    """A key of a registry; what is none of them is answered with the nearest."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        from qfl_chain.schema import nearest

        return f"unknown {value!r}{nearest(str(value), [str(choice) for choice in self.choices])}"


class AddressType(click.ParamType[Address]):
    """An account's address, with its EIP-55 checksum: a mistyped one would be lost money or a lost vote."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        from eth_utils.address import is_checksum_address

        if not is_checksum_address(value):
            self.fail(f"{value!r} is not an address with its EIP-55 checksum: copy it in mixed case", param, ctx)
        return Address(value)


ADDRESS = AddressType()
