"""Federations that nobody ran: logs written by hand, content to match, and the index of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qfl_chain.analysis.index.database import Index, Meta, create_index
from qfl_chain.analysis.index.events import piece_of
from qfl_chain.protocol.codec import Rules, decode_validation, digest_of_bytes
from qfl_chain.protocol.replay import replay, round_facts
from qfl_chain.protocol.report import Observations, Outcome, build_report
from qfl_chain.protocol.validation import validation_root
from qfl_chain.storage.blocks import MemoryStore
from qfl_chain.types import Address, Event, Gwei
from tests.protocol.builders import (
    CIRCUIT,
    FEDERATION,
    LinearExecutor,
    account,
    model_block,
    update_block,
    validation_block,
)

META = Meta(31337, FEDERATION, 0, "http://127.0.0.1:8545", "by hand")
SPONSOR, GUARDIAN, REFEREE = account(0x5A5A), account(0x6A6A), account(0x4EFE)
ORACLES = tuple(account(0x7000 + number) for number in range(4))
ONE, TWO, THREE = (account(number) for number in (1, 2, 3))
STAKE, BUDGET, FUNDING, BOND = 2_000_000_000, 1_000_000, 10_000_000, 1_000_000_000
START = 1_800_000_000
WINDOWS = (600, 600, 600, 900, 86_400)
BASE = (3, -2, 1)
VALIDATION = validation_block(Rules(subset=8, permutations=2), features=len(BASE))


class Written:
    """Logs, one a block and a minute, and the content that they name."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.store = MemoryStore()
        self.cumulative: dict[int, Mapping[Address, Gwei]] = {}
        self.model = self.store.put(model_block(BASE))
        self.store.put(VALIDATION)

    def add(self, name: str, **args: Any) -> Written:
        block = len(self.events)
        self.events.append(Event(name, args, block, 0, START + 60 * block, f"0x{block + 1:064x}"))
        return self

    def start(self, participants: Sequence[Address] = (ONE, TWO, THREE)) -> Written:
        """Deployed, funded, and joined by these."""
        root = validation_root(decode_validation(VALIDATION))
        digests = (CIRCUIT, bytes(self.model), bytes(digest_of_bytes(VALIDATION)), root)
        parties = (SPONSOR, GUARDIAN, START + 10**8, REFEREE)
        terms = (*digests, *WINDOWS, 1_000_000_000, BUDGET, 10_000, BOND, 1, *parties)
        self.add("Deployed", terms=terms, oracles=ORACLES)
        self.add("Funded", **{"from": SPONSOR}, amount=FUNDING, funded=FUNDING)
        for participant in participants:
            self.add("Joined", participant=participant, amount=STAKE, stake=STAKE)
        return self

    def open(self, number: int) -> Written:
        return self.add("RoundOpened", round=number, start=self.now, budget=BUDGET)

    def commit(self, number: int, *participants: Address) -> Written:
        for participant in participants:
            self.add("Committed", participant=participant, round=number, commitment=7 + number)
        return self

    def reveal(self, number: int, updates: Mapping[Address, Sequence[int]], stake: int = STAKE) -> Written:
        """Reveal these deltas, whose blocks the store then has."""
        for participant, deltas in updates.items():
            digest = self.store.put(update_block(deltas, number))
            self.add("Revealed", participant=participant, round=number, stake=stake, digest=bytes(digest))
        return self

    def outcome(self, number: int) -> Outcome:
        """The report that follows from a round."""
        history = replay(self.events, FEDERATION, self.model)
        base = history.rounds[number].base_round
        facts = round_facts(history, number, {} if base is None else self.cumulative[base])
        updates = {reveal.digest: self._block(reveal.digest) for reveal in facts.reveals}
        base_model = self.store.get(facts.base_model)
        return build_report(
            facts,
            Observations(
                CIRCUIT,
                10_000,
                base_model,
                VALIDATION,
                updates,
                LinearExecutor(len(BASE)),
                history.rounds[number].silent(self.now),
            ),
        )

    def report(self, number: int, *, evidence: bytes | None = None, **changes: Any) -> Written:
        """Report a round, with other evidence or fields where they are given."""
        outcome = self.outcome(number)
        self.cumulative[number] = outcome.cumulative
        self.store.put(outcome.model)
        block = outcome.evidence if evidence is None else evidence
        report = outcome.report
        args = {
            "round": number,
            "inputs": report.inputs,
            "rewards": report.rewards,
            "model": bytes(report.model),
            "evidence": bytes(self.store.put(block)),
            "evidenceRoot": report.evidence_root,
            "total": int(report.total),
            "signed": 0b1011,
            "activeAt": self.now + WINDOWS[3],
        }
        return self.add("Reported", **{**args, **changes})

    def whole_round(self, number: int, updates: Mapping[Address, Sequence[int]]) -> Written:
        return self.open(number).commit(number, *updates).reveal(number, updates).report(number)

    def index(self) -> Index:
        """The logs' index, without evidence."""
        index = create_index(None, META)
        if self.events:
            index.append(piece_of(self.events))
        return index

    @property
    def now(self) -> int:
        return START + 60 * len(self.events)

    def _block(self, digest: Any) -> bytes | None:
        return self.store._blocks.get(digest)


GOOD = {ONE: (-2, 1, 0), TWO: (-1, 1, 1), THREE: (1, 0, -2)}
"""Updates of which some help."""


def disputed() -> Written:
    """A round with every kind of dispute."""
    written = Written().start()
    for oracle in ORACLES[:2]:
        written.add("Bonded", oracle=oracle, amount=BOND, bond=BOND)
    written.add("CommitteeSeated", committee=bytes(32))
    written.add("CommitteeScheduled", oracles=ORACLES[1:], effectiveAt=START + 10**6)
    written.open(1).commit(1, *GOOD).reveal(1, GOOD)
    for participant, deadline in ((ONE, 1), (TWO, 10**6)):
        digest = next(
            one.args["digest"]
            for one in written.events
            if one.args.get("participant") == participant and one.name == "Revealed"
        )
        update = {"round": 1, "participant": participant, "digest": digest}
        written.add("UpdateDemanded", **update, demander=THREE, bond=7, deadline=START + deadline)
    written.add("UpdateAnswered", **update, answerer=ORACLES[0], bond=7)
    written.add("Exited", participant=ONE, amount=STAKE, withdrawableAt=START + 10**6)
    written.add("Joined", participant=ONE, amount=40, stake=40)
    written.add("Credited", account=THREE, amount=7)
    taken, left = STAKE // 10, STAKE - STAKE // 10 + 40
    fine = {"amount": taken, "stake": 0, "exiting": left, "bounty": taken // 10}
    written.add("Convicted", participant=ONE, round=1, offence=1, reporter=THREE, **fine)
    written.report(1)
    written.add("LeafDemanded", round=1, index=3, demander=THREE, bond=7, deadline=START + 10**6)
    written.add("LeafAnswered", round=1, index=3, answerer=ORACLES[0], bond=7)
    for oracle in ORACLES[:2]:
        written.add("Slashed", oracle=oracle, round=1, amount=BOND // 2, bond=BOND // 2)
    written.add("CommitteeUnseated", committee=bytes(32))
    written.add("Refuted", round=1, fault=6, reporter=THREE, bounty=BOND // 10, burned=BOND - BOND // 10)
    written.add("ReportVoided", round=1)
    written.add("Slashed", oracle=ORACLES[1], round=1, amount=BOND // 2, bond=0)
    written.add(
        "Equivocated", oracle=ORACLES[1], round=1, reporter=TWO, bounty=BOND // 20, burned=BOND // 2 - BOND // 20
    )
    written.add("Unbonding", oracle=ORACLES[0], bond=BOND // 2, withdrawableAt=START + 10**6)
    written.add("BondWithdrawn", oracle=ORACLES[0], amount=BOND // 2)
    return written.add("Collected", account=THREE, amount=7)
