"""A command's connections: the chain over JSON-RPC, the account from its keystore, the store, the federation.

Everything that can go wrong on the way becomes an error of ours. An endpoint is named by scheme, host and port
alone: user names, paths and queries of RPC addresses often are access keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from qfl_chain.cli.deployment_checks import check_deployment
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.cli.refusals import explain
from qfl_chain.cli.signing import open_account as open_account
from qfl_chain.config import Settings
from qfl_chain.errors import LedgerError, Reverted
from qfl_chain.types import Address, Terms

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from qfl_chain.chain.court import Web3Court
    from qfl_chain.chain.outbox import FileOutbox
    from qfl_chain.chain.sending import SendPolicy
    from qfl_chain.ports import ContentStore

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
def open_federation(
    settings: Settings, signer: LocalAccount | None = None, outbox: Callable[[int], FileOutbox] | None = None
) -> Iterator[Web3Court]:
    """The federation of the deployment file, checked against the chain.

    ``outbox`` opens what remembers transactions in flight, by chain id; without it they are forgotten at the end.

    Raises:
        InputError: no such file, or not a deployment file.
        WrongContract: the chain or the contract is another one.
        LedgerError: as :func:`connect`.
    """
    from qfl_chain.chain.court import Web3Court

    path = settings.deployment or Path()
    deployment = read_deployment(path)
    with connect(settings) as web3:
        check_deployment(web3, deployment, path)
        with closing(outbox(deployment.chain_id)) if outbox else nullcontext() as box:
            yield Web3Court(
                web3,
                Address(deployment.federation),
                signer,
                policy=send_policy(settings),
                from_block=deployment.block,
                outbox=box,
            )


def open_store(settings: Settings, terms: Terms | None = None) -> ContentStore:
    """The content stores of the settings, as one.

    With a federation's terms, a block is looked for during an eighth of its shortest phase at the most, so that one
    that nobody has does not hold up the others.

    Raises:
        InputError: an address that is none.
        ContentError: a path that cannot be a directory of blocks.
    """
    from qfl_chain.storage import places

    if terms is None:
        return places.open_store(settings.store)
    shortest = min(terms.commit_window, terms.reveal_window, terms.report_window)
    return places.open_store(settings.store, min(max(shortest / 8, 1.0), places.TIMEOUT))


@contextmanager
def _explained(web3: Web3) -> Iterator[Web3]:
    try:
        yield web3
    except Reverted as error:
        raise LedgerError(explain(error, int(web3.eth.get_block("latest")["timestamp"]))) from error
