"""``qfl network``: the same scenario as separate programs, and the run directory that it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qfl_chain.cli.network import watch
from qfl_chain.errors import ContentUnreachable, LedgerError
from qfl_chain.simulation.network import Network, Role
from qfl_chain.storage.archive import open_archive
from qfl_chain.storage.kubo_node import KuboFolder, free_port
from qfl_chain.types import Address
from tests.chaos.bench import NAMES, SCENARIO, WINDOWS

from .conftest import Said, qfl


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """One round of four participants and four oracles, each a process."""
    folder = tmp_path_factory.mktemp("network")
    (folder / "small.toml").write_text(SCENARIO.format(rounds=1, oracles=4, **WINDOWS))
    said = qfl("network", folder / "small.toml", "--out", folder / "run", "--json")
    assert said.code == 0, said.err
    return folder, said


def test_separate_programs_leave_a_run_that_verifies(played: tuple[Path, Said]) -> None:
    folder, said = played
    assert "1 of 1 reports recomputed and equal" in said.err
    summary = said.json
    assert summary["equal"] is True
    assert [row["verdict"] for row in summary["rounds"]] == ["initial", "new model"]
    assert {row["name"]: row["revealed"] for row in summary["participants"]} == dict.fromkeys(NAMES, 1)
    assert sum(row["claimed"] for row in summary["participants"]) == summary["money"]["paid"] == 10**8
    assert qfl("verify", folder / "run").code == 0
    assert "Global model on held-out rows" in qfl("analyze", "summary", folder / "run").out


def test_every_transaction_has_its_payer(played: tuple[Path, Said]) -> None:
    # Two oracles may send a report at once; one of them is refused, and pays for that.
    spent = [one for one in open_archive(played[0] / "run").spendings() if one.succeeded]
    by_function = {name: [one.party for one in spent if one.receipt.function == name] for name in ("deploy", "report")}
    assert by_function == {"deploy": ["sponsor"], "report": ["oracles"]}
    assert sorted(one.party for one in spent if one.receipt.function == "reveal") == list(NAMES)


def test_keys_are_encrypted_and_stay_out_of_logs_and_commands(played: tuple[Path, Said]) -> None:
    network = played[0] / "run.network"
    assert all("crypto" in json.loads(path.read_text()) for path in (network / "keys").iterdir())
    assert (network / "password").stat().st_mode & 0o077 == 0
    said = "".join(path.read_text() for path in (network / "logs").iterdir())
    assert (network / "password").read_text() not in said


def test_attackers_do_not_run_as_programs(tmp_path: Path) -> None:
    said = qfl("network", "heart-adversaries", "--out", tmp_path / "run")
    assert said.code == 2
    assert "a network runs honest participants; play others with `qfl run`" in said.err


def test_an_actor_that_fails_ends_the_network_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    role = Role("anna", Address("0x" + "11" * 20), ("participant", "run", "--nonsense"))
    network = Network(tmp_path, {"PATH": ""}, (role,))
    network.start(role)
    network.running["anna"].wait()
    with pytest.raises(LedgerError, match=r"anna ended with 2: its log is .*anna.jsonl"):
        watch(network, None)  # type: ignore[arg-type]  # it fails before it looks at the chain
    assert "No such option" in network.log("anna").read_text()


def test_a_command_that_fails_says_so_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"(?s)`qfl join` failed: .*Missing option"):
        Network(tmp_path, {"PATH": ""}, ()).call("join")


def test_a_node_that_does_not_start_is_named(tmp_path: Path) -> None:
    node = KuboFolder(Path("ipfs"), tmp_path, free_port(), free_port(), free_port())
    with pytest.raises(ContentUnreachable, match=r"Kubo did not answer at http://127.0.0.1:\d+ within 1 s"):
        node.wait(1, sleep=lambda seconds: None)
