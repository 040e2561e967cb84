"""A deployment on each kind of node: the same file, checked against the chain and made again from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account

from qfl_chain.chain.devnet import Devnet, load_settings
from tests.rpc import serve

from .conftest import SCENARIO, qfl
from .nodes import anvil, fund, geth


@contextmanager
def node(kind: str, folder: Path) -> Iterator[str]:
    if kind == "eth-tester":
        with serve(Devnet(load_settings())) as url:
            yield url
        return
    with anvil() if kind == "anvil" else geth(folder) as url:
        yield url


@pytest.mark.parametrize("kind", ["eth-tester", "anvil", "geth"])
def test_a_federation_is_deployed_checked_and_found_again(kind: str, tmp_path: Path) -> None:
    settings = load_settings()
    sponsor = Devnet(settings).accounts[0]
    (tmp_path / "keystore").write_text(json.dumps(Account.encrypt(sponsor.key, "pw", kdf="pbkdf2", iterations=100)))
    (tmp_path / "password").write_text("pw\n")
    (tmp_path / "pair.toml").write_text(SCENARIO + f'\n[committee]\naddresses = ["{sponsor.address}"]\n')
    with node(kind, tmp_path) as url:
        if kind == "geth":
            fund(url, sponsor.address)
        env: dict[str, str | None] = {
            "ETH_RPC_URL": url,
            "ETH_KEYSTORE": str(tmp_path / "keystore"),
            "ETH_PASSWORD": str(tmp_path / "password"),
            "QFL_STORE": str(tmp_path / "store"),
        }
        file, mine = tmp_path / "d.json", tmp_path / "mine.json"
        plan = qfl("deploy", tmp_path / "pair.toml", "--out", file, "--dry-run", "--json", env=env).json
        deployed = qfl("deploy", tmp_path / "pair.toml", "--out", file, "--json", env=env).json
        assert 0.4 * plan["gas"] < deployed["receipt"]["gas_used"] <= plan["gas"]
        assert deployed["receipt"]["fee_wei"] <= plan["most_fee_wei"]
        assert len(qfl("deployment", "check", file, "--json", env=env).json["checked"]) == 8
        federation = deployed["deployment"]["federation"]
        assert qfl("deployment", "fetch", federation, "--out", mine, env=env).code == 0
        assert {**json.loads(mine.read_text()), "scenario": "pair"} == json.loads(file.read_text())
