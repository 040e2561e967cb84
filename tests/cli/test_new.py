"""``qfl new``: what it writes runs, and its README's commands are run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from qfl_chain.cli.main import COMMANDS
from qfl_chain.cli.new import project_files
from qfl_chain.simulation.scenario import load_scenario
from tests.ports import free_port

from .conftest import ORACLES, SPONSOR, Bench, qfl

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TRIAL_BLOCKS = 1
SHORT = {"commit": 10, "reveal": 6, "report": 10, "challenge": 6, "unbonding": 33}
"""Windows in seconds that a test can wait for; the commands stay as they are."""


@dataclass(frozen=True)
class Project:
    """A written federation, and a shell in it whose ``qfl`` is this checkout's."""

    folder: Path
    path: str

    def shell(self, script: str, timeout: int) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PATH": f"{self.path}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def hurry(self) -> None:
        """Shorten the windows."""
        path = self.folder / "federation.toml"
        text = path.read_text()
        for name, seconds in SHORT.items():
            text = re.sub(rf"^{name}_window = \d+", f"{name}_window = {seconds}", text, flags=re.MULTILINE)
        path.write_text(text)

    def unused_ports(self, script: str) -> str:
        """The script on ports that are free here."""
        for port in ("8545", "7101", "7102", "7103", "7104"):
            free = free_port()
            script = script.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free}")
            if port == "8545":
                script = script.replace("devnet start --detach", f"devnet start --detach --port {free}")
        return script

    @property
    def blocks(self) -> list[str]:
        return BLOCK.findall((self.folder / "README.md").read_text())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    command = tmp_path / "bin" / "qfl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from qfl_chain.cli.main import main; main()" "$@"\n')
    command.chmod(0o755)
    assert qfl("new", tmp_path / "pumps").code == 0
    return Project(tmp_path / "pumps", str(command.parent))


def test_the_readmes_trial_runs_as_written(project: Project) -> None:
    said = project.shell("\n".join(project.blocks[:TRIAL_BLOCKS]), timeout=300)
    assert said.returncode == 0, said.stderr
    assert re.findall(r"^ (\d) +equal", said.stdout, re.MULTILINE) == ["1", "2", "3", "4"]
    assert (project.folder / "runs" / "trial" / "run.json").exists()


def test_the_readmes_network_part_runs_as_written(project: Project) -> None:
    project.hurry()
    said = project.shell(project.unused_ports("\n".join(project.blocks[TRIAL_BLOCKS:])), timeout=400)
    assert said.returncode == 0, said.stderr + said.stdout
    assert said.stdout.count("withdrew") == 1


def test_every_command_of_the_readme_is_one_this_test_knows(project: Project) -> None:
    used = set(re.findall(r"\bqfl ([a-z]+)", "\n".join(project.blocks)))
    assert used <= set(COMMANDS)


def test_the_readmes_accounts_are_made_as_written(project: Project) -> None:
    script = project.blocks[2] + project.blocks[3].replace("qfl devnet fund", "echo")
    said = project.shell(script, timeout=300)
    assert said.returncode == 0, said.stderr
    names = [path.name for path in sorted((project.folder / "accounts").iterdir())]
    assert names == ["north", "oracle-1", "oracle-2", "oracle-3", "oracle-4", "south", "sponsor", "west"]


def test_the_sponsor_needs_no_private_rows_and_a_participant_only_its_own(empty_bench: Bench) -> None:
    folder = empty_bench.folder / "pumps"
    assert qfl("new", folder).code == 0
    north = (folder / "data" / "north.csv").read_text()
    for path in (folder / "data").iterdir():
        path.unlink()
    oracles = [part for index in ORACLES for part in ("--oracle", empty_bench.address(index))]
    out = ("--out", empty_bench.folder / "deployment.json")
    deployed = empty_bench.qfl("deploy", folder / "federation.toml", *oracles, *out, signer=SPONSOR)
    assert deployed.code == 0, deployed.err
    assert empty_bench.qfl("join", "--stake", "2 eth", signer=6).code == 0
    data = ("--scenario", folder / "federation.toml", "--data", "north")
    assert "north.csv" in empty_bench.qfl("round", "commit", *data, signer=6).err
    (folder / "data" / "north.csv").write_text(north)
    committed = empty_bench.qfl("round", "commit", *data, signer=6)
    assert committed.code == 0, committed.err


def test_one_organisations_rows_are_shown_without_the_others(tmp_path: Path) -> None:
    assert qfl("new", tmp_path / "pumps").code == 0
    (tmp_path / "pumps" / "data" / "south.csv").unlink()
    said = qfl("data", "show", tmp_path / "pumps" / "federation.toml", "--data", "north", "--json")
    assert [client["name"] for client in said.json["clients"]] == ["north"]
    assert qfl("circuit", "show", tmp_path / "pumps" / "federation.toml").code == 0
    assert qfl("data", "show", tmp_path / "pumps" / "federation.toml").code == 2


def test_the_name_is_the_directorys_or_the_one_given(tmp_path: Path) -> None:
    assert qfl("new", tmp_path / "pumps").code == 0
    assert load_scenario(str(tmp_path / "pumps" / "federation.toml")).name == "pumps"
    said = qfl("new", tmp_path / "more", "--name", "valves", "--json")
    assert set(said.json["files"]) == set(project_files("valves"))
    assert load_scenario(str(tmp_path / "more" / "federation.toml")).name == "valves"


def test_nothing_is_overwritten_and_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "circuit.py").write_text("precious")
    said = qfl("new", tmp_path, "--name", "x")
    assert said.code == 2
    assert "circuit.py exists already: choose another directory; nothing was written" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["circuit.py"]


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = qfl("new", tmp_path / "file" / "below")
    assert said.code == 2
    assert "cannot be written: Not a directory; choose another directory" in said.err


def test_a_name_that_cannot_name_a_run_is_refused(tmp_path: Path) -> None:
    said = qfl("new", tmp_path / "x", "--name", "a b")
    assert said.code == 2
    assert "'a b' must be letters, digits, - and _, at most 64: choose another --name" in said.err


def test_keys_rows_and_passwords_are_kept_out_of_git(tmp_path: Path) -> None:
    assert qfl("new", tmp_path / "pumps").code == 0
    assert {"data/", "accounts/", "password"} <= set((tmp_path / "pumps" / ".gitignore").read_text().splitlines())


def test_the_same_files_are_written_every_time() -> None:
    assert project_files("a") == project_files("a")
