"""Participants, oracles and their view of the chain, over fakes: what each does at each hop."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from eth_hash.auto import keccak

from qfl_chain.actors.oracle import Oracle, fetch_updates
from qfl_chain.actors.participant import DITHER, Participant, dithered
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import ContentMissing, ContentUnreachable, ProtocolError, WrongPhase
from qfl_chain.protocol.codec import decode_update
from qfl_chain.protocol.commitment import commitment
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.protocol.report import Outcome
from qfl_chain.storage.blocks import MemoryStore
from qfl_chain.types import Address, Digest, Gwei, IntArray, Opening, Receipt, Reveal, Signature

from .fakes import (
    ANNA,
    BEN,
    BUDGET,
    FEDERATION,
    PARAMETERS,
    SPONSOR,
    STAKE,
    FakeChain,
    FakeLedger,
    PullToTarget,
    fake_chain,
)


class Steps:
    """A learner that moves every parameter by so many millions of units, and counts how often it trained."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.trained = 0

    def __call__(self, base: IntArray, round_number: int) -> IntArray:
        self.trained += 1
        return np.full(PARAMETERS, self.size * 1_000_000, dtype=np.int64)


def _participant(chain: FakeChain, account: Address, size: int) -> Participant:
    return Participant(FakeLedger(chain, account), chain.store, Steps(size), account.encode())


def _oracle(chain: FakeChain) -> Oracle:
    def sign(digest: bytes) -> Signature:
        return Signature(SPONSOR, keccak(digest) * 2)

    return Oracle(FakeLedger(chain, SPONSOR), chain.store, PullToTarget(), sign)


def _play(chain: FakeChain, *parties: Participant) -> Outcome:
    for party in parties:
        party.commit()
    for party in parties:
        party.reveal()
    oracle = _oracle(chain)
    outcome = oracle.observe(chain.number)
    oracle.transmit(outcome.report, [oracle.sign(outcome)])
    return outcome


@pytest.fixture
def chain() -> FakeChain:
    made = fake_chain()
    for account in (ANNA, BEN):
        FakeLedger(made, account).join(STAKE)
    return made


def test_committing_publishes_nothing(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 10)
    anna.commit()
    with pytest.raises(ContentMissing):
        chain.store.get(anna.opening(1).digest)


def test_the_commitment_opens_for_its_participant_and_round(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 10)
    anna.commit()
    assert chain.events[-1].args["commitment"] == commitment(FEDERATION, 1, anna.opening(1))


def test_revealing_publishes_the_update_the_commitment_named(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 10)
    anna.commit()
    anna.reveal()
    update = decode_update(chain.store.get(Digest(chain.events[-1].args["digest"])))
    assert update.round == 1
    assert np.all(abs(update.deltas - 10_000_000) <= DITHER)


def test_a_restarted_participant_opens_the_same_commitment(chain: FakeChain) -> None:
    _participant(chain, ANNA, 10).commit()
    restarted = _participant(chain, ANNA, 10)
    assert chain.events[-1].args["commitment"] == commitment(FEDERATION, 1, restarted.opening(1))


def test_training_happens_once_a_round(chain: FakeChain) -> None:
    learner = Steps(10)
    anna = Participant(FakeLedger(chain, ANNA), chain.store, learner, b"secret")
    anna.commit()
    anna.reveal()
    assert learner.trained == 1


def test_salts_differ_between_rounds_and_participants(chain: FakeChain) -> None:
    anna, ben = _participant(chain, ANNA, 10), _participant(chain, BEN, 10)
    assert len({anna.opening(1).salt, anna.opening(2).salt, ben.opening(1).salt}) == 3


def test_a_late_commitment_belongs_to_the_next_round(chain: FakeChain) -> None:
    view = ChainView(FakeLedger(chain, ANNA), chain.store)
    assert view.committing_round() == 1
    _participant(chain, ANNA, 10).commit()
    assert view.committing_round() == 1
    chain.time += chain.terms.commit_window
    assert view.committing_round() == 2


def test_the_better_update_earns_more_and_all_is_claimed(chain: FakeChain) -> None:
    anna, ben = _participant(chain, ANNA, 40), _participant(chain, BEN, 20)
    outcome = _play(chain, anna, ben)
    assert outcome.accepted
    assert anna.claim() is not None
    assert ben.claim() is not None
    assert chain.claimed[ANNA] > chain.claimed[BEN] > 0
    assert sum(chain.claimed.values()) == BUDGET


def test_nothing_is_claimed_twice_or_before_a_report_is_active(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 40)
    assert anna.claim() is None
    _play(chain, anna)
    assert anna.claim() is not None
    assert anna.claim() is None


def test_the_next_round_trains_on_the_reported_model(chain: FakeChain) -> None:
    outcome = _play(chain, _participant(chain, ANNA, 40))
    view = ChainView(FakeLedger(chain, ANNA), chain.store)
    base = view.base_model(view.history())
    assert base == outcome.report.model
    assert np.all(abs(view.parameters(base) - 40_000_000) <= DITHER)


def test_two_oracles_reach_the_same_report(chain: FakeChain) -> None:
    for party in (anna := _participant(chain, ANNA, 40), ben := _participant(chain, BEN, 20)):
        party.commit()
    anna.reveal()
    ben.reveal()
    assert _oracle(chain).observe(1).report == _oracle(chain).observe(1).report


def test_an_oracle_signs_the_typed_digest_and_publishes_what_it_signs(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 40)
    anna.commit()
    anna.reveal()
    oracle = _oracle(chain)
    outcome = oracle.observe(1)
    signature = oracle.sign(outcome)
    assert signature.compact == keccak(report_digest(outcome.report, 1, FEDERATION)) * 2
    assert chain.store.get(outcome.report.model) == outcome.model
    assert chain.store.get(outcome.report.evidence) == outcome.evidence


def test_what_nobody_has_is_fetched_as_nothing(chain: FakeChain) -> None:
    held = chain.store.put(b"held")
    missing = Digest(b"\x09" * 32)
    reveals = [Reveal(ANNA, STAKE, held), Reveal(BEN, STAKE, missing)]
    assert fetch_updates(chain.store, reveals) == {held: b"held", missing: None}


def test_a_store_that_cannot_be_asked_makes_no_update_missing() -> None:
    class Away(MemoryStore):
        def get(self, digest: Digest) -> bytes:
            raise ContentUnreachable("the node is away")

    with pytest.raises(ContentUnreachable):
        fetch_updates(Away(), [Reveal(ANNA, STAKE, Digest(bytes(32)))])


def test_rewards_are_folded_over_rounds_from_published_evidence(chain: FakeChain) -> None:
    anna, ben = _participant(chain, ANNA, 40), _participant(chain, BEN, 20)
    _play(chain, anna, ben)
    second = _play(chain, anna)
    view = ChainView(FakeLedger(chain, ANNA), chain.store)
    cumulative = view.cumulative(view.history(), 2)
    assert cumulative == second.cumulative
    assert cumulative[BEN] > 0, "who sat out the second round keeps what it earned in the first"


def test_evidence_that_does_not_lead_to_the_root_is_not_believed(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 40)
    anna.commit()
    anna.reveal()
    oracle = _oracle(chain)
    outcome = oracle.observe(1)
    oracle.sign(outcome)
    chain.log(
        "Reported",
        round=1,
        inputs=outcome.report.inputs,
        rewards=b"\x66" * 32,
        model=outcome.report.model,
        evidence=outcome.report.evidence,
        evidenceRoot=outcome.report.evidence_root,
        total=outcome.report.total,
        signed=7,
        activeAt=chain.time + 100,
    )
    view = ChainView(FakeLedger(chain, ANNA), chain.store)
    with pytest.raises(ProtocolError, match="do not trust it"):
        view.cumulative(view.history(), 1)


def test_a_round_without_a_report_earned_nobody_anything(chain: FakeChain) -> None:
    _participant(chain, ANNA, 40).commit()
    view = ChainView(FakeLedger(chain, ANNA), chain.store)
    with pytest.raises(ProtocolError, match="has no report"):
        view.cumulative(view.history(), 1)
    assert view.cumulative(view.history(), None) == {}
    assert Gwei(0) == sum(view.cumulative(view.history(), None).values())


def test_the_same_training_gives_another_update_in_another_round(chain: FakeChain) -> None:
    anna = _participant(chain, ANNA, 10)
    assert anna.opening(1).digest != anna.opening(2).digest


def test_dither_never_lengthens_an_update_and_follows_from_the_secret() -> None:
    deltas = np.array([0, 5, -5, 10**6, -(10**6)])
    moved = dithered(deltas, b"secret")
    assert np.all(abs(moved) <= abs(deltas))
    assert np.all(abs(moved - deltas) <= DITHER)
    assert moved.tolist() == dithered(deltas, b"secret").tolist() != dithered(deltas, b"other").tolist()


class Refusing(FakeLedger):
    """A ledger whose contract takes no reveal."""

    def reveal(self, opening: Opening) -> Receipt:
        raise WrongPhase("reveal", 5, 6)


def test_an_update_the_contract_does_not_take_is_not_published(chain: FakeChain) -> None:
    anna = Participant(Refusing(chain, ANNA), chain.store, Steps(10), b"secret")
    anna.commit()
    with pytest.raises(WrongPhase):
        anna.reveal()
    with pytest.raises(ContentMissing):
        chain.store.get(anna.opening(1).digest)


def test_an_update_revealed_before_a_crash_is_published_afterwards(chain: FakeChain) -> None:
    _participant(chain, ANNA, 10).commit()
    restarted = Participant(Refusing(chain, ANNA), chain.store, Steps(10), ANNA.encode())
    FakeLedger(chain, BEN).reveal(restarted.opening(1))
    with pytest.raises(WrongPhase):
        restarted.reveal()
    assert decode_update(chain.store.get(restarted.opening(1).digest)).round == 1


def test_a_void_after_the_commitment_does_not_change_what_is_revealed(chain: FakeChain) -> None:
    anna, ben = _participant(chain, ANNA, 40), _participant(chain, BEN, 20)
    _play(chain, ben)
    anna.commit()
    committed = anna.opening(2).digest
    chain.log("ReportVoided", round=1)
    assert anna.opening(2).digest == committed


def test_a_long_history_is_folded_without_running_out_of_stack(chain: FakeChain) -> None:
    chain.log("Funded", **{"from": SPONSOR, "amount": 9_000, "funded": 10_000})
    anna = _participant(chain, ANNA, 1)
    for _ in range(60):
        _play(chain, anna)
    limit = sys.getrecursionlimit()
    view = ChainView(FakeLedger(chain, ANNA), chain.store)
    history = view.history()
    sys.setrecursionlimit(_depth() + 80)
    try:
        assert sum(view.cumulative(history, 60).values()) == 60 * BUDGET
    finally:
        sys.setrecursionlimit(limit)


def _depth() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
