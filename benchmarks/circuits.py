"""Gas of refuting one loss: the designed sizes, and the largest circuits that fit the cap of a transaction.

    QFL_SERVICES=FOLDER python benchmarks/circuits.py [QUBITS ...]

Each figure is a whole transaction to the referee that proves one loss of the candidate wrong: its calldata, the four
excerpts (of a subset of 64 samples out of 1,000), the hashes of model and circuit, and the circuit on one sample. The
federation's own part of a refutation comes on top and does not depend on the circuit. Circuits are the data-reuploading
ansatz with one feature a qubit and one output. Needs anvil; takes some minutes, most of them in py-evm.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from subprocess import run
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from qfl_chain.chain.artifacts import load_artifact  # noqa: E402
from qfl_chain.circuit.gates import Circuit, Gate, Source  # noqa: E402
from qfl_chain.circuit.library import ANSATZES  # noqa: E402
from qfl_chain.circuit.trace import trace  # noqa: E402
from qfl_chain.protocol.refutation import Proof, find_fault  # noqa: E402
from tests.anvil import Anvil, anvil  # noqa: E402
from tests.contracts.chain import Chain  # noqa: E402
from tests.contracts.referee.bench import case_of  # noqa: E402
from tests.contracts.referee.trials import one_update, with_wrong_loss  # noqa: E402
from tests.contracts.references import address  # noqa: E402
from tests.services import find  # noqa: E402

CAP = 16_777_216
UNLIMITED = 400_000_000
DESIGNED = ((4, 4, 350_000), (8, 3, 4_000_000))
WIDTHS = tuple(int(width) for width in sys.argv[1:]) or tuple(range(1, 15))

Gas = Callable[[bytes], int]
"""What a transaction with this calldata uses."""


@cache
def calldata(qubits: int, layers: int) -> bytes:
    """A ``judge`` call that proves a loss of the candidate wrong."""
    trial = with_wrong_loss(one_update(_repeated(_period(qubits), layers)))
    proof = find_fault(trial)
    assert isinstance(proof, Proof)
    item = next(item for item in load_artifact("Referee").abi if item.get("name") == "judge")
    types = [collapse_if_tuple(one) for one in item["inputs"]]
    return keccak(f"judge({','.join(types)})".encode())[:4] + encode(types, [proof.fault, case_of(trial), proof.data])


class Period(NamedTuple):
    """As many layers of the ansatz as it takes until its entanglers repeat."""

    circuit: Circuit
    layers: int


@cache
def _period(qubits: int) -> Period:
    layers = max(1, qubits - 1)
    return Period(trace(*ANSATZES["data-reuploading"](qubits, layers, qubits, scale=0.5)), layers)


def _repeated(period: Period, layers: int) -> Circuit:
    """The ansatz with so many layers. Tracing thousands of them would take minutes."""
    one, size = period.circuit, len(period.circuit.gates) // period.layers
    parameters = one.parameters // period.layers
    gates = (
        _shifted(one.gates[at % len(one.gates)], at // len(one.gates) * one.parameters) for at in range(size * layers)
    )
    return replace(one, parameters=parameters * layers, gates=tuple(gates))


def _shifted(gate: Gate, offset: int) -> Gate:
    angle = gate.angle
    if angle is None or angle.source is not Source.PARAMETER:
        return gate
    return replace(gate, angle=replace(angle, index=angle.index + offset))


def on_anvil(node: Anvil) -> Gas:
    """Sends to a referee on anvil, whose transactions may be larger than the cap."""
    sender = node.account(0).address
    deployment = {"from": sender, "data": "0x" + load_artifact("Referee").bytecode.hex(), "gas": hex(UNLIMITED)}
    referee = _receipt(node, deployment)["contractAddress"]

    def gas(data: bytes) -> int:
        fields = {"from": sender, "to": referee, "data": "0x" + data.hex(), "gas": hex(UNLIMITED)}
        receipt = _receipt(node, fields)
        assert receipt["status"] == 1
        return int(receipt["gasUsed"])

    return gas


def _receipt(node: Anvil, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return node.web3.eth.wait_for_transaction_receipt(node.ask("eth_sendTransaction", fields), poll_latency=0.01)


def on_py_evm(chain: Chain) -> Gas:
    """Sends to a referee on eth-tester, with the gas of the cap."""
    referee = chain.transact(address("sponsor"), "", load_artifact("Referee").bytecode, 0)["contract_address"]

    def gas(data: bytes) -> int:
        fields = {"from": address("sponsor"), "to": referee, "data": "0x" + data.hex(), "gas": CAP}
        sent = chain.tester.send_transaction(fields | {"max_fee_per_gas": 10**10, "max_priority_fee_per_gas": 0})
        receipt = chain.tester.get_transaction_receipt(sent)
        assert receipt["status"] == 1
        return int(receipt["gas_used"])

    return gas


def most_layers(gas: Gas, qubits: int) -> int:
    """The most layers under the cap. Gas grows with layers, nearly in proportion."""
    one, two = gas(calldata(qubits, 1)), gas(calldata(qubits, 2))
    layers = max(0, 1 + (CAP - one) // (two - one))
    while layers > 0 and gas(calldata(qubits, layers)) > CAP:
        layers -= max(1, layers // 200)
    while gas(calldata(qubits, layers + 1)) <= CAP:
        layers += 1
    return layers


def designed(remote: Gas, local: Gas) -> None:
    print("\n| qubits x layers | bytes of calldata | gas, anvil | gas, py-evm | ceiling |")
    print("| --- | --- | --- | --- | --- |")
    for qubits, layers, ceiling in DESIGNED:
        data = calldata(qubits, layers)
        print(f"| {qubits} x {layers} | {len(data):,} | {remote(data):,} | {local(data):,} | {ceiling:,} |", flush=True)


def largest(remote: Gas, local: Gas) -> None:
    print("\n| qubits | most layers | gates | bytes of calldata | gas, anvil | gas, py-evm |")
    print("| --- | --- | --- | --- | --- | --- |")
    for qubits in WIDTHS:
        layers = most_layers(remote, qubits)
        data = calldata(qubits, max(layers, 1))
        gates = max(layers, 1) * (qubits * 5 if qubits > 1 else 4)
        fits = f"{local(data):,}" if layers else "does not fit"
        print(f"| {qubits} | {layers} | {gates:,} | {len(data):,} | {remote(data):,} | {fits} |", flush=True)


def main() -> None:
    program = find("anvil")
    if program is None:
        raise SystemExit("anvil is not installed: scripts/install-services installs it")
    named = run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()
    runs = load_artifact("Referee").settings["optimizer"]["runs"]
    print(f"{' '.join(named[:3])}, py-evm {version('py-evm')}; both Prague; solc with optimizer runs {runs}")
    local = on_py_evm(Chain(["sponsor"]))
    with anvil("--gas-limit", str(UNLIMITED), "--disable-code-size-limit", "--hardfork", "prague") as node:
        remote = on_anvil(node)
        designed(remote, local)
        largest(remote, local)


if __name__ == "__main__":
    main()
