"""What ``qfl dispute explain`` says of a report: what was checked, what differs, what proves it, costs and earnings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qfl_chain.actors.demands import Shown, demands, shown
from qfl_chain.actors.examining import Examination, Examiner, Lacking, Sound
from qfl_chain.actors.view import ChainView, Earned
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.errors import InputError, RunError
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.filing import NO_FILING, committee_at, filing_of
from qfl_chain.protocol.history import History, RoundRecord
from qfl_chain.protocol.packing import pack_address
from qfl_chain.protocol.refutation import Proof
from qfl_chain.protocol.replay import replay
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.protocol.trial import Withheld
from qfl_chain.types import Address, Gwei

if TYPE_CHECKING:
    from qfl_chain.chain.court import Web3Court
    from qfl_chain.ports import ContentStore


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one report comes to in a dispute.

    Attributes:
        report: pending, active, void, or recorded where it is a run directory's.
        checked: the faults it was searched for and does not have, in their order.
        verdict: sound, wrong, withheld (evidence must be demanded) or lacking (updates must be).
        fault, finding: what is wrong; empty where nothing is known to be.
        proof_bytes: of the proof; 0 without one.
        gas: of refuting; None where it cannot be asked because the report is not pending.
        demands: how many demands are needed, and ``bonds`` what they take in gwei.
        bounty: what refuting earns, in gwei; None where it cannot be told.
    """

    round: int
    report: str
    checked: tuple[str, ...]
    verdict: str
    fault: str
    finding: str
    proof_bytes: int
    gas: int | None
    demands: int
    bonds: Gwei
    bounty: int | None


def explain_live(court: Web3Court, store: ContentStore, number: int) -> Explanation:
    """Explain a report of a federation on a chain.

    Raises:
        InputError: that round has no report.
    """
    view = ChainView(court, store)
    history, events = view.history(), view.events()
    record = _reported(history, number)
    assert record.report is not None  # just asked
    program = ScoringProgram(Circuit.from_bytes(store.get(court.terms().circuit)))
    seen = shown(court, demands(events, number), record.report.evidence_root)
    examined = Examiner(court.terms(), store, program, view.cumulative).examine(history, record, seen)
    pending = number == history.standing[-1] and court.now() < record.active_at if history.standing else False
    state = "pending" if pending else "active" if number in history.standing else "void"
    gas = _gas(court, history, record, examined) if pending else None
    earns = _bounty(court, record) if pending and not isinstance(examined.verdict, Sound) else None
    return _explanation(record, state, examined, court.demand_terms()[0], gas, earns)


def explain_run(path: Path, number: int) -> Explanation:
    """Explain a report of a run directory, from its log and content alone.

    Raises:
        InputError: that round has no report.
        RunError: not a run directory, or one that ended before its federation was deployed.
    """
    from qfl_chain.storage.archive import open_archive

    archive = open_archive(path)
    events, store = archive.events(), archive.blocks
    if not events:
        raise RunError(f"{path} ended before its federation was deployed: there is nothing to explain")
    terms = deployed_terms(events[0])
    history = replay(events, Address(str(archive.facts()["federation"])), terms.model)
    program = ScoringProgram(Circuit.from_bytes(store.get(terms.circuit)))
    record = _reported(history, number)
    examined = Examiner(terms, store, program, Earned(store).cumulative).examine(history, record, Shown())
    bond = Gwei(-(-terms.min_stake // DEMANDS_PER_STAKE))
    return _explanation(record, "recorded", examined, bond, None, None)


DEMANDS_PER_STAKE = 200
"""A demand's bond is the minimum stake, by this, rounded up."""


def _reported(history: History, number: int) -> RoundRecord:
    record = history.rounds.get(number)
    if record is None or record.report is None:
        raise InputError(f"round {number} has no report: nothing can be wrong with it")
    return record


def _explanation(
    record: RoundRecord, state: str, examined: Examination, bond: Gwei, gas: int | None, earns: int | None
) -> Explanation:
    verdict = examined.verdict
    needed, fault, finding, size = 0, "", "", 0
    if isinstance(verdict, Sound):
        name, checked, finding = "sound", tuple(one.name for one in Fault), verdict.note
    elif isinstance(verdict, Proof):
        name, checked = "wrong", tuple(one.name for one in Fault if one < verdict.fault)
        fault, finding, size = verdict.fault.name, verdict.finding, len(verdict.data)
    elif isinstance(verdict, Withheld):
        name, checked, needed = "withheld", (), len(verdict.leaves)
        finding = f"{needed} leaves of its evidence are published nowhere"
    else:
        assert isinstance(verdict, Lacking)
        name, checked, needed = "lacking", (), len(verdict.reveals)
        finding = f"{needed} of the updates revealed are published nowhere"
    return Explanation(
        record.number, state, checked, name, fault, finding, size, gas, needed, Gwei(needed * bond), earns
    )


def _gas(court: Web3Court, history: History, record: RoundRecord, examined: Examination) -> int | None:
    if not isinstance(examined.verdict, Proof):
        return None
    events = court.events()
    oracles = committee_at(events, record.number)
    base = NO_FILING
    if record.base_round is not None:
        base = filing_of(history.rounds[record.base_round], committee_at(events, record.base_round))
    proof = examined.verdict
    return court.refutation_gas(proof.fault, filing_of(record, oracles), base, oracles, proof.data)


def _bounty(court: Web3Court, record: RoundRecord) -> int:
    """A tenth of half of every signer's bond, each part rounded down."""
    oracles = sorted(committee_at(court.events(), record.number), key=pack_address)
    signers = [oracle for place, oracle in enumerate(oracles) if record.signed >> place & 1]
    return sum(court.bond_of(oracle)[0] // 2 for oracle in signers) // 10
