"""A federation that ran on a network, written down as a run directory, so that everything that reads runs reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from web3 import Web3

from qfl_chain.actors.view import ChainView
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.chain.transactions import transactions
from qfl_chain.circuit.gates import Circuit
from qfl_chain.errors import ContentError
from qfl_chain.learning.baselines import evaluate_model
from qfl_chain.learning.clients import prepare
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.codec import decode_model
from qfl_chain.protocol.history import History
from qfl_chain.simulation.evaluation import compute_baselines, figures
from qfl_chain.simulation.runlog import run_facts
from qfl_chain.simulation.scenario import Scenario
from qfl_chain.storage.archive import RunArchive, Spending, create_archive
from qfl_chain.types import Address, Digest, Terms


def capture(
    web3: Web3,
    ledger: Web3Ledger,
    store: ContentStore,
    scenario: Scenario,
    scenario_text: str,
    parties: Mapping[str, Address],
    from_block: int,
    directory: Path,
) -> RunArchive:
    """Write a run directory from the chain and the content store.

    Args:
        web3: the chain.
        ledger: the federation.
        store: where its content is.
        scenario: what was deployed, its rounds those that were run.
        scenario_text: its TOML.
        parties: the participants' accounts by the name of their data.
        from_block: the block of the deployment.
        directory: the run directory to create.

    Raises:
        RunError: there is something at that path already.
        LedgerError: the chain does not answer.
    """
    archive = create_archive(directory, scenario_text)
    data = prepare(scenario.data, scenario.seed)
    terms, events = ledger.terms(), ledger.events()
    facts = {
        **run_facts(scenario),
        "chain_id": ledger.chain_id,
        "federation": ledger.federation,
        "sponsor": terms.sponsor,
        "oracles": list(terms.oracles),
        "participants": [
            {"name": name, "behaviour": "honest", "data": name, "account": account} for name, account in parties.items()
        ],
        "notes": list(data.notes),
    }
    archive.append_events(events)
    names: dict[Address, str] = {account: name for name, account in parties.items()}
    names |= {terms.sponsor: "sponsor", **dict.fromkeys(terms.oracles, "oracles")}
    archive.append_spending(
        Spending(names.get(sent.sender, sent.sender), sent.receipt, sent.sender, sent.succeeded)
        for sent in transactions(web3, ledger.federation, from_block)
    )
    history = ChainView(ledger, store).history()
    _copy(store, archive, _named(terms, history))
    circuit = Circuit.from_bytes(archive.blocks.get(terms.circuit))
    model = terms.model
    for number in (0, *history.rounds):
        report = history.rounds[number].report if number in history.standing else None
        model = report.model if report else model
        parameters = decode_model(archive.blocks.get(model)).parameters
        archive.append_metrics({"round": number, "figures": figures(evaluate_model(circuit, parameters, data.clients))})
    archive.write_baselines(compute_baselines(scenario, data, circuit))
    archive.describe({**facts, "status": "complete", "seconds": {}})
    return archive


def _named(terms: Terms, history: History) -> set[Digest]:
    """Every block that terms, reveals and reports name."""
    named = {terms.circuit, terms.model, terms.validation}
    for record in history.rounds.values():
        named |= {reveal.digest for reveal in record.reveals}
        named |= {record.report.model, record.report.evidence} if record.report else set()
    return named


def _copy(store: ContentStore, archive: RunArchive, digests: set[Digest]) -> None:
    for digest in sorted(digests):
        try:
            archive.blocks.put(store.get(digest))
        except ContentError:
            continue  # an update nobody published; `qfl verify` names it
