"""An oracle: fetches what a round revealed, recomputes its report, signs it, and posts it with a quorum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from qfl_chain.actors.view import ChainView
from qfl_chain.errors import ContentError, ContentUnreachable
from qfl_chain.ports import ContentStore, Executor, Ledger
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.protocol.replay import round_facts
from qfl_chain.protocol.report import Observations, Outcome, build_report
from qfl_chain.protocol.validation import check_validation
from qfl_chain.types import Address, Digest, Receipt, Report, Reveal, Signature

Sign = Callable[[bytes], Signature]
"""Signs 32 bytes with the oracle's key."""

MAX_UPDATE_BYTES = 120_000
"""A demand is answered in one transaction, of which nodes pass on 128 KiB. Whoever used longer bytes could not show
them, and would pay for that; so they count as bytes that nobody gave, until their owner shows them on chain."""


class Oracle:
    """One member of the committee.

    Args:
        ledger: the federation, written as the account that transmits.
        store: where updates are fetched and models and evidence published.
        executor: the circuit's scoring program.
        sign: this oracle's signature.
    """

    def __init__(self, ledger: Ledger, store: ContentStore, executor: Executor, sign: Sign) -> None:
        self._ledger = ledger
        self._store = store
        self._executor = executor
        self._sign = sign
        self._view = ChainView(ledger, store)

    @property
    def account(self) -> Address:
        """The account that pays for what it transmits."""
        return self._ledger.account

    def observe(self, number: int, updates: Mapping[Digest, bytes | None] | None = None) -> Outcome:
        """Recompute the report of a closed round from the chain's logs and the content store.

        ``updates`` holds what was fetched already, None where nobody has it; without it everything is fetched now.

        Raises:
            ProtocolError: an update that nobody has, and of which no demand ran out; see :func:`build_report`.
        """
        history, terms = self._view.history(), self._ledger.terms()
        record = history.rounds[number]
        round_ = round_facts(history, number, self._view.cumulative(history, record.base_round))
        validation = self._store.get(terms.validation)
        check_validation(validation, terms.validation_root)
        observations = Observations(
            circuit=terms.circuit,
            max_norm=terms.max_norm,
            base_model=self._store.get(round_.base_model),
            validation=validation,
            updates=fetch_updates(self._store, round_.reveals) if updates is None else updates,
            executor=self._executor,
            silent=record.silent(self._ledger.now()),
        )
        return build_report(round_, observations)

    def sign(self, outcome: Outcome) -> Signature:
        """Publish the model and the evidence, and sign the report that names them."""
        self._store.put(outcome.model)
        self._store.put(outcome.evidence)
        return self.signature(outcome.report)

    def signature(self, report: Report) -> Signature:
        """Sign a report, whatever it says."""
        return self._sign(report_digest(report, self._ledger.chain_id, self._ledger.federation))

    def transmit(self, report: Report, signatures: Sequence[Signature]) -> Receipt:
        """Post a report that a quorum signed. Anybody may."""
        return self._ledger.report(report, signatures)


def fetch_updates(store: ContentStore, reveals: Sequence[Reveal]) -> Mapping[Digest, bytes | None]:
    """What :func:`fetch_update` gives for every reveal.

    Raises:
        ContentUnreachable: the store cannot be asked, which says nothing of what participants published.
    """
    return {reveal.digest: fetch_update(store, reveal.digest) for reveal in reveals}


def fetch_update(store: ContentStore, digest: Digest) -> bytes | None:
    """One update, None where nobody has it, it is damaged, or longer than :data:`MAX_UPDATE_BYTES`.

    Raises:
        ContentUnreachable: the store cannot be asked.
    """
    try:
        data = store.get(digest)
    except ContentUnreachable:
        raise
    except ContentError:
        return None
    return data if len(data) <= MAX_UPDATE_BYTES else None
