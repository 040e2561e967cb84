"""One oracle of ``load.py``, as a process of its own: so that its memory is an oracle's and nothing else's.

It reads its task as JSON from standard input, which keeps the key off the process list, and prints what it found.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eth_account import Account
from memory import peak_kib

from qfl_chain.actors.oracle import Oracle, fetch_updates
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.chain.transport import open_web3
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.protocol.replay import replay
from qfl_chain.simulation.stopwatch import Stopwatch
from qfl_chain.storage.blocks import BlockStore
from qfl_chain.types import Address, IntArray

ROUND = 1


@dataclass(frozen=True, slots=True)
class TimedExecutor:
    """The scoring program, timed. The one of ``simulation`` would bring the training's packages and their memory."""

    program: ScoringProgram
    stopwatch: Stopwatch

    @property
    def parameters(self) -> int:
        return self.program.parameters

    def losses(self, parameters: IntArray, features: IntArray, targets: IntArray) -> IntArray:
        with self.stopwatch.measure("scoring"):
            return self.program.losses(parameters, features, targets)


def main(task: dict[str, Any]) -> dict[str, Any]:
    """Recompute the round, publish and sign; what that took. ``build`` includes the replay, ``replay`` is it alone."""
    stopwatch, before = Stopwatch(), peak_kib(os.getpid())
    account = Account.from_key(task["key"])
    store = BlockStore(Path(task["store"]))
    with stopwatch.measure("logs"):
        ledger = Web3Ledger(open_web3(task["url"]), Address(task["federation"]))
        events = ledger.events()
    with stopwatch.measure("replay"):
        history = replay(events, ledger.federation, ledger.terms().model)
    with stopwatch.measure("fetch"):
        updates = fetch_updates(store, history.rounds[ROUND].reveals)
    program = TimedExecutor(ScoringProgram(Circuit.from_bytes(store.get(ledger.terms().circuit))), stopwatch)
    oracle = Oracle(ledger, store, program, partial(sign_digest, account))
    with stopwatch.measure("build"):
        outcome = oracle.observe(ROUND, updates)
    with stopwatch.measure("sign"):
        signature = oracle.sign(outcome)
    return {
        "seconds": dict(stopwatch.seconds),
        "signature": signature.compact.hex(),
        "evidence": len(outcome.evidence),
        "start_kib": before,
        "peak_kib": peak_kib(os.getpid()),
    }


if __name__ == "__main__":
    json.dump(main(json.load(sys.stdin)), sys.stdout)
