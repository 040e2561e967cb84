"""A participant: trains on its own data, commits, reveals, claims. Resumable from the chain at every instant.

The salt follows from the account's key and the round. The update is remembered before it is committed to: with a
deterministic learner it could be made again, but not on another machine or with another version.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from eth_hash.auto import keccak

from qfl_chain.actors.view import ChainView
from qfl_chain.errors import InputError, ProtocolError, Reverted
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.codec import Update, digest_of_bytes, encode_update
from qfl_chain.protocol.commitment import commitment
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Digest, Gwei, IntArray, Opening, Receipt

SALT_BYTES = 16
DITHER = 1 << 8
"""Units, 4e-7 rad: nothing to a model, and 2^8 guesses a parameter to a thief."""


class Learner(Protocol):
    """Turns a base model into an update; the only place where private data is touched."""

    def __call__(self, base: IntArray, round_number: int) -> IntArray:
        """(parameters,) int32 deltas from (parameters,) units, the same for the same arguments."""


class Memory(Protocol):
    """Keeps the update of the round a participant takes part in."""

    def recall(self, number: int) -> bytes | None:
        """The payload kept for a round; None without one."""

    def keep(self, number: int, payload: bytes) -> None:
        """Remember a round's payload; that of the round before is not needed any more."""


class LastUpdate:
    """A memory that ends with the process."""

    def __init__(self) -> None:
        self._kept: tuple[int, bytes] = (0, b"")

    def recall(self, number: int) -> bytes | None:
        return self._kept[1] if self._kept[0] == number else None

    def keep(self, number: int, payload: bytes) -> None:
        self._kept = (number, payload)


class StoredUpdate:
    """A memory that survives the process: written down before anything is committed to."""

    def __init__(self, file: StateFile) -> None:
        self._file = file

    def recall(self, number: int) -> bytes | None:
        kept = self._file.read()
        if kept.get("round") != number:
            return None
        try:
            return bytes.fromhex(kept["payload"])
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{self._file.path} holds no update: restore it, or choose another --state") from error

    def keep(self, number: int, payload: bytes) -> None:
        self._file.write({"round": number, "payload": payload.hex()})


class Participant:
    """One participant of one federation.

    Args:
        ledger: the federation, written as this participant's account.
        store: where updates are published.
        learner: its training.
        secret: 32 bytes only it knows; the salts of its commitments are derived from it.
        memory: where its update waits for the reveal; in this process when not given.
    """

    def __init__(
        self, ledger: Ledger, store: ContentStore, learner: Learner, secret: bytes, memory: Memory | None = None
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._learner = learner
        self._secret = secret
        self._memory = memory or LastUpdate()
        self._view = ChainView(ledger, store)

    def join(self, stake: Gwei) -> Receipt:
        """Put down a stake, or add to it."""
        return self._ledger.join(stake)

    def commit(self) -> Receipt:
        """Train on the round's base model and commit to the update's digest. Publishes nothing."""
        number = self._view.committing_round()
        return self._ledger.commit(number, commitment(self._ledger.federation, number, self.opening(number)))

    def reveal(self) -> Receipt:
        """Open the commitment, and publish the update it named.

        The ledger is asked first: an update is not published before the contract took its reveal. Where it had been
        taken already, by a relayer or before a crash, the update is published and the refusal raised.
        """
        number = self._ledger.live().number
        opening, payload = self.opening(number), self._update(number)
        try:
            receipt = self._ledger.reveal(opening)
        except Reverted:
            if any(one.digest == opening.digest for one in self._view.history().rounds[number].reveals):
                self._store.put(payload)
            raise
        self._store.put(payload)
        return receipt

    def publish(self, number: int) -> Digest:
        """Publish the update that was revealed in a round; again does no harm.

        Raises:
            ProtocolError: this account revealed nothing in that round, or another update than the one at hand.
        """
        record, payload = self._view.history().rounds.get(number), self._update(number)
        digest = digest_of_bytes(payload)
        mine = [one for one in record.reveals if one.participant == self._ledger.account] if record else []
        if not mine or mine[0].digest != digest:
            raise ProtocolError(
                f"the update at hand is not the one revealed for {self._ledger.account} in round {number}: "
                "it cannot be published; keep the state directory next time"
            )
        return self._store.put(payload)

    def claim(self) -> Receipt | None:
        """Collect what the active report owes this account; None when that is nothing."""
        active = self._ledger.active_round()
        cumulative = self._view.cumulative(self._view.history(), active)
        account = self._ledger.account
        if cumulative.get(account, 0) <= self._ledger.member(account).claimed:
            return None
        claim = reward_tree(cumulative).claim(account)
        return self._ledger.claim(claim.cumulative, claim.index, claim.proof)

    def opening(self, number: int) -> Opening:
        """What opens this participant's commitment in a round."""
        salt = keccak(self._secret + number.to_bytes(2, "big"))[:SALT_BYTES]
        return Opening(self._ledger.account, digest_of_bytes(self._update(number)), salt)

    def _update(self, number: int) -> bytes:
        """The round's update. Once made it stays, also when a void changes the model: it is what was committed to."""
        payload = self._memory.recall(number)
        if payload is None:
            base = self._view.parameters(self._view.base_model(self._view.history()))
            deltas = dithered(self._learner(base, number), keccak(self._secret + b"dither" + number.to_bytes(2, "big")))
            payload = encode_update(Update(self._ledger.terms().circuit, number, deltas))
            self._memory.keep(number, payload)
        return payload


def dithered(deltas: IntArray, secret: bytes) -> IntArray:
    """Deltas moved towards zero by up to :data:`DITHER` units each, as a secret says.

    A model that stays leads the same training to the same update, which others saw a round ago: without this they
    could encode it for the new round and commit to it first.
    """
    steps = np.random.default_rng(int.from_bytes(secret, "big")).integers(0, DITHER + 1, len(deltas))
    moved: IntArray = deltas - np.sign(deltas) * np.minimum(steps, np.abs(deltas))
    return moved
