"""convictSilentLeaf(): evidence that nobody showed voids the report."""

from __future__ import annotations

from qfl_chain.protocol.faults import Fault

from .conftest import MEMBERS
from .disputes import BURNT, Pending, accounted, report_pending
from .harness import Deployment, Sent
from .references import MAX_UINT256, NO_FILING, address
from .updates import demand_leaf, filed, leaf_key


def run_out(federation: Deployment, index: int = 3) -> tuple[Pending, int]:
    """A pending report, and the deadline of a leaf demanded of it, which is now."""
    pending = report_pending(federation)
    deadline = int(demand_leaf(federation, index).only("LeafDemanded")["deadline"])
    federation.chain.clock = deadline
    return pending, deadline


def convict(federation: Deployment, pending: Pending, index: int = 3) -> Sent:
    return federation.send("dave", "convictSilentLeaf", index, pending.filing, federation.signers)


def names(sent: Sent) -> list[str]:
    return [log.name for log in sent.logs]


def test_the_report_is_void_and_its_signers_lose_a_tenth(federation: Deployment) -> None:
    pending, _ = run_out(federation)
    held, burnt, whole = federation.balance, federation.chain.balance(BURNT), federation.terms.oracleBond
    sent, taken = convict(federation, pending), 3 * (whole // 10)
    refuted = sent.only("Refuted")
    assert (refuted["round"], refuted["fault"], refuted["reporter"]) == (1, Fault.UNAVAILABLE, address("dave"))
    assert (refuted["bounty"], refuted["burned"]) == (taken // 10, taken - taken // 10)
    assert sent.only("Credited") == {"account": address("outsider"), "amount": federation.demand_bond}
    assert sent.only("ReportVoided") == {"round": 1}
    assert [federation.bond(place) for place in range(4)] == [whole - whole // 10] * 3 + [whole]
    assert federation.chain.balance(BURNT) - burnt == (taken - taken // 10) * 10**9
    assert federation.balance == held - taken == accounted(federation, [*MEMBERS, "outsider"])
    assert not federation.view("seating")[0]


def test_silence_begins_at_the_deadline(federation: Deployment) -> None:
    pending, deadline = run_out(federation)
    federation.chain.clock = deadline - 1
    refusal = federation.refused("dave", "convictSilentLeaf", 3, pending.filing, federation.signers)
    assert refusal == ("WrongPhase", deadline, MAX_UINT256)


def test_without_an_open_demand_there_is_no_silence(federation: Deployment) -> None:
    pending, _ = run_out(federation)
    for filing, index in ((pending.filing, 4), (NO_FILING, 3)):
        refusal = federation.refused("dave", "convictSilentLeaf", index, filing, federation.signers)
        assert refusal == ("NothingDemanded", leaf_key(filed(filing), index))
    convict(federation, pending)
    refusal = federation.refused("dave", "convictSilentLeaf", 3, pending.filing, federation.signers)
    assert refusal == ("NothingDemanded", leaf_key(filed(pending.filing), 3))


def test_the_signers_are_those_of_the_filing(federation: Deployment) -> None:
    pending, _ = run_out(federation)
    refusal = federation.refused("dave", "convictSilentLeaf", 3, pending.filing, federation.signers[20:])
    assert refusal == ("WrongCommittee",)


def test_it_is_void_to_its_last_second_and_stands_from_then_on(federation: Deployment) -> None:
    pending, _ = run_out(federation)
    with federation.chain.snapshot():
        federation.chain.clock = pending.filing.activeAt - 1
        assert "ReportVoided" in names(convict(federation, pending))
    federation.chain.clock = pending.filing.activeAt
    assert names(convict(federation, pending)) == ["Credited"]
    assert federation.latest.round == 1
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_a_voided_report_gives_the_bond_back_and_the_next_stands(federation: Deployment) -> None:
    pending, _ = run_out(federation)
    federation.send("guardian", "voidReport")
    report_pending(federation)
    assert names(convict(federation, pending)) == ["Credited"]
    assert federation.latest.round == 2
    assert federation.balance == accounted(federation, [*MEMBERS, "outsider"])


def test_a_live_round_that_opened_on_it_is_void_with_it(federation: Deployment) -> None:
    pending, _ = run_out(federation)
    federation.commit("carol")
    assert convict(federation, pending).only("RoundVoided") == {"round": 2}
