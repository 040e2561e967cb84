"""Rounds with a circuit of gates, so that the referee can judge all there is: honest reports, on trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from eth_utils import keccak

from qfl_chain.circuit.gates import Angle, Circuit, Gate, Source
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.protocol.codec import Rules, digest_of_bytes
from qfl_chain.protocol.evidence import aggregate_leaf, read_aggregate, row_bytes, row_losses
from qfl_chain.protocol.trial import Trial
from qfl_chain.types import Address, Digest, Gwei
from tests.protocol.builders import Entry, model_block, scene, update_block, validation_block
from tests.protocol.corruptions import trial_of, with_leaves

ONE = 1 << 24
CIRCUIT = Circuit(
    qubits=2,
    features=3,
    parameters=3,
    gates=(
        Gate("RY", (0,), Angle(0, ONE, Source.FEATURE, 0)),
        Gate("RX", (1,), Angle(5, ONE // 2, Source.FEATURE, 2)),
        Gate("CNOT", (0, 1)),
        Gate("RZ", (0,), Angle(0, ONE, Source.PARAMETER, 0)),
        Gate("H", (1,)),
        Gate("RY", (1,), Angle(0, -ONE, Source.PARAMETER, 1)),
        Gate("CZ", (1, 0)),
        Gate("RX", (0,), Angle(1 << 20, 3 * ONE, Source.PARAMETER, 2)),
    ),
    observables=((0, 1),),
)
BASE = (1 << 28, -(1 << 27), 1 << 29)
MAX_NORM = 1 << 30


def trial(
    entries: Sequence[Entry],
    *,
    federation: str,
    rules: Rules | None = None,
    cumulative: Mapping[Address, Gwei] | None = None,
    round_number: int = 1,
) -> Trial:
    """The honest report of a round in which participants ``account(1)``, ``account(2)``, ... revealed these."""
    circuit = Digest(digest_of_bytes(CIRCUIT.to_bytes()))
    contents = [
        entry
        if not isinstance(entry.content, Sequence) or isinstance(entry.content, bytes)
        else Entry(update_block(entry.content, round_number, circuit), entry.stake)
        for entry in entries
    ]
    facts, seen = scene(contents, rules=rules, cumulative=cumulative, round_number=round_number, max_norm=MAX_NORM)
    base = model_block(BASE, 0, circuit)
    facts = replace(facts, federation=Address(federation), base_model=digest_of_bytes(base))
    seen = replace(seen, circuit=circuit, base_model=base, executor=ScoringProgram(CIRCUIT))
    return trial_of(facts, seen, CIRCUIT.to_bytes())


def one_update(circuit: Circuit) -> Trial:
    """A round of one participant, scored on 64 of 1,000 samples, without zero bytes to speak of.

    Those are cheaper in calldata, and would make figures of gas a matter of luck.
    """
    rng = np.random.default_rng(1)
    digest = Digest(digest_of_bytes(circuit.to_bytes()))
    base = model_block(rng.integers(-(1 << 40), 1 << 40, circuit.parameters).tolist(), 0, circuit=digest)
    update = update_block(rng.integers(-(1 << 28), 1 << 28, circuit.parameters).tolist(), 1, digest)
    facts, seen = scene([Entry(update)], max_norm=1 << 60)
    validation = validation_block(Rules(), circuit.features, samples=1_000)
    executor = ScoringProgram(circuit)
    seen = replace(seen, circuit=digest, base_model=base, executor=executor, validation=validation)
    return trial_of(replace(facts, base_model=digest_of_bytes(base)), seen, circuit.to_bytes())


def with_wrong_loss(trial: Trial) -> Trial:
    """The report with one loss of the candidate one unit too high."""
    leaf = read_aggregate(trial.leaves[-1])
    first, *rest = row_losses(trial.rows[leaf.row])
    row = row_bytes([first + 1, *rest])
    return with_leaves(trial, [*trial.leaves[:-1], aggregate_leaf(replace(leaf, row=Digest(keccak(row))))], [row])
