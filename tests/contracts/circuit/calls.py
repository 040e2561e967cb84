"""Calls of ``contracts/libraries/Circuit.sol`` through a contract that only passes them on, compiled when needed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import eth_abi
import numpy as np
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak
from web3.types import RPCEndpoint

from qfl_chain.chain.compile import CHECKOUT, SETTINGS, find_compiler
from qfl_chain.types import IntArray
from tests.anvil import Anvil
from tests.contracts.chain import Chain
from tests.contracts.references import address

HARNESS = "tests/contracts/circuit/CircuitHarness.sol"

# As few as the contracts are compiled for, so that the tests run the same code.
RUNS = 1

GAS_CAP = 16_777_216
ANVIL_GAS = 2_000_000_000
ANVIL_ADDRESS = "0x" + "c1" * 20
ANVIL_OPTIONS = ("--gas-limit", str(2 * ANVIL_GAS), "--code-size-limit", "100000")


class Code(NamedTuple):
    """A contract's bytecode before and after deployment."""

    creation: bytes
    runtime: bytes


@cache
def compile_harness() -> Code:
    """The harness, compiled like the contracts.

    Raises:
        Unavailable: no compiler here.
    """
    import solcx

    names = (HARNESS, "contracts/interfaces/IReferee.sol", "contracts/interfaces/IFederation.sol")
    libraries = ("contracts/libraries/Circuit.sol", "contracts/libraries/Amplitudes.sol")
    request = {
        "language": "Solidity",
        "sources": {name: {"content": (CHECKOUT / name).read_text()} for name in (*names, *libraries)},
        "settings": {
            **SETTINGS,
            "optimizer": {"enabled": True, "runs": RUNS},
            "outputSelection": {"*": {"*": ["evm.bytecode.object", "evm.deployedBytecode.object"]}},
        },
    }
    answer = solcx.compile_standard(request, solc_binary=find_compiler())
    evm = answer["contracts"][HARNESS]["CircuitHarness"]["evm"]
    return Code(*(bytes.fromhex(evm[part]["object"]) for part in ("bytecode", "deployedBytecode")))


Call = Callable[[bytes], bytes]
"""Sends calldata to the harness and returns its answer; raises :class:`RevertedError`."""


class RevertedError(Exception):
    """A call that reverted, with what it gave as the reason."""

    def __init__(self, reason: bytes) -> None:
        super().__init__(reason.hex())
        self.reason = reason


UNREADABLE_CIRCUIT = keccak(text="UnreadableBytes(string)")[:4] + eth_abi.encode(["string"], ["circuit"])
"""What a circuit that cannot be read reverts with."""


def on_py_evm(chain: Chain) -> Call:
    """The harness on eth-tester."""
    receipt = chain.transact(address("sponsor"), "", compile_harness().creation, 0)
    fields = {"from": address("sponsor"), "to": receipt["contract_address"], "gas": GAS_CAP}

    def call(data: bytes) -> bytes:
        try:
            answer = chain.tester.call(fields | {"data": "0x" + data.hex()}, block_number="pending")
        except TransactionFailed as failure:
            # eth-tester gives the revert data as the text of a bytes literal.
            raise RevertedError(ast.literal_eval(failure.args[0])) from failure
        return bytes.fromhex(answer[2:])

    return call


def on_anvil(node: Anvil) -> Call:
    """The harness on anvil, where a call may take as much gas as it likes."""
    node.ask("anvil_setCode", ANVIL_ADDRESS, "0x" + compile_harness().runtime.hex())

    def call(data: bytes) -> bytes:
        fields = {"to": ANVIL_ADDRESS, "data": "0x" + data.hex(), "gas": hex(ANVIL_GAS)}
        response = node.web3.provider.make_request(RPCEndpoint("eth_call"), [fields, "latest"])
        if "error" in response:
            raise RevertedError(bytes.fromhex(str(response["error"].get("data", "0x"))[2:]))
        return bytes.fromhex(response["result"][2:])

    return call


def expectations_data(circuit: bytes, parameters: IntArray, features: IntArray) -> bytes:
    """Calldata of ``expectations``."""
    return _encode("expectations", circuit, _parameter_bytes(parameters), _feature_bytes(features))


def loss_data(circuit: bytes, parameters: IntArray, features: IntArray, label: int, classes: int) -> bytes:
    """Calldata of ``loss``."""
    return _encode("loss", circuit, _parameter_bytes(parameters), _feature_bytes(features), label, classes)


def sine_cosine_data(phase: int) -> bytes:
    """Calldata of ``sineCosine``."""
    return _encode("sineCosine", phase)


def parameters_data(circuit: bytes) -> bytes:
    """Calldata of ``parameters``."""
    return _encode("parameters", circuit)


def integers(answer: bytes) -> list[int]:
    """The signed integers of an ABI-encoded ``int256[]``."""
    return list(eth_abi.decode(["int256[]"], answer)[0])


def _encode(name: str, *values: Any) -> bytes:
    types = ",".join("bytes" if isinstance(value, bytes) else "uint256" for value in values)
    return keccak(text=f"{name}({types})")[:4] + eth_abi.encode(types.split(","), values)


def _parameter_bytes(parameters: IntArray) -> bytes:
    return np.asarray(parameters).astype(">i8").tobytes()


def _feature_bytes(features: IntArray) -> bytes:
    return np.asarray(features).astype(">i4").tobytes()
