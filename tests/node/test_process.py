"""A devnet as a process: what survives its end, who may have its directory, and real clients against it."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from eth_account import Account
from web3 import HTTPProvider, Web3

from qfl_chain.chain.devnet import default_path, derive, load_settings
from qfl_chain.chain.ledger import Web3Ledger, deploy, deploy_referee
from qfl_chain.chain.node.client import ask
from qfl_chain.chain.node.directory import check_made_with, claim, endpoint_of, stop
from qfl_chain.chain.services import need_service
from qfl_chain.errors import InputError, Unavailable, Unreachable
from qfl_chain.types import Address, Digest, Gwei, Terms
from tests.cli.conftest import qfl
from tests.devnet_process import DevnetProcess, devnet_process
from tests.services import need

SETTINGS = load_settings()
FIRST, SECOND = (derive(SETTINGS.mnemonic, index) for index in range(2))


def _pay(devnet: DevnetProcess, nonce: int) -> str:
    payment = {"to": SECOND.address, "value": 1, "gas": 21_000, "nonce": nonce, "chainId": SETTINGS.chain_id}
    signed = FIRST.sign_transaction({**payment, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9})
    return str(devnet.ask("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex()))


def test_nothing_answered_is_lost_when_it_is_killed(tmp_path: Path) -> None:
    answered: list[str] = []
    chance = random.Random(4)
    with devnet_process(tmp_path, "--no-interval") as devnet:
        for _ in range(3):
            killer = threading.Timer(chance.uniform(0.05, 0.4), devnet.kill)
            killer.start()
            try:
                while True:
                    nonce = int(devnet.ask("eth_getTransactionCount", FIRST.address, "latest"), 16)
                    answered.append(_pay(devnet, nonce))
            except Unreachable:
                killer.join()
            devnet.start()
            receipts = [devnet.ask("eth_getTransactionReceipt", one) for one in answered]
            assert [one["status"] for one in receipts] == ["0x1"] * len(answered)
        nonce = int(devnet.ask("eth_getTransactionCount", FIRST.address, "latest"), 16)
        assert len(answered) <= nonce <= len(answered) + 3  # those under way may be mined and not answered
        assert devnet.ask("eth_blockNumber") == hex(nonce)


def test_web3_deploys_and_reads_a_federation(tmp_path: Path) -> None:
    accounts = [derive(SETTINGS.mnemonic, index) for index in range(7)]
    names = [Address(account.address) for account in accounts]
    with devnet_process(tmp_path) as devnet, requests.Session() as session:
        web3 = Web3(HTTPProvider(devnet.url, session=session))
        terms = Terms(
            circuit=Digest(b"c" * 32),
            model=Digest(b"m" * 32),
            validation=Digest(b"v" * 32),
            validation_root=b"r" * 32,
            commit_window=100,
            reveal_window=100,
            report_window=100,
            challenge_window=150,
            unbonding_window=1000,
            min_stake=Gwei(10**9),
            reward_per_round=Gwei(10**8),
            max_norm=10**9,
            oracle_bond=Gwei(10**9),
            min_reveals=1,
            sponsor=names[0],
            guardian=names[1],
            guardian_expiry=int(web3.eth.get_block("latest")["timestamp"]) + 10**6,
            referee=deploy_referee(web3, accounts[0])[0],
            oracles=tuple(sorted(names[2:6], key=lambda name: bytes.fromhex(name[2:]))),
        )
        address, _ = deploy(web3, accounts[0], terms, funding=Gwei(10**9))
        ledger = Web3Ledger(web3, address, accounts[6])
        ledger.join(Gwei(2 * 10**9))
        assert ledger.terms() == terms
        devnet.kill()
        devnet.start()
        assert ledger.member(names[6]).stake == 2 * 10**9
        assert len(ledger.events()) >= 2


def test_cast_works_against_it(tmp_path: Path) -> None:
    cast = need("cast")
    password = tmp_path / "password"
    password.write_text("correct horse")
    keystore = tmp_path / "key.json"
    keystore.write_text(json.dumps(Account.encrypt(FIRST.key, "correct horse", kdf="pbkdf2", iterations=100)))
    with devnet_process(tmp_path / "devnet") as devnet:

        def said(*arguments: object) -> str:
            words = [str(cast), *map(str, arguments), "--rpc-url", devnet.url]
            return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout.strip()

        assert said("chain-id") == "31337"
        assert said("balance", SECOND.address) == str(SETTINGS.balance_eth * 10**18)
        signs = ("--keystore", keystore, "--password-file", password)
        receipt = json.loads(said("send", SECOND.address, "--value", "1ether", "--json", *signs))
        unlocked = ("--unlocked", "--from", FIRST.address)
        assert json.loads(said("send", SECOND.address, "--value", "1", "--json", *unlocked))["status"] == "0x1"
        assert json.loads(said("receipt", receipt["transactionHash"], "--json"))["status"] == "0x1"
        assert json.loads(said("block", receipt["blockNumber"], "--json"))["hash"] == receipt["blockHash"]
        assert said("estimate", SECOND.address) == "21000"
        assert int(said("gas-price")) >= 10**9
        assert said("logs", "--json") == "[]"


def test_a_second_one_in_the_directory_names_the_first(tmp_path: Path) -> None:
    with devnet_process(tmp_path) as devnet:
        for more in ((), ("--detach",)):
            refused = qfl("devnet", "start", "--dir", tmp_path, "--port", 0, *more)
            assert refused.code == 2
            assert f"a devnet runs in {tmp_path} already (pid {devnet.pid}): stop it with" in refused.err
        assert qfl("devnet", "reset", "--dir", tmp_path, "--yes").code == 2


def test_it_runs_beside_and_stops_and_its_chain_stays(tmp_path: Path) -> None:
    start = ("devnet", "start", "--dir", tmp_path, "--port", 0, "--detach", "--no-interval")
    assert "no devnet runs" in qfl("devnet", "status", "--dir", tmp_path).out
    try:
        assert qfl(*start).code == 0
        found = endpoint_of(tmp_path)
        assert found is not None
        ask(found.url, "evm_mine")
        state = qfl("devnet", "status", "--dir", tmp_path, "--json").json
        assert (state["running"], state["block"], state["chain_id"], state["pid"]) == (True, 1, 31337, found.pid)
        assert found.url in qfl("devnet", "status", "--dir", tmp_path).out
    finally:
        assert "the chain stays" in qfl("devnet", "stop", "--dir", tmp_path).out
    assert "no devnet runs" in qfl("devnet", "stop", "--dir", tmp_path).out
    assert qfl("devnet", "status", "--dir", tmp_path, "--json").json["running"] is False
    assert "removed" in qfl("devnet", "reset", "--dir", tmp_path, "--yes").out
    assert "no chain" in qfl("devnet", "reset", "--dir", tmp_path, "--yes").out


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    check_made_with(tmp_path, SETTINGS, "eth-tester")
    check_made_with(tmp_path, SETTINGS, "eth-tester")
    check_made_with(tmp_path, replace(SETTINGS, block_time=5), "eth-tester")
    with pytest.raises(InputError, match="made with chain_id = 31337, not 777: put that back"):
        check_made_with(tmp_path, replace(SETTINGS, chain_id=777), "eth-tester")
    with pytest.raises(InputError, match="made with backend = 'eth-tester', not 'anvil'"):
        check_made_with(tmp_path, SETTINGS, "anvil")
    (tmp_path / "chain.json").write_text("{")
    with pytest.raises(InputError, match="is damaged: remove this devnet with"):
        check_made_with(tmp_path, SETTINGS, "eth-tester")


def test_a_settings_file_of_ones_own_is_used(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(default_path().read_text().replace("chain_id = 31337", "chain_id = 4711"))
    with devnet_process(tmp_path / "devnet", "--settings", str(own)) as devnet:
        assert devnet.ask("eth_chainId") == hex(4711)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for more in ((), ("--backend", "anvil")):
            if more:
                need("anvil")
            command = ["devnet", "start", "--dir", str(tmp_path / str(len(more))), "--port", str(port), *more]
            said = qfl(*command, "--detach")
            assert said.code == 2
            assert f"cannot listen on port {port}: it is taken; choose another --port" in said.err


def test_a_damaged_chain_is_named(tmp_path: Path) -> None:
    (tmp_path / "chain.sqlite").write_text("no database, whatever its name says" * 100)
    said = qfl("devnet", "start", "--dir", tmp_path, "--port", 0, "--detach")
    assert said.code == 2
    assert "is no devnet's chain, or damaged" in said.err


def test_a_lock_left_by_a_dead_process_blocks_nobody(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(str(os.getpid()))
    (tmp_path / "endpoint.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "backend": "x", "pid": 1}))
    assert endpoint_of(tmp_path) is None
    assert stop(tmp_path, 1) is None
    os.close(claim(tmp_path))


def test_anvil_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QFL_SERVICES", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("qfl_chain.chain.services.CHECKOUT", tmp_path)
    with pytest.raises(Unavailable, match="anvil is not installed here: run scripts/install-services"):
        need_service("anvil")


def test_anvil_has_the_same_accounts_and_keeps_its_chain(tmp_path: Path) -> None:
    need("anvil")
    with devnet_process(tmp_path, "--backend", "anvil", "--no-interval") as devnet:
        assert devnet.ask("eth_chainId") == hex(SETTINGS.chain_id)
        assert len(devnet.ask("eth_accounts")) == SETTINGS.accounts
        digest = _pay(devnet, 0)
        while devnet.ask("eth_getTransactionReceipt", digest) is None:
            """Anvil answers before it mines, and does not save what it has not mined."""
        devnet.restart()
        assert devnet.ask("eth_getTransactionReceipt", digest)["status"] == "0x1"


def _shape(value: Any) -> Any:
    """Names and kinds of an answer, without its values."""
    if isinstance(value, dict):
        return {key: _shape(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_shape(one) for one in value[:1]]
    return type(value).__name__


OURS_ONLY = {"totalDifficulty", "chainId", "requestsHash"}
ANVILS_ONLY = {"blobGasPrice", "blobGasUsed", "blockTimestamp", "chainId", "authorizationList", "requestsHash"}


def test_its_answers_have_the_shape_of_anvils(tmp_path: Path) -> None:
    need("anvil")
    shapes = []
    for options in (("--no-interval",), ("--no-interval", "--backend", "anvil")):
        with devnet_process(tmp_path / str(len(options)), *options) as devnet:
            digest = _pay(devnet, 0)
            while devnet.ask("eth_getTransactionReceipt", digest) is None:
                """Anvil answers before it mines."""
            asked: list[tuple[Any, ...]] = [
                ("eth_getTransactionByHash", digest),
                ("eth_getTransactionReceipt", digest),
                ("eth_getBlockByNumber", "latest", False),
                ("eth_getBlockByNumber", "latest", True),
                ("eth_getBalance", FIRST.address, "latest"),
                ("eth_getCode", FIRST.address, "latest"),
                ("eth_getStorageAt", FIRST.address, "0x0", "latest"),
                ("eth_call", {"to": SECOND.address}, "latest"),
                ("eth_getLogs", {"fromBlock": "0x0"}),
                ("eth_gasPrice",),
                ("eth_syncing",),
                ("net_version",),
                ("evm_snapshot",),
                ("evm_increaseTime", 5),
                ("evm_mine",),
            ]
            shapes.append([_shape(devnet.ask(*request)) for request in asked])
    for ours, theirs in zip(*shapes, strict=True):
        if isinstance(ours, dict):
            assert ours.keys() - theirs.keys() <= OURS_ONLY
            assert theirs.keys() - ours.keys() <= ANVILS_ONLY
        else:
            assert ours == theirs


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b'{"id": 1, "method": "eth_chainId"}', 200),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "application/json", "Host": "evil.example"}, b"{}", 403),
        ({"Content-Type": "application/json", "Content-Length": "99999999"}, b"", 413),
        ({"Content-Type": "application/json", "Content-Length": "x"}, b"", 411),
    ],
)
def test_what_is_no_request_of_a_local_program_is_not_read(headers: dict[str, str], body: bytes, status: int) -> None:
    from qfl_chain.chain.node.server import listening

    with listening(lambda request: b"{}", 0) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        response.read()
        connection.close()
    assert response.status == status


def test_a_page_is_not_served() -> None:
    from qfl_chain.chain.node.server import listening

    with listening(lambda request: b"{}", 0) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 405
        connection.close()
