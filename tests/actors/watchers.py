"""Watchers as processes of a test, and reports that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.examining import Examiner
from qfl_chain.actors.offences import Offences
from qfl_chain.actors.oracle import Oracle
from qfl_chain.actors.running import Step
from qfl_chain.actors.sightings import Sightings
from qfl_chain.actors.view import ChainView
from qfl_chain.actors.watcher import Watcher
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.evidence import EvidenceBlock, join_evidence, read_standing, split_evidence, standing_leaf
from qfl_chain.protocol.merkle import tree_root
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Address, Gwei, Report, Signature

from .court import FakeCourt
from .fakes import Axe, FakeChain, PullToTarget, mortal
from .oracles import COMMITTEE, NEVER, Answers, Committee, signed

WANDA, WILL = (Address("0x" + digit * 40) for digit in "56")
PLENTY = Gwei(1_000)


@dataclass
class Watching:
    """One watcher that runs."""

    actor: Watcher
    court: FakeCourt

    def step(self) -> Step:
        return self.actor.step()

    def actions(self, steps: int) -> list[str]:
        return [self.step().action for _ in range(steps)]


def watching(
    chain: FakeChain,
    folder: Path,
    account: Address = WANDA,
    *,
    peers: Answers | Committee | None = None,
    store: ContentStore | None = None,
    axe: Axe | None = None,
    most_bonds: Gwei = PLENTY,
    until_round: int = 0,
) -> Watching:
    """A watcher's process, just started."""
    axe = axe or Axe(NEVER)
    bare = FakeCourt(chain, account)
    court, shop = mortal(bare, axe), mortal(store or chain.store, axe)
    view = ChainView(court, shop)
    sightings = Sightings(mortal(StateFile(folder / f"{account}.json", {"account": account}), axe))
    actor = Watcher(
        court,
        Examiner(chain.terms, shop, PullToTarget(), view.cumulative),
        Answering(court, shop, view),
        Offences(court, shop, PullToTarget(), view, sightings, peers or Answers()),
        view,
        most_bonds,
        until_round,
    )
    return Watching(actor, bare)


def posted(chain: FakeChain, report: Report) -> None:
    """A quorum signs and posts a report, whatever it says."""
    signatures: Sequence[Signature] = [signed(index, report).signature for index in range(3)]
    FakeCourt(chain, COMMITTEE[0]).report(report, signatures)


def honest(chain: FakeChain) -> tuple[Report, bytes]:
    """The right report of the live round and its evidence, published."""
    court = FakeCourt(chain, COMMITTEE[0])
    oracle = Oracle(court, chain.store, PullToTarget(), lambda digest: signed(0, outcome.report).signature)
    outcome = oracle.observe(chain.number)
    oracle.sign(outcome)
    return outcome.report, outcome.evidence


def inflated(chain: FakeChain) -> tuple[Report, bytes]:
    """A report that gives the first participant one gwei more than its share, and its evidence."""
    report, evidence = honest(chain)
    block = split_evidence(evidence)
    first = read_standing(block.leaves[1])
    changed = standing_leaf(replace(first, reward=Gwei(first.reward + 1)))
    leaves = (block.leaves[0], changed, *block.leaves[2:])
    data = join_evidence(EvidenceBlock(leaves, block.rows))
    return replace(report, evidence=digest_of_bytes(data), evidence_root=tree_root(leaves)), data


def lie(chain: FakeChain, *, published: bool = True) -> bytes:
    """The inflated report, posted; its evidence."""
    report, data = inflated(chain)
    if published:
        chain.store.put(data)
    posted(chain, report)
    return data
