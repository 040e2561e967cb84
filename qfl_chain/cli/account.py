"""``qfl account``: keystore files, for whoever has no other tool that makes them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from qfl_chain.cli.output import json_option
from qfl_chain.config import ENVIRONMENT
from qfl_chain.errors import InputError

FOUNDRY = Path("~/.foundry/keystores")

keystore_dir = click.option(
    "--keystore-dir",
    "directory",
    type=click.Path(path_type=Path),
    default=FOUNDRY,
    show_default=True,
    help="The directory of keystores.",
)


@click.group()
def command() -> None:
    """Make and list accounts.

    An account is a version 3 keystore file, encrypted with a password, as Foundry and geth read it.
    """


@command.command()
@click.argument("name")
@keystore_dir
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    envvar=ENVIRONMENT["password_file"],
    show_envvar=True,
    help="A file with the password for the keystore; asked for without it.",
)
def new(name: str, directory: Path, password_file: Path | None) -> None:
    """Make account NAME and print its address. Its key never leaves the encrypted file."""
    from eth_account import Account

    path = _path(name, directory)
    if path.exists():
        raise InputError(f"{path} exists already: choose another name")
    account = Account.create()
    _write_private(path, json.dumps(Account.encrypt(account.key, _password(path, password_file))))
    click.echo(account.address)


@command.command()
@click.argument("name")
@keystore_dir
def show(name: str, directory: Path) -> None:
    """Print the address of account NAME. No password is needed."""
    click.echo(_address(_path(name, directory)))


@command.command("list")
@keystore_dir
@json_option
def list_accounts(directory: Path, as_json: bool) -> None:
    """List the accounts of a directory, with their addresses."""
    from qfl_chain.cli.output import print_json

    folder = directory.expanduser()
    if not folder.is_dir():
        raise InputError(f"{folder} is no directory: `qfl account new` makes it")
    found = {path.name: _address(path) for path in sorted(folder.iterdir()) if path.is_file()}
    if as_json:
        print_json([{"name": name, "address": address} for name, address in found.items()])
        return
    for name, address in found.items():
        click.echo(f"{address}  {name}")


def _path(name: str, directory: Path) -> Path:
    if not name or name != Path(name).name or name.startswith("."):
        raise InputError(f"{name!r} is no name for an account: write it without slashes, not beginning with a dot")
    return directory.expanduser() / name


def _address(path: Path) -> str:
    from eth_utils.address import to_checksum_address

    try:
        return str(to_checksum_address(json.loads(path.read_text())["address"]))
    except OSError as error:
        raise InputError(f"cannot read the keystore {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a version 3 keystore file with its address") from error


def _write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def _password(path: Path, file: Path | None) -> str:
    if file is None:
        if not sys.stdin.isatty():
            raise InputError("no terminal to ask for a password: name its file with --password-file or ETH_PASSWORD")
        return str(click.prompt(f"Password for {path}", hide_input=True, confirmation_prompt=True, err=True))
    try:
        password = file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the password file {file}: {error}") from error
    if not password:
        raise InputError(f"the password file {file} is empty: write a password into it")
    return password
