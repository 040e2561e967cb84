"""A deployment file compared with the chain: every statement of it, each with its own message."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qfl_chain.cli.deployment_file import DeployedTerms, Deployment, describe, write_terms
from qfl_chain.errors import WrongContract
from qfl_chain.types import Address, Terms

if TYPE_CHECKING:
    from web3 import Web3

ASK = "get the file again from the sponsor, or write it with `qfl deployment fetch`"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared, and what both sides say."""

    what: str
    found: str


def check_chain(deployment: Deployment, path: Path, chain_id: int) -> None:
    """Compare a deployment's chain with the endpoint's.

    Raises:
        WrongContract: they differ.
    """
    if chain_id != deployment.chain_id:
        raise WrongContract(
            f"{path} is of chain {deployment.chain_id}, the endpoint serves chain {chain_id}: use the other endpoint"
        )


def check_terms(deployment: Deployment, path: Path, terms: Terms) -> None:
    """Compare the terms in a file with those of the contract.

    Raises:
        WrongContract: one differs.
    """
    on_chain = write_terms(terms)
    for name in DeployedTerms.__dataclass_fields__:
        _compare(deployment, path, name, getattr(deployment.terms, name), getattr(on_chain, name))


def check_deployment(web3: Web3, deployment: Deployment, path: Path) -> Terms:
    """Everything a deployment file says, against the chain.

    Returns:
        The terms, as the contract logged them.

    Raises:
        WrongContract: the first difference.
    """
    checks = checking(web3, deployment, path)
    while True:
        try:
            next(checks)
        except StopIteration as end:
            terms: Terms = end.value
            return terms


def checking(web3: Web3, deployment: Deployment, path: Path) -> Generator[Check, None, Terms]:
    """As :func:`check_deployment`, one comparison after the other; the generator returns the terms."""
    from qfl_chain.chain.deployment_code import (
        check_creation,
        check_immutables,
        check_referee,
        code_hash,
        deployed_code,
        find_creation,
    )

    federation = Address(deployment.federation)
    check_chain(deployment, path, int(web3.eth.chain_id))
    yield Check("chain id", str(deployment.chain_id))
    code = deployed_code(web3, federation)
    yield Check("code of this version", f"{len(code):,} bytes at {federation}")
    _compare(deployment, path, "code hash", deployment.code_hash, code_hash(code))
    yield Check("code hash", deployment.code_hash)
    creation = find_creation(web3, deployment.transaction)
    _compare(deployment, path, "block", deployment.block, creation.block)
    yield Check("block of the creation", str(deployment.block))
    terms = logged_terms(web3, federation, deployment.block)
    check_terms(deployment, path, terms)
    yield Check("terms in the Deployed log", f"{len(DeployedTerms.__dataclass_fields__)} agree")
    check_immutables(federation, code, terms, deployment.chain_id)
    yield Check("terms in the code", "agree with the log")
    check_referee(web3, terms.referee)
    yield Check("referee of this version", terms.referee)
    check_creation(creation, federation, terms)
    yield Check("created by", f"{creation.sender} in {deployment.transaction}")
    return terms


def fetch_deployment(web3: Web3, federation: Address, block: int) -> Deployment:
    """The deployment of a federation, from the chain alone: its log, its code and its creation are compared.

    Raises:
        WrongContract: no federation of this version there, or one that is forged.
    """
    from qfl_chain.chain.deployment_code import (
        check_creation,
        check_immutables,
        check_referee,
        deployed_code,
        find_creation,
    )
    from qfl_chain.chain.ledger import Web3Ledger

    code = deployed_code(web3, federation)
    terms = logged_terms(web3, federation, block)
    event = Web3Ledger(web3, federation, from_block=block).events()[0]
    chain_id = int(web3.eth.chain_id)
    check_immutables(federation, code, terms, chain_id)
    check_referee(web3, terms.referee)
    check_creation(find_creation(web3, event.transaction), federation, terms)
    return describe(
        chain_id=chain_id,
        federation=federation,
        block=event.block,
        transaction=event.transaction,
        scenario="",
        terms=terms,
    )


def logged_terms(web3: Web3, federation: Address, block: int) -> Terms:
    """The terms in the log of a federation that was created in a block or later.

    Raises:
        WrongContract: no such log.
    """
    from qfl_chain.chain.ledger import Web3Ledger

    try:
        return Web3Ledger(web3, federation, from_block=block).terms()
    except WrongContract as error:
        raise WrongContract(
            f"{federation} has no Deployed log from block {block} on: give its creation's block, or an earlier one"
        ) from error


def _compare(deployment: Deployment, path: Path, what: str, said: object, found: object) -> None:
    if said != found:
        raise WrongContract(
            f"{path} says that the {what} of {deployment.federation} is {_text(said)}, the contract says "
            f"{_text(found)}: {ASK}"
        )


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
