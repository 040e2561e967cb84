"""A command's connections: the chain over JSON-RPC, the account from its keystore, the store, the federation.

Everything that can go wrong on the way becomes an error of ours. An endpoint is named by scheme, host and port
alone: user names, paths and queries of RPC addresses often are access keys.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.deployment import check_chain, check_terms, read_deployment
from qfl_chain.cli.refusals import explain
from qfl_chain.config import Settings
from qfl_chain.errors import ContentError, InputError, LedgerError, Reverted
from qfl_chain.types import Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from qfl_chain.chain.ledger import Web3Ledger
    from qfl_chain.chain.sending import SendPolicy
    from qfl_chain.storage.blocks import BlockStore

REQUEST_TIMEOUT = 10
"""Seconds to wait for one answer of the endpoint."""


@contextmanager
def connect(settings: Settings) -> Iterator[Web3]:
    """A connection to the endpoint, closed at the end.

    Raises:
        InputError: not an http or https address.
        Unreachable: no answer, or one that is no node's.
        LedgerError: the node refuses; or the contract does, and what to do about it.
    """
    import requests

    from qfl_chain.chain.transport import RetryPolicy, answering, open_web3

    with requests.Session() as session:
        web3 = open_web3(settings.rpc_url or "", RetryPolicy(timeout=REQUEST_TIMEOUT), session=session)
        with answering(web3), _explained(web3):
            yield web3


def send_policy(settings: Settings) -> SendPolicy:
    """How a command's transactions are sent."""
    from qfl_chain.chain.sending import SendPolicy

    return SendPolicy() if settings.confirmations is None else SendPolicy(confirmations=settings.confirmations)


@contextmanager
def open_federation(settings: Settings, signer: LocalAccount | None = None) -> Iterator[Web3Ledger]:
    """The federation of the deployment file, checked against the chain.

    Raises:
        InputError: no such file, or not a deployment file.
        WrongContract: the chain or the contract is another one.
        LedgerError: as :func:`connect`.
    """
    from qfl_chain.chain.ledger import Web3Ledger

    path = settings.deployment or Path()
    deployment = read_deployment(path)
    with connect(settings) as web3:
        check_chain(deployment, path, int(web3.eth.chain_id))
        ledger = Web3Ledger(
            web3, Address(deployment.federation), signer, policy=send_policy(settings), from_block=deployment.block
        )
        check_terms(deployment, path, ledger.terms())
        yield ledger


def open_account(settings: Settings) -> LocalAccount:
    """The account in the keystore file, with the password from its file or the terminal.

    Raises:
        InputError: no keystore named, a file that cannot be read, or a wrong password.
    """
    from qfl_chain.chain.accounts import load_keystore

    if settings.keystore is None:
        raise InputError("this signs with an account: name its keystore file with --keystore or ETH_KEYSTORE")
    return load_keystore(settings.keystore, _password(settings))


def open_store(settings: Settings) -> BlockStore:
    """The directory of content blocks, made when missing.

    Raises:
        ContentError: it cannot be one.
    """
    from qfl_chain.storage.blocks import BlockStore

    path = settings.store or Path()
    try:
        return BlockStore(path)
    except OSError as error:
        raise ContentError(f"{path} cannot be a content store: {error.strerror}") from error


@contextmanager
def _explained(web3: Web3) -> Iterator[Web3]:
    try:
        yield web3
    except Reverted as error:
        raise LedgerError(explain(error, int(web3.eth.get_block("latest")["timestamp"]))) from error


def _password(settings: Settings) -> str:
    if settings.password_file is None:
        if not _on_a_terminal():
            raise InputError("no terminal to ask for the password: name its file with --password-file or ETH_PASSWORD")
        return str(click.prompt(f"Password of {settings.keystore}", hide_input=True, err=True))
    try:
        return settings.password_file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the password file {settings.password_file}: {error}") from error


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()
