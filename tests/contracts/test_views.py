"""phase() and the views that other tests do not pin."""

from __future__ import annotations

from .harness import Deployment
from .references import MAX_UINT256

IDLE, COMMIT, REVEAL, REPORT = range(4)


def test_before_the_first_round_the_phase_is_idle(federation: Deployment) -> None:
    assert federation.view("phase") == (IDLE, 0, MAX_UINT256)


def test_phases_follow_the_clock(federation: Deployment) -> None:
    federation.commit("alice")
    start = federation.live.start
    expected = [
        (start + 1, (COMMIT, start, start + 100)),
        (start + 99, (COMMIT, start, start + 100)),
        (start + 100, (REVEAL, start + 100, start + 150)),
        (start + 149, (REVEAL, start + 100, start + 150)),
        (start + 150, (REPORT, start + 150, start + 350)),
        (start + 349, (REPORT, start + 150, start + 350)),
        (start + 350, (IDLE, start + 350, MAX_UINT256)),
    ]
    for time, answer in expected:
        federation.chain.clock = time
        assert federation.view("phase") == answer


def test_after_a_report_the_phase_is_idle(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.report()
    assert federation.view("phase") == (IDLE, 0, MAX_UINT256)


def test_a_stranger_is_all_zero(federation: Deployment) -> None:
    assert federation.member("outsider") == (0, 0, 0, 0, 0, 0)
