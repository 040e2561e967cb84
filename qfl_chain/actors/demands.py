"""Demands for bytes and what was shown for them, read from the logs and from the input of the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from qfl_chain.actors.court import Court
from qfl_chain.protocol.merkle import verify_excerpt
from qfl_chain.types import Address, Digest, Event, Gwei


@dataclass(frozen=True, slots=True)
class Demand:
    """One demand of a round: for the leaf ``index``, or for the update ``digest`` of ``participant``.

    ``answer`` is the transaction that answered it, empty without one.
    """

    round: int
    demander: Address
    bond: Gwei
    deadline: int
    index: int | None = None
    participant: Address | None = None
    digest: Digest | None = None
    answer: str = ""

    @property
    def subject(self) -> tuple[int, int | None, Address | None, Digest | None]:
        """What was demanded."""
        return self.round, self.index, self.participant, self.digest

    def is_open(self, now: int) -> bool:
        """Whether it can still be answered."""
        return not self.answer and now < self.deadline

    def is_silent(self, now: int) -> bool:
        """Whether nobody answered in time."""
        return not self.answer and now >= self.deadline


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown on chain for a round: leaves with their place, rows by theirs, updates; and how many leaves."""

    count: int | None = None
    leaves: dict[int, bytes] = field(default_factory=dict)
    rows: tuple[bytes, ...] = ()
    updates: dict[Digest, bytes] = field(default_factory=dict)


def demands(events: Iterable[Event], number: int) -> tuple[Demand, ...]:
    """The demands of a round, in chain order."""
    found: dict[tuple[object, ...], Demand] = {}
    for event in events:
        if (event.name not in _DEMANDED and event.name not in _ANSWERED) or event.args["round"] != number:
            continue
        if event.name in _DEMANDED:
            demand = _demand(event)
            found[demand.subject] = demand
        else:
            subject = (number, *_subject(event))
            if subject in found:
                found[subject] = replace(found[subject], answer=event.transaction)
    return tuple(found.values())


def shown(court: Court, found: Sequence[Demand], root: bytes) -> Shown:
    """What the answers to demands showed. Leaves that do not lead to the root are left out."""
    count: int | None = None
    leaves: dict[int, bytes] = {}
    rows: list[bytes] = []
    updates: dict[Digest, bytes] = {}
    for demand in found:
        if not demand.answer:
            continue
        if demand.digest is not None:
            payload = court.shown_update(demand.answer)
            if payload is not None:
                updates[demand.digest] = payload
            continue
        leaf = court.shown_leaf(demand.answer)
        if leaf is not None and verify_excerpt(root, leaf.leaf):
            count = leaf.leaf.count
            leaves |= {leaf.leaf.first + at: one for at, one in enumerate(leaf.leaf.leaves)}
            rows.append(leaf.row)
    return Shown(count, leaves, tuple(rows), updates)


_DEMANDED = ("UpdateDemanded", "LeafDemanded")
_ANSWERED = ("UpdateAnswered", "LeafAnswered")


def _subject(event: Event) -> tuple[int | None, Address | None, Digest | None]:
    if event.name.startswith("Leaf"):
        return int(event.args["index"]), None, None
    return None, Address(str(event.args["participant"])), Digest(bytes(event.args["digest"]))


def _demand(event: Event) -> Demand:
    args = event.args
    demander, bond = Address(str(args["demander"])), Gwei(int(args["bond"]))
    return Demand(int(args["round"]), demander, bond, int(args["deadline"]), *_subject(event))
