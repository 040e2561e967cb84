"""An oracle behind ``qfl oracle run`` and a watcher behind ``qfl watch``: their parts put together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from eth_account.signers.local import LocalAccount

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.court import Court
from qfl_chain.actors.examining import Examiner
from qfl_chain.actors.offences import Offences
from qfl_chain.actors.oracle import Oracle
from qfl_chain.actors.peers import HttpPeers
from qfl_chain.actors.reporting import Ballots, Reporting
from qfl_chain.actors.sightings import Sightings
from qfl_chain.actors.view import ChainView
from qfl_chain.actors.watcher import Watcher
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.endpoint import public_name
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.cli.running import state_file
from qfl_chain.cli.watching import Log
from qfl_chain.errors import InputError
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.filing import committee_at
from qfl_chain.types import Address, Gwei


def require_member(account: str, ledger: Ledger) -> None:
    """Whether an account is one of the present committee's.

    Raises:
        InputError: it is not.
    """
    if account not in committee_at(ledger.events(), None):
        raise InputError(f"{account} is not in the federation's committee: sign with an oracle's keystore")


def reporting_oracle(
    ledger: Court,
    store: ContentStore,
    account: LocalAccount,
    state: Path,
    peers: Sequence[str],
    until_round: int,
    confirmations: int,
    log: Log,
    *,
    solo: bool = False,
) -> tuple[Reporting, Ballots]:
    """The oracle's loop, and the ballots it serves to its peers.

    Raises:
        InputError: a peer that is no http address, or a state file of another oracle.
        ContentError: the store lacks the circuit.
    """
    for url in peers:
        public_name(url)
    program = ScoringProgram(Circuit.from_bytes(store.get(ledger.terms().circuit)))
    ballots = Ballots(state_file(state, ledger, account.address, "ballots"))
    actor = Reporting(
        Oracle(ledger, store, program, partial(sign_digest, account)),
        ledger,
        store,
        ChainView(ledger, store),
        ballots,
        HttpPeers(peers),
        Address(account.address),
        confirmations=confirmations - 1,
        until_round=until_round,
        solo=solo,
        tell=lambda reason: log.write("warning", "peer", reason=reason),
    )
    return actor, ballots


def watching_actor(
    court: Court, store: ContentStore, state: Path, peers: Sequence[str], most_bonds: Gwei, until_round: int
) -> Watcher:
    """The watcher's loop.

    Raises:
        InputError: a peer that is no http address, or a state file of another watcher.
        ContentError: the store lacks the circuit.
    """
    for url in peers:
        public_name(url)
    program = ScoringProgram(Circuit.from_bytes(store.get(court.terms().circuit)))
    view = ChainView(court, store)
    sightings = Sightings(state_file(state, court, court.account, "sightings"))
    return Watcher(
        court,
        Examiner(court.terms(), store, program, view.cumulative),
        Answering(court, store, view),
        Offences(court, store, program, view, sightings, HttpPeers(peers)),
        view,
        most_bonds,
        until_round,
    )
