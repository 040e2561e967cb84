"""A federation of real processes for the chaos suite, and the audit that every campaign ends with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qfl_chain.analysis.summary import summarise
from qfl_chain.chain.devnet import load_settings
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.chain.transport import open_web3
from qfl_chain.cli.deployment_file import Deployment, read_deployment
from qfl_chain.simulation.capture import capture
from qfl_chain.simulation.network import Network, Role, found_network
from qfl_chain.simulation.scenario import load_scenario, scenario_text
from qfl_chain.storage.archive import open_archive
from qfl_chain.storage.places import open_store
from qfl_chain.types import Address

SCENARIO = """
name = "chaos"
seed = 3
rounds = {rounds}

[data]
source = "breast-cancer"
partition = "sizes"
clients = 4
rows = 30
components = 2
normalise = "donated"
donated = 8

[circuit]
ansatz = "strongly-entangling"
qubits = 2
layers = 1

[training]
steps = 4
batch = 8

[rules]
subset = 12

[committee]
oracles = {oracles}

[terms]
commit_window = {commit}
reveal_window = {reveal}
report_window = {report}
challenge_window = {challenge}
unbonding_window = 3600
funding = "9 eth"
"""
WINDOWS = {"commit": 8, "reveal": 7, "report": 12, "challenge": 6}
NAMES = tuple(f"client-{number}" for number in range(1, 5))
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Zygote:
    """The process that actors are forked from."""

    process: subprocess.Popen[str]

    def fork(self, order: Mapping[str, Any]) -> int:
        """A new actor's process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@contextmanager
def zygote() -> Iterator[Zygote]:
    """Start it; everything is imported once it is given."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.chaos.zygote"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield Zygote(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


@dataclass
class Crowd:
    """The actors of a network, started, killed and started again at will."""

    network: Network
    zygote: Zygote
    skews: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def start(self, role: Role) -> None:
        """Start an actor, or start it again."""
        order = {
            "argv": role.command,
            "log": str(self.network.log(role.name)),
            "exit": str(self._exit(role.name)),
            "env": {**self.network.environment, **self.extra},
            "skew": self.skews.get(role.name, 0),
        }
        self.processes[role.name] = self.zygote.fork(order)

    def kill(self, role: Role) -> bool:
        """End it as a power cut would; false where it had ended by itself."""
        if self.ended(role.name) is not None:
            return False
        with suppress(ProcessLookupError):
            os.kill(self.processes[role.name], signal.SIGKILL)
        while _lives(self.processes[role.name]):
            time.sleep(0.005)
        self.kills[role.name] += 1
        return True

    def ended(self, name: str) -> int | None:
        """The exit code of an actor that ended by itself."""
        path = self._exit(name)
        text = path.read_text() if path.exists() else ""
        return int(text) if text else None

    def wait(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Until everybody has ended by itself, in good order."""
        deadline = time.monotonic() + seconds
        while any(self.ended(role.name) is None for role in self.network.roles if role.name in self.processes):
            failed = {role.name: self.ended(role.name) for role in self.network.roles if self.ended(role.name)}
            assert not failed, {name: self.tail(name) for name in failed}
            late = [name for name in self.processes if self.ended(name) is None]
            assert time.monotonic() < deadline, {name: self.tail(name) for name in late}
            meanwhile()
            time.sleep(0.1)

    def tail(self, name: str) -> str:
        """The end of an actor's log."""
        return self.network.log(name).read_text()[-1500:]

    def stop(self) -> None:
        """End everybody, whatever they do."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def _exit(self, name: str) -> Path:
        return self.network.folder / "state" / f"{name}.exit"


def found(
    folder: Path,
    url: str,
    store: str,
    rounds: int,
    oracles: int = 4,
    windows: Mapping[str, int] = WINDOWS,
    places: Callable[[str], tuple[str, str]] | None = None,
) -> Network:
    """Deploy a small federation of four participants, who have joined."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "chaos.toml"
    path.write_text(SCENARIO.format(rounds=rounds, oracles=oracles, **windows))
    scenario = load_scenario(str(path))
    return found_network(scenario, str(path), NAMES, folder, url, store, load_settings(), rounds, places)


@dataclass(frozen=True)
class Audit:
    """What a campaign left behind."""

    rounds: int
    reported: int
    missed: int
    penalties: int
    reverted: int

    def __str__(self) -> str:
        return (
            f"{self.reported} of {self.rounds} rounds reported, all equal when recomputed; {self.missed} reveals "
            "missed, "
            f"{self.penalties:,} gwei of penalties; {self.reverted} transactions mined but reverted"
        )


def audit(network: Network, url: str, store: str, rounds: int, directory: Path) -> Audit:
    """Check the promises: money, single counting, fair penalties, sound reports. A broken one is an AssertionError."""
    deployment: Deployment = read_deployment(network.deployment)
    web3 = open_web3(url)
    ledger = Web3Ledger(web3, Address(deployment.federation), from_block=deployment.block)
    path = network.folder / "chaos.toml"
    parties = {role.name: role.account for role in network.roles if role.name in NAMES}
    scenario = load_scenario(str(path)).with_rounds(rounds)
    capture(web3, ledger, open_store([store]), scenario, scenario_text(path), parties, deployment.block, directory)
    summary = summarise(directory)
    assert summary.recomputed.sound, summary.recomputed.checks
    history, money = summary.recomputed.history, summary.money

    held = int(web3.eth.get_balance(web3.to_checksum_address(deployment.federation)))
    assert held == 10**9 * money.balance
    for name, account in parties.items():
        member = ledger.member(account)
        told = history.accounts[account]
        assert (member.stake, member.claimed) == (told.stake, told.claimed), name

    missed: Counter[Address] = Counter()
    for record in history.rounds.values():
        committed = [commit.participant for commit in record.commits]
        revealed = [reveal.participant for reveal in record.reveals]
        assert len(set(committed)) == len(committed)
        assert len(set(revealed)) == len(revealed)
        assert len({reveal.digest for reveal in record.reveals}) == len(record.reveals)
        missed.update(set(committed) - set(revealed))
    for account, told in history.accounts.items():
        assert missed[account] or not told.penalties, f"{account} was penalised and had missed nothing"
    assert len(history.rounds) >= rounds
    events = open_archive(directory).events()
    penalised = [event for event in events if event.name == "Penalized"]
    assert len(penalised) <= sum(missed.values()), penalised
    return Audit(
        rounds=len(history.rounds),
        reported=len(history.standing),
        missed=sum(missed.values()),
        penalties=sum(told.penalties for told in history.accounts.values()),
        reverted=_reverted(web3, Address(deployment.federation), deployment.block),
    )


def _reverted(web3: Any, federation: Address, block: int) -> int:
    from qfl_chain.chain.transactions import transactions

    return sum(not sent.succeeded for sent in transactions(web3, federation, block))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
