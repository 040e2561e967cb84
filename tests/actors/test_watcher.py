"""A watcher: what it proves and when, what it asks for, what it may spend; killed anywhere, and beside others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from qfl_chain.actors.running import WAIT, Step
from qfl_chain.actors.sightings import REMEMBERED_ROUNDS, Sightings
from qfl_chain.errors import ContentUnreachable, InputError, Reverted
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.faults import Fault
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Gwei, Receipt

from .court import ANSWER_WINDOW, BOUNTY, DEMAND_BOND, FakeCourt
from .fakes import ANNA, BEN, Axe, FakeChain, Killed
from .oracles import COMMITTEE, Answers, Shop, play, reported_chain, signed, started
from .watchers import WANDA, WILL, Watching, honest, inflated, lie, posted, watching

LEAVES = 8
"""Of the evidence of two participants: a header, two standings, four coalitions, the aggregate."""

Watch = Callable[..., Watching]


@pytest.fixture
def chain() -> FakeChain:
    """A federation of four oracles; Anna and Ben revealed in round 1, and its report phase has begun."""
    return reported_chain()


@pytest.fixture
def watch(chain: FakeChain, tmp_path: Path) -> Watch:
    return partial(watching, chain, tmp_path)


def names(chain: FakeChain) -> list[str]:
    return [event.name for event in chain.events]


def test_a_right_report_is_checked_once_and_left_alone(chain: FakeChain, watch: Watch) -> None:
    posted(chain, honest(chain)[0])
    watcher = watch()
    step = watcher.step()
    assert (step.action, step.round, step.facts["verdict"]) == ("check", 1, "sound")
    assert watcher.actions(2) == [WAIT, WAIT]
    assert "Refuted" not in names(chain)


def test_a_wrong_report_is_refuted_and_the_step_says_what_was_proved(chain: FakeChain, watch: Watch) -> None:
    lie(chain)
    step = watch().step()
    assert (step.action, step.round, step.facts["fault"]) == ("refute", 1, "SPLIT")
    assert step.facts["finding"].startswith("reveal 0: reward is")
    assert step.facts["bounty_gwei"] == BOUNTY
    assert names(chain)[-2:] == ["Refuted", "ReportVoided"]


def test_nothing_is_tried_against_a_report_that_is_active(chain: FakeChain, watch: Watch) -> None:
    lie(chain)
    chain.time += chain.terms.challenge_window
    assert watch().actions(2) == [WAIT, WAIT]


def test_the_next_report_is_watched_as_well(chain: FakeChain, watch: Watch) -> None:
    watcher = watch()
    lie(chain)
    assert watcher.actions(2) == ["refute", WAIT]
    play(chain)
    lie(chain)
    assert watcher.step().round == 2


def test_a_watcher_that_comes_second_says_who_was_first(chain: FakeChain, watch: Watch) -> None:
    """Will's proof is mined while Wanda's is on its way."""
    lie(chain)
    wanda, will = watch(), watch(WILL)
    before = wanda.court.refute

    def late(*arguments: object) -> Receipt:
        assert will.step().action == "refute"
        return before(*arguments)  # type: ignore[arg-type]

    wanda.court.refute = late  # type: ignore[method-assign]
    step = wanda.step()
    assert step == Step("beaten", 1, {"fault": "SPLIT", "finding": step.facts["finding"], "by": WILL})
    assert wanda.actions(1) == [WAIT]


def test_a_refusal_that_is_no_lost_race_is_an_error_and_tried_again(chain: FakeChain, watch: Watch) -> None:
    lie(chain)
    watcher = watch()
    before, refused = watcher.court.refute, Reverted("refute", "NoFault", {"fault": 1})

    def refuse(*arguments: object) -> Receipt:
        raise refused

    watcher.court.refute = refuse  # type: ignore[method-assign]
    with pytest.raises(Reverted, match="NoFault"):
        watcher.step()
    watcher.court.refute = before  # type: ignore[method-assign]
    assert watcher.step().action == "refute"


def test_hidden_evidence_is_demanded_leaf_by_leaf_and_silence_voids_the_report(chain: FakeChain, watch: Watch) -> None:
    lie(chain, published=False)
    watcher = watch()
    assert watcher.actions(LEAVES + 1) == ["demand"] * LEAVES + [WAIT]
    chain.time += ANSWER_WINDOW
    step = watcher.step()
    assert (step.action, step.facts["fault"]) == ("convict", "UNAVAILABLE")
    assert [event.args["fault"] for event in chain.events if event.name == "Refuted"] == [Fault.UNAVAILABLE]
    assert watcher.step().action == "collect"
    assert watcher.actions(1) == [WAIT]


def test_evidence_shown_on_chain_leads_to_the_proof(chain: FakeChain, watch: Watch) -> None:
    """The oracle answers every demand: its lie is then in the open."""
    data = lie(chain, published=False)
    shop = Shop(chain.store)
    watcher = watch(store=Shop(chain.store, {digest_of_bytes(data)}))
    watcher.actions(LEAVES)
    shop.put(data)
    oracle = watch(COMMITTEE[0], store=shop)
    assert [oracle.actor._answering.step(chain.number).action for _ in range(LEAVES)] == ["answer"] * LEAVES
    step = watcher.step()
    assert (step.action, step.facts["fault"]) == ("refute", "SPLIT")


def test_a_right_report_is_not_demanded_though_its_evidence_is_hidden(chain: FakeChain, watch: Watch) -> None:
    """What it commits to is known to whoever recomputes it."""
    report, evidence = honest(chain)
    posted(chain, replace(report, evidence=digest_of_bytes(b"elsewhere")))
    step = watch(store=Shop(chain.store, {digest_of_bytes(evidence)})).step()
    assert step.action == "check"
    assert "not where it says" in step.facts["note"]


def test_demands_stay_within_what_may_be_spent(chain: FakeChain, watch: Watch) -> None:
    lie(chain, published=False)
    watcher = watch(most_bonds=Gwei(2 * DEMAND_BOND))
    assert watcher.actions(2) == ["demand", "demand"]
    step = watcher.step()
    assert step.action == WAIT
    assert "allow more" in step.facts["not_demanded"]
    assert watch(most_bonds=Gwei(2 * DEMAND_BOND)).actions(1) == [WAIT], "also after a restart"


def test_no_leaf_is_demanded_once_silence_could_not_be_shown_in_time(chain: FakeChain, watch: Watch) -> None:
    lie(chain, published=False)
    active = chain.events[-1].args["activeAt"]
    chain.time = active - 2 * ANSWER_WINDOW + 1
    assert "no time is left" in watch().step().facts["not_demanded"]
    chain.time -= 1
    assert watch().step().action == "demand"


def test_an_update_that_nobody_gives_is_demanded_and_silence_voids_the_report(chain: FakeChain, watch: Watch) -> None:
    report, _ = honest(chain)
    posted(chain, report)
    watcher = watch(store=Shop(chain.store, {chain.reveals[0].digest}))
    step = watcher.step()
    assert (step.action, step.facts["participant"]) == ("demand", ANNA)
    assert watcher.actions(1) == [WAIT]
    chain.time += ANSWER_WINDOW
    assert watcher.actions(2) == ["convict", "collect"]
    assert names(chain)[-2:] == ["ReportVoided", "Collected"]


def test_an_update_shown_on_chain_is_as_good_as_one_published(chain: FakeChain, watch: Watch) -> None:
    lie(chain)
    watcher = watch(store=Shop(chain.store, {chain.reveals[0].digest}))
    assert watcher.actions(1) == ["demand"]
    assert watch(WILL).step().action == "refute"
    assert watcher.step().action == WAIT


def test_an_answer_goes_before_waiting(chain: FakeChain, watch: Watch) -> None:
    """Will lacks an update and demands it; Wanda has it and takes the bond."""
    posted(chain, honest(chain)[0])
    will = watch(WILL, store=Shop(chain.store, {chain.reveals[0].digest}))
    assert will.actions(1) == ["demand"]
    assert watch().actions(2) == ["check", "answer"]
    assert will.actions(2) == ["check", WAIT]


def test_a_store_that_does_not_answer_says_nothing_of_the_report(chain: FakeChain, watch: Watch) -> None:
    lie(chain)
    shop = Shop(chain.store, silent={chain.reveals[0].digest})
    watcher = watch(store=shop)
    with pytest.raises(ContentUnreachable):
        watcher.step()
    shop.silent.clear()
    assert watcher.step().action == "refute"


def test_a_participant_is_convicted_of_silence_in_the_live_round(
    chain: FakeChain, watch: Watch, tmp_path: Path
) -> None:
    shop = Shop(chain.store, {chain.reveals[1].digest})
    assert started(chain, tmp_path, store=shop).actions(2) == ["fetch", "demand"]
    watcher = watch(store=shop)
    assert watcher.actions(1) == [WAIT]
    chain.time += ANSWER_WINDOW
    step = watcher.step()
    assert (step.action, step.facts["offence"], step.facts["participant"]) == ("convict", "UNAVAILABLE", BEN)
    assert watcher.actions(1) == [WAIT]
    assert watch(WILL, store=shop).actions(1) == [WAIT], "somebody settled it"


def test_a_payload_that_is_no_update_is_convicted_once(chain: FakeChain, watch: Watch) -> None:
    junk = chain.store.put(b"junk")
    chain.reveals[1] = replace(chain.reveals[1], digest=junk)
    at = next(n for n, one in enumerate(chain.events) if one.name == "Revealed" and one.args["participant"] == BEN)
    chain.events[at] = replace(chain.events[at], args={**chain.events[at].args, "digest": junk})
    watcher = watch()
    step = watcher.step()
    assert (step.action, step.facts["offence"], step.facts["participant"]) == ("convict", "MALFORMED", BEN)
    assert watcher.actions(1) == [WAIT]
    assert watch(WILL).actions(1) == [WAIT]


def test_bytes_too_long_for_a_transaction_stop_nobody(
    chain: FakeChain, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They could not be sent as a proof; they are left to silence."""
    size = len(chain.store.get(chain.reveals[0].digest))
    monkeypatch.setattr("qfl_chain.actors.oracle.MAX_UPDATE_BYTES", size - 1)
    assert watch().actions(2) == [WAIT, WAIT]


def test_a_missing_reveal_is_settled_when_its_round_is_active(chain: FakeChain, watch: Watch) -> None:
    absent = COMMITTEE[3]
    FakeCourt(chain, absent).join(Gwei(1_000))
    chain.commitments[absent] = (1, 77)
    chain.log("Committed", participant=absent, round=1, commitment=77)
    posted(chain, honest(chain)[0])
    watcher = watch()
    assert watcher.actions(2) == ["check", WAIT]
    chain.time += chain.terms.challenge_window
    assert watcher.actions(2) == ["penalize", WAIT]
    assert chain.docket.penalized == [absent]


def test_two_signed_reports_of_one_oracle_are_proved_and_remembered(chain: FakeChain, watch: Watch) -> None:
    """An oracle shows its peers another report than it posts, and the peers fall silent."""
    right, wrong = honest(chain)[0], inflated(chain)[0]
    peers = Answers([("peer", signed(1, right))])
    assert watch(peers=peers).actions(1) == [WAIT]
    posted(chain, wrong)
    chain.store.put(inflated(chain)[1])
    later = watch()
    assert later.step().action == "refute"
    step = later.step()
    assert (step.action, step.facts["offence"], step.facts["oracle"]) == ("convict", "EQUIVOCATION", COMMITTEE[1])
    assert later.actions(1) == [WAIT]
    assert chain.docket.equivocated == [(right, wrong)]


def test_reports_of_other_reveals_or_by_strangers_are_no_equivocation(chain: FakeChain, watch: Watch) -> None:
    right = honest(chain)[0]
    reorged = replace(right, inputs=right.inputs ^ 1)
    peers = Answers([("peer", signed(1, right)), ("peer", signed(1, reorged))])
    del chain.docket.bonds[COMMITTEE[2]]
    peers.found += [("peer", signed(2, right)), ("peer", signed(2, replace(right, total=Gwei(1))))]
    assert watch(peers=peers).actions(2) == [WAIT, WAIT]


def test_forged_signatures_are_not_kept(chain: FakeChain, watch: Watch, tmp_path: Path) -> None:
    right, wrong = honest(chain)[0], inflated(chain)[0]
    forged = replace(signed(1, wrong), signature=signed(1, right).signature)
    assert watch(peers=Answers([("a", signed(1, right)), ("b", forged)])).actions(1) == [WAIT]
    assert len(Sightings(StateFile(tmp_path / f"{WANDA}.json", {"account": WANDA})).pairs()) == 0


def test_sightings_keep_two_reports_an_oracle_and_forget_old_rounds(chain: FakeChain, tmp_path: Path) -> None:
    right = honest(chain)[0]
    file = StateFile(tmp_path / "seen.json", {})
    seen = Sightings(file)
    for total in range(5):
        seen.add(signed(0, replace(right, total=Gwei(total))))
    assert len(file.read()["seen"]) == 2
    for number in range(2, REMEMBERED_ROUNDS + 3):
        seen.add(signed(0, replace(right, round=number)))
    assert len(file.read()["seen"]) == REMEMBERED_ROUNDS
    assert Sightings(file).pairs() == ()


@pytest.mark.parametrize("kept", [{"seen": 3}, {"seen": [3]}, {"seen": [{"format": 1}]}])
def test_a_state_file_that_holds_something_else_is_refused(tmp_path: Path, kept: dict[str, object]) -> None:
    file = StateFile(tmp_path / "seen.json", {})
    file.write(kept)
    with pytest.raises(InputError, match=r"seen\.json"):
        Sightings(file)


def test_it_ends_with_its_last_round_but_not_before_that_is_active(chain: FakeChain, watch: Watch) -> None:
    posted(chain, honest(chain)[0])
    watcher = watch(until_round=1)
    assert watcher.actions(2) == ["check", WAIT]
    chain.time += chain.terms.challenge_window
    assert watcher.step().finished


def story(chain: FakeChain, folder: Path, axe: Axe) -> list[Step]:
    """A watcher's life, started again when it is killed. Time passes while it waits."""
    begin = partial(watching, chain, folder, peers=Answers([("peer", signed(1, honest(chain)[0]))]))
    store = Shop(chain.store, {digest_of_bytes(inflated(chain)[1])})
    wanda: Watching | None = None
    told: list[Step] = []
    for _ in range(60):
        try:
            wanda = wanda or begin(axe=axe, store=store, until_round=1)
            step = wanda.step()
        except Killed:
            wanda = None
            continue
        told.append(step)
        if step.finished:
            return told
        if step.action == WAIT:
            chain.time += ANSWER_WINDOW
    raise AssertionError(f"it does not finish: {told}")


def outcome(chain: FakeChain) -> tuple[object, ...]:
    """What a life leaves on chain, whoever did it and in which order."""
    counted = {name: names(chain).count(name) for name in ("Refuted", "ReportVoided", "Equivocated", "LeafDemanded")}
    return counted, chain.docket.credits, [one.args.get("offence") for one in chain.events if one.name == "Convicted"]


def test_killed_at_any_call_it_does_the_same_in_the_end(tmp_path: Path) -> None:
    """Evidence hidden, an oracle that signed twice: each is proved once."""

    def scene() -> FakeChain:
        made = reported_chain()
        made.cancelled = True
        return made

    def lived(axe: Axe, folder: str) -> tuple[object, ...]:
        made = scene()
        lie(made, published=False)
        (tmp_path / folder).mkdir()
        story(made, tmp_path / folder, axe)
        return outcome(made)

    quiet = Axe(0)
    expected = lived(quiet, "quiet")
    assert expected[0] == {"Refuted": 1, "ReportVoided": 1, "Equivocated": 1, "LeafDemanded": LEAVES}
    for falls_at in count(1, 7):
        axe = Axe(falls_at)
        assert lived(axe, f"killed-{falls_at}") == expected, falls_at
        if axe.seen < falls_at:
            break
    assert falls_at > 60
