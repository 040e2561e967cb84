from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.actors.phases import Window, current_window, require_phase
from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.errors import WrongPhase
from qfl_chain.types import Address, Digest, Gwei, LiveRound, Phase, Terms

from .conftest import ALICE, Bench

NOBODY = Address("0x" + "00" * 20)
TERMS = Terms(
    circuit=Digest(bytes(32)),
    model=Digest(bytes(32)),
    validation=Digest(bytes(32)),
    validation_root=bytes(32),
    commit_window=1,
    reveal_window=1,
    report_window=1,
    challenge_window=1,
    unbonding_window=10,
    min_stake=Gwei(1),
    reward_per_round=Gwei(1),
    max_norm=1,
    oracle_bond=Gwei(1),
    min_reveals=1,
    sponsor=NOBODY,
    guardian=NOBODY,
    guardian_expiry=0,
    referee=NOBODY,
    oracles=(),
)


def slow_phase(start: int, lengths: tuple[int, int, int], now: int) -> Phase:
    """Count the seconds one by one."""
    seconds = [phase for phase, length in zip(list(Phase)[1:], lengths, strict=True) for _ in range(length)]
    return seconds[now - start] if now - start < len(seconds) else Phase.IDLE


LENGTH = st.integers(1, 20)


@settings(deadline=None, max_examples=200)
@given(st.tuples(LENGTH, LENGTH, LENGTH), st.integers(1, 100), st.integers(0, 80))
def test_the_phase_is_the_one_counted_second_by_second(lengths: tuple[int, int, int], start: int, elapsed: int) -> None:
    commit, reveal, report = lengths
    terms = replace(TERMS, commit_window=commit, reveal_window=reveal, report_window=report)
    window = current_window(LiveRound(1, start, 0, 0, False, False), terms, start + elapsed)
    assert window.phase is slow_phase(start, lengths, start + elapsed)
    assert window.opens_at <= start + elapsed
    assert window.closes_at is None or start + elapsed < window.closes_at


def test_a_closed_round_is_idle_without_bounds() -> None:
    assert current_window(LiveRound(4, 0, 2, 9, False, False), TERMS, 50) == Window(Phase.IDLE, 0, None)


def test_every_second_near_a_bound_is_in_the_phase_the_contract_says(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    federation = Address(read_deployment(bench.folder / "deployment.json").federation)
    ledger = Web3Ledger(bench.devnet.web3, federation)
    contract = bench.devnet.web3.eth.contract(federation, abi=load_artifact().abi)  # type: ignore[call-overload]
    start = ledger.live().start
    seen = []
    for offset in (1, 599, 600, 601, 1199, 1200, 1799, 1800, 1801):
        bench.devnet.travel(start + offset)
        here = current_window(ledger.live(), ledger.terms(), ledger.now())
        index, opens_at, _ = contract.functions.phase().call()
        assert (list(Phase)[index], opens_at) == (here.phase, here.opens_at)
        seen.append(here.phase)
    assert set(seen) == set(Phase)


class Clock:
    """As much of a ledger as the phase needs."""

    def __init__(self, start: int, now: int) -> None:
        self._start, self._now = start, now

    def live(self) -> LiveRound:
        return LiveRound(3, self._start, 0, 0, False, False)

    def terms(self) -> Terms:
        return replace(TERMS, commit_window=10, reveal_window=20, report_window=30)

    def now(self) -> int:
        return self._now


def test_the_live_round_is_given_in_the_required_phase() -> None:
    assert require_phase(Clock(100, 115), Phase.REVEAL, "reveal").number == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("now", [109, 130])
def test_another_phase_is_refused_with_the_bounds(now: int) -> None:
    with pytest.raises(WrongPhase) as refused:
        require_phase(Clock(100, now), Phase.REVEAL, "reveal")  # type: ignore[arg-type]
    assert (refused.value.opens_at, refused.value.closes_at) == (110, 130)


def test_without_a_round_no_bound_is_promised() -> None:
    with pytest.raises(WrongPhase) as refused:
        require_phase(Clock(0, 50), Phase.REPORT, "report")  # type: ignore[arg-type]
    assert refused.value.opens_at == refused.value.closes_at == 2**256 - 1
