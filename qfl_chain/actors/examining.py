"""Whether a posted report is the one that follows from its round, and if not, which proof says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eth_hash.auto import keccak

from qfl_chain.actors.demands import Shown
from qfl_chain.actors.oracle import fetch_updates
from qfl_chain.errors import ContentError, ContentUnreachable, ProtocolError
from qfl_chain.ports import ContentStore, Executor
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.evidence import EvidenceBlock, split_evidence
from qfl_chain.protocol.history import History, RoundRecord
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.protocol.refutation import Proof, find_fault
from qfl_chain.protocol.replay import round_facts
from qfl_chain.protocol.report import Observations, Outcome, build_report
from qfl_chain.protocol.trial import Trial, Withheld, open_evidence, rows_by_hash
from qfl_chain.types import Address, Digest, Gwei, Report, Reveal, Round, Terms


@dataclass(frozen=True, slots=True)
class Sound:
    """The report follows from its round. ``note`` says what of it cannot be used all the same, if anything."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Lacking:
    """Places of reveals whose bytes nobody gives, and of which no demand had run out when the report was posted."""

    reveals: tuple[int, ...]


Rewards = Callable[[History, int | None], Mapping[Address, Gwei]]

Verdict = Sound | Proof | Withheld | Lacking
"""What examining a report ends with."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A verdict on a report, and one's own report of the same round where it could be made."""

    report: Report
    verdict: Verdict
    outcome: Outcome | None = None


class Examiner:
    """Recomputes reports.

    Args:
        terms: what the sponsor fixed.
        store: where content is fetched, and one's own findings are kept.
        executor: the circuit's scoring program.
        earned: everybody's rewards up to and with the report of a round; those of :class:`ChainView`.
    """

    def __init__(self, terms: Terms, store: ContentStore, executor: Executor, earned: Rewards) -> None:
        self._terms = terms
        self._store = store
        self._executor = executor
        self._earned = earned
        self._outcomes: dict[Report, tuple[Round, Observations, Outcome]] = {}

    def examine(self, history: History, record: RoundRecord, seen: Shown) -> Examination:
        """Compare a posted report with one's own, as far as content and the answers on chain allow.

        Raises:
            ContentUnreachable: the store cannot be asked, which says nothing of the report.
            ContentError: circuit, validation set or base model are missing.
            ProtocolError: the rewards before the round cannot be rebuilt.
        """
        report = _reported(record)
        updates = self._updates(record, seen)
        silent = record.silent_at(record.reported_at)
        lacking = tuple(at for at, one in enumerate(record.reveals) if _lacks(one, updates, silent))
        if lacking:
            return Examination(report, Lacking(lacking))
        facts, observed, outcome = self._recompute(history, record, updates, silent)
        if outcome.report == report:
            return Examination(report, Sound(), outcome)
        block = self._evidence(report, outcome, seen)
        if isinstance(block, Withheld):
            return Examination(report, block, outcome)
        rows = rows_by_hash(block, outcome) | {keccak(row): row for row in seen.rows}
        circuit = self._store.get(self._terms.circuit)
        trial = Trial(report, block.leaves, rows, facts, observed, circuit, outcome)
        verdict = find_fault(trial) or Sound("its evidence is not where it says: recompute the round to claim from it")
        return Examination(report, verdict, outcome)

    def _updates(self, record: RoundRecord, seen: Shown) -> Mapping[Digest, bytes | None]:
        fetched = fetch_updates(self._store, record.reveals)
        return {digest: data if data is not None else seen.updates.get(digest) for digest, data in fetched.items()}

    def _recompute(
        self,
        history: History,
        record: RoundRecord,
        updates: Mapping[Digest, bytes | None],
        silent: frozenset[tuple[Address, Digest]],
    ) -> tuple[Round, Observations, Outcome]:
        """One's own report; kept, and its model and evidence put into the store, as the oracles' may not be there."""
        report = _reported(record)
        if report not in self._outcomes:
            facts = round_facts(history, record.number, self._earned(history, record.base_round))
            base, validation = self._store.get(facts.base_model), self._store.get(self._terms.validation)
            observed = Observations(
                self._terms.circuit, self._terms.max_norm, base, validation, updates, self._executor, silent
            )
            outcome = build_report(facts, observed)
            self._store.put(outcome.model)
            self._store.put(outcome.evidence)
            self._outcomes = {report: (facts, observed, outcome)}
        return self._outcomes[report]

    def _evidence(self, report: Report, own: Outcome, seen: Shown) -> EvidenceBlock | Withheld:
        """The evidence as it was published, or put together from the answers to demands."""
        opened = open_evidence(report, self._fetched(report), own)
        if not isinstance(opened, Withheld):
            return opened
        count = len(split_evidence(own.evidence).leaves) if seen.count is None else seen.count
        missing = tuple(at for at in range(count) if at not in seen.leaves)
        return Withheld(missing) if missing else EvidenceBlock(tuple(seen.leaves[at] for at in range(count)), b"")

    def _fetched(self, report: Report) -> bytes | None:
        try:
            return self._store.get(report.evidence)
        except ContentUnreachable:
            raise
        except ContentError:
            return None


def published_block(report: Report, store: ContentStore) -> EvidenceBlock | None:
    """The evidence behind a report where it is published as the report says, and leads to its root."""
    try:
        data = store.get(report.evidence)
        block = split_evidence(data)
    except ContentUnreachable:
        raise
    except (ContentError, ProtocolError):
        return None
    leads = digest_of_bytes(data) == report.evidence and tree_root(block.leaves) == report.evidence_root
    return block if block.leaves and leads else None


def _reported(record: RoundRecord) -> Report:
    if record.report is None:
        raise ProtocolError(f"round {record.number} has no report, so there is nothing to examine")
    return record.report


def _lacks(reveal: Reveal, updates: Mapping[Digest, bytes | None], silent: frozenset[tuple[Address, Digest]]) -> bool:
    return updates.get(reveal.digest) is None and (reveal.participant, reveal.digest) not in silent
