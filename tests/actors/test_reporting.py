"""An oracle that runs by itself: when it signs, what it makes of the others, who posts; never two reports a round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from eth_account import Account

from qfl_chain.actors.reporting import REMEMBERED_ROUNDS, Ballots
from qfl_chain.actors.running import WAIT, Step
from qfl_chain.actors.signatures import SignedReport
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.errors import ContentUnreachable, InputError, ProtocolError
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.protocol.filing import committee_hash
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Gwei, Report, Signature

from .fakes import (
    FEDERATION,
    Axe,
    FakeChain,
    Killed,
    mortal,
)
from .oracles import (
    COMMITTEE,
    NEVER,
    Answers,
    Committee,
    Process,
    Shop,
    own_report,
    play,
    reported_chain,
    signed,
    signing,
    started,
)

QUORUM = 3
TURN = 12
"""Seconds between two turns: the report phase of 100 s, by twice the committee."""

Start = Callable[..., Process]


@pytest.fixture
def chain() -> FakeChain:
    """A federation of four oracles; Anna and Ben revealed in round 1, and its report phase has begun."""
    return reported_chain()


@pytest.fixture
def start(chain: FakeChain, tmp_path: Path) -> Start:
    return partial(started, chain, tmp_path)


def test_updates_are_fetched_while_they_are_revealed_and_kept_for_others(chain: FakeChain, start: Start) -> None:
    chain.time = chain.start + 150
    shop = Shop(chain.store)
    oracle = start(store=shop)
    assert oracle.actions(3) == ["fetch", "fetch", WAIT]
    assert shop.kept == [reveal.digest for reveal in chain.reveals]
    chain.time = chain.start + 200
    shop.lacks = {reveal.digest for reveal in chain.reveals}
    assert oracle.step().facts["missing"] == 0


def test_nothing_is_signed_before_the_report_phase_or_without_enough_reveals(chain: FakeChain, start: Start) -> None:
    oracle = start()
    chain.time = chain.start + 199
    assert oracle.actions(4) == ["fetch", "fetch", WAIT, WAIT]
    chain.time = chain.start + 200
    chain.terms = replace(chain.terms, min_reveals=3)
    assert oracle.actions(2) == [WAIT, WAIT]
    assert oracle.ballots.held(1) == ()


def test_an_update_counts_as_unavailable_once_a_demand_for_it_ran_out(chain: FakeChain, start: Start) -> None:
    oracle = start(store=Shop(chain.store, {chain.reveals[1].digest}))
    chain.demand(1, chain.start + 250)
    chain.time = chain.start + 249
    assert oracle.actions(2) == ["fetch", WAIT]
    chain.time = chain.start + 250
    step = oracle.step()
    assert (step.action, step.facts["missing"]) == ("sign", 1)
    assert own_report(oracle) == signing(start(1)), "whoever has the bytes"


def test_a_store_that_does_not_answer_says_nothing_of_any_update(chain: FakeChain, start: Start) -> None:
    shop = Shop(chain.store, silent={chain.reveals[1].digest})
    oracle = start(store=shop)
    chain.time = chain.start + 299
    assert oracle.actions(1) == ["fetch"]
    for _ in range(2):
        with pytest.raises(ContentUnreachable):
            oracle.step()
    assert oracle.ballots.held(1) == ()
    shop.silent.clear()
    assert oracle.actions(2) == ["fetch", "sign"]
    assert own_report(oracle) == signing(start(1))


def test_a_signature_waits_for_as_many_blocks_as_were_asked(chain: FakeChain, start: Start) -> None:
    oracle = start(confirmations=2)
    chain.blocks = 10
    assert oracle.step() == Step(WAIT, 1, {"confirmations": 2})
    chain.blocks = 11
    assert oracle.actions(1) == [WAIT]
    chain.blocks = 12
    signing(oracle)


def test_a_quorum_that_agrees_posts_and_one_signature_less_does_not(chain: FakeChain, start: Start) -> None:
    others = Answers()
    oracle = start(1, others)
    report = signing(oracle)
    others.found = [("b", signed(0, report))]
    assert oracle.step() == Step(WAIT, 1, {"signatures": 2, "others": 0, "quorum": QUORUM})
    others.found.append(("c", signed(2, report)))
    step = oracle.step()
    assert (step.action, step.facts["signatures"]) == ("report", 3)
    account, posted, signatures = chain.posted[0]
    assert (account, posted) == (COMMITTEE[1], report)
    assert {one.oracle for one in signatures} == set(COMMITTEE[:3])
    assert oracle.actions(1) == [WAIT]


def test_four_oracles_that_see_one_another_report_once_with_a_quorum(chain: FakeChain, start: Start) -> None:
    committee = Committee()
    oracles = [start(index, committee) for index in range(4)]
    committee.members = [oracle.ballots for oracle in oracles]
    for _ in range(8):
        for oracle in oracles:
            oracle.step()
    assert len(chain.posted) == 1
    assert len(chain.posted[0][2]) >= QUORUM


def _forged(report: Report) -> SignedReport:
    return replace(signed(2, report), signature=Signature(COMMITTEE[2], b"\1" * 64))


def _anothers(report: Report) -> SignedReport:
    return replace(signed(2, report), signature=Signature(COMMITTEE[3], signed(2, report).signature.compact))


def _elsewhere(report: Report) -> SignedReport:
    return replace(signed(2, report), chain_id=2)


def _stranger(report: Report) -> SignedReport:
    key = Account.from_key(bytes([9]) * 32)
    signature = sign_digest(key, report_digest(report, 1, FEDERATION))
    return SignedReport(1, FEDERATION, report, signature)


def _other_round(report: Report) -> SignedReport:
    return signed(2, replace(report, round=2))


def _other_report(report: Report) -> SignedReport:
    return signed(2, replace(report, total=Gwei(report.total + 1)))


LIES = [_forged, _anothers, _elsewhere, _stranger, _other_round, _other_report]


@pytest.mark.parametrize("lie", LIES)
def test_what_a_peer_makes_up_does_not_count(start: Start, lie: Callable[[Report], SignedReport]) -> None:
    others = Answers()
    oracle = start(1, others)
    report = signing(oracle)
    others.found = [("honest", signed(0, report)), ("liar", lie(report))]
    step = oracle.step()
    assert (step.action, step.facts["signatures"]) == (WAIT, 2)
    assert oracle.ballots.held(2) == ()


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_peer_does_not_keep_a_quorum_of_others_from_posting(
    chain: FakeChain, start: Start, lie: Callable[[Report], SignedReport]
) -> None:
    others = Answers(refused=["silent: does not answer in time"])
    oracle = start(1, others)
    report = signing(oracle)
    lies = [("liar", lie(report))] * 3
    honest = signed(3 if lie is _other_report else 2, report)
    others.found = [*lies, ("a", signed(0, report)), ("b", honest), *lies]
    assert oracle.step().action == "report"
    assert {one.oracle for one in chain.posted[0][2]} == {COMMITTEE[0], COMMITTEE[1], honest.signature.oracle}
    assert "silent: does not answer in time" in oracle.told


def test_what_a_peer_does_wrong_is_told_once_while_it_lasts_and_again_when_it_returns(start: Start) -> None:
    others = Answers(refused=["b: does not answer in time"])
    oracle = start(1, others)
    signing(oracle)
    oracle.actions(3)
    assert oracle.told == ["b: does not answer in time"]
    others.refused = []
    oracle.step()
    others.refused = ["b: does not answer in time"]
    oracle.step()
    assert len(oracle.told) == 2


def test_an_oracle_that_disagrees_with_a_quorum_waits_and_posts_nothing(chain: FakeChain, start: Start) -> None:
    others = Answers()
    oracle = start(1, others)
    theirs = replace(signing(oracle), total=Gwei(1))
    others.found = [(str(index), signed(index, theirs)) for index in (0, 2, 3)]
    for second in (0, 99):
        chain.time = chain.start + 200 + second
        assert oracle.step() == Step(WAIT, 1, {"signatures": 1, "others": 3, "quorum": QUORUM})
    assert chain.posted == []
    assert own_report(oracle) != theirs


@pytest.mark.parametrize(("index", "turn"), [(1, 0), (2, 1), (3, 2), (0, 3)])
def test_who_may_post_follows_an_order_that_begins_with_another_every_round(
    chain: FakeChain, start: Start, index: int, turn: int
) -> None:
    others = Answers()
    oracle = start(index, others)
    report = signing(oracle)
    others.found = [(str(one), signed(one, report)) for one in range(4)]
    if turn:
        chain.time = chain.start + 200 + turn * TURN - 1
        assert oracle.actions(1) == [WAIT]
    chain.time = chain.start + 200 + turn * TURN
    assert oracle.actions(1) == ["report"]


def test_the_last_round_ends_it_and_later_ones_are_not_signed(chain: FakeChain, start: Start) -> None:
    others = Answers()
    oracle = start(1, others, until_round=1)
    report = signing(oracle)
    others.found = [(str(one), signed(one, report)) for one in (0, 2)]
    assert oracle.actions(2) == ["report", "finish"]
    play(chain)
    assert start(1, until_round=1).step() == Step("finish", 2, finished=True)


def test_a_round_of_a_cancelled_federation_is_still_reported_and_then_it_ends(chain: FakeChain, start: Start) -> None:
    chain.cancelled = True
    others = Answers()
    oracle = start(1, others)
    report = signing(oracle)
    others.found = [(str(one), signed(one, report)) for one in (0, 2)]
    assert oracle.actions(2) == ["report", "finish"]


def test_a_round_that_expired_is_left_and_the_next_one_signed(chain: FakeChain, start: Start) -> None:
    oracle = start()
    signing(oracle)
    chain.time = chain.start + 300
    assert oracle.actions(1) == [WAIT]
    play(chain)
    assert oracle.actions(3) == ["fetch", "fetch", "sign"]
    assert oracle.ballots.own(2) is not None


def test_a_ballot_is_on_disk_before_it_is_shown(chain: FakeChain, start: Start, tmp_path: Path) -> None:
    report = signing(start())
    file = StateFile(tmp_path / "ballots.json", {})
    axe = Axe(NEVER)
    ballots = Ballots(mortal(file, axe))
    axe.falls_at = axe.seen + 1
    with pytest.raises(Killed):
        ballots.cast(signed(0, report))
    assert (ballots.held(1), ballots.own(1)) == ((), None)


def test_a_second_report_for_a_round_is_refused_also_after_a_restart(start: Start, tmp_path: Path) -> None:
    report = signing(start())
    other = signed(0, replace(report, total=Gwei(1)))
    file = StateFile(tmp_path / "0.json", {"account": COMMITTEE[0]})
    for ballots in (Ballots(file), Ballots(file)):
        ballots.cast(signed(0, report))
        with pytest.raises(ProtocolError, match="round 1: another report was signed before"):
            ballots.cast(other)
        assert [one.report for one in ballots.held(1)] == [report]


def test_as_many_rounds_are_remembered_as_are_needed(start: Start, tmp_path: Path) -> None:
    report = signing(start())
    ballots = Ballots(StateFile(tmp_path / "many.json", {}))
    for number in range(1, REMEMBERED_ROUNDS + 3):
        ballots.cast(signed(0, replace(report, round=number)))
    assert Ballots(StateFile(tmp_path / "many.json", {})).own(2) is None
    assert ballots.held(2) == ()
    assert ballots.own(3) == ballots.held(3)[0]


@pytest.mark.parametrize("memory", [{"1": 7}, {"1": {}}, {"x": "y"}])
def test_ballots_that_make_no_sense_are_named_and_nothing_is_signed(tmp_path: Path, memory: dict[str, object]) -> None:
    file = StateFile(tmp_path / "ballots.json", {})
    file.write(memory)
    with pytest.raises(InputError, match=r"ballots\.json"):
        Ballots(file)


def shown(*lives: Process) -> set[Report]:
    """The reports of the first oracle that anybody may have seen."""
    return {one.report for life in lives for one in life.ballots.held(1) if one.signature.oracle == COMMITTEE[0]}


def lived(chain: FakeChain, process: Process) -> None:
    """Let it live until the report is posted; time passes while it waits."""
    for _ in range(60):
        if process.step().action == "report":
            return
        chain.time += 4
    raise AssertionError("it does not post")


def test_killed_at_any_call_it_shows_one_report_a_round_whatever_the_store_shows_afterwards(tmp_path: Path) -> None:
    signatures: set[frozenset[Report]] = set()
    for moment in count(1):
        folder = tmp_path / str(moment)
        folder.mkdir()
        chain, axe = reported_chain(), Axe(NEVER)
        lives: list[Process] = [started(chain, folder, axe=axe)]
        axe.falls_at = axe.seen + moment
        killed = False
        try:
            for _ in range(4):
                lives[0].step()
        except Killed:
            killed = True
        chain.time = chain.start + 250
        chain.demand(1, chain.time)
        late = Shop(chain.store, {chain.reveals[1].digest})
        lives.append(started(chain, folder, store=late))
        lives[1].actions(3)
        report = own_report(lives[1])
        peers = Answers([(str(one), signed(one, report)) for one in (1, 2)])
        lives.append(started(chain, folder, peers=peers, store=late))
        lived(chain, lives[2])
        assert shown(*lives) == {report}, f"killed at call {moment}"
        assert [posted for _, posted, _ in chain.posted] == [report]
        signatures.add(frozenset({report}))
        if not killed:
            break
    assert moment > 40, "every call before and after its effect"
    assert len(signatures) == 2, "the store did show another thing"


def test_killed_at_any_call_it_still_posts_with_the_others(tmp_path: Path) -> None:
    for moment in count(1):
        folder = tmp_path / str(moment)
        folder.mkdir()
        chain, axe, others = reported_chain(), Axe(NEVER), Answers()
        report = signing(started(chain, folder, 3))
        others.found = [(str(one), signed(one, report)) for one in (1, 2)]
        life = started(chain, folder, peers=others, axe=axe)
        axe.falls_at = axe.seen + moment
        try:
            lived(chain, life)
        except Killed:
            if not chain.posted:
                lived(chain, started(chain, folder, peers=others))
            assert [posted for _, posted, _ in chain.posted] == [report], f"killed at call {moment}"
        else:
            break
    assert moment > 60, "every call before and after its effect"


def test_the_committee_is_the_one_that_is_seated(chain: FakeChain, start: Start) -> None:
    """The sponsor named two of the four, and they took their seats: two signatures are enough."""
    two = (COMMITTEE[0], COMMITTEE[2])
    chain.log("CommitteeScheduled", oracles=two, effectiveAt=0)
    others = Answers()
    oracle = start(2, others)
    others.found = [("a", signed(0, signing(oracle)))]
    assert oracle.step().facts["quorum"] == QUORUM
    chain.log("CommitteeSeated", committee=committee_hash(two))
    step = oracle.step()
    assert (step.action, step.facts["quorum"], step.facts["signatures"]) == ("report", 2, 2)
