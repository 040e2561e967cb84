"""What can go wrong between a command and its chain, account, store and federation."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from qfl_chain.chain.endpoint import public_name
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.errors import InputError
from qfl_chain.types import Address
from tests.faulty_proxy import FaultyProxy
from tests.rpc import listen

from .conftest import ALICE, BOB, PASSWORD, SPONSOR, Bench, qfl


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_an_unreachable_endpoint_is_named_without_its_credentials(bench: Bench) -> None:
    port = unused_port()
    said = bench.qfl("status", "--rpc-url", f"http://user:secret@127.0.0.1:{port}/v3/accesskey?token=hidden")
    assert said.code == 4
    assert said.err == (f"error: no answer from http://127.0.0.1:{port}: check the address, and that the node runs\n")


def test_an_endpoint_that_does_not_answer_in_time_is_unreachable(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qfl_chain.cli.connection.REQUEST_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = bench.qfl("status", "--rpc-url", f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert said.code == 4
    assert "no answer from http://127.0.0.1:" in said.err


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (401, b"who are you", "answers with HTTP status 401: check address and access"),
        (200, b"<html>welcome</html>", "does not answer as an Ethereum node"),
        (200, b'{"hello": 1}', "does not answer as an Ethereum node"),
        (200, b'{"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": "node is sleepy"}}', "node is sleepy"),
    ],
)
def test_an_answer_that_is_no_nodes_is_said_so(bench: Bench, status: int, content: bytes, message: str) -> None:
    with listen(lambda body: (status, content)) as url:
        said = bench.qfl("status", "--rpc-url", f"{url}/v3/accesskey")
    assert said.code == 4
    assert message in said.err
    assert url in said.err
    assert "accesskey" not in said.err


@pytest.mark.parametrize("url", ["127.0.0.1:8545", "ws://localhost:8546", "http://", "http://host:port", "http://[bad"])
def test_an_address_that_is_no_http_endpoint_is_refused(bench: Bench, url: str) -> None:
    said = bench.qfl("status", "--rpc-url", url)
    assert said.code == 2
    assert "the RPC address" in said.err


def test_every_setting_is_asked_for_by_name() -> None:
    said = qfl("status", env={"ETH_RPC_URL": None, "QFL_DEPLOYMENT": None})
    assert said.code == 2
    assert "--rpc-url" in said.err
    assert "ETH_RPC_URL" in said.err


def test_an_option_goes_before_its_environment_variable(bench: Bench) -> None:
    assert bench.qfl("status", "--deployment", bench.folder / "none.json").code == 2
    assert bench.qfl("status", "--deployment", bench.folder / "deployment.json").code == 0


def test_another_chain_is_refused(bench: Bench) -> None:
    said = changed_deployment(bench, chain_id=1)
    assert said.code == 4
    assert "of chain 1, the endpoint serves chain 31337" in said.err


def test_an_account_without_code_is_refused(bench: Bench) -> None:
    said = changed_deployment(bench, federation=bench.address(ALICE))
    assert said.code == 4
    assert f"no contract at {bench.address(ALICE)} on chain 31337" in said.err


def test_another_model_than_the_contracts_is_refused(bench: Bench) -> None:
    deployment = json.loads((bench.folder / "deployment.json").read_text())
    terms = deployment["terms"]
    said = changed_deployment(bench, terms={**terms, "model": terms["circuit"]})
    assert said.code == 4
    assert "says that the model of" in said.err


def changed_deployment(bench: Bench, **changes: object) -> object:
    path = bench.folder / "changed.json"
    path.write_text(json.dumps({**json.loads((bench.folder / "deployment.json").read_text()), **changes}))
    return bench.qfl("status", "--deployment", path)


def test_a_missing_keystore_is_named(bench: Bench) -> None:
    said = bench.qfl("exit", "--keystore", bench.folder / "none.json")
    assert said.code == 2
    assert "cannot read the keystore" in said.err


def test_a_file_that_is_no_keystore_is_refused(bench: Bench) -> None:
    said = bench.qfl("exit", "--keystore", bench.folder / "deployment.json")
    assert said.code == 2
    assert "keystore" in said.err


def test_a_wrong_password_is_refused(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong horse\n")
    said = bench.qfl("exit", "--password-file", tmp_path / "password", signer=ALICE)
    assert said.code == 2
    assert "wrong password; check the password file" in said.err
    assert "wrong horse" not in said.err


def test_a_missing_password_file_is_named(bench: Bench, tmp_path: Path) -> None:
    said = bench.qfl("exit", "--password-file", tmp_path / "none", signer=ALICE)
    assert said.code == 2
    assert "cannot read the password file" in said.err


def test_without_a_terminal_nobody_is_asked_for_a_password(bench: Bench) -> None:
    said = qfl("exit", env={**bench.env(ALICE), "ETH_PASSWORD": None})
    assert said.code == 2
    assert "--password-file or ETH_PASSWORD" in said.err


def test_on_a_terminal_the_password_is_asked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(text: str, **options: object) -> str:
        asked.append((text, options))
        return PASSWORD

    monkeypatch.setattr("qfl_chain.cli.signing.click.prompt", answer)
    monkeypatch.setattr("qfl_chain.cli.signing.on_a_terminal", lambda: True)
    assert qfl("exit", env={**bench.env(ALICE), "ETH_PASSWORD": None}).code == 0
    assert asked == [(f"Password of {bench.keystore(ALICE)}", {"hide_input": True, "err": True})]


def test_a_store_that_is_a_file_is_refused(bench: Bench) -> None:
    said = bench.qfl("claim", "--store", bench.folder / "deployment.json", signer=ALICE)
    assert said.code == 5
    assert "cannot be a content store" in said.err


def test_no_key_and_no_password_is_ever_printed(bench: Bench) -> None:
    said = [
        bench.qfl("join", "--stake", "1 eth", "--json", signer=BOB),
        bench.qfl("exit", signer=BOB),
        bench.qfl("claim", signer=BOB),
        bench.qfl("withdraw", signer=SPONSOR),
    ]
    secrets = [PASSWORD, *(bench.devnet.accounts[index].key.hex().removeprefix("0x") for index in (SPONSOR, BOB))]
    for one in said:
        assert not any(secret in one.out + one.err for secret in secrets)


def test_only_scheme_host_and_port_of_an_endpoint_are_public() -> None:
    assert public_name("https://me:pw@node.example:8545/v3/key?x=1#y") == "https://node.example:8545"
    assert public_name("https://node.example/key") == "https://node.example"


def test_an_address_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(InputError) as refused:
        public_name("ftp://me:secret@node.example")
    assert "secret" not in str(refused.value)


def test_confirmations_are_counted_in_blocks_from_one(bench: Bench) -> None:
    assert bench.qfl("join", "--stake", "1 eth", "--confirmations", 1, signer=BOB).code == 0
    said = bench.qfl("join", "--stake", "1 eth", "--confirmations", 0, signer=BOB)
    assert said.code == 2
    assert "--confirmations" in said.err


def test_a_reply_that_is_lost_once_does_not_stop_a_command(bench: Bench) -> None:
    with FaultyProxy(bench.url, script=["drop", "html"]) as proxy:
        assert bench.qfl("status", "--rpc-url", proxy.url).code == 0


def test_a_joining_whose_answer_is_lost_joins_once(bench: Bench) -> None:
    before = bench.qfl("status", "--json").json
    with FaultyProxy(bench.url, rates={"drop_answer": 0.2}, seed=2) as proxy:
        assert bench.qfl("join", "--stake", "1 eth", "--rpc-url", proxy.url, signer=BOB).code == 0
    events = [event.name for event in Web3Ledger(bench.devnet.web3, Address(_federation(bench))).events()]
    assert events.count("Joined") == 3
    assert before != bench.qfl("status", "--json").json


def _federation(bench: Bench) -> str:
    return str(json.loads((bench.folder / "deployment.json").read_text())["federation"])
