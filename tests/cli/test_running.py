"""How a running command lives: where it listens, how often it looks, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from qfl_chain.cli.running import address_of, poll_seconds, state_file, stoppable
from qfl_chain.errors import InputError
from tests.actors.fakes import ANNA, BEN, FEDERATION, FakeLedger, fake_chain

LIVE = """
import time
from qfl_chain.actors.running import WAIT, Step
from qfl_chain.cli.running import live
from qfl_chain.cli.watching import Log
from tests.actors.fakes import ANNA, FakeLedger, fake_chain

class Waiting:
    def step(self):
        return Step(WAIT, 1, {"phase": "idle"})

live("oracle", Waiting(), FakeLedger(fake_chain(), ANNA), Log("oracle", time.time), "127.0.0.1:0", {})
"""


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:9101", ("127.0.0.1", 9101)),
        ("localhost:0", ("localhost", 0)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
    ],
)
def test_an_address_is_a_host_and_a_port(listen: str, address: tuple[str, int]) -> None:
    assert address_of(listen) == address


@pytest.mark.parametrize(
    "listen", ["", "9101", ":9101", "127.0.0.1", "127.0.0.1:", "h:x", "h:-1", "h:65536", "h:\u0663", "h:" + "9" * 5_000]
)
def test_anything_else_is_no_address(listen: str) -> None:
    with pytest.raises(InputError, match=r"is not HOST:PORT, such as 127\.0\.0\.1:9101"):
        address_of(listen)


@pytest.mark.parametrize(("shortest", "seconds"), [(1, 0.2), (2, 0.2), (30, 3.0), (120, 12.0), (86_400, 12.0)])
def test_the_chain_is_looked_at_ten_times_in_the_shortest_phase_within_reason(shortest: int, seconds: float) -> None:
    terms = replace(fake_chain().terms, commit_window=90_000, reveal_window=shortest, report_window=90_000)
    assert poll_seconds(terms) == seconds


def test_a_state_file_says_whose_it_is(tmp_path: Path) -> None:
    ledger = FakeLedger(fake_chain(), ANNA)
    file = state_file(tmp_path, ledger, ANNA, "update")
    file.write({"round": 1})
    assert json.loads((tmp_path / "update.json").read_text())["owner"] == {
        "federation": FEDERATION,
        "chain_id": 1,
        "account": ANNA,
    }
    with pytest.raises(InputError, match="belongs to another"):
        state_file(tmp_path, ledger, BEN, "update").read()


def test_one_signal_ends_the_pause_and_a_second_one_the_step_under_way() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable() as pause:
        assert not pause(0.0)
        os.kill(os.getpid(), signal.SIGTERM)
        assert pause(600.0)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_waits_ends_well_when_it_is_told_to(told: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", LIVE], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            lines = [json.loads(process.stderr.readline()) for _ in range(2)]
            assert [line["event"] for line in lines] == ["listening", "wait"]
            assert requests.get(f"{lines[0]['address']}/health", timeout=10).json()["healthy"] is True
            process.send_signal(told)
            _, rest = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in rest.splitlines()] == ["stopped"]
