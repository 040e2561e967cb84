"""``qfl dashboard``: it shows a federation on a real chain, through the chain's failures, and recovers by itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from qfl_chain.chain.devnet import Devnet, load_settings
from tests.cli.conftest import ALICE, Bench, bench_in, qfl
from tests.devnet_process import QFL, DevnetProcess, devnet_process
from tests.rpc import serve

PATIENCE = 60.0


@contextmanager
def dashboard(bench: Bench, *options: str) -> Iterator[str]:
    """The command as a process; gives the page's address."""
    env = {name: value for name, value in bench.env().items() if value is not None}
    command = ["env", *(f"{name}={value}" for name, value in env.items()), *QFL, "dashboard", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address), "it ended before it showed anything"
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, "it ends quietly when told to"


def state(address: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{address}state", timeout=10).json()
    return found


def until(address: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first state of which something holds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = state(address)
        if holds(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"still {found}")


def joined(address: str) -> list[str]:
    document = requests.get(f"{address}document", timeout=10).json()
    return [one["account"] for one in document["participants"]]


@pytest.fixture(scope="module")
def devnet() -> Devnet:
    """For its accounts, which every devnet has."""
    return Devnet(load_settings())


def deployed(folder: Path, devnet: Devnet, process: DevnetProcess) -> Bench:
    folder.mkdir()
    bench = bench_in(folder, devnet, process.url)
    said = bench.deploy()
    assert said.code == 0, said.err
    return bench


def test_it_follows_a_chain_that_is_killed_comes_back_and_is_reset(tmp_path: Path, devnet: Devnet) -> None:
    with devnet_process(tmp_path / "devnet", "--no-interval") as process:
        bench = deployed(tmp_path / "bench", devnet, process)
        alice = bench.address(ALICE)
        with dashboard(bench, "--listen", "127.0.0.1:0") as address:
            assert joined(address) == []
            assert bench.qfl("join", "--stake", "2 eth", signer=ALICE).code == 0
            until(address, lambda _: joined(address) == [alice])
            before = state(address)

            process.kill()
            dead = until(address, lambda one: one["error"] != "")
            assert "no answer from http://127.0.0.1:" in dead["error"]
            assert (dead["version"], dead["block"]) == (before["version"], before["block"])
            assert joined(address) == [alice], "the last document stays"
            process.start()
            assert until(address, lambda one: one["error"] == "")["heard"] > dead["heard"]

            process.stop()
            shutil.rmtree(tmp_path / "devnet")
            process.start()
            gone = until(address, lambda one: "no answer" not in one["error"] and one["error"] != "")
            assert bench_address(bench) in gone["error"], "the federation is not on the new chain"
            assert joined(address) == [alice], "the last document stays"
            (bench.folder / "deployment.json").unlink()
            assert bench.deploy().code == 0
            # Made by the same account with the same terms, the next one has the same address.
            assert bench_address(bench) in gone["error"]
            assert until(address, lambda one: one["error"] == "")["version"] != gone["version"]
            assert joined(address) == []


def bench_address(bench: Bench) -> str:
    found = re.search(r'"federation": "(0x\w+)"', (bench.folder / "deployment.json").read_text())
    assert found is not None
    return found[1]


def test_without_a_chain_it_does_not_start(tmp_path: Path, bench: Bench) -> None:
    said = qfl("dashboard", "--rpc-url", "http://127.0.0.1:1", env=bench.env())
    assert said.code == 4
    assert said.err.startswith("error: no answer from http://127.0.0.1:1")


def test_without_a_federation_it_does_not_start(bench: Bench) -> None:
    with serve(Devnet(load_settings())) as url:
        said = bench.qfl("dashboard", "--rpc-url", url, "--listen", "127.0.0.1:0")
    assert said.code == 4
    assert said.err.startswith("error: no contract at 0x")


@pytest.mark.parametrize("listen", ["8700", "127.0.0.1", "127.0.0.1:x", ":1", "127.0.0.1:70000"])
def test_a_wrong_address_to_listen_on_is_an_error(bench: Bench, listen: str) -> None:
    said = bench.qfl("dashboard", "--listen", listen)
    assert (said.code, "is not HOST:PORT" in said.err) == (2, True)
