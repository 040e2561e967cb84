"""A command's connections: the chain over JSON-RPC, the account from its keystore, the store, the federation.

Everything that can go wrong on the way becomes an error of ours. An endpoint is named by scheme, host and port
alone: user names, paths and queries of RPC addresses often are access keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from qfl_chain.cli.signing import open_account as open_account
from qfl_chain.cli.deployment_checks import check_deployment
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.cli.refusals import explain
from qfl_chain.config import Settings
from qfl_chain.errors import InputError, LedgerError, Reverted, Unreachable
from qfl_chain.types import Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

    from qfl_chain.chain.ledger import Web3Ledger
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
    from web3 import HTTPProvider, Web3
    from web3.exceptions import BadResponseFormat, Web3Exception

    endpoint = public_name(settings.rpc_url or "")
    with requests.Session() as session:
        provider = HTTPProvider(
            settings.rpc_url,
            request_kwargs={"timeout": REQUEST_TIMEOUT},
            session=session,
            exception_retry_configuration=None,
        )
        try:
            with _explained(Web3(provider)) as web3:
                yield web3
        except (Unreachable, requests.ConnectionError, requests.Timeout) as error:
            raise Unreachable(f"no answer from {endpoint}: check the address, and that the node runs") from error
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else "unknown"
            raise Unreachable(f"{endpoint} answers with HTTP status {status}: check address and access") from error
        except (requests.RequestException, json.JSONDecodeError, BadResponseFormat) as error:
            raise Unreachable(f"{endpoint} does not answer as an Ethereum node: check the address") from error
        except Web3Exception as error:
            raise LedgerError(f"{endpoint} refuses: {_reason(error)}") from error


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
        check_deployment(web3, deployment, path)
        yield Web3Ledger(web3, Address(deployment.federation), signer, from_block=deployment.block)


def open_store(settings: Settings) -> ContentStore:
    """The content stores of the settings, as one.

    Raises:
        InputError: an address that is none.
        ContentError: a path that cannot be a directory of blocks.
    """
    from qfl_chain.storage import places

    return places.open_store(settings.store)


def public_name(url: str) -> str:
    """The part of an endpoint's address that gives no access.

    Raises:
        InputError: not an http or https address.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise InputError("the RPC address cannot be read: write for example http://127.0.0.1:8545") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("the RPC address must begin with http:// or https:// and name a host")
    return f"{parts.scheme}://{parts.hostname}{port}"


@contextmanager
def _explained(web3: Web3) -> Iterator[Web3]:
    try:
        yield web3
    except Reverted as error:
        raise LedgerError(explain(error, int(web3.eth.get_block("latest")["timestamp"]))) from error


def _reason(error: Exception) -> str:
    """The node's own words, where web3 kept them."""
    answer: Any = getattr(error, "rpc_response", None) or {}
    return str(answer.get("error", {}).get("message") or error)
