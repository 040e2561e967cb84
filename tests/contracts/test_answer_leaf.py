"""answerLeaf(): whoever shows the leaf in time is paid the demand's bond."""

from __future__ import annotations

from eth_utils import keccak

from .conftest import MEMBERS
from .disputes import accounted, report_pending
from .fake_referee import LEAF, row_of
from .harness import Deployment
from .references import address
from .updates import demand_leaf, filed, leaf_key


def test_the_bond_goes_to_whoever_answers(federation: Deployment) -> None:
    filing, held = report_pending(federation).filing, federation.balance
    deadline = demand_leaf(federation, 3).only("LeafDemanded")["deadline"]
    sent = federation.send("dave", "answerLeaf", filing, 3, LEAF, row_of(filing, 3))
    bond = federation.demand_bond
    assert sent.only("LeafAnswered") == {"round": 1, "index": 3, "answerer": address("dave"), "bond": bond}
    assert federation.view("leafDemand", 3) == (address("outsider"), deadline, 2)
    assert federation.balance == held == accounted(federation, MEMBERS)


def test_an_answer_is_taken_to_the_last_second_before_the_deadline(federation: Deployment) -> None:
    filing = report_pending(federation).filing
    deadline = demand_leaf(federation, 3).only("LeafDemanded")["deadline"]
    answer = (filing, 3, LEAF, row_of(filing, 3))
    federation.chain.clock = deadline
    assert federation.refused("dave", "answerLeaf", *answer) == ("WrongPhase", 0, deadline)
    federation.chain.clock = deadline - 1
    federation.send("dave", "answerLeaf", *answer)
    federation.chain.clock = deadline
    refusal = federation.refused("dave", "convictSilentLeaf", 3, filing, federation.signers)
    assert refusal == ("NothingDemanded", leaf_key(filed(filing), 3))


def test_what_nobody_demanded_is_not_answered(federation: Deployment) -> None:
    filing = report_pending(federation).filing
    demand_leaf(federation, 3)
    for other, index in ((filing, 4), (filing._replace(signed=15), 3)):
        refusal = federation.refused("dave", "answerLeaf", other, index, LEAF, row_of(other, index))
        assert refusal == ("NothingDemanded", leaf_key(filed(other), index))


def test_it_is_answered_once(federation: Deployment) -> None:
    filing = report_pending(federation).filing
    demand_leaf(federation, 3)
    answer = (filing, 3, LEAF, row_of(filing, 3))
    federation.send("dave", "answerLeaf", *answer)
    assert federation.refused("dave", "answerLeaf", *answer) == ("NothingDemanded", leaf_key(filed(filing), 3))


def test_what_the_referee_refuses_leaves_the_demand_open(federation: Deployment) -> None:
    filing = report_pending(federation).filing
    demand_leaf(federation, 3)
    reason = keccak(text="WrongExcerpt(string)")[:4].hex()
    refusal = federation.refused("dave", "answerLeaf", filing, 3, LEAF, row_of(filing, 4))
    assert refusal[0] == "WrongExcerpt" or str(refusal[-1]).startswith(reason)
    assert federation.view("leafDemand", 3)[2] == 1


def test_an_answer_counts_after_the_reports_void(federation: Deployment) -> None:
    filing = report_pending(federation).filing
    demand_leaf(federation, 3)
    federation.send("guardian", "voidReport")
    federation.send("dave", "answerLeaf", filing, 3, LEAF, row_of(filing, 3))
    assert federation.balance == accounted(federation, MEMBERS)
