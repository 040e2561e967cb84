"""A wrong model is refuted in one transaction of the whole federation, at the price the design allows."""

from __future__ import annotations

import random
from dataclasses import replace
from hashlib import sha256

import pytest

from qfl_chain.protocol.faults import Fault

from .chain import Chain
from .disputes import endow_the_burn_address
from .harness import Deployment
from .judge import Judge, encode_proof
from .references import NO_FILING, Terms, committee
from .round_by_hand import CIRCUIT, Reported, report_honestly, root

CEILINGS = {(16, 128): 500_000, (32, 256): 1_800_000}
LATER = {1: 0, 2: 1_500}
"""From the second round on the filing of the report before comes too, and 16 x 128 is above the design's ceiling."""
NAMES = [f"participant {i}" for i in range(32)]
TWENTIETH = (1 << 32) / (20 * 6.283)
"""A twentieth of a radian, in the units of deltas."""


@pytest.fixture(scope="module")
def crowd() -> Judge:
    """A chain with many participants, and a referee on it."""
    chain = Chain(["sponsor", "guardian", "outsider", *NAMES])
    endow_the_burn_address(chain)
    return Judge(chain)


def a_lie(players: int, parameters: int, number: int) -> Reported:
    """A round of trained updates; everybody has a weight of a usual size, and the candidate is wrong."""
    drawn = random.Random(players)
    deltas = [[round(drawn.gauss(0, TWENTIETH)) for _ in range(parameters)] for _ in range(players)]
    told = report_honestly(
        stakes=[drawn.randrange(10**9, 10**11) for _ in range(players)],
        deltas=deltas,
        base=[drawn.randrange(-(1 << 31), 1 << 31) for _ in range(parameters)],
        loss_of=dict.fromkeys(range(1 << 8), 0) if players <= 8 else _Flat(),
        after=0,
        permutations=2,
        number=number,
    )
    phis = [drawn.randrange(1 << 35) for _ in range(players)]
    weighed = (
        replace(one, phi=phi, weight=one.stake * phi, cumulative=drawn.randrange(1 << 32))
        for one, phi in zip(told.standings, phis, strict=True)
    )
    return replace(told, standings=tuple(weighed)).with_aggregate(candidate=b"\x66" * 32)


class _Flat(dict[int, int]):
    """Every coalition has the same loss."""

    def __missing__(self, mask: int) -> int:
        return 0


def refute(crowd: Judge, lie: Reported) -> int:
    """What the whole transaction used; an oracle of three signed the first round's, or the second's, report."""
    names, chain = NAMES[: len(lie.standings)], crowd.chain
    terms = Terms(CIRCUIT, sha256(lie.base).digest(), validationRoot=root(lie.rules), referee=crowd.referee)
    federation = Deployment.create(chain, terms, committee(4), value=10_000)
    for name in names:
        federation.send(name, "join", value=5_000)
    base = NO_FILING
    if lie.number == 2:
        federation.play(names)
        sent = federation.report(model=sha256(lie.base).digest())
        base = federation.filing_of(sent, len(names))
        federation.activate()
    federation.play(names)
    sent = federation.report(model=lie.model, evidenceRoot=root(lie.leaves))
    filing = federation.filing_of(sent, len(names))
    proof = encode_proof(Fault.AGGREGATE, lie.aggregate_proof())
    refuted = federation.send("outsider", "refute", Fault.AGGREGATE, filing, base, federation.signers, proof)
    assert refuted.only("Refuted")["fault"] == Fault.AGGREGATE
    return refuted.gas


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(("players", "parameters"), CEILINGS)
def test_refuting_an_aggregate_keeps_its_ceiling(crowd: Judge, players: int, parameters: int, number: int) -> None:
    with crowd.chain.snapshot():
        assert refute(crowd, a_lie(players, parameters, number)) <= CEILINGS[players, parameters] + LATER[number]
