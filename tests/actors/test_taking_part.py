"""A participant that runs by itself: what it does when, and that a kill at any instant costs it nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from eth_hash.auto import keccak

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.oracle import Oracle
from qfl_chain.actors.participant import Participant, StoredUpdate
from qfl_chain.actors.running import WAIT, Step
from qfl_chain.actors.taking_part import TakingPart
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import ContentUnreachable, InputError, LedgerError, ProtocolError, Reverted, WrongPhase
from qfl_chain.ports import ContentStore
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Address, Digest, Gwei, IntArray, Receipt, Signature

from .court import FakeCourt
from .fakes import (
    ANNA,
    BEN,
    BUDGET,
    PARAMETERS,
    SPONSOR,
    STAKE,
    Axe,
    FakeChain,
    FakeLedger,
    Killed,
    PullToTarget,
    fake_chain,
    mortal,
)

NEVER = 0
SALTS = b"secret"


class Drifting:
    """A learner that is never the same again: what it gave once can only be remembered."""

    def __init__(self) -> None:
        self.trained = 0

    def __call__(self, base: IntArray, round_number: int) -> IntArray:
        self.trained += 1
        return np.full(PARAMETERS, (30 + self.trained) * 1_000_000, dtype=np.int64)


def joined_chain() -> FakeChain:
    made = fake_chain()
    for account in (ANNA, BEN):
        FakeLedger(made, account).join(STAKE)
    return made


@pytest.fixture
def chain() -> FakeChain:
    return joined_chain()


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "update.json", {"account": ANNA})


def taking_part(
    chain: FakeChain,
    file: StateFile,
    until_round: int = 0,
    *,
    ledger: FakeCourt | None = None,
    store: ContentStore | None = None,
    axe: Axe | None = None,
    learner: Drifting | None = None,
) -> TakingPart:
    """Anna's process, just started."""
    axe = axe or Axe(NEVER)
    ledger, store = mortal(ledger or FakeCourt(chain, ANNA), axe), mortal(store or chain.store, axe)
    memory = StoredUpdate(mortal(file, axe))
    participant = Participant(ledger, store, learner or Drifting(), SALTS, memory)
    view = ChainView(ledger, store)
    return TakingPart(participant, ledger, view, Answering(ledger, store, view), until_round)


def report(chain: FakeChain) -> None:
    oracle = Oracle(
        FakeLedger(chain, SPONSOR), chain.store, PullToTarget(), lambda digest: Signature(SPONSOR, keccak(digest) * 2)
    )
    outcome = oracle.observe(chain.number)
    oracle.transmit(outcome.report, [oracle.sign(outcome)])


def actions(actor: TakingPart, steps: int) -> list[str]:
    return [actor.step().action for _ in range(steps)]


def lived(chain: FakeChain, actor: TakingPart, most: int = 100) -> list[str]:
    """Let it live until it has finished: time passes while it waits, and a report comes in the report phase."""
    done = []
    for _ in range(most):
        step = actor.step()
        done.append(step.action)
        if step.finished:
            return [action for action in done if action != WAIT]
        if step.action == WAIT:
            chain.time += 50
            if chain.start and chain.start + 200 <= chain.time < chain.start + 300:
                report(chain)
    raise AssertionError(f"it does not finish: {done}")


def test_it_opens_a_round_reveals_publishes_and_collects_what_it_earned(chain: FakeChain, file: StateFile) -> None:
    assert lived(chain, taking_part(chain, file, 1)) == ["commit", "reveal", "claim", "finish"]
    assert chain.claimed[ANNA] == BUDGET


def test_it_takes_part_in_every_round_until_the_last_and_claims_after_each(chain: FakeChain, file: StateFile) -> None:
    assert lived(chain, taking_part(chain, file, 2)) == [
        "commit",
        "reveal",
        "commit",
        "claim",
        "reveal",
        "claim",
        "finish",
    ]
    assert chain.claimed[ANNA] == 2 * BUDGET


def test_it_joins_a_round_that_another_opened(chain: FakeChain, file: StateFile) -> None:
    FakeLedger(chain, BEN).commit(1, 5)
    chain.time += 99
    assert actions(taking_part(chain, file), 2) == ["commit", WAIT]
    assert chain.number == 1


def test_it_waits_for_the_next_round_where_it_came_too_late(chain: FakeChain, file: StateFile) -> None:
    FakeLedger(chain, BEN).commit(1, 5)
    chain.time += 100
    actor = taking_part(chain, file)
    assert actor.step() == Step(WAIT, 1, {"phase": "reveal", "until": chain.start + 200})
    chain.time += 200
    assert actor.step().action == "commit"
    assert chain.number == 2


def test_it_reveals_only_in_the_reveal_phase(chain: FakeChain, file: StateFile) -> None:
    actor = taking_part(chain, file)
    assert actions(actor, 2) == ["commit", WAIT]
    chain.time += 100
    assert actions(actor, 2) == ["reveal", WAIT]
    assert chain.names(ANNA) == ["Joined", "Committed", "Revealed"]


def test_an_update_that_was_revealed_before_a_crash_or_by_a_relayer_is_published(
    chain: FakeChain, file: StateFile
) -> None:
    actor = taking_part(chain, file)
    actor.step()
    opening = Participant(FakeLedger(chain, ANNA), chain.store, Drifting(), SALTS, StoredUpdate(file)).opening(1)
    chain.time += 100
    FakeLedger(chain, BEN).reveal(opening)
    step = taking_part(chain, file).step()
    assert step == Step("publish", 1, {"update": opening.digest.hex()})
    assert chain.store.get(opening.digest)


def test_what_was_published_is_not_published_again_and_again(chain: FakeChain, file: StateFile) -> None:
    actor = taking_part(chain, file)
    actor.step()
    chain.time += 100
    assert actions(actor, 3) == ["reveal", WAIT, WAIT]
    assert actions(taking_part(chain, file), 3) == ["publish", WAIT, WAIT]


def test_the_update_of_a_round_that_expired_does_not_replace_the_next_one_s(chain: FakeChain, file: StateFile) -> None:
    actor = taking_part(chain, file)
    actor.step()
    chain.time += 100
    actor.step()
    chain.time = chain.start + 300
    StoredUpdate(file).keep(2, b"trained before a crash")
    assert taking_part(chain, file).step().action == "commit"
    assert StoredUpdate(file).recall(2) == b"trained before a crash"


def test_a_lost_memory_is_told_once_and_the_participant_goes_on(
    chain: FakeChain, file: StateFile, tmp_path: Path
) -> None:
    actor = taking_part(chain, file)
    actor.step()
    chain.time += 100
    actor.step()
    learner = Drifting()
    learner.trained = 7
    restarted = taking_part(chain, StateFile(tmp_path / "other.json", {}), learner=learner)
    with pytest.raises(ProtocolError, match=r"not the one revealed .* keep the state directory"):
        restarted.step()
    assert actions(restarted, 1) == [WAIT]
    report(chain)
    assert actions(restarted, 2) == ["commit", "claim"]


@pytest.mark.parametrize("stop", ["paused", "cancelled"])
def test_a_federation_that_is_paused_or_cancelled_gets_no_new_round(
    chain: FakeChain, file: StateFile, stop: str
) -> None:
    setattr(chain, stop, True)
    assert taking_part(chain, file).step().action != "commit"
    assert chain.names(ANNA) == ["Joined"]


def test_a_round_of_a_cancelled_federation_is_played_to_its_end_and_its_reward_collected(
    chain: FakeChain, file: StateFile
) -> None:
    actor = taking_part(chain, file)
    actor.step()
    chain.cancelled = True
    assert lived(chain, actor) == ["reveal", "claim", "finish"]


def test_a_federation_that_was_cancelled_before_its_first_round_is_over(chain: FakeChain, file: StateFile) -> None:
    chain.cancelled = True
    assert actions(taking_part(chain, file), 1) == ["finish"]


def test_a_pause_that_ends_lets_it_go_on(chain: FakeChain, file: StateFile) -> None:
    chain.paused = True
    actor = taking_part(chain, file)
    assert actions(actor, 2) == [WAIT, WAIT]
    chain.paused = False
    assert actions(actor, 1) == ["commit"]


def test_no_round_beyond_the_last_one_is_joined(chain: FakeChain, file: StateFile) -> None:
    FakeLedger(chain, BEN).commit(1, 5)
    chain.time += 300
    FakeLedger(chain, BEN).commit(2, 5)
    assert actions(taking_part(chain, file, 1), 1) == ["finish"]


def test_it_does_not_finish_while_what_it_earned_is_not_active(chain: FakeChain, file: StateFile) -> None:
    actor = taking_part(chain, file, 1)
    actor.step()
    chain.time += 100
    actor.step()
    chain.time += 100
    report(chain)
    chain.active = None
    assert actions(actor, 2) == [WAIT, WAIT]
    chain.active = 1
    assert actions(actor, 2) == ["claim", "finish"]


def test_a_stake_below_the_minimum_is_told_until_it_was_topped_up(chain: FakeChain, file: StateFile) -> None:
    chain.terms = replace(chain.terms, min_stake=Gwei(2_000))
    actor = taking_part(chain, file)
    for _ in range(2):
        with pytest.raises(LedgerError, match=r"the stake of .* is 1,000 gwei and the minimum 2,000: top it up"):
            actor.step()
    chain.stakes[ANNA] = 2_000
    assert actions(actor, 1) == ["commit"]


class OpenOutcome(FakeLedger):
    """A contract that refuses commitments while a missing reveal is not decided."""

    def __init__(self, chain: FakeChain, account: Address, error: Reverted) -> None:
        super().__init__(chain, account)
        self.error: Reverted | None = error

    def commit(self, number: int, commitment: int) -> Receipt:
        if self.error is not None:
            raise self.error
        return super().commit(number, commitment)


def test_after_a_missed_reveal_it_waits_until_that_round_is_decided(chain: FakeChain, file: StateFile) -> None:
    ledger = OpenOutcome(chain, ANNA, Reverted("commit", "OutcomeOpen", {"round": 4}))
    actor = taking_part(chain, file, ledger=ledger)
    assert actor.step() == Step(WAIT, 1, {"missed": 4})
    ledger.error = None
    assert actions(actor, 1) == ["commit"]


def test_another_refusal_of_a_commitment_is_raised(chain: FakeChain, file: StateFile) -> None:
    with pytest.raises(WrongPhase):
        taking_part(chain, file, ledger=OpenOutcome(chain, ANNA, WrongPhase("commit", 1, 2))).step()


def test_who_earned_nothing_claims_nothing(chain: FakeChain, file: StateFile) -> None:
    FakeLedger(chain, BEN).commit(1, 5)
    chain.time += 200
    report(chain)
    assert actions(taking_part(chain, file, 1), 1) == ["finish"]
    assert "Claimed" not in chain.names(ANNA)


class Away:
    """A store that takes nothing for a while."""

    def __init__(self, store: ContentStore) -> None:
        self.store = store
        self.away = True

    def get(self, digest: Digest) -> bytes:
        return self.store.get(digest)

    def put(self, data: bytes) -> Digest:
        if self.away:
            raise ContentUnreachable("the node is away")
        return self.store.put(data)


def test_a_store_that_is_away_while_it_reveals_gets_the_update_later(chain: FakeChain, file: StateFile) -> None:
    store = Away(chain.store)
    actor = taking_part(chain, file, store=store)
    actor.step()
    chain.time += 100
    with pytest.raises(ContentUnreachable):
        actor.step()
    with pytest.raises(ContentUnreachable):
        actor.step()
    store.away = False
    assert actions(actor, 2) == ["publish", WAIT]
    assert chain.names(ANNA) == ["Joined", "Committed", "Revealed"]


@pytest.mark.parametrize("memory", [{"round": 1}, {"round": 1, "payload": "zz"}, {"round": 1, "payload": 7}])
def test_a_memory_that_makes_no_sense_is_named(file: StateFile, memory: dict[str, object]) -> None:
    file.write(memory)
    with pytest.raises(InputError, match=r"update\.json holds no update"):
        StoredUpdate(file).recall(1)


def test_killed_at_any_call_it_commits_once_reveals_once_publishes_and_claims_once(tmp_path: Path) -> None:
    for moment in count(1):
        chain, file = joined_chain(), StateFile(tmp_path / f"{moment}.json", {})
        learner, axe = Drifting(), Axe(moment)
        killed = False
        try:
            lived(chain, taking_part(chain, file, 1, axe=axe, learner=learner))
        except Killed:
            killed = True
            lived(chain, taking_part(chain, file, 1, learner=learner))
        assert chain.names(ANNA) == ["Joined", "Committed", "Revealed", "Claimed"], f"killed at call {moment}"
        assert chain.store.get(chain.reveals[0].digest)
        assert chain.claimed[ANNA] == BUDGET
        if not killed:
            break
    assert moment > 100, "every call before and after its effect"
