"""The account a command signs with: from a keystore of geth's or Foundry's, or from a plain key with a warning."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.config import Settings
from qfl_chain.errors import InputError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

FOUNDRY = Path(".foundry") / "keystores"
"""Where Foundry keeps keystores, in the home directory; ``cast`` 1.7.1 offers no other default."""


def open_account(settings: Settings) -> LocalAccount:
    """The account that signs, with the password from its file or the terminal.

    Raises:
        InputError: none named, two named, a file that cannot be read or opened, or not the account ``--from`` names.
    """
    chosen = settings.keystore or settings.account
    if settings.private_key_file is not None and chosen is not None:
        raise InputError(
            "both a keystore and a private key file are named: give either --keystore or --account, or "
            "--private-key-file, and look at ETH_KEYSTORE, ETH_KEYSTORE_ACCOUNT and QFL_PRIVATE_KEY_FILE"
        )
    account = _from_keystore(settings) if settings.private_key_file is None else _from_key(settings.private_key_file)
    if settings.sender is not None and account.address.lower() != settings.sender.lower():
        raise InputError(
            f"the account is {account.address}, --from or ETH_FROM says {settings.sender}: name the keystore of the "
            "one you mean"
        )
    return account


def _from_keystore(settings: Settings) -> LocalAccount:
    from qfl_chain.chain.keystores import find_keystore, load_keystore

    if settings.keystore is None and settings.account is None:
        raise InputError(
            "this signs with an account: name its keystore with --keystore or ETH_KEYSTORE, or its name in "
            f"~/{FOUNDRY} with --account or ETH_KEYSTORE_ACCOUNT"
        )
    path = find_keystore(settings.keystore or Path.home() / FOUNDRY, settings.account)
    account = load_keystore(path, _password(path, settings.password_file))
    named = settings.account
    if named is not None and named != path.name and named.lower() != account.address.lower():
        raise InputError(f"{path} holds {account.address} and not {named}: correct --account or --keystore")
    return account


def _from_key(path: Path) -> LocalAccount:
    from qfl_chain.chain.keystores import load_private_key, others_can_read

    account = load_private_key(path)
    click.echo(
        f"warning: {account.address} signs with the plain private key in {path}: "
        "put it into a keystore with `cast wallet import` or `geth account import`",
        err=True,
    )
    if others_can_read(path):
        click.echo(f"warning: others can read {path}: run `chmod 600 {path}`", err=True)
    return account


def _password(keystore: Path, file: Path | None) -> str:
    if file is None:
        if not on_a_terminal():
            raise InputError("no terminal to ask for the password: name its file with --password-file or ETH_PASSWORD")
        return str(click.prompt(f"Password of {keystore}", hide_input=True, err=True))
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise InputError(f"cannot read the password file {file} ({error.strerror}): check path and owner") from error
    except UnicodeDecodeError:
        raise InputError(f"cannot read the password file {file}: it is not UTF-8 text, save it as such") from None


def on_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()
