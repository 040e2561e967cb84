"""reportAlone(): one oracle reports where no quorum came."""

from __future__ import annotations

from typing import Any

from .disputes import REFUTABLE, report_pending
from .fake_referee import proof_of
from .harness import Deployment
from .references import NO_FILING, oracle_address


def alone(federation: Deployment, position: int = 1, **changes: Any) -> tuple[Any, ...]:
    return federation.report_of(**changes), position, federation.signers


def half(federation: Deployment) -> int:
    return federation.report_opens + federation.terms.reportWindow // 2


def test_an_oracle_reports_alone_from_half_of_the_phase_to_its_last_second(federation: Deployment) -> None:
    federation.play(["alice"])
    oracle, opens, closes = federation.oracles[1], half(federation), federation.report_closes
    for outside in (federation.report_opens, opens - 1, closes):
        federation.chain.clock = outside
        assert federation.refused(oracle, "reportAlone", *alone(federation)) == ("WrongPhase", opens, closes)
    for inside in (opens, closes - 1):
        with federation.chain.snapshot():
            federation.chain.clock = inside
            federation.send(oracle, "reportAlone", *alone(federation))


def test_it_is_pending_as_long_as_commit_and_reveal_take(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    sent = federation.send(federation.oracles[1], "reportAlone", *alone(federation))
    reported, terms = sent.only("Reported"), federation.terms
    assert reported["signed"] == 0b10
    assert reported["activeAt"] == sent.time + terms.commitWindow + terms.revealWindow
    assert federation.latest.active_at == reported["activeAt"] > sent.time + terms.challengeWindow
    federation.chain.clock = reported["activeAt"] - 1
    assert federation.active.round == 0
    federation.chain.clock += 1
    assert federation.active.round == 1


def test_it_needs_no_seated_committee(federation: Deployment) -> None:
    federation.send(federation.oracles[0], "unbond")
    federation.chain.clock += federation.terms.unbondingWindow
    federation.send(federation.oracles[0], "withdrawBond")
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    assert federation.refused("sponsor", "report", *federation.signed(federation.report_of())) == ("NotSeated",)
    federation.send(federation.oracles[1], "reportAlone", *alone(federation))


def test_only_the_oracle_at_that_place_of_the_committee_in_force_may(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    other = federation.oracles[0]
    assert federation.refused(other, "reportAlone", *alone(federation)) == ("NotOracle", oracle_address(other))
    report, position, signers = alone(federation)
    refusal = federation.refused(federation.oracles[1], "reportAlone", report, position, signers[:-20])
    assert refusal == ("WrongCommittee",)


def test_a_place_beyond_the_committee_is_nobodys(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    for place in (4, 2**255, 2**256 - 1):
        refusal = ("NotOracle", oracle_address(federation.oracles[1]))
        assert federation.refused(federation.oracles[1], "reportAlone", *alone(federation, place)) == refusal


def test_an_oracle_that_was_slashed_needs_its_whole_bond_again(federation: Deployment) -> None:
    pending = report_pending(federation, who=[0, 1, 2])
    proof = proof_of(federation, REFUTABLE, pending.filing)
    federation.send("outsider", "refute", REFUTABLE, pending.filing, NO_FILING, federation.signers, proof)
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    oracle, whole = federation.oracles[1], federation.terms.oracleBond
    refusal = ("BondTooLow", oracle_address(oracle), whole // 2, whole)
    assert federation.refused(oracle, "reportAlone", *alone(federation)) == refusal
    federation.send(oracle, "bond", value=whole - whole // 2)
    federation.send(oracle, "reportAlone", *alone(federation))


def test_a_leaving_oracle_stays_slashable_for_what_it_reports(federation: Deployment) -> None:
    oracle = federation.oracles[1]
    leaves = federation.send(oracle, "unbond").only("Unbonding")["withdrawableAt"]
    federation.chain.clock = leaves - federation.terms.commitWindow - federation.terms.revealWindow - 150
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    sent = federation.send(oracle, "reportAlone", *alone(federation))
    filing = federation.filing_of(sent, 1)
    federation.chain.clock = filing.activeAt - 1
    assert federation.chain.clock >= leaves
    assert federation.refused(oracle, "withdrawBond") == ("ReportPending", filing.activeAt)
    proof = proof_of(federation, REFUTABLE, filing)
    federation.send("outsider", "refute", REFUTABLE, filing, NO_FILING, federation.signers, proof)
    assert federation.bond(1) == federation.terms.oracleBond // 2


def test_it_fits_the_round_like_any_report(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.chain.clock = half(federation)
    oracle = federation.oracles[1]
    assert federation.refused(oracle, "reportAlone", *alone(federation, round=2)) == ("WrongRound", 2, 1)
    assert federation.refused(oracle, "reportAlone", *alone(federation, total=1))[0] == "TotalOutOfRange"
    federation.send(oracle, "reportAlone", *alone(federation))
    assert federation.refused(oracle, "reportAlone", *alone(federation))[0] == "WrongPhase"
