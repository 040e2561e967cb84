"""refute(), refuteEquivocation(), convictMalformed(): proofs, what they cost and what they pay."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import pytest
from eth_utils import keccak, to_canonical_address

from .abi import encode
from .chain import GWEI
from .conftest import FUNDING, STAKE
from .contracts_in_bytes import forwarder
from .fake_referee import circuit_of, proof_of
from .harness import Deployment
from .references import (
    NO_FILING,
    Filing,
    Opening,
    address,
    commitment_of,
    fold,
    opening_of,
    oracle_address,
    sign,
)

LOSS = 7
MALFORMED = 0
NOBODY = "0x" + "00" * 20


class Case(NamedTuple):
    federation: Deployment
    filing: Filing

    def args(self, fault: int = LOSS, **changes: object) -> tuple[object, ...]:
        """The arguments of ``refute`` for a first report."""
        filing = self.filing._replace(**changes)
        return fault, filing, NO_FILING, self.federation.signers, proof_of(self.federation, fault, filing)


@pytest.fixture
def case(federation: Deployment) -> Case:
    """Alice and bob revealed, oracles 0, 1 and 2 reported."""
    federation.play(["alice", "bob"])
    sent = federation.report({address("alice"): 600})
    return Case(federation, federation.filing_of(sent, revealed=2))


def reveals_of(federation: Deployment, names: list[str], number: int = 1) -> bytes:
    return b"".join(
        to_canonical_address(address(name)) + STAKE.to_bytes(8, "big") + opening_of(name, number).digest
        for name in names
    )


def test_a_refuted_report_is_void_and_its_signers_lose_half(case: Case) -> None:
    federation = case.federation
    before, burnt = federation.balance, federation.chain.balance(NOBODY)
    sent = federation.send("dave", "refute", *case.args())
    names = ["Slashed", "CommitteeUnseated", "Slashed", "Slashed", "Refuted", "ReportVoided"]
    assert [log.name for log in sent.logs] == names
    first = {"oracle": oracle_address(federation.oracles[0]), "round": 1, "amount": 1_000, "bond": 1_000}
    assert sent.logs[0].args == first
    expected = {"round": 1, "fault": LOSS, "reporter": address("dave"), "bounty": 300, "burned": 2_700}
    assert sent.only("Refuted") == expected
    assert [federation.bond(i) for i in range(4)] == [1_000, 1_000, 1_000, 2_000]
    assert federation.balance == before - 3_000
    assert federation.chain.balance(NOBODY) - burnt == 2_700 * GWEI
    assert federation.latest[:3] == (0, 0, 0)
    assert federation.view("seating")[0] is False


def test_a_report_is_refuted_once_and_while_it_is_pending(case: Case) -> None:
    federation, args = case.federation, case.args()
    federation.chain.clock = case.filing.activeAt
    assert federation.refused("dave", "refute", *args) == ("DisputeOver", case.filing.activeAt)
    federation.chain.clock -= 1
    federation.send("dave", "refute", *args)
    assert federation.refused("dave", "refute", *args) == ("DisputeOver", 0)


def test_the_referee_decides(case: Case) -> None:
    _, *rest = case.args()
    assert case.federation.refused("dave", "refute", 8, *rest) == ("unknown", UNKNOWN_FAULT)


UNKNOWN_FAULT = (keccak(text="NoFault(uint8)")[:4] + (8).to_bytes(32, "big")).hex()


@pytest.mark.parametrize(
    "change",
    [{"signed": 1}, {"budget": 1}, {"revealed": 1}, {"reportedAt": 1}, {"activeAt": 1}, {"committee": bytes(32)}],
)
def test_another_filing_is_refused(case: Case, change: dict[str, object]) -> None:
    error, expected, found = case.federation.refused("dave", "refute", *case.args(**change))
    assert (error, expected) == ("WrongFiling", case.federation.view("filings")[0])
    assert found != expected


def test_the_signers_must_be_the_filing_s_committee(case: Case) -> None:
    fault, filing, base, signers, proof = case.args()
    args = fault, filing, base, signers[20:], proof
    assert case.federation.refused("dave", "refute", *args) == ("WrongCommittee",)


def test_a_report_is_judged_on_the_one_it_builds_on(case: Case) -> None:
    federation = case.federation
    federation.activate()
    federation.play(["alice"])
    sent = federation.report({address("alice"): 1_200}, model=b"\x0b" * 32)
    second = federation.filing_of(sent, revealed=1)
    proof = proof_of(federation, LOSS, second, case.filing)
    error, *_ = federation.refused("dave", "refute", LOSS, second, NO_FILING, federation.signers, proof)
    assert error == "WrongFiling"
    federation.commit("bob")
    sent = federation.send("dave", "refute", LOSS, second, case.filing, federation.signers, proof)
    assert [log.name for log in sent.logs][-2:] == ["ReportVoided", "RoundVoided"]
    assert federation.latest[:3] == (1, case.filing.activeAt, 600)


def test_a_bond_that_is_leaving_is_slashed_too(case: Case) -> None:
    federation = case.federation
    leaves = federation.send(federation.oracles[0], "unbond").time + federation.terms.unbondingWindow
    federation.send("dave", "refute", *case.args())
    assert federation.view("bondOf", oracle_address(federation.oracles[0])) == (1_000, leaves)


def test_whoever_cannot_be_paid_cannot_refute(case: Case) -> None:
    """Paid last: nothing of the refutation stays where the bounty is refused."""
    refuser = forwarder(case.federation.chain, "outsider", on_ether=None)
    assert refuser.refused(case.federation, encode("refute", case.args())) == ("TransferFailed",)


def test_a_bounty_cannot_be_taken_twice_by_calling_back(case: Case) -> None:
    again = encode("refute", case.args())
    attacker = forwarder(case.federation.chain, "outsider", on_ether=again)
    before = case.federation.balance
    attacker.send(case.federation, again)
    assert attacker.reentered
    assert case.federation.balance == before - 3_000


# ---- equivocation


def two_reports(federation: Deployment, position: int = 0, **changes: object) -> tuple[object, ...]:
    oracle = federation.oracles[position]
    first = federation.report_of()
    second = first._replace(**(changes or {"model": b"x" * 32}))
    signatures = [sign(oracle, federation.digest_of(report)) for report in (first, second)]
    return oracle_address(oracle), first, signatures[0], second, signatures[1]


def test_two_reports_for_one_round_cost_the_whole_bond(federation: Deployment) -> None:
    federation.play(["alice"])
    args = two_reports(federation)
    before = federation.balance
    sent = federation.send("dave", "refuteEquivocation", *args)
    expected = {"oracle": args[0], "round": 1, "reporter": address("dave"), "bounty": 200, "burned": 1_800}
    assert sent.only("Equivocated") == expected
    assert sent.only("Slashed") == {"oracle": args[0], "round": 1, "amount": 2_000, "bond": 0}
    assert federation.balance == before - 2_000
    assert federation.view("seating")[0] is False
    assert federation.refused("dave", "refuteEquivocation", *args) == ("NoBond",)
    federation.send(federation.oracles[0], "bond", value=5)
    assert federation.refused("dave", "refuteEquivocation", *args) == ("AlreadyConvicted", args[0], 1)


def test_an_oracle_that_lost_all_while_leaving_may_bond_again(federation: Deployment) -> None:
    federation.play(["alice"])
    federation.send(federation.oracles[0], "unbond")
    federation.send("dave", "refuteEquivocation", *two_reports(federation))
    federation.send(federation.oracles[0], "bond", value=7)
    assert federation.view("bondOf", oracle_address(federation.oracles[0])) == (7, 0)


@pytest.mark.parametrize("changes", [{"round": 2}, {"inputs": 1}, {"total": 0}])
def test_one_report_another_round_or_other_reveals_are_no_equivocation(
    federation: Deployment, changes: dict[str, object]
) -> None:
    federation.play(["alice"])
    args = two_reports(federation, **changes)
    assert federation.refused("dave", "refuteEquivocation", *args) == ("NoEquivocation",)


def test_both_reports_are_signed_for_this_federation(federation: Deployment) -> None:
    federation.play(["alice"])
    who, first, one, second, other = two_reports(federation)
    twin = Deployment.create(federation.chain, federation.terms, federation.oracles, seated=False)
    foreign = sign(federation.oracles[0], twin.digest_of(second))  # type: ignore[arg-type]
    for wrong in ((one, foreign), (foreign, other), (one, one)):
        args = who, first, wrong[0], second, wrong[1]
        assert federation.refused("dave", "refuteEquivocation", *args) == ("WrongSignature", who)
    args = who, first, one[:-1], second, other  # type: ignore[index]
    assert federation.refused("dave", "refuteEquivocation", *args) == ("SignaturesLength", 63, 64)


# ---- malformed updates


def malformed(federation: Deployment, name: str, payload: bytes) -> bytes:
    """The named one reveals the digest of ``payload`` in round 1; the clock stands where reports open."""
    opening = Opening(address(name), sha256(payload).digest(), bytes(16))
    federation.send(name, "commit", 1, commitment_of(federation.address, 1, opening))
    federation.chain.clock = federation.reveal_opens
    federation.send(name, "reveal", *opening)
    return to_canonical_address(opening.participant) + STAKE.to_bytes(8, "big") + opening.digest


def test_a_payload_that_is_no_update_costs_20_percent(federation: Deployment) -> None:
    payload = b"\x00 no update"
    reveals = malformed(federation, "alice", payload)
    args = (1, NO_FILING, reveals, 0, payload, circuit_of(federation, 1))
    error, opens, _ = federation.refused("dave", "convictMalformed", *args)
    assert (error, opens) == ("WrongPhase", federation.report_opens)
    federation.chain.clock = federation.report_opens
    before = federation.balance
    sent = federation.send("dave", "convictMalformed", *args)
    assert sent.only("Convicted") == {
        "participant": address("alice"),
        "round": 1,
        "offence": MALFORMED,
        "amount": 1_000,
        "stake": 4_000,
        "exiting": 0,
        "reporter": address("dave"),
        "bounty": 100,
    }
    assert federation.balance == before - 100
    assert federation.pool == (FUNDING + 900, 0)
    assert federation.refused("dave", "convictMalformed", *args) == ("AlreadyConvicted", address("alice"), 1)


def test_stake_on_its_way_out_pays_too(federation: Deployment) -> None:
    payload = b"\x00"
    reveals = malformed(federation, "alice", payload)
    federation.send("alice", "exit")
    federation.chain.clock = federation.report_opens
    filing = federation.filing_of(federation.report(), revealed=1)
    federation.activate()
    args = (1, filing, reveals, 0, payload, circuit_of(federation, 1))
    sent = federation.send("dave", "convictMalformed", *args)
    assert {name: sent.only("Convicted")[name] for name in ("amount", "stake", "exiting")} == {
        "amount": 1_000,
        "stake": 0,
        "exiting": 4_000,
    }
    federation.chain.clock += federation.terms.unbondingWindow
    assert federation.send("alice", "withdraw").only("Withdrawn")["amount"] == 4_000


def test_whoever_has_withdrawn_everything_has_nothing_to_take(federation: Deployment) -> None:
    payload = b"\x00"
    reveals = malformed(federation, "alice", payload)
    federation.send("alice", "exit")
    federation.chain.clock = federation.report_opens
    filing = federation.filing_of(federation.report(), revealed=1)
    federation.chain.clock += federation.terms.unbondingWindow
    federation.send("alice", "withdraw")
    args = (1, filing, reveals, 0, payload, circuit_of(federation, 1))
    assert federation.refused("dave", "convictMalformed", *args) == ("AlreadyConvicted", address("alice"), 1)


def test_a_well_formed_update_convicts_nobody(federation: Deployment) -> None:
    reveals = malformed(federation, "alice", b"\x01")
    federation.chain.clock = federation.report_opens
    circuit = circuit_of(federation, 1)
    assert federation.refused("dave", "convictMalformed", 1, NO_FILING, reveals, 0, b"\x01", circuit) == (
        "NotMalformed",
    )
    expected = ("WrongBytes", "payload", sha256(b"\x01").digest(), sha256(b"\x00").digest())
    assert federation.refused("dave", "convictMalformed", 1, NO_FILING, reveals, 0, b"\x00", circuit) == expected


def test_only_the_live_and_the_latest_round_are_in_dispute(case: Case) -> None:
    federation, circuit = case.federation, circuit_of(case.federation, 1)
    for number in (0, 2):
        args = (number, case.filing, b"", 0, b"", circuit)
        assert federation.refused("dave", "convictMalformed", *args) == ("NotInDispute", number)
    error, *_ = federation.refused("dave", "convictMalformed", 1, NO_FILING, b"", 0, b"", circuit)
    assert error == "WrongFiling"


def test_the_reveals_of_these_tests_are_the_chain_s(case: Case) -> None:
    reveals = reveals_of(case.federation, ["alice", "bob"])
    first, second = reveals[:60], reveals[60:]
    accumulator = 0
    for name, one in (("alice", first), ("bob", second)):
        accumulator = fold(accumulator, address(name), STAKE, one[28:])
    assert accumulator == case.filing.report.inputs
