"""What disputes need of the ledger, beyond :class:`~qfl_chain.ports.Ledger`: proofs, demands, answers, bonds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qfl_chain.ports import Ledger
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.filing import ShownLeaf
from qfl_chain.protocol.merkle import Excerpt
from qfl_chain.types import Address, Digest, Filing, Gwei, Receipt, Report, Signature


class Court(Ledger, Protocol):
    """A ledger that disputes are fought out on. Every write raises as the ledger's do."""

    def demand_terms(self) -> tuple[Gwei, int]:
        """What a demand must bring, and the seconds there are to answer it."""

    def bond_of(self, oracle: Address) -> tuple[Gwei, int]:
        """An oracle's bond, and when it can leave; 0 unless it gave notice."""

    def credit(self, account: Address) -> Gwei:
        """What an account can collect."""

    def signed_reports(self, transaction: str) -> Sequence[tuple[Report, Signature]]:
        """The report and the signatures that a transaction posted, read from its input; none for other calls."""

    def shown_update(self, transaction: str) -> bytes | None:
        """The bytes that a transaction answered a demand for an update with."""

    def shown_leaf(self, transaction: str) -> ShownLeaf | None:
        """What a transaction answered a demand for a leaf with."""

    def bond(self, amount: Gwei) -> Receipt: ...
    def unbond(self) -> Receipt: ...
    def withdraw_bond(self) -> Receipt: ...
    def seat(self, oracles: Sequence[Address]) -> Receipt: ...
    def report_alone(self, report: Report, oracles: Sequence[Address]) -> Receipt: ...
    def refute(
        self, fault: Fault, filing: Filing, base: Filing, oracles: Sequence[Address], proof: bytes
    ) -> Receipt: ...
    def refute_equivocation(
        self, first: Report, first_signature: Signature, second: Report, second_signature: Signature
    ) -> Receipt: ...
    def convict_malformed(
        self, number: int, filing: Filing, reveals: bytes, index: int, payload: bytes, circuit: bytes
    ) -> Receipt: ...
    def demand_update(self, number: int, filing: Filing, reveals: bytes, index: int) -> Receipt: ...
    def demand_leaf(self, index: int) -> Receipt: ...
    def answer_update(self, number: int, participant: Address, payload: bytes) -> Receipt: ...
    def answer_leaf(self, filing: Filing, index: int, leaf: Excerpt, row: bytes) -> Receipt: ...
    def convict_silent_update(
        self, number: int, participant: Address, digest: Digest, filing: Filing, oracles: Sequence[Address]
    ) -> Receipt: ...
    def convict_silent_leaf(self, index: int, filing: Filing, oracles: Sequence[Address]) -> Receipt: ...
    def collect(self) -> Receipt: ...
