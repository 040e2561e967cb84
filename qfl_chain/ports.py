"""The three things an actor needs from the outside world, as small protocols.

Actors receive them as arguments; ``chain``, ``storage`` and ``circuit`` implement them; tests pass fakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qfl_chain.types import (
    Address,
    Digest,
    Event,
    Gwei,
    IntArray,
    LiveRound,
    Member,
    Opening,
    Receipt,
    Report,
    Signature,
    Terms,
)


class ContentStore(Protocol):
    """Blocks of bytes by their sha2-256 digest. Trusts nobody: every block is checked when read."""

    def put(self, data: bytes) -> Digest:
        """Keep ``data`` and return its digest."""

    def get(self, digest: Digest) -> bytes:
        """Return the block.

        Raises:
            ContentMissing: nobody has it.
            DigestMismatch: what came back does not hash to ``digest``.
        """


class Executor(Protocol):
    """Runs one circuit's scoring program: integer in, integer out, the same on every machine."""

    @property
    def parameters(self) -> int:
        """How many parameters the circuit has."""

    def losses(self, parameters: IntArray, features: IntArray, targets: IntArray) -> IntArray:
        """Squared losses of parameter sets on samples.

        Args:
            parameters: (sets, parameters) in units.
            features: (samples, features) in units.
            targets: (samples, outputs), each +1 or -1.

        Returns:
            (sets, samples) losses, Q30.
        """


class Ledger(Protocol):
    """One federation on one chain, seen and written as one account.

    Every write waits for its receipt and raises :class:`~qfl_chain.errors.Reverted` when the contract refuses.
    """

    @property
    def federation(self) -> Address: ...
    @property
    def chain_id(self) -> int: ...
    @property
    def account(self) -> Address: ...

    def now(self) -> int:
        """The chain's clock: the latest block's timestamp."""

    def height(self) -> int:
        """The latest block's number."""

    def terms(self) -> Terms: ...
    def live(self) -> LiveRound: ...
    def member(self, participant: Address) -> Member: ...
    def balance(self, account: Address) -> int:
        """Wei held by an account."""

    def active_round(self) -> int | None:
        """The round whose report claims are paid from; None before the first one is active."""

    def openings(self, transaction: str) -> Sequence[Opening]:
        """What a reveal transaction opened, read from its input: public, like everything on chain."""

    def events(self, from_block: int = 0) -> Sequence[Event]:
        """The federation's logs in chain order, from a block on, as the chain has them now.

        After a reorg, logs given before may be gone. While nothing changed, all of them are the same object.
        """

    def resolve(self) -> Receipt | None:
        """Settle the transaction that an earlier process left in flight; None when there is none.

        Its call may have failed: the chain's state says. Every write begins with this.
        """

    def fund(self, amount: Gwei) -> Receipt: ...
    def join(self, amount: Gwei) -> Receipt: ...
    def commit(self, number: int, commitment: int) -> Receipt: ...
    def reveal(self, opening: Opening) -> Receipt: ...
    def reveal_many(self, openings: Sequence[Opening]) -> Receipt: ...
    def report(self, report: Report, signatures: Sequence[Signature]) -> Receipt: ...
    def claim(self, cumulative: Gwei, index: int, proof: bytes) -> Receipt: ...
    def penalize(self, participant: Address) -> Receipt: ...
    def exit(self) -> Receipt: ...
    def withdraw(self) -> Receipt: ...
