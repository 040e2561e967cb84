"""The contract's storage, rebuilt from its logs alone. Invariant I12.

Where :mod:`~qfl_chain.protocol.replay` tells a history, this keeps what ``contracts/Federation.sol`` keeps, field by
field, so that the two can be compared. One thing the contract changes without a log: a commitment that was left
unrevealed in a round that lapsed is cleared when its owner next commits or exits, and both of these have logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from eth_hash.auto import keccak

from qfl_chain.protocol.commitment import fold_accumulator
from qfl_chain.protocol.eip712 import committee_bytes
from qfl_chain.protocol.history import logged_report
from qfl_chain.protocol.money import ZERO
from qfl_chain.types import Address, Digest, Event, Filing, Gwei, Member

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


@dataclass(frozen=True, slots=True)
class Seating:
    """Who may sign, by the hash of their addresses: the committee, and the one that was scheduled; zeros for none."""

    committee: bytes = bytes(32)
    seated: bool = False
    scheduled: bytes = bytes(32)
    effective_at: int = 0


@dataclass(frozen=True, slots=True)
class Bond:
    """An oracle's bond; ``withdrawable_at`` is 0 unless it gave notice."""

    amount: Gwei = ZERO
    withdrawable_at: int = 0


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand for bytes. Of one that ran out, no log says whether its bond was credited already."""

    demander: Address
    deadline: int
    answered: bool = False


@dataclass(slots=True)
class ContractState:
    """A fold over logs in chain order.

    Attributes:
        filings: those beside the two reports; like their roots, a voided report's stays where it is.
        budget: what the latest round that opened pays if its model is accepted.
        bonds, credits: of everybody who ever had one.
        convicted: participant and round of every conviction.
        updates: the demands for updates by round, participant and digest.
        leaves: the demands for evidence by round and leaf.
        open_demands: their bonds.
        unfounded: positions of reports whose inputs are not what the reveals before them fold to.
    """

    live: Live = Live()
    funded: int = 0
    paid: int = 0
    budget: int = 0
    seating: Seating = Seating()
    open_demands: int = 0
    latest: ReportSlot = ReportSlot()
    previous: ReportSlot = ReportSlot()
    filings: tuple[Filing | None, Filing | None] = (None, None)
    members: dict[Address, Member] = field(default_factory=dict)
    bonds: dict[Address, Bond] = field(default_factory=dict)
    credits: dict[Address, Gwei] = field(default_factory=dict)
    convicted: set[tuple[Address, int]] = field(default_factory=set)
    updates: dict[tuple[int, Address, Digest], Demand] = field(default_factory=dict)
    leaves: dict[tuple[int, int], Demand] = field(default_factory=dict)
    unfounded: list[tuple[int, int]] = field(default_factory=list)

    def apply(self, event: Event) -> None:
        """Take the next log into account."""
        _HANDLERS[event.name](self, event)

    def copy(self) -> ContractState:
        """A fold that goes on apart from this one."""
        return replace(
            self,
            members=dict(self.members),
            bonds=dict(self.bonds),
            credits=dict(self.credits),
            convicted=set(self.convicted),
            updates=dict(self.updates),
            leaves=dict(self.leaves),
            unfounded=list(self.unfounded),
        )

    def active(self, now: int) -> ReportSlot:
        """The report claims are paid from at a time."""
        return self.latest if now >= self.latest.active_at else self.previous

    @property
    def balance(self) -> Gwei:
        """What the contract must hold."""
        held = sum(member.stake + member.exiting for member in self.members.values())
        disputed = sum(bond.amount for bond in self.bonds.values()) + sum(self.credits.values()) + self.open_demands
        return Gwei(held + self.funded - self.paid + disputed)

    def close_round(self) -> None:
        self.live = Live(self.live.number, 0, self.live.admission)


def _deployed(state: ContractState, event: Event) -> None:
    oracles = tuple(Address(oracle) for oracle in event.args["oracles"])
    state.seating = Seating(keccak(committee_bytes(oracles)))


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
    state.budget = event.args["budget"]


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
    filing = Filing(
        report=logged_report(event),
        signed=event.args["signed"],
        committee=state.seating.committee,
        reported_at=event.timestamp,
        active_at=event.args["activeAt"],
        budget=Gwei(state.budget),
        revealed=state.live.revealed,
    )
    report = filing.report
    state.previous = state.latest
    state.latest = ReportSlot(report.round, filing.active_at, report.total, report.rewards)
    state.filings = (filing, state.filings[0])
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
    state.filings = state.filings[::-1]


def _round_voided(state: ContractState, event: Event) -> None:
    state.close_round()


def _reclaimed(state: ContractState, event: Event) -> None:
    state.funded -= event.args["amount"]


def _convicted(state: ContractState, event: Event) -> None:
    account, member = _member(state, event)
    stake, exiting = Gwei(event.args["stake"]), Gwei(event.args["exiting"])
    state.members[account] = replace(member, stake=stake, exiting=exiting)
    state.funded += event.args["amount"] - event.args["bounty"]
    state.convicted.add((account, event.args["round"]))


def _bonded(state: ContractState, event: Event) -> None:
    oracle = Address(event.args["oracle"])
    state.bonds[oracle] = replace(state.bonds.get(oracle, Bond()), amount=Gwei(event.args["bond"]))


def _slashed(state: ContractState, event: Event) -> None:
    oracle, left = Address(event.args["oracle"]), Gwei(event.args["bond"])
    state.bonds[oracle] = replace(state.bonds[oracle], amount=left) if left else Bond()


def _unbonding(state: ContractState, event: Event) -> None:
    oracle = Address(event.args["oracle"])
    state.bonds[oracle] = Bond(Gwei(event.args["bond"]), event.args["withdrawableAt"])


def _bond_withdrawn(state: ContractState, event: Event) -> None:
    state.bonds[Address(event.args["oracle"])] = Bond()


def _committee_scheduled(state: ContractState, event: Event) -> None:
    oracles = tuple(Address(oracle) for oracle in event.args["oracles"])
    scheduled, effective_at = keccak(committee_bytes(oracles)), event.args["effectiveAt"]
    state.seating = replace(state.seating, scheduled=scheduled, effective_at=effective_at)


def _committee_seated(state: ContractState, event: Event) -> None:
    committee = bytes(event.args["committee"])
    if committee == state.seating.committee:
        state.seating = replace(state.seating, seated=True)
    else:
        state.seating = Seating(committee, seated=True)


def _committee_unseated(state: ContractState, event: Event) -> None:
    state.seating = replace(state.seating, seated=False)


def _proven(state: ContractState, event: Event) -> None:
    """The logs beside it say whose bond became less, and that the report is void."""


def _update_demanded(state: ContractState, event: Event) -> None:
    state.updates[_update(event)] = _demand(event)
    state.open_demands += event.args["bond"]


def _update_answered(state: ContractState, event: Event) -> None:
    state.updates[_update(event)] = replace(state.updates[_update(event)], answered=True)
    state.open_demands -= event.args["bond"]


def _leaf_demanded(state: ContractState, event: Event) -> None:
    state.leaves[_leaf(event)] = _demand(event)
    state.open_demands += event.args["bond"]


def _leaf_answered(state: ContractState, event: Event) -> None:
    state.leaves[_leaf(event)] = replace(state.leaves[_leaf(event)], answered=True)
    state.open_demands -= event.args["bond"]


def _update(event: Event) -> tuple[int, Address, Digest]:
    return event.args["round"], Address(event.args["participant"]), Digest(bytes(event.args["digest"]))


def _leaf(event: Event) -> tuple[int, int]:
    return event.args["round"], event.args["index"]


def _demand(event: Event) -> Demand:
    return Demand(Address(event.args["demander"]), event.args["deadline"])


def _credited(state: ContractState, event: Event) -> None:
    account = Address(event.args["account"])
    state.credits[account] = Gwei(state.credits.get(account, ZERO) + event.args["amount"])
    state.open_demands -= event.args["amount"]


def _collected(state: ContractState, event: Event) -> None:
    state.credits[Address(event.args["account"])] = ZERO


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
    "Bonded": _bonded,
    "Unbonding": _unbonding,
    "BondWithdrawn": _bond_withdrawn,
    "CommitteeScheduled": _committee_scheduled,
    "CommitteeSeated": _committee_seated,
    "CommitteeUnseated": _committee_unseated,
    "Slashed": _slashed,
    "Refuted": _proven,
    "Equivocated": _proven,
    "Convicted": _convicted,
    "UpdateDemanded": _update_demanded,
    "UpdateAnswered": _update_answered,
    "LeafDemanded": _leaf_demanded,
    "LeafAnswered": _leaf_answered,
    "Credited": _credited,
    "Collected": _collected,
}
