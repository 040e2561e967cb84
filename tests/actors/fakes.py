"""A ledger and an executor for actors' tests: the contract's rules without a chain, and a model small enough to check.

The ledger keeps the phases and events a real one would; it checks nothing else, so tests say what actors do, not what
the contract refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
from eth_utils.address import to_checksum_address

from qfl_chain.protocol.codec import Model, Rules, Validation, digest_of_bytes, encode_model, encode_validation
from qfl_chain.protocol.commitment import accumulate
from qfl_chain.protocol.filing import ShownLeaf
from qfl_chain.protocol.validation import validation_root
from qfl_chain.storage.blocks import MemoryStore
from qfl_chain.types import (
    Address,
    Event,
    Gwei,
    IntArray,
    LiveRound,
    Member,
    Opening,
    Receipt,
    Report,
    Reveal,
    Signature,
    Terms,
)

CIRCUIT_BYTES = b"a circuit that pulls to a target"
CIRCUIT = digest_of_bytes(CIRCUIT_BYTES)
FEDERATION = Address(to_checksum_address("0x" + "fe" * 20))
ANNA, BEN, SPONSOR, REFEREE = (Address("0x" + digit * 40) for digit in "1234")
STAKE = Gwei(1_000)
BUDGET = Gwei(90)
PARAMETERS = 3


class PullToTarget:
    """A model whose loss is the squared distance of every parameter from the sample's features."""

    parameters = PARAMETERS

    def losses(self, parameters: IntArray, features: IntArray, targets: IntArray) -> IntArray:
        distance = parameters[:, None, :] - features[None, :, :]
        return (distance * distance).sum(axis=-1)  # type: ignore[no-any-return]


@dataclass
class Docket:
    """What the disputes of a chain hold beyond its logs, shared by all courts of it."""

    open: dict[tuple[object, ...], tuple[Address, int]] = field(default_factory=dict)
    settled: set[tuple[object, ...]] = field(default_factory=set)
    updates: dict[str, bytes] = field(default_factory=dict)
    leaves: dict[str, ShownLeaf] = field(default_factory=dict)
    credits: dict[Address, int] = field(default_factory=dict)
    bonds: dict[Address, int] = field(default_factory=dict)
    penalized: list[Address] = field(default_factory=list)
    equivocated: list[tuple[Report, Report]] = field(default_factory=list)


@dataclass
class FakeChain:
    """One federation's state, shared by the ledgers of all its accounts."""

    store: MemoryStore
    terms: Terms
    time: int = 1_000
    blocks: int = 0
    number: int = 0
    start: int = 0
    active: int | None = None
    events: list[Event] = field(default_factory=list)
    reveals: list[Reveal] = field(default_factory=list)
    openings: dict[str, Opening] = field(default_factory=dict)
    claimed: dict[Address, int] = field(default_factory=dict)
    stakes: dict[Address, int] = field(default_factory=dict)
    commitments: dict[Address, tuple[int, int]] = field(default_factory=dict)
    posted: list[tuple[Address, Report, tuple[Signature, ...]]] = field(default_factory=list)
    paused: bool = False
    cancelled: bool = False
    total: int = 0
    docket: Docket = field(default_factory=Docket)

    def names(self, account: Address) -> list[str]:
        """What an account did, in order."""
        return [event.name for event in self.events if event.args.get("participant") == account]

    def demand(self, index: int, deadline: int) -> None:
        """Somebody demands the bytes of a reveal of the live round."""
        reveal = self.reveals[index]
        update = {"round": self.number, "participant": reveal.participant, "digest": reveal.digest}
        self.log("UpdateDemanded", **update, demander=SPONSOR, bond=1, deadline=deadline)

    def log(self, name: str, **args: object) -> Receipt:
        block = len(self.events) + 1
        self.events.append(Event(name, args, block, 0, self.time, f"0x{block:x}"))
        return Receipt(f"0x{block:x}", name, block, 1, 1)


class FakeLedger:
    """One account's view of a :class:`FakeChain`."""

    def __init__(self, chain: FakeChain, account: Address) -> None:
        self.chain = chain
        self.account = account
        self.federation = FEDERATION
        self.chain_id = 1

    def now(self) -> int:
        return self.chain.time

    def height(self) -> int:
        return self.chain.blocks

    def terms(self) -> Terms:
        return self.chain.terms

    def live(self) -> LiveRound:
        chain = self.chain
        revealed = len(chain.reveals)
        return LiveRound(chain.number, chain.start, revealed, accumulate(chain.reveals), chain.paused, chain.cancelled)

    def member(self, participant: Address) -> Member:
        chain = self.chain
        stake, claimed = Gwei(chain.stakes.get(participant, STAKE)), Gwei(chain.claimed.get(participant, 0))
        return Member(stake, claimed, *chain.commitments.get(participant, (0, 0)), Gwei(0), 0)

    def balance(self, account: Address) -> int:
        return 0

    def active_round(self) -> int | None:
        return self.chain.active

    def openings(self, transaction: str) -> Sequence[Opening]:
        return (self.chain.openings[transaction],)

    def events(self, from_block: int = 0) -> Sequence[Event]:
        return tuple(event for event in self.chain.events if event.block >= from_block)

    def resolve(self) -> Receipt | None:
        return None

    def fund(self, amount: Gwei) -> Receipt:
        raise AssertionError("no actor funds")

    def join(self, amount: Gwei) -> Receipt:
        return self.chain.log("Joined", participant=self.account, amount=amount, stake=amount)

    def commit(self, number: int, commitment: int) -> Receipt:
        chain = self.chain
        if not chain.start or chain.time >= chain.start + 300:
            chain.number, chain.start, chain.reveals = chain.number + 1, chain.time, []
            chain.log("RoundOpened", round=chain.number, start=chain.start, budget=BUDGET)
        chain.commitments[self.account] = (chain.number, commitment)
        return chain.log("Committed", participant=self.account, round=chain.number, commitment=commitment)

    def reveal(self, opening: Opening) -> Receipt:
        chain = self.chain
        chain.commitments[opening.participant] = (chain.number, 0)
        chain.reveals.append(Reveal(opening.participant, STAKE, opening.digest))
        receipt = chain.log(
            "Revealed", participant=opening.participant, round=chain.number, stake=STAKE, digest=opening.digest
        )
        chain.openings[receipt.transaction] = opening
        return receipt

    def reveal_many(self, openings: Sequence[Opening]) -> Receipt:
        raise AssertionError("no actor reveals for others")

    def report(self, report: Report, signatures: Sequence[Signature]) -> Receipt:
        chain = self.chain
        chain.posted.append((self.account, report, tuple(signatures)))
        chain.start, chain.active, chain.total = 0, chain.number, report.total
        return chain.log(
            "Reported",
            round=report.round,
            inputs=report.inputs,
            rewards=report.rewards,
            model=report.model,
            evidence=report.evidence,
            evidenceRoot=report.evidence_root,
            total=report.total,
            signed=len(signatures),
            activeAt=chain.time + chain.terms.challenge_window,
        )

    def claim(self, cumulative: Gwei, index: int, proof: bytes) -> Receipt:
        amount = cumulative - self.chain.claimed.get(self.account, 0)
        self.chain.claimed[self.account] = cumulative
        return self.chain.log("Claimed", participant=self.account, amount=amount, cumulative=cumulative)

    def penalize(self, participant: Address) -> Receipt:
        raise AssertionError("no actor penalizes")

    def exit(self) -> Receipt:
        raise AssertionError("no actor exits")

    def withdraw(self) -> Receipt:
        raise AssertionError("no actor withdraws")


def fake_chain() -> FakeChain:
    """A funded federation whose model starts at 0 and whose validation samples all want 100 million."""
    store = MemoryStore()
    features = np.full((4, PARAMETERS), 100_000_000, dtype=np.int64)
    validation = Validation(Rules(subset=4), features, np.array([0, 1, 0, 1]), 2)
    model = Model(CIRCUIT, 0, np.zeros(PARAMETERS, dtype=np.int64))
    terms = Terms(
        circuit=store.put(CIRCUIT_BYTES),
        model=store.put(encode_model(model)),
        validation=store.put(encode_validation(validation)),
        validation_root=validation_root(validation),
        commit_window=100,
        reveal_window=100,
        report_window=100,
        challenge_window=100,
        unbonding_window=1_000,
        min_stake=Gwei(1),
        reward_per_round=BUDGET,
        max_norm=10**9,
        oracle_bond=Gwei(100),
        min_reveals=1,
        sponsor=SPONSOR,
        guardian=SPONSOR,
        guardian_expiry=10_000,
        referee=REFEREE,
        oracles=(SPONSOR,),
    )
    chain = FakeChain(store, terms)
    chain.log("Funded", **{"from": SPONSOR, "amount": 1_000, "funded": 1_000})
    return chain


T = TypeVar("T")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Axe:
    """Kills the process at one of its calls of what is outside: ledger, store, state file.

    Every call counts twice, before and after its effect.
    """

    falls_at: int
    seen: int = 0

    def passes(self) -> None:
        self.seen += 1
        if self.seen == self.falls_at:
            raise Killed


class _Mortal:
    def __init__(self, thing: object, axe: Axe) -> None:
        self._thing = thing
        self._axe = axe

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        if not callable(found):
            return found

        def call(*arguments: Any) -> Any:
            self._axe.passes()
            result = found(*arguments)
            self._axe.passes()
            return result

        return call


def mortal(thing: T, axe: Axe) -> T:
    """The same thing, whose calls may be a process's last."""
    return cast(T, _Mortal(thing, axe))
