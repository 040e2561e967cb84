"""A round's report recomputed by an oracle, and what to print of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qfl_chain.actors.oracle import Oracle, Sign
from qfl_chain.actors.phases import current_window, require_phase
from qfl_chain.actors.signatures import SignedReport
from qfl_chain.actors.view import ChainView
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.cli.output import print_table
from qfl_chain.errors import InputError
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.history import RoundStatus
from qfl_chain.protocol.report import Outcome
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Phase


@dataclass(frozen=True, slots=True)
class Recomputation:
    """A round's outcome, who computed it, and whether the report on chain is ``equal``, ``different`` or ``none``."""

    oracle: Oracle
    outcome: Outcome
    on_chain: str

    def public(self) -> dict[str, Any]:
        """What JSON shows."""
        outcome, report = self.outcome, self.outcome.report
        return {
            "round": report.round,
            "on_chain": self.on_chain,
            "accepted": outcome.accepted,
            "inputs": f"0x{report.inputs:046x}",
            "rewards": report.rewards,
            "model": cid_of(report.model),
            "evidence": cid_of(report.evidence),
            "evidence_root": report.evidence_root,
            "total": report.total,
            "participants": [
                {
                    "participant": one.participant,
                    "status": one.status.name.lower(),
                    "reason": outcome.reasons.get(one.participant, ""),
                    "reward": one.reward,
                    "cumulative": one.cumulative,
                }
                for one in outcome.standings
            ],
        }


def recompute(ledger: Ledger, store: ContentStore, number: int | None, sign: Sign) -> Recomputation:
    """Recompute the report of a round; of the live one without a number.

    Raises:
        InputError: no such round, or nothing revealed in it.
        WrongPhase: its reveals are not over.
        ContentError: circuit, model, validation set or evidence are missing in the store.
    """
    history, live = ChainView(ledger, store).history(), ledger.live()
    number = live.number if number is None else number
    if number == live.number and current_window(live, ledger.terms(), ledger.now()).phase in (
        Phase.COMMIT,
        Phase.REVEAL,
    ):
        require_phase(ledger, Phase.REPORT, "report")
    record = history.rounds.get(number)
    if record is None or not record.reveals:
        raise InputError(f"--round: nothing was revealed in round {number}, so it has no report")
    program = ScoringProgram(Circuit.from_bytes(store.get(ledger.terms().circuit)))
    oracle = Oracle(ledger, store, program, sign)
    outcome = oracle.observe(number)
    if record.status is not RoundStatus.REPORTED:
        return Recomputation(oracle, outcome, "none")
    return Recomputation(oracle, outcome, "equal" if outcome.report == record.report else "different")


def sign(found: Recomputation, ledger: Ledger) -> SignedReport:
    """Publish model and evidence, and sign the report."""
    signature = found.oracle.sign(found.outcome)
    return SignedReport(ledger.chain_id, ledger.federation, found.outcome.report, signature)


def print_recomputation(found: Recomputation) -> None:
    """Print the report and what every update earned."""
    public = found.public()
    verdict = "a new model" if found.outcome.accepted else "the old model stays"
    rows = [
        (
            one["participant"],
            " ".join(filter(None, (one["status"], one["reason"]))),
            *(f"{one[name]:,}" for name in ("reward", "cumulative")),
        )
        for one in public["participants"]
    ]
    title = f"Report of round {public['round']}: {verdict}; on chain: {found.on_chain}"
    note = f"model {public['model']}\nevidence {public['evidence']}\ntotal {public['total']:,} gwei"
    print_table(title, ("participant", "update", "reward gwei", "cumulative gwei"), rows, note)
