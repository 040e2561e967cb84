"""What a run writes down while it goes: its directory, its progress display, and where its time went."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from qfl_chain.actors.view import ChainView
from qfl_chain.errors import Reverted
from qfl_chain.simulation.federation import Federation, Seat
from qfl_chain.simulation.scenario import Scenario
from qfl_chain.simulation.stopwatch import Stopwatch
from qfl_chain.storage.archive import RunArchive, Spending
from qfl_chain.types import Address, Receipt

PACKAGES = ("qfl-chain", "web3", "eth-tester", "py-evm", "pennylane", "jax", "numpy")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, for a progress display.

    ``figures`` holds the global model's pooled test figures at the end of a round.
    """

    round: int
    phase: str
    detail: str = ""
    figures: Mapping[str, float | None] | None = None


OnStep = Callable[[Step], None]


def run_facts(scenario: Scenario) -> dict[str, Any]:
    """What ``run.json`` says of a scenario and of the machine and versions it ran with."""
    return {
        "name": scenario.name,
        "seed": scenario.seed,
        "rounds": scenario.rounds,
        "scenario": asdict(scenario),
        "versions": {package: version(package) for package in PACKAGES},
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
    }


class RunLog:
    """The hand that writes a run directory, in step with the run."""

    def __init__(self, archive: RunArchive, scenario: Scenario, stopwatch: Stopwatch, on_step: OnStep) -> None:
        self.archive = archive
        self.stopwatch = stopwatch
        self.on_step = on_step
        self._facts = run_facts(scenario)
        self._view: ChainView | None = None
        self._written = 0
        self.mark("preparing")

    def mark(self, status: str) -> None:
        """Write ``run.json`` with this status and the times so far."""
        times = {activity: round(seconds, 3) for activity, seconds in self.stopwatch.seconds.items()}
        self.archive.describe({**self._facts, "status": status, "seconds": times})

    def end(self, status: str) -> None:
        """Write what is not written yet, and how the run ended."""
        self.catch_up()
        self.mark(status)

    def founded(self, federation: Federation) -> None:
        """Write down who takes part in which federation."""
        self._view = federation.view
        self._facts |= {
            "chain_id": federation.ledger.chain_id,
            "federation": federation.ledger.federation,
            "sponsor": federation.ledger.account,
            "oracles": [oracle.account for oracle in federation.oracles],
            "participants": [
                {
                    "name": seat.settings.name,
                    "behaviour": seat.settings.behaviour,
                    "data": seat.settings.data,
                    "account": seat.account,
                }
                for seat in federation.seats
            ],
            "notes": list(federation.data.notes),
        }
        sponsor = federation.ledger.account
        self.archive.append_spending([Spending("sponsor", receipt, sponsor) for receipt in federation.deployments])
        self.mark("running")

    def spent(self, party: str, sender: Address, receipt: Receipt | None) -> None:
        """Write down a transaction; None, when nothing was sent, is nothing."""
        if receipt is not None:
            self.archive.append_spending([Spending(party, receipt, sender)])

    def attempt(self, number: int, phase: str, seat: Seat, act: Callable[[], Receipt | None]) -> None:
        """Let a participant act. What the contract refuses an attacker is written down; an honest refusal is raised."""
        name = seat.settings.name
        self.on_step(Step(number, phase, name))
        try:
            self.spent(name, seat.account, act())
        except Reverted as error:
            if seat.settings.behaviour == "honest":
                raise
            self.archive.append_refusal({"round": number, "party": name, "phase": phase, "error": error.error})

    def catch_up(self) -> None:
        """Append the logs the chain added since the last call."""
        events = self._view.events() if self._view else ()
        self.archive.append_events(events[self._written :])
        self._written = len(events)

    def round_ended(self, number: int, figures: Mapping[str, Mapping[str, float | None]], detail: str) -> None:
        """Write a round's logs and figures, and show them."""
        self.catch_up()
        self.archive.append_metrics({"round": number, "figures": figures})
        self.on_step(Step(number, "done", detail, figures["pooled"]))
        self.mark("running")
