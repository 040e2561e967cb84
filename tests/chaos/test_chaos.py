"""The chaos suite: real processes, killed, starved, lied to and set back, and what the chain says afterwards.

``make chaos`` runs it at length (``QFL_CHAOS_KILLS=200``) and prints its figures; the ordinary suite runs it briefly.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.anvil import anvil
from tests.devnet_process import devnet_process
from tests.faulty_proxy import FaultyProxy
from tests.kubo import KuboNode, new_swarm_key
from tests.services import need

from .bench import Crowd, Zygote, audit, found, zygote
from .liar import lying

KILLS = int(os.environ.get("QFL_CHAOS_KILLS", "12"))
LONG = KILLS >= 100
PATIENCE = 600.0


@pytest.fixture(scope="module")
def source() -> Iterator[Zygote]:
    with zygote() as process:
        yield process


def say(what: str) -> None:
    """A figure for whoever runs the suite with ``-s``."""
    print(f"\nchaos: {what}", flush=True)


def test_killing_everybody_at_random_loses_nothing(source: Zygote, tmp_path: Path) -> None:
    rounds = max(2, KILLS // 14)
    rng = random.Random(KILLS)
    with devnet_process(tmp_path / "devnet") as devnet:
        store = str(tmp_path / "net" / "blocks")
        network = found(tmp_path / "net", devnet.url, store, rounds)
        crowd = Crowd(network, source)
        try:
            for role in network.roles:
                crowd.start(role)
            killed, chain_kills = 0, 0
            while killed < KILLS and any(crowd.ended(role.name) is None for role in network.roles):
                time.sleep(rng.uniform(0.1, 1.2))
                if rng.random() < 0.06:
                    devnet.kill()
                    devnet.start()
                    killed, chain_kills = killed + 1, chain_kills + 1
                    continue
                role = rng.choice(network.roles)
                if crowd.kill(role):
                    killed += 1
                    time.sleep(rng.choice((0.0, 0.0, 1.0)))
                    crowd.start(role)
            crowd.wait(PATIENCE)
        finally:
            crowd.stop()
        found_out = audit(network, devnet.url, store, rounds, tmp_path / "run")
    say(f"{killed} kills -9 ({chain_kills} of the devnet, {dict(crowd.kills)}): {found_out}")
    assert killed == KILLS
    assert found_out.reported >= 1


def test_a_restart_of_the_chain_in_the_middle_of_a_round_is_no_event(source: Zygote, tmp_path: Path) -> None:
    with devnet_process(tmp_path / "devnet") as devnet:
        store = str(tmp_path / "net" / "blocks")
        network = found(tmp_path / "net", devnet.url, store, 1)
        crowd = Crowd(network, source)
        try:
            for role in network.roles:
                crowd.start(role)
            for _ in range(3):
                time.sleep(2.5)
                devnet.restart()
            crowd.wait(PATIENCE)
        finally:
            crowd.stop()
        found_out = audit(network, devnet.url, store, 1, tmp_path / "run")
    say(f"devnet stopped and started 3 times in a round: {found_out}")
    assert (found_out.reported, found_out.missed) == (1, 0)


def test_a_committee_with_f_silent_and_f_lying_members_reports_the_truth(source: Zygote, tmp_path: Path) -> None:
    """Seven oracles stand f = 2 faults: here once two are silent, and once two lie."""
    for faults in ("silent", "lying"):
        folder = tmp_path / faults
        with devnet_process(folder / "devnet") as devnet, ExitStack() as stack:
            store = str(folder / "net" / "blocks")
            network = found(folder / "net", devnet.url, store, 1, oracles=7)
            crowd = Crowd(network, source)
            faulty = {"oracle-2", "oracle-5"}
            if faults == "lying":
                for role in network.roles:
                    if role.name in faulty:
                        stack.enter_context(lying(role, network, devnet.url))
            try:
                for role in network.roles:
                    if role.name not in faulty:
                        crowd.start(role)
                crowd.wait(PATIENCE)
            finally:
                crowd.stop()
            found_out = audit(network, devnet.url, store, 1, folder / "run")
        say(f"7 oracles, 2 {faults}: {found_out}")
        assert (found_out.reported, found_out.missed) == (1, 0)


def test_bad_lines_to_the_chain_and_wrong_clocks_change_nothing(source: Zygote, tmp_path: Path) -> None:
    rates = {
        "drop": 0.03, "drop_answer": 0.03, "delay": 0.03, "duplicate": 0.05, "error": 0.03, "rate_limit": 0.01,
        "truncate": 0.02, "html": 0.02,
    }  # fmt: skip
    rounds = 3 if LONG else 1
    with devnet_process(tmp_path / "devnet") as devnet, ExitStack() as stack:
        store = str(tmp_path / "net" / "blocks")
        proxies: dict[str, FaultyProxy] = {}

        def place(name: str) -> tuple[str, str]:
            proxy = FaultyProxy(devnet.url, seed=len(proxies), rates=rates, delay_seconds=1.0)
            proxies[name] = stack.enter_context(proxy)
            return proxies[name].url, store

        # One call may take seconds here and a step of a participant is a dozen: a phase holds more than one step.
        windows = {"commit": 10, "reveal": 14, "report": 16, "challenge": 8}
        network = found(tmp_path / "net", devnet.url, store, rounds, windows=windows, places=place)
        crowd = Crowd(network, source, skews={"client-1": 7200, "client-2": -7200, "oracle-1": 86_400})
        try:
            for role in network.roles:
                crowd.start(role)
            crowd.wait(PATIENCE)
        finally:
            crowd.stop()
        found_out = audit(network, devnet.url, store, rounds, tmp_path / "run")
        requests = sum(sum(proxy.counts.values()) for proxy in proxies.values())
        faults = requests - sum(proxy.counts[""] for proxy in proxies.values())
    say(f"{faults} of {requests} requests spoilt, 3 clocks off by 2 to 24 hours: {found_out}")
    assert faults > 20
    assert (found_out.reported, found_out.missed) == (rounds, 0)


def test_a_content_node_that_goes_down_and_comes_back_holds_nobody_up(source: Zygote, tmp_path: Path) -> None:
    node = KuboNode(need("ipfs"), tmp_path / "kubo", new_swarm_key())
    node.prepare()
    node.start()
    with devnet_process(tmp_path / "devnet") as devnet:
        try:
            network = found(tmp_path / "net", devnet.url, node.url, 2)
            crowd = Crowd(network, source)
            try:
                for role in network.roles:
                    crowd.start(role)
                for pause in (3.0, 4.0, 4.0):
                    time.sleep(pause)
                    node.kill()
                    time.sleep(1.5)
                    node.start()
                crowd.wait(PATIENCE)
            finally:
                crowd.stop()
            found_out = audit(network, devnet.url, node.url, 2, tmp_path / "run")
        finally:
            node.kill()
    say(f"Kubo killed and started 3 times: {found_out}")
    assert found_out.reported >= 1
    assert found_out.missed == 0


def test_reorgs_within_the_confirmations_change_nothing(source: Zygote, tmp_path: Path) -> None:
    rounds, depth = (3, 2) if LONG else (1, 2)
    rng = random.Random(1)
    with anvil("--block-time", "1", "--mixed-mining") as node:
        store = str(tmp_path / "net" / "blocks")
        network = found(tmp_path / "net", node.url, store, rounds)
        # Founding waits for no confirmations, so no reorg may reach back to it.
        founded = node.web3.eth.block_number + depth
        crowd = Crowd(network, source, extra={"QFL_CONFIRMATIONS": str(depth + 1)})
        reorgs = 0

        def turn_back() -> None:
            nonlocal reorgs
            # Every reorg takes back seconds of the chain's clock: more of them, and it would stand still.
            if rng.random() < 0.015 and node.web3.eth.block_number > founded:
                node.ask("anvil_reorg", depth, [])
                reorgs += 1

        try:
            for role in network.roles:
                crowd.start(role)
            crowd.wait(PATIENCE, turn_back)
        finally:
            crowd.stop()
        found_out = audit(network, node.url, store, rounds, tmp_path / "run")
    say(f"{reorgs} reorgs of {depth} blocks: {found_out}")
    assert reorgs >= 1
    assert found_out.reported >= 1
