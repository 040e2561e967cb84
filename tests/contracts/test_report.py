"""report(): a quorum closes the round."""

from __future__ import annotations

import itertools

import pytest
from eth_keys import keys
from eth_keys.constants import SECPK1_N

from .abi import RefusedError
from .chain import Chain
from .conftest import FUNDING
from .harness import Deployment
from .references import MAX_UINT256, Report, Terms, address, committee, oracle_address, pack_addresses, sign


@pytest.fixture
def ready(federation: Deployment) -> Deployment:
    """Alice and bob revealed, reports are open."""
    federation.play(["alice", "bob"])
    return federation


def test_a_report_closes_the_round_and_becomes_the_latest(ready: Deployment) -> None:
    report = ready.report_of(total=600)
    sent = ready.send("outsider", "report", *ready.signed(report))
    expected = report._asdict() | {"signed": 0b111, "activeAt": ready.latest.active_at}
    assert sent.only("Reported") == expected
    assert ready.live == (1, 0, 0, 0, 0)
    assert ready.latest == (1, sent.time + ready.terms.challengeWindow, 600, report.rewards)


def test_a_report_is_active_when_its_challenge_window_is_over(ready: Deployment) -> None:
    ready.report({address("alice"): 600})
    ready.chain.clock = ready.latest.active_at - 1
    assert ready.active[:3] == (0, 0, 0)
    ready.chain.clock += 1
    assert ready.active == ready.latest


def test_the_report_before_stays_active_while_the_latest_is_pending(ready: Deployment) -> None:
    ready.report({address("alice"): 600})
    first = ready.latest
    ready.play(["alice"])
    ready.report({address("alice"): 1_200})
    assert ready.active == first
    assert ready.latest.total == 1_200
    ready.activate()
    assert ready.active == ready.latest


@pytest.mark.parametrize("who", [*itertools.combinations(range(4), 3), (0, 1, 2, 3)])
def test_any_quorum_suffices(ready: Deployment, who: tuple[int, ...]) -> None:
    sent = ready.send("outsider", "report", *ready.signed(ready.report_of(), who))
    assert sent.only("Reported")["signed"] == sum(1 << i for i in who)


def test_a_committee_of_256_can_sign(federation: Deployment) -> None:
    large = Deployment.create(federation.chain, Terms(), committee(256))
    large.send("alice", "join", value=1_000)
    large.play(["alice"])
    signers = range(256 - 171, 256)
    assert large.send("sponsor", "report", *large.signed(large.report_of(), signers)).only("Reported")["round"] == 1


def test_reports_are_accepted_from_the_first_to_the_last_second_of_their_window(federation: Deployment) -> None:
    federation.play(["alice"])
    start = federation.live.start
    args = federation.signed(federation.report_of())
    window = ("WrongPhase", start + 150, start + 350)
    for time in (start + 149, start + 350):
        federation.chain.clock = time
        assert federation.refused("sponsor", "report", *args) == window
    for time in (start + 150, start + 349):
        federation.chain.clock = time
        with federation.chain.snapshot():
            federation.send("sponsor", "report", *args)


def test_a_round_takes_one_report(ready: Deployment) -> None:
    args = ready.signed(ready.report_of())
    ready.send("sponsor", "report", *args)
    assert ready.refused("sponsor", "report", *args) == ("WrongPhase", MAX_UINT256, MAX_UINT256)


def test_a_report_of_another_round_is_refused(ready: Deployment) -> None:
    for number in (0, 2):
        args = ready.signed(ready.report_of(round=number))
        assert ready.refused("sponsor", "report", *args) == ("WrongRound", number, 1)


def test_a_report_of_other_inputs_is_refused(ready: Deployment) -> None:
    accumulator = ready.live.accumulator
    args = ready.signed(ready.report_of(inputs=accumulator ^ 1))
    assert ready.refused("sponsor", "report", *args) == ("WrongInputs", accumulator ^ 1, accumulator)


def test_a_round_with_too_few_reveals_takes_no_report(federation: Deployment) -> None:
    strict = Deployment.create(federation.chain, Terms(minReveals=2), federation.oracles)
    for name in ("alice", "bob"):
        strict.send(name, "join", value=1_000)
    strict.play(["alice"], silent=["bob"])
    assert strict.refused("sponsor", "report", *strict.signed(strict.report_of())) == ("TooFewReveals", 1, 2)
    strict.chain.clock = strict.report_closes
    strict.play(["alice", "bob"])
    strict.report()


def test_the_total_grows_by_the_round_budget_or_not_at_all(ready: Deployment) -> None:
    for total in (1, 599, 601):
        args = ready.signed(ready.report_of(total=total))
        assert ready.refused("sponsor", "report", *args) == ("TotalOutOfRange", total, 0, 600)
    ready.report({address("alice"): 600})
    ready.play(["alice"])
    for total in (0, 599, 601, 1_199, 1_201):
        args = ready.signed(ready.report_of(total=total))
        assert ready.refused("sponsor", "report", *args) == ("TotalOutOfRange", total, 600, 1_200)
    ready.report({address("alice"): 600})


def test_the_total_never_exceeds_what_was_funded(federation: Deployment) -> None:
    poor = Deployment.create(federation.chain, Terms(), federation.oracles, value=100)
    poor.send("alice", "join", value=1_000)
    poor.play(["alice"])
    assert poor.refused("sponsor", "report", *poor.signed(poor.report_of(total=101))) == (
        "TotalOutOfRange",
        101,
        0,
        100,
    )
    poor.report({address("alice"): 100})


def test_the_signers_must_be_the_committee(ready: Deployment) -> None:
    report, signed, signers, signatures = ready.signed(ready.report_of())
    for wrong in (b"", signers[:-20], signers + bytes(20), signers[20:] + signers[:20], pack_addresses(committee(7))):
        assert ready.refused("sponsor", "report", report, signed, wrong, signatures) == ("WrongCommittee",)


def test_fewer_than_a_quorum_is_refused(ready: Deployment) -> None:
    for who in ((), (0,), (1, 3)):
        args = ready.signed(ready.report_of(), who)
        assert ready.refused("sponsor", "report", *args) == ("QuorumMissing", len(who), 3)


def test_one_oracle_cannot_count_twice(ready: Deployment) -> None:
    report, _, signers, signatures = ready.signed(ready.report_of(), [0, 0, 0])
    for signed in (0b111, 0b1011):
        expected = oracle_address(ready.oracles[1])
        assert ready.refused("sponsor", "report", report, signed, signers, signatures) == ("WrongSignature", expected)


def test_a_bit_beyond_the_committee_is_refused(ready: Deployment) -> None:
    report, _, signers, signatures = ready.signed(ready.report_of(), [0, 1, 2])
    for signed in (0b10011, 0b11 | 1 << 255):
        assert ready.refused("sponsor", "report", report, signed, signers, signatures) == ("UnknownSigner", signed)


@pytest.mark.parametrize("change", [-64, -1, 1, 64])
def test_signatures_of_any_other_length_are_refused(ready: Deployment, change: int) -> None:
    report, signed, signers, signatures = ready.signed(ready.report_of())
    resized = (signatures + bytes(64))[: len(signatures) + change]
    expected = ("SignaturesLength", 192 + change, 192)
    assert ready.refused("sponsor", "report", report, signed, signers, resized) == expected


def test_a_signature_over_any_other_field_is_refused(ready: Deployment) -> None:
    report, signed, signers, signatures = ready.signed(ready.report_of(total=5))
    first = oracle_address(ready.oracles[0])
    for change in (
        {"rewards": b"x" * 32},
        {"model": b"x" * 32},
        {"evidence": b"x" * 32},
        {"evidenceRoot": b"x" * 32},
        {"total": 6},
    ):
        altered = report._replace(**change)
        assert ready.refused("sponsor", "report", altered, signed, signers, signatures) == ("WrongSignature", first)


def test_signatures_in_another_order_are_refused(ready: Deployment) -> None:
    report, signed, signers, signatures = ready.signed(ready.report_of())
    swapped = signatures[64:128] + signatures[:64] + signatures[128:]
    expected = ("WrongSignature", oracle_address(ready.oracles[0]))
    assert ready.refused("sponsor", "report", report, signed, signers, swapped) == expected


def test_a_high_s_is_refused_and_its_low_twin_accepted(chain: Chain) -> None:
    """A compact signature can only hold the high s from half the order to 2^255, which no signer meets by chance.

    So the key is made from the signature: for any nonce k and s, the key d = (s k - z) / r signs z.
    """
    nonce, high = 77, 2**255 - 5
    with chain.snapshot():
        twin = played_alone(chain, committee(1))
        z = int.from_bytes(twin.digest_of(twin.report_of()), "big")
    point = keys.PrivateKey(nonce.to_bytes(32, "big")).public_key.to_bytes()
    r, parity = int.from_bytes(point[:32], "big"), point[-1] & 1
    secret = (high * nonce - z) * pow(r, -1, SECPK1_N) % SECPK1_N
    oracle = keys.PrivateKey(secret.to_bytes(32, "big"))
    federation = played_alone(chain, (oracle,))
    report, signed, signers, _ = federation.signed(federation.report_of())
    wrong, right = (
        r.to_bytes(32, "big") + ((odd << 255) | s).to_bytes(32, "big")
        for odd, s in ((parity, high), (parity ^ 1, SECPK1_N - high))
    )
    expected = ("WrongSignature", oracle_address(oracle))
    assert federation.refused("sponsor", "report", report, signed, signers, wrong) == expected
    federation.send("sponsor", "report", report, signed, signers, right)


def played_alone(chain: Chain, oracles: tuple[keys.PrivateKey, ...]) -> Deployment:
    """A federation where alice revealed: the same address, times and digests for any committee of one size."""
    federation = Deployment.create(chain, Terms(), oracles)
    federation.send("alice", "join", value=1_000)
    federation.play(["alice"])
    return federation


def test_a_signature_that_recovers_to_nobody_is_refused(ready: Deployment) -> None:
    report, signed, signers, signatures = ready.signed(ready.report_of())
    expected = ("WrongSignature", oracle_address(ready.oracles[0]))
    assert ready.refused("sponsor", "report", report, signed, signers, bytes(64) + signatures[64:]) == expected


def test_a_report_signed_for_another_federation_is_refused(ready: Deployment) -> None:
    twin = Deployment.create(ready.chain, Terms(), ready.oracles)
    report, signed, signers, _ = ready.signed(ready.report_of())
    signatures = b"".join(sign(oracle, twin.digest_of(report)) for oracle in ready.oracles[:3])
    expected = ("WrongSignature", oracle_address(ready.oracles[0]))
    assert ready.refused("sponsor", "report", report, signed, signers, signatures) == expected


def test_a_report_goes_through_while_paused_and_after_a_cancellation(ready: Deployment) -> None:
    ready.send("guardian", "pause")
    ready.send("sponsor", "cancel")
    ready.report({address("alice"): 600})
    assert ready.latest.total == 600
    assert ready.live == (1, 0, 2, 0, 0)


def test_refusals_leave_the_round_open(ready: Deployment) -> None:
    before = ready.live
    wrong = Report(1, before.accumulator, bytes(32), bytes(32), bytes(32), bytes(32), FUNDING)
    with pytest.raises(RefusedError, match="TotalOutOfRange"):
        ready.send("sponsor", "report", *ready.signed(wrong))
    assert ready.live == before
    ready.report()
