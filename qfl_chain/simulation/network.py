"""A scenario as separate programs on this machine that meet only at a chain's RPC and a content store.

Every actor is the ``qfl`` command in a process of its own, with a keystore, a state directory and a log, as an
organisation would run it; nothing is passed between them but what the commands pass.

::

    folder/
      keys/NAME            encrypted keystores of the devnet's public accounts
      password             their password
      deployment.json      what `qfl deploy` wrote
      state/NAME/          each actor's memory
      logs/NAME.jsonl      what each actor says
      blocks/              content, where no other store is given
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account

from qfl_chain.chain.devnet import DevnetSettings, derive
from qfl_chain.errors import LedgerError
from qfl_chain.simulation.federation import FIRST_ORACLE, SPONSOR
from qfl_chain.simulation.scenario import Scenario
from qfl_chain.storage.kubo_node import free_port
from qfl_chain.types import Address

PROGRAM = (sys.executable, "-m", "qfl_chain")
PASSWORD = "public accounts need no secret"
PATIENCE = 180.0
"""Seconds a single command may take."""


@dataclass(frozen=True, slots=True)
class Role:
    """One actor: its name, its account, and the command it runs."""

    name: str
    account: Address
    command: tuple[str, ...]


@dataclass
class Network:
    """The programs of one federation. Start it with :func:`found_network`."""

    folder: Path
    environment: Mapping[str, str]
    roles: tuple[Role, ...]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def deployment(self) -> Path:
        return self.folder / "deployment.json"

    def log(self, name: str) -> Path:
        """Where an actor's log is."""
        return self.folder / "logs" / f"{name}.jsonl"

    def start(self, role: Role) -> None:
        """Start an actor, or start it again."""
        with self.log(role.name).open("ab") as log:
            self.running[role.name] = subprocess.Popen(
                [*PROGRAM, *role.command], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """End an actor as a power cut would."""
        self.running[name].kill()
        self.running[name].wait()

    def ended(self) -> dict[str, int]:
        """The exit codes of actors that have ended."""
        codes = {name: process.poll() for name, process in self.running.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def stop(self) -> None:
        """Ask every actor to end, and end those that do not."""
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def last_line(self, name: str) -> dict[str, Any]:
        """The last thing an actor said."""
        lines = self.log(name).read_text(errors="replace").splitlines() if self.log(name).exists() else []
        for line in reversed(lines[-5:]):
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if isinstance(said, dict):
                return said
        return {}

    def call(self, *arguments: str, account: str = "") -> str:
        """Run one command to its end, and give what it printed.

        Raises:
            LedgerError: it failed; the message is its own.
        """
        environment = dict(self.environment)
        if account:
            environment["ETH_KEYSTORE"] = str(self.folder / "keys" / account)
        done = subprocess.run(
            [*PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        if done.returncode:
            raise LedgerError(f"`qfl {arguments[0]}` failed: {done.stderr.strip()}")
        return done.stdout


@contextmanager
def program(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the end of the block, and writes into a log."""
    with log.open("ab") as file:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def found_network(
    scenario: Scenario,
    scenario_file: str,
    names: Sequence[str],
    folder: Path,
    rpc_url: str,
    store: str,
    devnet: DevnetSettings,
    rounds: int,
    places: Callable[[str], tuple[str, str]] | None = None,
) -> Network:
    """Make accounts, deploy, have the oracles bonded and seated and everybody join; nobody runs yet.

    Args:
        scenario: what is deployed; every participant is honest.
        scenario_file: its file, which every command reads for itself.
        names: the clients that take part.
        folder: an empty directory for all of it.
        rpc_url: a chain on which the devnet's accounts have money.
        store: the content store's place.
        devnet: whose accounts are used.
        rounds: the round after which the actors end.
        places: the RPC address and the store that an actor of this name uses instead.

    Raises:
        QflError: a command failed.
    """
    for name in ("keys", "state", "logs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    oracles = [f"oracle-{number + 1}" for number in range(scenario.committee.size)]
    people = ["sponsor", *oracles, *names]
    indices = [SPONSOR, *range(FIRST_ORACLE, FIRST_ORACLE + len(oracles) + len(names))]
    accounts = {name: _keystore(folder, name, devnet, at) for name, at in zip(people, indices, strict=True)}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("ETH_", "QFL_STO", "QFL_DEP"))},
        "ETH_RPC_URL": rpc_url,
        "ETH_PASSWORD": str(password),
        "QFL_STORE": store,
        "QFL_DEPLOYMENT": str(folder / "deployment.json"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    network = Network(folder, environment, ())
    committee = [part for name in oracles for part in ("--oracle", accounts[name])]
    network.call("deploy", scenario_file, *committee, "--out", str(network.deployment), "--yes", account="sponsor")
    for name in oracles:
        network.call("oracle", "bond", account=name)
    network.call("oracle", "seat", account=oracles[0])
    stakes = {one.data: one.stake for one in scenario.participants}
    for name in names:
        network.call("join", "--stake", stakes.get(name, "2 eth"), account=name)
    network.roles = _roles(folder, scenario_file, oracles, names, accounts, rounds, places)
    return network


def _roles(
    folder: Path,
    scenario_file: str,
    oracles: Sequence[str],
    names: Sequence[str],
    accounts: Mapping[str, Address],
    rounds: int,
    places: Callable[[str], tuple[str, str]] | None,
) -> tuple[Role, ...]:
    listen = {name: f"127.0.0.1:{free_port()}" for name in (*oracles, *names)}

    def common(name: str) -> tuple[str, ...]:
        own = ("--keystore", str(folder / "keys" / name), "--state", str(folder / "state" / name))
        place = places(name) if places else None
        through = ("--rpc-url", place[0], "--store", place[1]) if place else ()
        return (*own, *through, "--listen", listen[name], "--until-round", str(rounds))

    reporting = [
        Role(
            name,
            accounts[name],
            (
                "oracle",
                "run",
                *common(name),
                *(part for other in oracles if other != name for part in ("--peer", f"http://{listen[other]}")),
            ),
        )
        for name in oracles
    ]
    training = [
        Role(
            name,
            accounts[name],
            ("participant", "run", "--scenario", scenario_file, "--data", name, *common(name)),
        )
        for name in names
    ]
    return (*reporting, *training)


def _keystore(folder: Path, name: str, devnet: DevnetSettings, index: int) -> Address:
    """A keystore of one of the devnet's public accounts; cheap to open, as there is nothing to protect."""
    account = derive(devnet.mnemonic, index)
    path = folder / "keys" / name
    path.touch(mode=0o600)
    path.write_text(json.dumps(Account.encrypt(account.key, PASSWORD, kdf="pbkdf2", iterations=1000)))
    return Address(account.address)
