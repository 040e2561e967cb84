"""Quantum federated learning with the chain on: run a scenario, and recompute what it reported.

The names below are imported when first used, so that ``import qfl_chain`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qfl_chain.analysis.summary import Summary, summarise
    from qfl_chain.analysis.verify import Recomputed, verify
    from qfl_chain.circuit.gates import Circuit
    from qfl_chain.circuit.trace import trace
    from qfl_chain.simulation.runner import run
    from qfl_chain.simulation.scenario import Scenario, load_scenario

_HOMES = {
    "Circuit": "qfl_chain.circuit.gates",
    "Recomputed": "qfl_chain.analysis.verify",
    "Scenario": "qfl_chain.simulation.scenario",
    "Summary": "qfl_chain.analysis.summary",
    "load_scenario": "qfl_chain.simulation.scenario",
    "run": "qfl_chain.simulation.runner",
    "summarise": "qfl_chain.analysis.summary",
    "trace": "qfl_chain.circuit.trace",
    "verify": "qfl_chain.analysis.verify",
}

__all__ = [
    "Circuit",
    "Recomputed",
    "Scenario",
    "Summary",
    "load_scenario",
    "run",
    "summarise",
    "trace",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qfl_chain' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
