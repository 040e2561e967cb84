"""An oracle that lacks an update: it demands it on chain, once, in time; and one that nobody signs with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from qfl_chain.actors.running import WAIT, Step

from .fakes import BEN, FakeChain
from .oracles import COMMITTEE, Process, Shop, own_report, reported_chain, signing, started

Start = Callable[..., Process]


@pytest.fixture
def chain() -> FakeChain:
    """A federation of four oracles; Anna and Ben revealed in round 1, and its report phase has begun."""
    return reported_chain()


@pytest.fixture
def start(chain: FakeChain, tmp_path: Path) -> Start:
    return partial(started, chain, tmp_path)


def test_a_missing_update_is_demanded_once_waited_for_and_counts_when_it_comes(chain: FakeChain, start: Start) -> None:
    ben = chain.reveals[1].digest
    shop = Shop(chain.store, {ben})
    oracle = start(store=shop)
    assert oracle.actions(3) == ["fetch", "demand", WAIT]
    assert chain.events[-1].args["digest"] == ben
    assert start(1, store=Shop(chain.store, {ben})).actions(2) == ["fetch", WAIT], "demanded already"
    chain.time = chain.start + 220
    assert oracle.step() == Step(WAIT, 1, {"missing": [BEN]})
    shop.lacks.clear()
    assert oracle.actions(3) == ["answer", "fetch", "sign"]
    assert own_report(oracle) == signing(start(1))


def test_an_update_shown_on_chain_counts(chain: FakeChain, start: Start) -> None:
    oracle = start(store=Shop(chain.store, {chain.reveals[1].digest}))
    assert oracle.actions(2) == ["fetch", "demand"]
    assert start(1).step().action == "answer"
    assert oracle.actions(2) == [WAIT, "sign"]
    assert own_report(oracle) == signing(start(2))


def test_bytes_too_long_to_be_shown_on_chain_are_demanded_and_not_judged(
    chain: FakeChain, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judged malformed, nobody could answer a demand for them, and the report would be void."""
    size = len(chain.store.get(chain.reveals[0].digest))
    monkeypatch.setattr("qfl_chain.actors.oracle.MAX_UPDATE_BYTES", size)
    assert start(0).actions(3) == ["fetch", "fetch", "sign"]
    monkeypatch.setattr("qfl_chain.actors.oracle.MAX_UPDATE_BYTES", size - 1)
    assert start(1).actions(3) == ["demand", "demand", WAIT], "and not answered by whoever has them"


def test_no_demand_is_made_that_runs_out_after_half_of_the_phase(chain: FakeChain, start: Start) -> None:
    oracle = start(store=Shop(chain.store, {chain.reveals[1].digest}))
    chain.time = chain.start + 226
    assert oracle.actions(2) == ["fetch", WAIT]
    chain.time = chain.start + 225
    assert oracle.actions(1) == ["demand"]


def test_without_a_quorum_an_oracle_reports_alone_if_told_to(chain: FakeChain, start: Start) -> None:
    silent, alone = start(0), start(1, solo=True)
    signing(silent)
    signing(alone)
    chain.time = chain.start + 249
    assert alone.actions(1) == [WAIT]
    chain.time = chain.start + 250
    assert (silent.step().action, alone.step().action) == (WAIT, "report alone")
    assert chain.posted[-1][:2] == (COMMITTEE[1], own_report(alone))
