from __future__ import annotations

from dataclasses import replace

import pytest
from eth_abi import decode
from hypothesis import given, settings
from hypothesis import strategies as st

from qfl_chain.errors import ProtocolError
from qfl_chain.protocol.aggregation import RULES
from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.contribution import EXACT_UP_TO
from qfl_chain.protocol.evidence import EvidenceBlock, join_evidence, split_evidence
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.proofs import PROOFS
from qfl_chain.protocol.refutation import Proof, find_fault
from qfl_chain.protocol.trial import Trial, Withheld, open_evidence
from qfl_chain.types import Gwei

from .builders import Entry, account, scene
from .corruptions import ELSEWHERE, corruptions, trial_of

GOOD, BETTER, BAD = (10, 5, -3), (37, -4, -23), (-700, 900, 800)
EARLIER = {account(1): Gwei(70), account(77): Gwei(30)}
TYPES = dict(PROOFS.values())


def scenes() -> dict[str, Trial]:
    every = [Entry(GOOD), Entry(b"junk"), Entry(BETTER), Entry(None), Entry(BETTER), Entry(BAD)]
    many = [Entry((4 * n, -n, -3 * n)) for n in range(1, EXACT_UP_TO + 2)]
    rounds = {
        "every status": scene(every, cumulative=EARLIER, rules=Rules(subset=7)),
        "refused": scene([Entry(BAD)], cumulative=EARLIER),
        "nobody takes part": scene([Entry(b"junk"), Entry(None)]),
        "nine participants": scene(many, rules=Rules("median", 5, 2)),
    }
    return {name: trial_of(*one) for name, one in rounds.items()}


TRIALS = scenes()


@pytest.mark.parametrize("name", TRIALS)
def test_every_single_corruption_is_found_under_its_own_fault(name: str) -> None:
    tried: set[Fault | None] = set()
    for one in corruptions(TRIALS[name]):
        found = find_fault(one.trial)
        if one.fault is None:
            assert isinstance(found, Withheld), one.name
        else:
            assert isinstance(found, Proof), one.name
            assert (one.name, found.fault) == (one.name, one.fault)
            decode([TYPES[found.fault]], found.data)
        tried.add(one.fault)
    assert tried == (set(Fault) - {Fault.DECREASE, Fault.UNAVAILABLE}) | {None}


@pytest.mark.parametrize("name", TRIALS)
def test_an_honest_report_has_no_fault(name: str) -> None:
    assert find_fault(TRIALS[name]) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.none() | st.lists(st.integers(-60, 60), min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from(sorted(RULES)),
)
def test_no_honest_report_has_a_fault(contents: list[list[int] | None], rule: str) -> None:
    assert find_fault(trial_of(*scene([Entry(one) for one in contents], rules=Rules(rule, 5)))) is None


def test_of_many_faults_the_first_is_shown() -> None:
    first, *_, last = corruptions(TRIALS["every status"])
    both = replace(first.trial, report=replace(first.trial.report, rewards=last.trial.report.rewards))
    found = find_fault(both)
    assert isinstance(found, Proof)
    assert (found.fault, found.finding.split(" is ")[0]) == (Fault.HEADER, "header: federation")


def test_a_false_candidate_is_shown_without_its_losses() -> None:
    for one in corruptions(TRIALS["every status"]):
        if "candidate" in one.name:
            found = find_fault(replace(one.trial, rows={}))
            assert isinstance(found, Proof)
            assert found.fault is Fault.AGGREGATE


def test_leaves_under_another_root_are_refused() -> None:
    trial = TRIALS["refused"]
    with pytest.raises(ProtocolError, match="round 1: the leaves are not those under the report's root; demand them"):
        find_fault(replace(trial, report=replace(trial.report, evidence_root=ELSEWHERE)))


def test_evidence_that_nobody_published_is_withheld_unless_one_has_the_same() -> None:
    trial = TRIALS["refused"]
    report, own = trial.report, trial.outcome
    everything = Withheld(tuple(range(len(trial.leaves))))
    assert open_evidence(report, None, own) == split_evidence(own.evidence)
    assert open_evidence(report, own.evidence, own) == split_evidence(own.evidence)
    elsewhere = replace(report, evidence_root=ELSEWHERE)
    for data in (None, own.evidence, b"junk"):
        assert open_evidence(elsewhere, data, own) == everything


def test_published_evidence_is_opened_where_it_leads_to_the_root() -> None:
    changed = next(iter(corruptions(TRIALS["refused"]))).trial
    block = open_evidence(changed.report, _published(changed), changed.outcome)
    assert not isinstance(block, Withheld)
    assert block.leaves == changed.leaves


def _published(trial: Trial) -> bytes:
    return join_evidence(EvidenceBlock(trial.leaves, b"".join(trial.rows.values())))
