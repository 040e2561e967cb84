"""Every lie is found, under the fault that it is named for."""

from __future__ import annotations

import pytest

from qfl_chain.protocol.evidence import split_evidence
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.refutation import Proof, find_fault
from qfl_chain.protocol.report import build_report
from qfl_chain.protocol.trial import Trial, rows_by_hash
from qfl_chain.simulation.liars import COMMITTEE_BEHAVIOURS, LIES, lie_of
from qfl_chain.types import Address, Gwei
from tests.protocol.builders import Entry, account, scene

FRIEND: Address = account(99)
EARLIER = {account(1): Gwei(70)}
SHOWN_AS = {"decrease": "rewards", "unavailable": "split"}
"""Lies that are another fault as well: a decrease is a wrong tree; hidden evidence is wrong for a reason."""


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_the_fault_it_is_named_for(name: str) -> None:
    facts, seen = scene([Entry((26, 34, -13)), Entry((-49, -4, 24)), Entry(b"junk")], cumulative=EARLIER)
    outcome = build_report(facts, seen)
    assert outcome.accepted
    lie = LIES[name](outcome, FRIEND)
    assert lie.report != outcome.report
    assert lie.report.total in (facts.total, facts.total + facts.budget), "the contract takes no other"
    block = split_evidence(lie.evidence)
    trial = Trial(lie.report, block.leaves, rows_by_hash(block, outcome), facts, seen, b"circuit", outcome)
    found = find_fault(trial)
    assert isinstance(found, Proof)
    assert found.fault is Fault[SHOWN_AS.get(name, name).upper()]
    assert lie.published is (name != "unavailable")


def test_there_is_a_lie_for_every_fault() -> None:
    assert {name.upper() for name in LIES} == {fault.name for fault in Fault}
    assert [lie_of(one) for one in COMMITTEE_BEHAVIOURS] == ["", *LIES, "equivocation"]
