"""The referee on its own: deployed from its artifact, asked without a transaction."""

from __future__ import annotations

import ast
from typing import Any

import eth_abi
import pytest
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.protocol.faults import Fault

from .chain import Chain
from .references import address
from .round_by_hand import CASE, PROOFS, Reported

SELECTOR = keccak(text=f"judge(uint8,{CASE},bytes)")[:4]
GAS = 16_777_216


class AcquittedError(Exception):
    """The referee reverted: its custom error and arguments."""

    def __init__(self, error: str, args: tuple[Any, ...]) -> None:
        super().__init__(error, args)
        self.error = error
        self.arguments = args


class Judge:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._sender = address("sponsor")
        receipt = chain.transact(self._sender, "", load_artifact("Referee").bytecode, 0)
        self.referee = receipt["contract_address"]

    def convict(self, fault: Fault, case: tuple[Any, ...], proof: tuple[Any, ...] | bytes) -> None:
        """Returns if the proof shows the fault.

        Raises:
            AcquittedError: it does not.
        """
        self._ask(self.chain.tester.call, fault, case, proof)

    def gas(self, fault: Fault, case: tuple[Any, ...], proof: tuple[Any, ...]) -> int:
        """What a whole transaction with this one call uses, calldata included."""
        sent = self._ask(self.chain.tester.send_transaction, fault, case, proof)
        return int(self.chain.tester.get_transaction_receipt(sent)["gas_used"])

    def _ask(self, send: Any, fault: Fault, case: tuple[Any, ...], proof: tuple[Any, ...] | bytes) -> Any:
        encoded = proof if isinstance(proof, bytes) else encode_proof(fault, proof)
        data = SELECTOR + eth_abi.encode(["uint8", CASE, "bytes"], [fault, case, encoded])
        fields = {"from": self._sender, "to": self.referee, "data": "0x" + data.hex(), "gas": GAS}
        try:
            return send(fields | {"max_fee_per_gas": 10**10, "max_priority_fee_per_gas": 0})
        except TransactionFailed as failure:
            raise _decode(failure) from failure


def encode_proof(fault: Fault, proof: tuple[Any, ...]) -> bytes:
    """The ABI encoding of the proof's struct."""
    return bytes(eth_abi.encode([PROOFS[fault]], [proof]))


def _decode(failure: TransactionFailed) -> AcquittedError:
    try:
        data = bytes(ast.literal_eval(failure.args[0]))
    except (SyntaxError, ValueError):
        return AcquittedError("failed", failure.args)
    for item in load_artifact("Referee").abi:
        types = [collapse_if_tuple(field) for field in item.get("inputs", ())]
        if item["type"] == "error" and keccak(text=f"{item['name']}({','.join(types)})")[:4] == data[:4]:
            return AcquittedError(item["name"], tuple(eth_abi.decode(types, data[4:])))
    return AcquittedError("unknown", (data.hex(),))


def refused(judge: Judge, fault: Fault, reported: Reported, proof: tuple[Any, ...]) -> AcquittedError:
    """Why a proof about a round shows nothing."""
    with pytest.raises(AcquittedError) as caught:
        judge.convict(fault, reported.case(), proof)
    return caught.value


def acquitted(judge: Judge, fault: Fault, reported: Reported, proof: tuple[Any, ...]) -> None:
    """Fails unless the referee looked and found everything as it should be."""
    error = refused(judge, fault, reported, proof)
    assert (error.error, error.arguments) == ("NoFault", (fault,))
