"""How a party behaves in a scenario. Attackers are real: they use only what their role sees on chain and in the store.

Every behaviour answers the same four calls of the round loop, so the loop does not know who is honest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qfl_chain.actors.participant import Learner, Participant
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import ContentError, ProtocolError
from qfl_chain.learning.training import bounded
from qfl_chain.ports import ContentStore, Ledger
from qfl_chain.protocol.codec import decode_update, digest_of_bytes
from qfl_chain.protocol.commitment import commitment
from qfl_chain.protocol.history import RoundRecord
from qfl_chain.types import Digest, Gwei, IntArray, Opening, Receipt

SCALED = 50
"""How many times over a scaled update is what was learned."""


class Party(Protocol):
    """A participant as the round loop sees it."""

    def join(self, stake: Gwei) -> Receipt: ...
    def commit(self) -> Receipt: ...
    def reveal(self) -> Receipt | None: ...
    def claim(self) -> Receipt | None: ...


@dataclass(frozen=True, slots=True)
class Role:
    """What a party has to work with: its account on the ledger, the store, its training if it has data, its seed."""

    ledger: Ledger
    store: ContentStore
    learner: Learner | None
    secret: bytes
    seed: int


def honest(role: Role) -> Party:
    """Trains on its own data and follows the protocol."""
    if role.learner is None:
        raise ProtocolError("an honest participant needs a client's data")
    return Participant(role.ledger, role.store, role.learner, role.secret)


def free_rider(role: Role) -> Party:
    """Has no data: publishes random updates, as long as those it saw others publish."""
    return Participant(role.ledger, role.store, RandomLearner(role), role.secret)


def no_show(role: Role) -> Party:
    """Commits to a random update and never reveals it."""
    return NoShow(role.ledger, role.store, RandomLearner(role), role.secret)


def copycat(role: Role) -> Party:
    """Has no data: resubmits what others committed to or published."""
    return Copycat(role)


def label_flipper(role: Role) -> Party:
    """Trains on its own rows with every label turned over: the scenario hands it such rows."""
    return honest(role)


def sign_flipper(role: Role) -> Party:
    """Trains, and sends the opposite of what it learned."""
    return Participant(role.ledger, role.store, Scaled(role, -1), role.secret)


def scaler(role: Role) -> Party:
    """Trains, and sends what it learned many times over, up to the bound."""
    return Participant(role.ledger, role.store, Scaled(role, SCALED), role.secret)


def withholder(role: Role) -> Party:
    """Trains, commits, reveals, and shows its update to nobody."""
    if role.learner is None:
        raise ProtocolError("a withholder needs a client's data")
    return Participant(role.ledger, Hiding(role.store), role.learner, role.secret)


def malformer(role: Role) -> Party:
    """Commits to bytes that are no update, reveals and publishes them."""
    return Malformer(role.ledger, role.store, RandomLearner(role), role.secret)


class Scaled:
    """What a client learned, times a number, within the bound."""

    def __init__(self, role: Role, factor: int) -> None:
        if role.learner is None:
            raise ProtocolError("a poisoner needs a client's data")
        self._learner = role.learner
        self._ledger = role.ledger
        self._factor = factor

    def __call__(self, base: IntArray, round_number: int) -> IntArray:
        learned = self._learner(base, round_number).astype(np.float64)
        return bounded(learned * self._factor, self._ledger.terms().max_norm)


class Hiding:
    """A store that gives everything and keeps nothing of one's own."""

    def __init__(self, behind: ContentStore) -> None:
        self._behind = behind

    def get(self, digest: Digest) -> bytes:
        return self._behind.get(digest)

    def put(self, data: bytes) -> Digest:
        return digest_of_bytes(data)


class Malformer(Participant):
    """A participant whose update is none."""

    def _update(self, number: int) -> bytes:
        return b"no update of round %d" % number


class RandomLearner:
    """Random deltas of the median norm of the last round's published updates, or of a tenth of the bound."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self._view = ChainView(role.ledger, role.store)

    def __call__(self, base: IntArray, round_number: int) -> IntArray:
        rng = np.random.default_rng([self._role.seed, round_number])
        direction = rng.normal(size=len(base))
        bound = self._role.ledger.terms().max_norm
        norm = min(self._usual_norm(bound // 10), bound)
        return bounded(direction / np.linalg.norm(direction) * norm, bound)

    def _usual_norm(self, otherwise: int) -> float:
        norms = [np.linalg.norm(deltas.astype(np.float64)) for deltas in _published(self._view, self._role.store)]
        return float(np.median(norms)) if norms else float(otherwise)


class NoShow(Participant):
    """A participant whose reveals never come."""

    def reveal(self) -> Receipt | None:  # type: ignore[override]  # it says nothing, where others get a receipt
        return None


class Copycat:
    """Copies an open commitment while nothing is published, and later the last round's best-paid payload.

    The contract binds a commitment to its sender, so the copied one cannot be opened; a payload names its round, so
    the copied one is malformed.
    """

    def __init__(self, role: Role) -> None:
        self._role = role
        self._ledger = role.ledger
        self._view = ChainView(role.ledger, role.store)
        self._follower = Participant(role.ledger, role.store, RandomLearner(role), role.secret)

    def join(self, stake: Gwei) -> Receipt:
        return self._ledger.join(stake)

    def commit(self) -> Receipt:
        number = self._view.committing_round()
        stolen = self._stolen(number)
        if stolen is not None:
            return self._ledger.commit(number, commitment(self._ledger.federation, number, stolen))
        record = self._view.history().rounds.get(number)
        if record is not None and record.commits:
            return self._ledger.commit(number, record.commits[0].commitment)
        return self._follower.commit()

    def reveal(self) -> Receipt | None:
        number = self._ledger.live().number
        stolen = self._stolen(number) or self._overheard(number)
        return self._ledger.reveal(stolen) if stolen is not None else None

    def claim(self) -> Receipt | None:
        return self._follower.claim()

    def _stolen(self, number: int) -> Opening | None:
        """An opening of its own for the payload that earned most in the round before."""
        record = self._view.history().rounds.get(number - 1)
        others = [one for one in record.reveals if one.participant != self._ledger.account] if record else []
        if record is None or not others:
            return None
        earned = self._earned(record)
        best = max(others, key=lambda one: earned.get(one.participant, 0))
        return Opening(self._ledger.account, best.digest, self._role.secret[:16])

    def _earned(self, record: RoundRecord) -> dict[str, int]:
        history = self._view.history()
        if record.report is None:
            return {}
        before = self._view.cumulative(history, record.base_round)
        after = self._view.cumulative(history, record.number)
        return {account: total - before.get(account, 0) for account, total in after.items()}

    def _overheard(self, number: int) -> Opening | None:
        """The opening of the commitment it copied, as its victim revealed it."""
        victim = self._view.history().rounds[number].commits[0].participant
        for event in self._view.events():
            if event.name == "Revealed" and event.args["round"] == number and event.args["participant"] == victim:
                theirs = next(one for one in self._ledger.openings(event.transaction) if one.participant == victim)
                return Opening(self._ledger.account, theirs.digest, theirs.salt)
        return None


BEHAVIOURS: dict[str, Callable[[Role], Party]] = {
    "honest": honest,
    "free-rider": free_rider,
    "copycat": copycat,
    "no-show": no_show,
    "poisoner:label-flip": label_flipper,
    "poisoner:sign-flip": sign_flipper,
    "poisoner:scaled": scaler,
    "withholder": withholder,
    "malformer": malformer,
}
"""Behaviours by the name a scenario gives them. A new one is one function here."""


def _published(view: ChainView, store: ContentStore) -> list[IntArray]:
    """The deltas of the latest round that revealed any."""
    rounds = [record for record in view.history().rounds.values() if record.reveals]
    found = []
    for reveal in rounds[-1].reveals if rounds else ():
        try:
            found.append(decode_update(store.get(reveal.digest)).deltas)
        except (ContentError, ProtocolError):
            continue
    return found
