"""Oracles of a committee of four as processes of a test: their keys, stores, peers and state files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from eth_account import Account
from eth_account.signers.local import LocalAccount

from qfl_chain.actors.oracle import Oracle
from qfl_chain.actors.participant import Participant
from qfl_chain.actors.reporting import Ballots, Reporting
from qfl_chain.actors.running import Step
from qfl_chain.actors.signatures import SignedReport
from qfl_chain.actors.view import ChainView
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.errors import ContentMissing, ContentUnreachable
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.protocol.packing import pack_address
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Address, Digest, IntArray, Report

from .court import FakeCourt
from .fakes import (
    ANNA,
    BEN,
    FEDERATION,
    PARAMETERS,
    STAKE,
    Axe,
    FakeChain,
    FakeLedger,
    PullToTarget,
    fake_chain,
    mortal,
)

NEVER = 0
BOND = 100
KEYS: list[LocalAccount] = sorted(
    (Account.from_key(bytes([number]) * 32) for number in (1, 2, 3, 4)), key=lambda key: pack_address(key.address)
)
COMMITTEE = tuple(Address(key.address) for key in KEYS)


def moved(base: IntArray, round_number: int) -> IntArray:
    return np.full(PARAMETERS, 40_000_000, dtype=np.int64)


@dataclass
class Shop:
    """A store that lacks some blocks, or does not answer for some."""

    behind: ContentStore
    lacks: set[Digest] = field(default_factory=set)
    silent: set[Digest] = field(default_factory=set)
    kept: list[Digest] = field(default_factory=list)

    def get(self, digest: Digest) -> bytes:
        if digest in self.silent:
            raise ContentUnreachable("the node is away")
        if digest in self.lacks:
            raise ContentMissing("nobody has it")
        return self.behind.get(digest)

    def put(self, data: bytes) -> Digest:
        self.kept.append(self.behind.put(data))
        return self.kept[-1]


@dataclass
class Answers:
    """Peers that answer what was told."""

    found: list[tuple[str, SignedReport]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def collect(self, number: int) -> tuple[list[tuple[str, SignedReport]], list[str]]:
        return list(self.found), list(self.refused)


class Committee:
    """Peers in this process: each sees what the others hold."""

    def __init__(self) -> None:
        self.members: list[Ballots] = []

    def collect(self, number: int) -> tuple[list[tuple[str, SignedReport]], list[str]]:
        return [("peer", one) for member in self.members for one in member.held(number)], []


@dataclass
class Process:
    """One oracle that runs."""

    actor: Reporting
    ballots: Ballots
    told: list[str]

    def step(self) -> Step:
        return self.actor.step()

    def actions(self, steps: int) -> list[str]:
        return [self.step().action for _ in range(steps)]


def reported_chain() -> FakeChain:
    """A federation of four oracles; Anna and Ben revealed in round 1, and its report phase has begun."""
    made = fake_chain()
    made.terms = replace(made.terms, oracles=COMMITTEE)
    made.log("Deployed", terms=(), oracles=COMMITTEE)
    for oracle in COMMITTEE:
        made.docket.bonds[oracle] = BOND
        made.log("Bonded", oracle=oracle, amount=BOND, bond=BOND)
    for account in (ANNA, BEN):
        FakeLedger(made, account).join(STAKE)
    play(made)
    return made


def play(chain: FakeChain) -> None:
    """The commit and reveal phases of the next round."""
    parties = [Participant(FakeLedger(chain, one), chain.store, moved, one.encode()) for one in (ANNA, BEN)]
    for party in parties:
        party.commit()
    chain.time = chain.start + 100
    for party in parties:
        party.reveal()
    chain.time = chain.start + 200


def started(
    chain: FakeChain,
    folder: Path,
    index: int = 0,
    peers: Answers | Committee | None = None,
    store: ContentStore | None = None,
    axe: Axe | None = None,
    **options: int,
) -> Process:
    """The process of one oracle, just started."""
    axe = axe or Axe(NEVER)
    ledger, shop = mortal(FakeCourt(chain, COMMITTEE[index]), axe), mortal(store or chain.store, axe)
    ballots = Ballots(mortal(StateFile(folder / f"{index}.json", {"account": COMMITTEE[index]}), axe))
    oracle = Oracle(ledger, shop, PullToTarget(), partial(sign_digest, KEYS[index]))
    told: list[str] = []
    actor = Reporting(
        oracle,
        ledger,
        shop,
        ChainView(ledger, shop),
        ballots,
        peers or Answers(),
        COMMITTEE[index],
        tell=told.append,
        **options,
    )
    return Process(actor, ballots, told)


def signed(index: int, report: Report) -> SignedReport:
    return SignedReport(1, FEDERATION, report, sign_digest(KEYS[index], report_digest(report, 1, FEDERATION)))


def own_report(process: Process) -> Report:
    own = process.ballots.own(1)
    assert own is not None
    return own.report


def signing(process: Process) -> Report:
    """Let an oracle fetch and sign, and say what."""
    assert process.actions(3) == ["fetch", "fetch", "sign"]
    return own_report(process)
