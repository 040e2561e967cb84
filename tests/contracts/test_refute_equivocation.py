"""refuteEquivocation(): an oracle that signs two reports for the same reveals loses its whole bond."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak

from .chain import Chain
from .conftest import MEMBERS
from .disputes import BURNT, REFUTABLE, accounted, report_pending
from .fake_referee import proof_of
from .harness import Deployment, Sent
from .references import NO_FILING, Report, Terms, address, committee, key, oracle_address, sign

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GWEI = 10**9
ONE = Report(1, 5, *[b"\x07" * 32] * 4, 600)
OTHER = ONE._replace(model=b"\x08" * 32)


def two(federation: Deployment, place: int = 0, one: Report = ONE, other: Report = OTHER) -> tuple[Any, ...]:
    """The arguments that convict the oracle at this place of having signed both."""
    oracle = federation.oracles[place]
    signatures = [sign(oracle, federation.digest_of(report)) for report in (one, other)]
    return oracle_address(oracle), one, signatures[0], other, signatures[1]


def convict(federation: Deployment, *arguments: Any, who: str = "outsider") -> Sent:
    return federation.send(who, "refuteEquivocation", *arguments)


def refused(federation: Deployment, *arguments: Any) -> tuple[Any, ...]:
    return federation.refused("outsider", "refuteEquivocation", *arguments)


def test_the_whole_bond_is_slashed_and_nobody_elses(federation: Deployment) -> None:
    whole, oracle = federation.terms.oracleBond, oracle_address(federation.oracles[0])
    sent = convict(federation, *two(federation))
    assert sent.only("Slashed") == {"oracle": oracle, "round": 1, "amount": whole, "bond": 0}
    assert [federation.bond(place) for place in range(4)] == [0, whole, whole, whole]


def test_a_tenth_rounded_down_goes_to_the_caller_and_the_rest_is_burned(federation: Deployment) -> None:
    federation.send(federation.oracles[0], "bond", value=9)
    taken, chain = federation.bond(0), federation.chain
    assert taken % 10 == 9
    held, burnt = federation.balance, chain.balance(BURNT)
    sent = convict(federation, *two(federation))
    assert sent.only("Equivocated") == {
        "oracle": oracle_address(federation.oracles[0]),
        "round": 1,
        "reporter": address("outsider"),
        "bounty": taken // 10,
        "burned": taken - taken // 10,
    }
    assert chain.balance(BURNT) - burnt == (taken - taken // 10) * GWEI
    assert held - federation.balance == taken
    assert federation.balance == accounted(federation, MEMBERS)


def test_a_member_of_the_committee_unseats_it_once(federation: Deployment) -> None:
    sent = convict(federation, *two(federation, 0))
    assert sent.only("CommitteeUnseated") == {"committee": keccak(federation.signers)}
    assert not federation.view("seating")[0]
    second = convict(federation, *two(federation, 1))
    assert "CommitteeUnseated" not in [log.name for log in second.logs]


def test_a_stranger_with_a_bond_pays_and_unseats_nobody(federation: Deployment) -> None:
    stranger = key("outsider")
    federation.send("outsider", "bond", value=30)
    signatures = [sign(stranger, federation.digest_of(report)) for report in (ONE, OTHER)]
    sent = convict(federation, address("outsider"), ONE, signatures[0], OTHER, signatures[1], who="dave")
    assert sent.only("Equivocated")["bounty"] == 3
    assert federation.view("seating")[0]


def test_a_report_that_was_filed_stands(federation: Deployment) -> None:
    pending = report_pending(federation)
    standing = federation.latest
    filed = pending.filing.report
    sent = convict(federation, *two(federation, 0, filed, filed._replace(total=600)))
    assert "ReportVoided" not in [log.name for log in sent.logs]
    assert federation.latest == standing


def test_a_live_round_goes_on(federation: Deployment) -> None:
    federation.play(["alice"])
    live = federation.live
    convict(federation, *two(federation))
    assert federation.live == live


@pytest.mark.parametrize(
    "change",
    [
        {"rewards": b"\x01" * 32},
        {"model": b"\x01" * 32},
        {"evidence": b"\x01" * 32},
        {"evidenceRoot": b"\x01" * 32},
        {"total": 0},
    ],
)
def test_any_other_word_makes_two_reports(federation: Deployment, change: dict[str, Any]) -> None:
    convict(federation, *two(federation, 0, ONE, ONE._replace(**change)))
    assert federation.bond(0) == 0


def test_one_report_signed_twice_is_none(federation: Deployment) -> None:
    assert refused(federation, *two(federation, other=ONE)) == ("NoEquivocation",)


def test_reports_of_different_rounds_are_none(federation: Deployment) -> None:
    assert refused(federation, *two(federation, other=OTHER._replace(round=2))) == ("NoEquivocation",)


def test_reports_of_different_reveals_are_none(federation: Deployment) -> None:
    assert refused(federation, *two(federation, other=OTHER._replace(inputs=6))) == ("NoEquivocation",)


def test_an_oracle_without_a_bond_has_nothing_to_lose(federation: Deployment) -> None:
    nobody = key("dave")
    signatures = [sign(nobody, federation.digest_of(report)) for report in (ONE, OTHER)]
    assert refused(federation, address("dave"), ONE, signatures[0], OTHER, signatures[1]) == ("NoBond",)


def test_an_oracle_pays_once_for_a_round(federation: Deployment) -> None:
    oracle = federation.oracles[0]
    convict(federation, *two(federation))
    federation.send(oracle, "bond", value=federation.terms.oracleBond)
    again = two(federation, 0, ONE, ONE._replace(total=0))
    assert refused(federation, *again) == ("AlreadyConvicted", oracle_address(oracle), 1)
    next_round = two(federation, 0, ONE._replace(round=2), OTHER._replace(round=2))
    assert convict(federation, *next_round).only("Equivocated")["round"] == 2


def test_two_oracles_pay_for_one_round(federation: Deployment) -> None:
    convict(federation, *two(federation, 0))
    convict(federation, *two(federation, 1))
    assert [federation.bond(place) for place in (0, 1)] == [0, 0]


def test_an_oracle_that_is_leaving_pays_and_may_bond_again(federation: Deployment) -> None:
    oracle = federation.oracles[0]
    federation.send(oracle, "unbond")
    convict(federation, *two(federation))
    assert federation.view("bondOf", oracle_address(oracle)) == (0, 0)
    assert federation.refused(oracle, "withdrawBond") == ("NoBond",)
    federation.send(oracle, "bond", value=federation.terms.oracleBond)


def test_a_refutation_and_an_equivocation_are_two_faults(federation: Deployment) -> None:
    pending = report_pending(federation)
    filing, whole = pending.filing, federation.terms.oracleBond
    proof = proof_of(federation, REFUTABLE, filing)
    federation.send("outsider", "refute", REFUTABLE, filing, NO_FILING, federation.signers, proof)
    sent = convict(federation, *two(federation, 0, filing.report, filing.report._replace(total=600)))
    assert sent.only("Slashed")["amount"] == whole - whole // 2
    assert federation.bond(0) == 0
    assert federation.balance == accounted(federation, MEMBERS)


@pytest.mark.parametrize("position", [2, 4])
def test_a_signature_of_another_oracle_is_refused(federation: Deployment, position: int) -> None:
    arguments = [*two(federation)]
    arguments[position] = two(federation, 1)[position]
    assert refused(federation, *arguments) == ("WrongSignature", oracle_address(federation.oracles[0]))


@pytest.mark.parametrize("position", [2, 4])
def test_a_twin_with_a_high_s_is_refused(federation: Deployment, position: int) -> None:
    arguments = [*two(federation)]
    r, packed = arguments[position][:32], int.from_bytes(arguments[position][32:], "big")
    v, s = packed >> 255, packed & (2**255 - 1)
    high = ORDER - s
    assert high < 2**256
    # A compact signature has 255 bits for s: of a large twin the top bit falls where v stands.
    arguments[position] = r + (((v ^ 1) << 255) | (high & (2**255 - 1))).to_bytes(32, "big")
    assert refused(federation, *arguments) == ("WrongSignature", oracle_address(federation.oracles[0]))


@pytest.mark.parametrize("position", [2, 4])
@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_has_64_bytes(federation: Deployment, position: int, length: int) -> None:
    arguments = [*two(federation)]
    arguments[position] = (arguments[position] * 2)[:length]
    assert refused(federation, *arguments) == ("SignaturesLength", length, 64)


@pytest.mark.parametrize("position", [2, 4])
def test_a_signature_for_another_federation_is_refused(chain: Chain, federation: Deployment, position: int) -> None:
    neighbour = Deployment.create(chain, Terms(), committee(4), value=10_000)
    arguments = [*two(federation)]
    arguments[position] = two(neighbour)[position]
    assert refused(federation, *arguments) == ("WrongSignature", oracle_address(federation.oracles[0]))
