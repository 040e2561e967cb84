"""An honest report, and every proof that somebody could try on it, for forge: ``python -m tests.forge.honest``.

Each proof is well-formed and shows true excerpts; the referee must look and find no fault. forge then changes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eth_abi import encode

from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.evidence import LOSS_BYTES
from qfl_chain.protocol.proofs import (
    AggregateProof,
    AnyProof,
    CoalitionsProof,
    ContributionProof,
    DecreaseProof,
    HeaderProof,
    LeafProof,
    LossProof,
    ModelProof,
    PlayersProof,
    RewardsProof,
    SplitProof,
    StandingProof,
    SubsetProof,
    SumProof,
    VerdictProof,
    WeightProof,
    encode_proof,
    packed_accounts,
    packed_reveals,
)
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.protocol.trial import Compared, Trial
from qfl_chain.types import Gwei
from tests.contracts.referee.bench import case_of
from tests.contracts.referee.trials import trial
from tests.protocol.builders import FEDERATION, Entry, account

PATH = Path(__file__).resolve().parents[1] / "vectors" / "honest.json"
REPORT = "(uint16,uint184,bytes32,bytes32,bytes32,bytes32,uint64)"
CASE = f"(address,bytes32,bytes32,bytes32,uint64,{REPORT},uint40,uint64,uint16,bytes32,bytes32,uint64)"
EARLIER = {account(1): Gwei(70), account(77): Gwei(30)}
ENTRIES = (
    Entry((1 << 20, 5 << 18, -3 << 19)),
    Entry(b"junk"),
    Entry((37 << 17, -4 << 16, -23 << 17)),
    Entry((37 << 17, -4 << 16, -23 << 17)),
)


def rendered() -> str:
    """The file's text."""
    honest = trial(ENTRIES, federation=FEDERATION, rules=Rules(subset=7), cumulative=EARLIER)
    proofs = [encode_proof(proof) for proof in attempts(honest)]
    content: dict[str, Any] = {
        "facts": "0x" + encode([CASE], [case_of(honest)]).hex(),
        "count": len(proofs),
        "proofs": [{"fault": int(fault), "data": "0x" + data.hex()} for fault, data in proofs],
    }
    return json.dumps(content, indent=1) + "\n"


def attempts(honest: Trial) -> Iterator[AnyProof]:
    """Every proof about every leaf of an honest report."""
    compared = Compared(honest)
    base, circuit = honest.seen.base_model, honest.circuit
    for position in range(len(honest.leaves)):
        yield LeafProof(compared.shown(position))
    yield HeaderProof(compared.shown(0))
    yield SubsetProof(compared.shown(0), compared.rules)
    for index in range(compared.revealed):
        payload = compared.payload(index)
        yield StandingProof(compared.standing(index), packed_reveals(honest.facts.reveals), payload, circuit)
        coalitions, rules = compared.all_coalitions(), compared.rules
        yield ContributionProof(compared.all_standings(), coalitions, rules, index)
        yield WeightProof(compared.standing(index))
    yield PlayersProof(compared.all_standings())
    for place, one in enumerate(compared.coalitions):
        shown = compared.scored_leaf(place)
        yield CoalitionsProof(compared.shown(0), compared.all_standings(), shown, compared.rules)
        members = [player for player in compared.players if one.members >> (player.player or 0) & 1]
        yield ModelProof(compared.all_standings(), shown, compared.rules, base, compared.deltas(members))
    weighted = (one for one in compared.players if one.weight)
    yield AggregateProof(compared.all_standings(), compared.verdict(), compared.rules, base, compared.deltas(weighted))
    yield VerdictProof(compared.all_standings(), compared.scored_leaf(0), compared.verdict())
    yield SplitProof(compared.all_standings(), compared.verdict())
    yield RewardsProof(compared.all_standings(), packed_accounts(honest.facts.cumulative))
    yield from _losses(compared)
    yield _decrease(honest)


def _losses(compared: Compared) -> Iterator[AnyProof]:
    for one in compared.scored():
        row, header = compared.trial.rows[one.row], compared.shown(0)
        yield SumProof(header, compared.scored_leaf(one.place), row)
        at = one.place % (len(row) // LOSS_BYTES)
        sample = compared.sample(compared.header.subset[at])
        model, circuit = compared.model(one.place), compared.trial.circuit
        yield LossProof(header, compared.scored_leaf(one.place), compared.rules, sample, row, at, model, circuit)


def _decrease(honest: Trial) -> DecreaseProof:
    """The first account's claims before and after."""
    before = reward_tree(honest.facts.cumulative)
    after = reward_tree(honest.outcome.cumulative)
    return DecreaseProof(account(1), before.claim(account(1)), after.claim(account(1)))


if __name__ == "__main__":
    PATH.write_text(rendered())
