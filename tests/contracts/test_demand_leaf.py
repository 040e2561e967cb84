"""demandLeaf(): anyone may demand a leaf of the evidence of the pending report, for a bond."""

from __future__ import annotations

import pytest

from .conftest import MEMBERS
from .disputes import accounted, report_pending
from .harness import Deployment
from .references import address
from .updates import demand_leaf, filed, leaf_key


def test_a_demand_is_announced_and_kept(federation: Deployment) -> None:
    report_pending(federation)
    held, bond = federation.balance, federation.demand_bond
    sent = demand_leaf(federation, 7)
    deadline = sent.time + federation.answer_window
    expected = {"round": 1, "index": 7, "demander": address("outsider"), "bond": bond, "deadline": deadline}
    assert sent.only("LeafDemanded") == expected
    assert federation.view("leafDemand", 7) == (address("outsider"), deadline, 1)
    assert federation.balance == held + bond == accounted(federation, MEMBERS, demands=1)


def test_every_leaf_is_demanded_alone(federation: Deployment) -> None:
    report_pending(federation)
    for index in (0, 2**32 - 1):
        demand_leaf(federation, index)
    assert federation.view("leafDemand", 1)[2] == 0


def test_it_is_demanded_while_two_times_to_answer_are_left(federation: Deployment) -> None:
    active = report_pending(federation).filing.activeAt
    last = active - 2 * federation.answer_window
    with federation.chain.snapshot():
        federation.chain.clock = last
        demand_leaf(federation, 0)
    for time in (last + 1, active - 1):
        federation.chain.clock = time
        assert federation.refused("outsider", "demandLeaf", 0) == ("WrongPhase", 0, last + 1)
    federation.chain.clock = active
    assert federation.refused("outsider", "demandLeaf", 0) == ("DisputeOver", active)


def test_without_a_pending_report_there_is_nothing_to_demand(federation: Deployment) -> None:
    assert federation.refused("outsider", "demandLeaf", 0) == ("DisputeOver", 0)
    report_pending(federation)
    federation.send("guardian", "voidReport")
    assert federation.refused("outsider", "demandLeaf", 0) == ("DisputeOver", 0)


@pytest.mark.parametrize("difference", [-1, 1])
def test_the_bond_is_exact(federation: Deployment, difference: int) -> None:
    report_pending(federation)
    value, bond = federation.demand_bond + difference, federation.demand_bond
    refusal = federation.refused("outsider", "demandLeaf", 0, wei=value * 10**9)
    assert refusal == ("WrongDemandBond", value, bond)
    assert federation.refused("outsider", "demandLeaf", 0) == ("ZeroAmount",)
    assert federation.refused("outsider", "demandLeaf", 0, wei=1) == ("NotWholeGwei", 1)


def test_a_leaf_is_demanded_once(federation: Deployment) -> None:
    pending = report_pending(federation)
    demand_leaf(federation, 3)
    refusal = federation.refused("dave", "demandLeaf", 3, wei=federation.demand_bond * 10**9)
    assert refusal == ("AlreadyDemanded", leaf_key(filed(pending.filing), 3))


def test_the_next_report_has_leaves_of_its_own(federation: Deployment) -> None:
    report_pending(federation)
    demand_leaf(federation, 3)
    federation.send("guardian", "voidReport")
    report_pending(federation)
    assert federation.view("leafDemand", 3)[2] == 0
    demand_leaf(federation, 3)
    assert federation.balance == accounted(federation, MEMBERS, demands=2)
