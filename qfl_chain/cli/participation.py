"""A participant behind a command: its training on its own rows, and what must hold before it reveals."""

from __future__ import annotations

import numpy as np
from eth_account.signers.local import LocalAccount

from qfl_chain.actors.participant import Memory, Participant
from qfl_chain.chain.accounts import salt_secret
from qfl_chain.circuit.gates import Circuit
from qfl_chain.errors import DataError, InputError
from qfl_chain.learning.clients import prepare_client
from qfl_chain.learning.preprocess import PublicData
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.commitment import commitment
from qfl_chain.simulation.federation import TimedLearner, party_seed
from qfl_chain.simulation.scenario import load_scenario
from qfl_chain.simulation.stopwatch import Stopwatch
from qfl_chain.types import Digest, IntArray, Opening


def training_participant(
    ledger: Ledger,
    store: ContentStore,
    account: LocalAccount,
    scenario: str,
    client: str,
    memory: Memory | None = None,
) -> Participant:
    """The participant that holds ``client``'s rows of a scenario, and trains the circuit the chain names.

    Raises:
        ScenarioError: no such scenario.
        DataError: no such client, or rows that the federation's circuit does not read.
        ContentError: the store lacks the circuit.
    """
    chosen, terms = load_scenario(scenario), ledger.terms()
    circuit = Circuit.from_bytes(store.get(terms.circuit))
    held = prepare_client(chosen.data, client, chosen.seed)
    _require_fit(circuit, held.public, scenario)
    learner = TimedLearner(
        circuit, held.client.train, chosen.training, party_seed(chosen, held.index), terms.max_norm, Stopwatch()
    )
    return Participant(ledger, store, learner, salt_secret(account, ledger.chain_id, ledger.federation), memory)


def require_stake(ledger: Ledger) -> None:
    """Whether the account has joined with enough to commit.

    Raises:
        InputError: it has not.
    """
    stake, minimum = ledger.member(ledger.account).stake, ledger.terms().min_stake
    if stake < minimum:
        raise InputError(
            f"{ledger.account} has a stake of {stake:,} gwei, a participant needs {minimum:,}: `qfl join` first"
        )


def collecting_participant(ledger: Ledger, store: ContentStore, account: LocalAccount) -> Participant:
    """The participant of an account that only collects; if it trained, it would change nothing."""
    return Participant(ledger, store, _no_change, salt_secret(account, ledger.chain_id, ledger.federation))


def require_commitment(ledger: Ledger, number: int) -> int:
    """The account's unrevealed commitment in a round.

    Raises:
        InputError: it has none.
    """
    member = ledger.member(ledger.account)
    if member.round != number or not member.commitment:
        raise InputError(f"{ledger.account} has no unrevealed commitment in round {number}: nothing to reveal")
    return member.commitment


def require_same_update(ledger: Ledger, opening: Opening, number: int, committed: int) -> Digest:
    """The digest of the update trained again, which must be the committed one; asked before it is published.

    Raises:
        InputError: it is another.
    """
    if commitment(ledger.federation, number, opening) != committed:
        raise InputError(
            f"the update trained now is not the one {ledger.account} committed to in round {number}: "
            "reveal on the same machine, with the same --scenario and --data as at `qfl round commit`"
        )
    return opening.digest


def _require_fit(circuit: Circuit, data: PublicData, scenario: str) -> None:
    if (len(data.features), data.outputs) != (circuit.features, len(circuit.observables)):
        raise DataError(
            f"the rows of {scenario} have {len(data.features)} features and need {data.outputs} outputs, the "
            f"federation's circuit has {circuit.features} and {len(circuit.observables)}: name the scenario it was "
            "deployed with"
        )


def _no_change(base: IntArray, round_number: int) -> IntArray:
    return np.zeros_like(base)
