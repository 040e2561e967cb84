"""phase() and the views that other tests do not pin."""

from __future__ import annotations

from .chain import Chain
from .disputes import report_pending
from .harness import Deployment
from .references import MAX_UINT256, NO_FILING, Terms, address, committee
from .updates import demand, filed, play_updates

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


def test_what_a_demand_brings_and_how_long_it_waits(federation: Deployment) -> None:
    assert federation.view("demandTerms") == (5, 30)


def test_a_demand_bond_is_rounded_up_and_its_window_down(chain: Chain) -> None:
    terms = Terms(minStake=1_001, reportWindow=7, challengeWindow=120)
    assert Deployment.create(chain, terms, committee(1)).view("demandTerms") == (6, 1)


def test_before_any_dispute_nothing_is_demanded_credited_or_bonded(federation: Deployment) -> None:
    nobody = "0x" + "00" * 20
    assert federation.view("updateDemand", 1, address("alice"), bytes(32)) == (nobody, 0, 0)
    assert federation.view("leafDemand", 0) == (nobody, 0, 0)
    assert not federation.view("silentAt", 1, address("alice"), bytes(32), MAX_UINT256)
    assert federation.view("credit", address("alice")) == 0
    assert federation.view("bondOf", address("alice")) == (0, 0)
    assert federation.view("seating") == (True, bytes(32), 0)


def test_filings_are_the_hashes_of_the_last_two_reports(federation: Deployment) -> None:
    one = (1).to_bytes(32, "big")
    assert federation.view("filings") == (one, one)
    first = filed(report_pending(federation).filing)
    assert federation.view("filings") == (first, one)
    federation.activate()
    second = filed(report_pending(federation).filing)
    assert federation.view("filings") == (second, first)
    federation.send("guardian", "voidReport")
    assert federation.view("filings") == (first, second)


def test_an_update_is_silent_from_its_deadline_on_settled_or_not(federation: Deployment) -> None:
    played = play_updates(federation)
    deadline = demand(federation, played).only("UpdateDemanded")["deadline"]
    key = played.key("alice")
    federation.chain.clock = deadline
    for _ in range(2):
        assert not federation.view("silentAt", *key, deadline - 1)
        assert federation.view("silentAt", *key, deadline)
        if federation.view("updateDemand", *key)[2] == 1:
            federation.send("dave", "convictSilentUpdate", *key, NO_FILING, b"")
