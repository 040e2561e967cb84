"""A Kubo node of one's own on this machine: on loopback, with nobody to call and nothing to discover.

For trials and tests. An organisation that takes part for real runs its own node, and pins what it needs.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from qfl_chain.errors import ContentUnreachable

PSK_HEAD = "/key/swarm/psk/1.0.0/\n/base16/\n"
SETTINGS: Mapping[str, Any] = {
    "Bootstrap": [],
    "Routing.Type": "none",
    "Discovery.MDNS.Enabled": False,
    "AutoTLS.Enabled": False,
    "Swarm.DisableNatPortMap": True,
    "Swarm.RelayClient.Enabled": False,
    "Swarm.RelayService.Enabled": False,
}
"""What keeps a node to itself."""


@dataclass(frozen=True, slots=True)
class KuboFolder:
    """A node's repository, and the ports it will listen at."""

    program: Path
    folder: Path
    swarm: int
    api: int
    gateway: int

    @property
    def url(self) -> str:
        """The address of its RPC."""
        return f"http://127.0.0.1:{self.api}"

    @property
    def environment(self) -> dict[str, str]:
        """What the program needs to find its repository, and to refuse peers without the swarm's key."""
        return {**os.environ, "IPFS_PATH": str(self.folder), "LIBP2P_FORCE_PNET": "1", "IPFS_TELEMETRY": "off"}

    def prepare(self, swarm_key: str) -> None:
        """Make the repository: keys, loopback addresses, nobody to call."""
        self.folder.mkdir(parents=True)
        subprocess.run([self.program, "init", "--empty-repo"], env=self.environment, check=True, capture_output=True)
        path = self.folder / "config"
        config = json.loads(path.read_text())
        addresses = {
            "Addresses.Swarm": [f"/ip4/127.0.0.1/tcp/{self.swarm}"],
            "Addresses.API": f"/ip4/127.0.0.1/tcp/{self.api}",
            "Addresses.Gateway": f"/ip4/127.0.0.1/tcp/{self.gateway}",
        }
        for name, value in {**SETTINGS, **addresses}.items():
            _set(config, name.split("."), value)
        path.write_text(json.dumps(config))
        (self.folder / "swarm.key").write_text(PSK_HEAD + swarm_key)

    def start(self, log: Any) -> subprocess.Popen[bytes]:
        """Run the node; wait for it with :meth:`wait`."""
        return subprocess.Popen(
            [self.program, "daemon"], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )

    def wait(self, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Return once its RPC answers.

        Raises:
            ContentUnreachable: it does not within so many seconds.
        """
        for _ in range(int(seconds * 10)):
            try:
                requests.post(f"{self.url}/api/v0/id", timeout=2).raise_for_status()
            except requests.RequestException:
                sleep(0.1)
            else:
                return
        raise ContentUnreachable(
            f"Kubo did not answer at {self.url} within {seconds:.0f} s: see the log in {self.folder}"
        )

    def meet(self, other: KuboFolder) -> None:
        """Connect to another running node of the same swarm."""
        peer = requests.post(f"{other.url}/api/v0/id", timeout=10).json()["ID"]
        address = f"/ip4/127.0.0.1/tcp/{other.swarm}/p2p/{peer}"
        requests.post(f"{self.url}/api/v0/swarm/connect", params={"arg": address}, timeout=10).raise_for_status()


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def _set(config: dict[str, Any], names: list[str], value: object) -> None:
    for name in names[:-1]:
        config = config.setdefault(name, {})
    config[names[-1]] = value
