"""The referee of these tests: it is told what to say, and says it only where the federation tells it the truth."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import eth_abi
import solcx
from eth_utils import keccak

from qfl_chain.chain.compile import CHECKOUT, SETTINGS, find_compiler

if TYPE_CHECKING:
    from .harness import Deployment, Filing

SOURCE = "tests/contracts/solidity/FakeReferee.sol"
REPORT = "(uint16,uint184,bytes32,bytes32,bytes32,bytes32,uint64)"
CASE = f"(address,bytes32,bytes32,bytes32,uint64,{REPORT},uint40,uint64,uint16,bytes32,bytes32,uint64)"
LEAF = (1, 0, [b"leaf"], [])
"""An excerpt; this referee looks no closer."""


@cache
def runtime() -> bytes:
    """The code that a deployment would leave."""
    paths = [Path(SOURCE), *(path.relative_to(CHECKOUT) for path in CHECKOUT.glob("contracts/interfaces/*.sol"))]
    request = {
        "language": "Solidity",
        "sources": {path.as_posix(): {"content": (CHECKOUT / path).read_text()} for path in paths},
        "settings": {**SETTINGS, "outputSelection": {SOURCE: {"FakeReferee": ["evm.deployedBytecode"]}}},
    }
    answer = solcx.compile_standard(request, solc_binary=find_compiler())
    return bytes.fromhex(answer["contracts"][SOURCE]["FakeReferee"]["evm"]["deployedBytecode"]["object"])


def proof_of(federation: Deployment, fault: int, filing: Filing, base: Filing | None = None) -> bytes:
    """What convinces it of a fault: the facts as the terms, the filing and its base have them."""
    terms, model, rewards, total = federation.terms, federation.terms.model, bytes(32), 0
    if base is not None:
        model, rewards, total = base.report.model, base.report.rewards, base.report.total
    facts = (
        *(federation.address, terms.circuit, terms.validation, terms.validationRoot, terms.maxNorm, filing.report),
        *(filing.reportedAt, filing.budget, filing.revealed, model, rewards, total),
    )
    return keccak(eth_abi.encode(["uint8", CASE], [fault, facts]))


def circuit_of(federation: Deployment, round_number: int) -> bytes:
    """What stands for the circuit's bytes."""
    terms = federation.terms
    return keccak(eth_abi.encode(["bytes32", "uint64", "uint16"], [terms.circuit, terms.maxNorm, round_number]))


def row_of(filing: Filing, index: int) -> bytes:
    """What stands for a leaf's losses."""
    return keccak(eth_abi.encode(["bytes32", "uint32"], [filing.report.evidenceRoot, index]))
