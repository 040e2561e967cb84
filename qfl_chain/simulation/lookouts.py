"""The watchers of a run, in this process: they act after every report, and again when a demand has run out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from eth_account.signers.local import LocalAccount

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.examining import Examiner
from qfl_chain.actors.offences import Offences
from qfl_chain.actors.reporting import Peers
from qfl_chain.actors.running import WAIT, Step
from qfl_chain.actors.sightings import Sightings
from qfl_chain.actors.view import ChainView
from qfl_chain.actors.watcher import Watcher
from qfl_chain.chain.court import Web3Court
from qfl_chain.ports import ContentStore, Executor
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Address, Gwei

MOST_STEPS = 10_000
MOST_BONDS = Gwei(10_000_000_000)
"""Ten ether: more than a run's evidence can be worth."""


@dataclass(frozen=True, slots=True)
class Lookout:
    """One watcher of a run."""

    name: str
    account: Address
    watcher: Watcher
    memory: TemporaryDirectory[str]

    def act(self) -> list[Step]:
        """Whatever can be done now."""
        done: list[Step] = []
        while len(done) < MOST_STEPS:
            step = self.watcher.step()
            if step.action == WAIT or step.finished:
                break
            done.append(step)
        return done


def lookout(
    name: str, account: LocalAccount, ledger: Web3Court, store: ContentStore, executor: Executor, peers: Peers
) -> Lookout:
    """A watcher with an account of its own."""
    court = ledger.signed_by(account)
    view = ChainView(court, store)
    memory = TemporaryDirectory(prefix="qfl-watcher-")
    sightings = Sightings(StateFile(Path(memory.name) / "seen.json", {"account": account.address}))
    watcher = Watcher(
        court,
        Examiner(court.terms(), store, executor, view.cumulative),
        Answering(court, store, view),
        Offences(court, store, executor, view, sightings, peers),
        view,
        MOST_BONDS,
    )
    return Lookout(name, Address(account.address), watcher, memory)
