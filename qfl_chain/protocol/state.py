"""The contract's storage, rebuilt from its logs alone. Invariant I12.

Where :mod:`~qfl_chain.protocol.replay` tells a history, this keeps what ``contracts/Federation.sol`` keeps, field by
field, so that the two can be compared. One thing the contract changes without a log: a commitment that was left
unrevealed in a round that lapsed is cleared when its owner next commits or exits, and both of these have logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from qfl_chain.protocol.commitment import fold_accumulator
from qfl_chain.protocol.money import ZERO
from qfl_chain.types import Address, Digest, Event, Gwei, Member

OPEN, PAUSED, CANCELLED = 0, 1, 2
"""The contract's ``Admission``."""

NOBODY = Member(ZERO, ZERO, 0, 0, ZERO, 0)


@dataclass(frozen=True, slots=True)
class Live:
    """The current round. ``start`` is 0 once it closed."""

    number: int = 0
    start: int = 0
    admission: int = OPEN
    revealed: int = 0
    accumulator: int = 0


@dataclass(frozen=True, slots=True)
class ReportSlot:
    """One of the two reports the contract remembers; round 0 where there is none."""

    round: int = 0
    active_at: int = 0
    total: Gwei = ZERO
    rewards: bytes = (1).to_bytes(32, "big")


@dataclass(slots=True)
class ContractState:
    """A fold over logs in chain order.

    Attributes:
        challenge_window: of the terms; a report is active that long after it was posted.
        unfounded: positions of reports whose inputs are not what the reveals before them fold to.
    """

    challenge_window: int
    live: Live = Live()
    funded: int = 0
    paid: int = 0
    latest: ReportSlot = ReportSlot()
    previous: ReportSlot = ReportSlot()
    members: dict[Address, Member] = field(default_factory=dict)
    unfounded: list[tuple[int, int]] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Take the next log into account."""
        _HANDLERS[event.name](self, event)

    def copy(self) -> ContractState:
        """A fold that goes on apart from this one."""
        return replace(self, members=dict(self.members), unfounded=list(self.unfounded))

    def active(self, now: int) -> ReportSlot:
        """The report claims are paid from at a time."""
        return self.latest if now >= self.latest.active_at else self.previous

    @property
    def balance(self) -> Gwei:
        """What the contract must hold."""
        held = sum(member.stake + member.exiting for member in self.members.values())
        return Gwei(held + self.funded - self.paid)

    def close_round(self) -> None:
        self.live = Live(self.live.number, 0, self.live.admission)


def _deployed(state: ContractState, event: Event) -> None:
    """The constructor writes nothing that a log could change."""


def _funded(state: ContractState, event: Event) -> None:
    state.funded += event.args["amount"]


def _member(state: ContractState, event: Event) -> tuple[Address, Member]:
    account = Address(event.args["participant"])
    return account, state.members.get(account, NOBODY)


def _joined(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    state.members[account] = replace(member, stake=Gwei(member.stake + event.args["amount"]))


def _round_opened(state: ContractState, event: Event) -> None:
    state.live = Live(event.args["round"], event.args["start"])


def _round_expired(state: ContractState, event: Event) -> None:
    """The round that opens in the same transaction takes its place."""


def _committed(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    state.members[account] = replace(member, round=event.args["round"], commitment=event.args["commitment"])


def _revealed(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    stake, digest = Gwei(event.args["stake"]), Digest(event.args["digest"])
    accumulator = fold_accumulator(state.live.accumulator, account, stake, digest)
    state.members[account] = replace(member, commitment=0)
    state.live = replace(state.live, revealed=state.live.revealed + 1, accumulator=accumulator)


def _reported(state: ContractState, event: Event) -> None:
    if event.args["inputs"] != state.live.accumulator:
        state.unfounded.append((event.block, event.index))
    state.previous = state.latest
    active_at = event.timestamp + state.challenge_window
    state.latest = ReportSlot(event.args["round"], active_at, Gwei(event.args["total"]), event.args["rewards"])
    state.close_round()


def _claimed(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    state.members[account] = replace(member, claimed=Gwei(event.args["cumulative"]))
    state.paid += event.args["amount"]


def _penalized(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    amount = event.args["amount"]
    state.members[account] = replace(member, stake=Gwei(member.stake - amount), commitment=0)
    state.funded += amount


def _exited(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    exiting, withdrawable_at = Gwei(event.args["amount"]), event.args["withdrawableAt"]
    stake = Gwei(member.stake - exiting)
    state.members[account] = replace(
        member, stake=stake, commitment=0, exiting=exiting, withdrawable_at=withdrawable_at
    )


def _withdrawn(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    exiting = Gwei(member.exiting - event.args["amount"])
    state.members[account] = replace(member, exiting=exiting, withdrawable_at=0)


def _admission(value: int) -> Callable[[ContractState, Event], None]:
    def handle(state: ContractState, event: Event) -> None:
        state.live = replace(state.live, admission=value)

    return handle


def _report_voided(state: ContractState, event: Event) -> None:
    # The roots stay where they are: what was the latest's is from now on the one beside it.
    state.previous, state.latest = ReportSlot(rewards=state.latest.rewards), state.previous


def _round_voided(state: ContractState, event: Event) -> None:
    state.close_round()


def _reclaimed(state: ContractState, event: Event) -> None:
    state.funded -= event.args["amount"]


_HANDLERS: Mapping[str, Callable[[ContractState, Event], None]] = {
    "Deployed": _deployed,
    "Funded": _funded,
    "Joined": _joined,
    "RoundOpened": _round_opened,
    "RoundExpired": _round_expired,
    "Committed": _committed,
    "Revealed": _revealed,
    "Reported": _reported,
    "Claimed": _claimed,
    "Penalized": _penalized,
    "Exited": _exited,
    "Withdrawn": _withdrawn,
    "Paused": _admission(PAUSED),
    "Unpaused": _admission(OPEN),
    "ReportVoided": _report_voided,
    "RoundVoided": _round_voided,
    "Cancelled": _admission(CANCELLED),
    "Reclaimed": _reclaimed,
}
