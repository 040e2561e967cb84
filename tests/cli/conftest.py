"""The ``qfl`` command driven as a shell drives it, and a chain behind a real endpoint for it to act on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from eth_account import Account

from qfl_chain.chain.devnet import Devnet, load_settings
from qfl_chain.cli.main import main
from tests.rpc import serve

PASSWORD = "correct horse"
SPONSOR, ORACLES, ALICE, BOB, OUTSIDER = 0, (2, 3, 4, 5), 6, 7, 8

SCENARIO = """
name = "pair"
seed = 4
rounds = 2

[data]
source = "breast-cancer"
partition = "sizes"
clients = 2
rows = 30
components = 2
normalise = "donated"
donated = 8

[circuit]
ansatz = "strongly-entangling"
qubits = 2
layers = 1

[training]
steps = 8
batch = 8
learning_rate = 0.2

[terms]
funding = "1 eth"

[rules]
subset = 12
"""


@dataclass(frozen=True)
class Said:
    """What a call of ``qfl`` ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


def qfl(*arguments: object, env: dict[str, str | None] | None = None) -> Said:
    """Call the entry point in this process."""
    argv = ["qfl", *map(str, arguments)]
    with CliRunner().isolation(env=env) as (out, err, _), patch.object(sys, "argv", argv):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        return Said(code, out.getvalue().decode(), err.getvalue().decode())


@dataclass(frozen=True)
class Bench:
    """A devnet behind an endpoint, a folder of keystores, and a scenario for two participants."""

    devnet: Devnet
    url: str
    folder: Path

    def address(self, index: int) -> str:
        return str(self.devnet.accounts[index].address)

    def env(self, signer: int | None = None) -> dict[str, str | None]:
        env: dict[str, str | None] = {
            "ETH_RPC_URL": self.url,
            "QFL_STORE": str(self.folder / "store"),
            "QFL_DEPLOYMENT": str(self.folder / "deployment.json"),
            "ETH_PASSWORD": str(self.folder / "password"),
            "ETH_KEYSTORE": None,
        }
        return env if signer is None else {**env, "ETH_KEYSTORE": str(self.keystore(signer))}

    def keystore(self, index: int) -> Path:
        """The account's keystore file, cheap to open."""
        path = self.folder / f"account-{index}.json"
        if not path.exists():
            key = self.devnet.accounts[index].key
            path.write_text(json.dumps(Account.encrypt(key, PASSWORD, kdf="pbkdf2", iterations=100)))
        return path

    def qfl(self, *arguments: object, signer: int | None = None) -> Said:
        return qfl(*arguments, env=self.env(signer))

    def deploy(self, *more: object) -> Said:
        oracles = [part for index in ORACLES for part in ("--oracle", self.address(index))]
        out = ("--out", self.folder / "deployment.json")
        return self.qfl("deploy", self.folder / "pair.toml", *oracles, *out, *more, "--json", signer=SPONSOR)

    def seat(self) -> None:
        """Every oracle puts down its bond, and the committee is seated."""
        for index in ORACLES:
            assert self.qfl("oracle", "bond", signer=index).code == 0
        assert self.qfl("oracle", "seat", signer=ORACLES[0]).code == 0

    def train(self, action: str, client: int, signer: int, *more: object) -> Said:
        data = ("--scenario", self.folder / "pair.toml", "--data", f"client-{client}")
        return self.qfl("round", action, *data, *more, signer=signer)

    def next_phase(self) -> None:
        """Let time pass until the live round's next phase."""
        self.devnet.travel(self.qfl("round", "status", "--json").json["closes_at"])


def bench_in(folder: Path, devnet: Devnet, url: str) -> Bench:
    (folder / "pair.toml").write_text(SCENARIO)
    (folder / "password").write_text(PASSWORD + "\n")
    return Bench(devnet, url, folder)


@pytest.fixture(scope="session")
def _served() -> Iterator[tuple[Devnet, str]]:
    devnet = Devnet(load_settings())
    with serve(devnet) as url:
        yield devnet, url


@pytest.fixture(scope="session")
def _joined(_served: tuple[Devnet, str], tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = bench_in(tmp_path_factory.mktemp("bench"), *_served)
    assert bench.deploy().code == 0
    bench.seat()
    for signer in (ALICE, BOB):
        assert bench.qfl("join", "--stake", "2 eth", signer=signer).code == 0
    return bench


@pytest.fixture
def bench(_joined: Bench) -> Iterator[Bench]:
    """A federation of Alice and Bob, who hold 2 eth of stake each. The chain is put back afterwards."""
    with restored(_joined.devnet):
        yield _joined


@pytest.fixture
def empty_bench(_served: tuple[Devnet, str], tmp_path: Path) -> Iterator[Bench]:
    """A chain without the federation of a deployment file. It is put back afterwards."""
    with restored(_served[0]):
        yield bench_in(tmp_path, *_served)


class restored:  # noqa: N801  # reads as a phrase
    """Put the chain back at the end."""

    def __init__(self, devnet: Devnet) -> None:
        self._tester: Any = devnet.web3.provider.ethereum_tester  # type: ignore[attr-defined]

    def __enter__(self) -> None:
        self._snapshot = self._tester.take_snapshot()

    def __exit__(self, *error: object) -> None:
        self._tester.revert_to_snapshot(self._snapshot)


@pytest.fixture(scope="session")
def _revealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    devnet = Devnet(load_settings())
    with serve(devnet) as url:
        bench = bench_in(tmp_path_factory.mktemp("revealed"), devnet, url)
        assert bench.deploy().code == 0
        bench.seat()
        for signer in (ALICE, BOB):
            assert bench.qfl("join", "--stake", "2 eth", signer=signer).code == 0
        for action in ("commit", "reveal"):
            for client, signer in ((1, ALICE), (2, BOB)):
                assert bench.train(action, client, signer).code == 0
            bench.next_phase()
        yield bench


@pytest.fixture
def revealed(_revealed: Bench) -> Iterator[Bench]:
    """A round whose two participants have revealed, in its report phase. The chain is put back afterwards."""
    with restored(_revealed.devnet):
        yield _revealed
