"""A wrong expectation value is refuted in one transaction of the whole federation, at the price the design allows."""

from __future__ import annotations

import pytest

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.protocol.codec import decode_validation, digest_of_bytes
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.refutation import Proof, find_fault
from qfl_chain.protocol.validation import validation_root

from .chain import Chain
from .disputes import endow_the_burn_address
from .harness import Deployment
from .judge import Judge
from .referee.trials import one_update, with_wrong_loss
from .references import NO_FILING, Terms, committee

CEILINGS = {(4, 4): 350_000, (8, 3): 4_000_000}
ONE = 1 << 24


def designed(qubits: int, layers: int) -> Circuit:
    """The circuit behind the design's figure: features by RY, then layers of RY, RZ and a ring of CNOT."""
    gates = [Gate("RY", (wire,), Angle(0, ONE, Source.FEATURE, wire)) for wire in range(qubits)]
    parameters = iter(range(2 * qubits * layers))
    for _ in range(layers):
        for wire in range(qubits):
            gates += [Gate(name, (wire,), Angle(0, ONE, Source.PARAMETER, next(parameters))) for name in ("RY", "RZ")]
        gates += [Gate("CNOT", (wire, (wire + 1) % qubits)) for wire in range(qubits)]
    return Circuit(qubits, qubits, 2 * qubits * layers, tuple(gates), ((0,),))


@pytest.mark.parametrize(("qubits", "layers"), CEILINGS)
def test_refuting_a_loss_keeps_its_ceiling(qubits: int, layers: int) -> None:
    chain = Chain(["sponsor", "guardian", "outsider", "alice"])
    endow_the_burn_address(chain)
    lie = with_wrong_loss(one_update(designed(qubits, layers)))
    proof, seen = find_fault(lie), lie.seen
    assert isinstance(proof, Proof)
    root = validation_root(decode_validation(seen.validation))
    digests = seen.circuit, lie.facts.base_model, digest_of_bytes(seen.validation), root
    federation = Deployment.create(chain, Terms(*digests, referee=Judge(chain).referee), committee(4), value=10_000)
    federation.send("alice", "join", value=5_000)
    federation.play(["alice"])
    filing = federation.filing_of(federation.report(evidenceRoot=lie.report.evidence_root), 1)
    sent = federation.send("outsider", "refute", Fault.LOSS, filing, NO_FILING, federation.signers, proof.data)
    assert sent.only("Refuted")["fault"] == Fault.LOSS
    assert sent.gas <= CEILINGS[qubits, layers]
