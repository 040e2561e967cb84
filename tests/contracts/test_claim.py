"""claim(): pays what the active report owes."""

from __future__ import annotations

from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from .abi import encode
from .chain import GWEI, Chain
from .conftest import FUNDING
from .contracts_in_bytes import forwarder
from .harness import Deployment
from .references import RewardTree, Terms, address, claim_args, committee

REWARDS = {address("alice"): 100, address("bob"): 350, address("carol"): 150}


def report_rewards(federation: Deployment, cumulative: dict[str, int]) -> None:
    federation.play(["alice"])
    federation.report(cumulative)
    federation.activate()


def test_a_claim_pays_its_sender(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    before = federation.chain.balance(address("alice"))
    sent = federation.claim("alice", REWARDS)
    assert sent.only("Claimed") == {"participant": address("alice"), "amount": 100, "cumulative": 100}
    fee = before + 100 * GWEI - federation.chain.balance(address("alice"))
    assert 0 < fee <= sent.gas * 10 * GWEI
    assert federation.member("alice").claimed == 100
    assert federation.pool == (FUNDING, 100)


def test_the_contract_pays_exactly_the_amount(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    before = federation.balance
    federation.claim("bob", REWARDS)
    assert federation.balance == before - 350


def test_a_later_claim_pays_the_difference(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    federation.claim("bob", REWARDS)
    later = REWARDS | {address("bob"): 500, address("dave"): 450}
    report_rewards(federation, later)
    assert federation.claim("bob", later).only("Claimed")["amount"] == 150
    assert federation.claim("alice", later).only("Claimed")["amount"] == 100


def test_a_claim_needs_no_stake(federation: Deployment) -> None:
    rewards = {address("outsider"): 600}
    report_rewards(federation, rewards)
    assert federation.claim("outsider", rewards).only("Claimed")["amount"] == 600
    assert federation.member("outsider") == (0, 600, 0, 0, 0, 0)


def test_a_claim_stays_possible_after_an_exit(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    federation.send("alice", "exit")
    assert federation.claim("alice", REWARDS).only("Claimed")["amount"] == 100


def test_a_claim_goes_through_while_paused_and_after_a_cancellation(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    federation.send("guardian", "pause")
    federation.claim("alice", REWARDS)
    federation.send("sponsor", "cancel")
    federation.send("sponsor", "reclaim")
    federation.claim("bob", REWARDS)
    assert [federation.member(name).claimed for name in ("alice", "bob")] == [100, 350]


def test_nothing_is_paid_before_a_report_is_active(federation: Deployment) -> None:
    assert federation.refused("alice", "claim", 1, 0, b"") == ("NoActiveReport",)
    federation.play(["alice"])
    federation.report(REWARDS)
    federation.chain.clock = federation.latest.active_at - 1
    assert federation.refused("alice", "claim", *claim_args("alice", REWARDS)) == ("NoActiveReport",)


def test_a_pending_report_pays_nothing_and_the_one_before_goes_on_paying(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    pending = REWARDS | {address("alice"): 700}
    federation.play(["alice"])
    federation.report(pending)
    assert federation.refused("alice", "claim", *claim_args("alice", pending)) == ("InvalidProof",)
    assert federation.claim("alice", REWARDS).only("Claimed")["amount"] == 100


def test_a_claim_pays_once(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    federation.claim("alice", REWARDS)
    assert federation.refused("alice", "claim", *claim_args("alice", REWARDS)) == ("NothingToClaim", 100, 100)


def test_a_leaf_of_nothing_has_nothing_to_claim(federation: Deployment) -> None:
    rewards = REWARDS | {address("dave"): 0}
    report_rewards(federation, rewards)
    assert federation.refused("dave", "claim", *claim_args("dave", rewards)) == ("NothingToClaim", 0, 0)


def test_a_cumulative_reward_that_fell_pays_nothing(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    federation.claim("bob", REWARDS)
    fallen = {address("alice"): 500, address("bob"): 100}
    report_rewards(federation, fallen)
    assert federation.refused("bob", "claim", *claim_args("bob", fallen)) == ("NothingToClaim", 100, 350)


def test_colluding_oracles_cannot_pay_out_more_than_the_total(federation: Deployment) -> None:
    """The sum of one tree binds nothing about claims on earlier trees: rule P41."""
    report_rewards(federation, REWARDS)
    federation.claim("bob", REWARDS)
    federation.claim("alice", REWARDS)
    # Leaving out those who claimed, the tree gives carol all 1,200; 450 are gone already.
    rigged = {address("carol"): 1_200}
    report_rewards(federation, rigged)
    assert federation.refused("carol", "claim", *claim_args("carol", rigged)) == ("TotalExceeded", 1_650, 1_200)


def test_any_change_to_a_proof_is_refused(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    cumulative, index, proof = claim_args("bob", REWARDS)
    padded_sum = proof[:32] + (int.from_bytes(proof[32:40], "big") + 1).to_bytes(8, "big") + proof[40:]
    wrong = [
        (cumulative + 1, index, proof),
        (cumulative - 1, index, proof),
        (cumulative, index ^ 1, proof),
        (cumulative, index + 4, proof),
        (cumulative, index, proof[:-40]),
        (cumulative, index, proof[:-1]),
        (cumulative, index, proof + bytes(40)),
        (cumulative, index, proof + bytes(1)),
        (cumulative, index, padded_sum),
        (cumulative, index, b""),
    ]
    for args in wrong:
        assert federation.refused("bob", "claim", *args) == ("InvalidProof",)


def test_the_proof_of_another_account_is_refused(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    assert federation.refused("alice", "claim", *claim_args("bob", REWARDS)) == ("InvalidProof",)


def test_a_tree_whose_sum_is_not_the_total_pays_nobody(federation: Deployment) -> None:
    federation.play(["alice"])
    tree = RewardTree(REWARDS)
    federation.send("sponsor", "report", *federation.signed(federation.report_of(0, tree.root)))
    federation.activate()
    assert federation.refused("alice", "claim", *claim_args("alice", REWARDS)) == ("InvalidProof",)


def test_a_sum_beyond_64_bits_cannot_wrap_to_the_total(federation: Deployment) -> None:
    # Two leaves whose sums make 2^64 + 600: a 64-bit sum would see the 600 that the report may allocate.
    alice, other = address("alice"), 2**64 - 1
    leaf = keccak(b"\0" + bytes.fromhex(alice[2:]) + (601).to_bytes(8, "big"))
    root = keccak(leaf + (601).to_bytes(8, "big") + bytes(32) + other.to_bytes(8, "big"))
    federation.play(["alice"])
    federation.send("sponsor", "report", *federation.signed(federation.report_of(600, root)))
    federation.activate()
    assert federation.refused("alice", "claim", 601, 0, bytes(32) + other.to_bytes(8, "big")) == ("InvalidProof",)


def test_a_node_cannot_pass_for_a_leaf(federation: Deployment) -> None:
    report_rewards(federation, REWARDS)
    tree = RewardTree(REWARDS)
    (left, left_sum), (right, right_sum) = tree.levels[1]
    proof = right + right_sum.to_bytes(8, "big")
    assert left != keccak(b"\0" + bytes.fromhex(address("alice")[2:]) + left_sum.to_bytes(8, "big"))
    assert federation.refused("alice", "claim", left_sum, 0, proof) == ("InvalidProof",)


def test_a_recipient_that_refuses_ether_reverts_the_claim(federation: Deployment) -> None:
    refuser = forwarder(federation.chain, "outsider", on_ether=None)
    report_rewards(federation, {refuser.address: 600})
    assert refuser.refused(federation, encode("claim", (600, 0, b""))) == ("TransferFailed",)
    assert federation.pool == (FUNDING, 0)


def test_a_recipient_that_claims_again_while_it_is_paid_gets_nothing_more(federation: Deployment) -> None:
    again = encode("claim", (600, 0, b""))
    attacker = forwarder(federation.chain, "outsider", on_ether=again)
    report_rewards(federation, {attacker.address: 600})
    before = federation.balance
    attacker.send(federation, again)
    assert attacker.reentered
    assert federation.balance == before - 600
    assert federation.pool == (FUNDING, 600)


@given(amounts=st.lists(st.integers(0, 50), min_size=1, max_size=40), data=st.data())
@settings(deadline=None, max_examples=25)
def test_every_leaf_of_a_tree_of_any_size_claims_its_amount(amounts: list[int], data: st.DataObject) -> None:
    federation = PLAYED
    accounts = ["0x" + keccak(text=f"{i}")[:20].hex() for i in range(len(amounts) - 1)] + [address("alice")]
    place = data.draw(st.integers(0, len(amounts) - 1))
    amounts = amounts[:place] + amounts[place + 1 :] + [amounts[place] + 1]
    rewards = dict(zip(accounts, amounts, strict=True)) | {address("the rest"): 5_000 - sum(amounts)}
    with federation.chain.snapshot():
        federation.report(rewards)
        federation.activate()
        assert federation.claim("alice", rewards).only("Claimed")["amount"] == amounts[-1]


def _played() -> Deployment:
    chain = Chain(["sponsor", "guardian", "alice"])
    federation = Deployment.create(chain, Terms(rewardPerRound=5_000), committee(1), value=5_000)
    federation.send("alice", "join", value=1_000)
    federation.play(["alice"])
    return federation


PLAYED = _played()
