"""One round of two participants and a committee of four, from deployment to the money, all through HTTP."""

from __future__ import annotations

import json

from .conftest import ALICE, BOB, ORACLES, OUTSIDER, Bench

STAKE = 2 * 10**9
REWARD = 10**8


def test_a_round_from_deployment_to_the_last_gwei(empty_bench: Bench) -> None:
    bench = empty_bench
    deployed = bench.deploy().json
    bench.seat()
    assert json.loads((bench.folder / "deployment.json").read_text()) == deployed["deployment"]

    for signer in (ALICE, BOB):
        joined = bench.qfl("join", "--stake", "1 eth", "--json", signer=signer).json
        assert joined["stake"] == STAKE // 2
    for signer in (ALICE, BOB):
        assert bench.qfl("join", "--stake", "1000000000", "--json", signer=signer).json["stake"] == STAKE

    for client, signer in ((1, ALICE), (2, BOB)):
        assert bench.train("commit", client, signer, "--json").json["round"] == 1
    here = bench.qfl("round", "status", "--json").json
    assert here["committed"] == [bench.address(ALICE), bench.address(BOB)]
    assert (here["phase"], here["revealed"]) == ("commit", [])

    bench.next_phase()
    for client, signer in ((1, ALICE), (2, BOB)):
        revealed = bench.train("reveal", client, signer, "--json").json
        assert (bench.folder / "store" / revealed["update"]).is_file()

    bench.next_phase()
    shared = bench.folder / "shared"
    reports = [bench.qfl("oracle", "report", "--sign", shared, "--json", signer=oracle).json for oracle in ORACLES[:3]]
    assert reports[0] == reports[1] == reports[2]
    assert reports[0]["on_chain"] == "none"
    assert {one["status"] for one in reports[0]["participants"]} == {"accepted"}
    # Anybody may transmit.
    assert bench.qfl("oracle", "post", shared, "--json", signer=OUTSIDER).json["signatures"] == 3

    again = bench.qfl("oracle", "report", "--round", "1", "--json").json
    assert again == {**reports[0], "on_chain": "equal"}

    status = bench.qfl("status", "--json").json
    assert status["round"]["phase"] == "idle"
    assert (status["report"]["active"], status["report"]["model"]) == (False, reports[0]["model"])
    assert "nothing to claim" in bench.qfl("claim", signer=ALICE).out
    bench.devnet.travel(status["report"]["active_at"])
    claimed = [bench.qfl("claim", "--json", signer=signer).json["amount"] for signer in (ALICE, BOB)]
    assert claimed == [one["reward"] for one in reports[0]["participants"]]
    assert min(claimed) > 0
    assert sum(claimed) == reports[0]["total"] == REWARD

    money = bench.qfl("status", "--json").json["money"]
    assert (money["paid"], money["unclaimed"], money["pool"]) == (sum(claimed), 0, 10**9 - sum(claimed))

    left = bench.qfl("exit", "--json", signer=ALICE).json
    bench.devnet.travel(left["withdrawable_at"])
    assert bench.qfl("withdraw", "--json", signer=ALICE).json["amount"] == STAKE
    stakes = {one["participant"]: one["stake"] for one in bench.qfl("status", "--json").json["participants"]}
    assert stakes == {bench.address(ALICE): 0, bench.address(BOB): STAKE}
