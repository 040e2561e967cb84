"""refute(): a wrong report is void, and its oracles pay."""

from __future__ import annotations

import pytest
from eth_utils import keccak

from .abi import encode
from .conftest import MEMBERS
from .contracts_in_bytes import forwarder
from .disputes import BURNT, REFUTABLE, Pending, accounted, report_pending
from .fake_referee import proof_of
from .harness import Deployment, Sent
from .references import NO_FILING, Filing, address, oracle_address

GWEI = 10**9


def refute(federation: Deployment, pending: Pending, base: Filing | None = None, who: str = "outsider") -> Sent:
    proof = proof_of(federation, REFUTABLE, pending.filing, base)
    arguments = (REFUTABLE, pending.filing, base or NO_FILING, federation.signers, proof)
    return federation.send(who, "refute", *arguments)


def call_of(federation: Deployment, pending: Pending) -> bytes:
    """The refutation as a contract would send it."""
    proof = proof_of(federation, REFUTABLE, pending.filing)
    return encode("refute", (REFUTABLE, pending.filing, NO_FILING, federation.signers, proof))


def refused(federation: Deployment, pending: Pending, **changed: object) -> tuple[object, ...]:
    proof = proof_of(federation, REFUTABLE, pending.filing)
    arguments = {
        "fault": REFUTABLE,
        "filing": pending.filing,
        "base": NO_FILING,
        "signers": federation.signers,
        "proof": proof,
    }
    return federation.refused("outsider", "refute", *(arguments | changed).values())


def test_the_report_is_void_and_the_one_before_stands(federation: Deployment) -> None:
    federation.play(["alice"])
    first = federation.filing_of(federation.report({address("alice"): 600}), 1)
    federation.activate()
    standing = federation.latest
    second = report_pending(federation, total=600)
    proof = proof_of(federation, REFUTABLE, second.filing, first)
    sent = federation.send("outsider", "refute", REFUTABLE, second.filing, first, federation.signers, proof)
    assert sent.only("ReportVoided") == {"round": 2}
    assert federation.latest == federation.active == standing


def test_every_signer_loses_half_and_nobody_else_anything(federation: Deployment) -> None:
    pending, whole = report_pending(federation, who=[0, 2, 3]), federation.terms.oracleBond
    sent = refute(federation, pending)
    assert [federation.bond(place) for place in range(4)] == [whole // 2, whole, whole // 2, whole // 2]
    slashed = [log.args for log in sent.logs if log.name == "Slashed"]
    assert slashed == [
        {"oracle": oracle_address(federation.oracles[place]), "round": 1, "amount": whole // 2, "bond": whole // 2}
        for place in (0, 2, 3)
    ]


def test_a_tenth_goes_to_the_caller_and_the_rest_is_burned(federation: Deployment) -> None:
    pending, chain = report_pending(federation), federation.chain
    held, burnt = federation.balance, chain.balance(BURNT)
    taken = 3 * (federation.terms.oracleBond // 2)
    sent = refute(federation, pending)
    assert sent.only("Refuted") == {
        "round": 1,
        "fault": REFUTABLE,
        "reporter": address("outsider"),
        "bounty": taken // 10,
        "burned": taken - taken // 10,
    }
    assert chain.balance(BURNT) - burnt == (taken - taken // 10) * GWEI
    assert held - federation.balance == taken
    assert federation.balance == accounted(federation, MEMBERS)


def test_the_committee_is_unseated_once(federation: Deployment) -> None:
    sent = refute(federation, report_pending(federation))
    assert sent.only("CommitteeUnseated") == {"committee": keccak(federation.signers)}
    assert not federation.view("seating")[0]


def test_a_live_round_that_opened_on_it_is_void_with_it(federation: Deployment) -> None:
    pending = report_pending(federation)
    federation.commit("carol")
    sent = refute(federation, pending)
    assert sent.only("RoundVoided") == {"round": 2}
    assert federation.live.start == 0
    federation.send("carol", "exit")
    assert federation.member("carol").exiting == 5_000


def test_it_is_refutable_to_the_last_second_of_its_window(federation: Deployment) -> None:
    pending = report_pending(federation)
    active = pending.filing.activeAt
    federation.chain.clock = active
    assert refused(federation, pending) == ("DisputeOver", active)
    federation.chain.clock = active - 1
    refute(federation, pending)


def test_without_a_report_there_is_nothing_to_refute(federation: Deployment) -> None:
    assert federation.refused("outsider", "refute", 0, NO_FILING, NO_FILING, b"", b"") == ("DisputeOver", 0)


def test_it_is_void_once(federation: Deployment) -> None:
    pending = report_pending(federation)
    refute(federation, pending)
    assert refused(federation, pending) == ("DisputeOver", 0)


@pytest.mark.parametrize("field", Filing._fields)
def test_another_filing_is_refused(federation: Deployment, field: str) -> None:
    pending = report_pending(federation)
    value = getattr(pending.filing, field)
    other = value._replace(total=1) if field == "report" else bytes(32) if isinstance(value, bytes) else value + 1
    changed = pending.filing._replace(**{field: other})
    assert refused(federation, pending, filing=changed)[0] == "WrongFiling"


def test_another_base_is_refused(federation: Deployment) -> None:
    first = report_pending(federation)
    federation.activate()
    second = report_pending(federation)
    proof = proof_of(federation, REFUTABLE, second.filing, second.filing)
    assert refused(federation, second, base=second.filing, proof=proof)[0] == "WrongFiling"
    refute(federation, second, first.filing)


def test_the_signers_are_those_of_the_filing(federation: Deployment) -> None:
    pending = report_pending(federation)
    assert refused(federation, pending, signers=federation.signers[:-20]) == ("WrongCommittee",)


def test_what_the_referee_refuses_is_refused_with_its_reason(federation: Deployment) -> None:
    pending = report_pending(federation)
    reason = keccak(text="NoFault(uint8)")[:4] + REFUTABLE.to_bytes(32, "big")
    assert str(refused(federation, pending, proof=bytes(32))[-1]).endswith(reason.hex())
    assert federation.latest.round == 1


def test_a_signer_that_reports_itself_loses(federation: Deployment) -> None:
    pending, whole = report_pending(federation), federation.terms.oracleBond
    proof = proof_of(federation, REFUTABLE, pending.filing)
    sent = federation.send(
        federation.oracles[0], "refute", REFUTABLE, pending.filing, NO_FILING, federation.signers, proof
    )
    refuted = sent.only("Refuted")
    assert refuted["bounty"] * 10 <= 3 * (whole // 2)
    assert refuted["bounty"] < whole // 2


def test_a_bond_that_is_leaving_is_slashed_too(federation: Deployment) -> None:
    leaves = federation.send(federation.oracles[0], "unbond").only("Unbonding")["withdrawableAt"]
    refute(federation, report_pending(federation))
    assert federation.view("bondOf", oracle_address(federation.oracles[0])) == (
        federation.terms.oracleBond // 2,
        leaves,
    )


def test_a_caller_that_refuses_the_bounty_refutes_nothing(federation: Deployment) -> None:
    call = call_of(federation, report_pending(federation))
    refuser = forwarder(federation.chain, "outsider", on_ether=None)
    assert refuser.refused(federation, call) == ("TransferFailed",)
    assert federation.latest.round == 1


def test_a_bounty_is_not_paid_twice_to_a_caller_that_calls_back(federation: Deployment) -> None:
    call, before = call_of(federation, report_pending(federation)), federation.balance
    attacker = forwarder(federation.chain, "outsider", on_ether=call)
    attacker.send(federation, call)
    assert attacker.reentered
    assert federation.balance == before - 3 * (federation.terms.oracleBond // 2)


def test_a_missing_reveal_of_a_refuted_round_costs_nothing(federation: Deployment) -> None:
    federation.play(["alice"], silent=["bob"])
    filing = federation.filing_of(federation.report(), 1)
    refute(federation, Pending(filing, b""))
    assert federation.refused("outsider", "penalize", address("bob")) == ("NothingToPenalize", address("bob"))


def test_oracles_rotated_out_meanwhile_still_pay(federation: Deployment) -> None:
    names = [oracle_address(federation.oracles[3])]
    effective = federation.send("sponsor", "scheduleCommittee", names).only("CommitteeScheduled")["effectiveAt"]
    federation.chain.clock = effective - 160
    pending = report_pending(federation)
    federation.chain.clock = max(federation.chain.clock, effective)
    assert federation.chain.clock < pending.filing.activeAt
    federation.send("sponsor", "seat", federation.signers[-20:])
    sent = refute(federation, pending)
    assert federation.bond(0) == federation.terms.oracleBond // 2
    assert "CommitteeUnseated" not in [log.name for log in sent.logs]
    assert federation.view("seating")[0]
