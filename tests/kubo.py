"""Real Kubo nodes on the loopback interface: no bootstrap peers, no discovery, in a swarm with a key of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

START_SECONDS = 60.0
_PSK_HEAD = "/key/swarm/psk/1.0.0/\n/base16/\n"
_SETTINGS = {
    "Bootstrap": [],
    "Routing.Type": "none",
    "Discovery.MDNS.Enabled": False,
    "AutoTLS.Enabled": False,
    "Swarm.DisableNatPortMap": True,
    "Swarm.RelayClient.Enabled": False,
    "Swarm.RelayService.Enabled": False,
}


@dataclass
class KuboNode:
    """One node in a folder of its own. Nodes of equal ``swarm_key`` can meet."""

    program: Path
    folder: Path
    swarm_key: str
    ports: tuple[int, int, int] = field(default_factory=lambda: free_ports())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its RPC."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def config(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "config").read_text())
        return loaded

    def prepare(self) -> None:
        """Make its repository: keys, loopback addresses, nobody to call."""
        self.folder.mkdir(parents=True)
        self._ipfs("init", "--empty-repo")
        swarm, api, gateway = self.ports
        addresses = {
            "Addresses.Swarm": [f"/ip4/127.0.0.1/tcp/{swarm}"],
            "Addresses.API": f"/ip4/127.0.0.1/tcp/{api}",
            "Addresses.Gateway": f"/ip4/127.0.0.1/tcp/{gateway}",
        }
        config = self.config
        for name, value in {**_SETTINGS, **addresses}.items():
            _set(config, name.split("."), value)
        (self.folder / "config").write_text(json.dumps(config))
        (self.folder / "swarm.key").write_text(_PSK_HEAD + self.swarm_key)

    def start(self) -> None:
        """Run it and wait until its RPC answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "daemon"], env=self._env(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(URLError, ConnectionError, TimeoutError):
                self.ask("id")
                return
            time.sleep(0.05)
        raise AssertionError(f"Kubo did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def meet(self, other: KuboNode) -> None:
        """Connect to another node."""
        address = f"/ip4/127.0.0.1/tcp/{other.ports[0]}/p2p/{other.ask('id')['ID']}"
        self.ask(f"swarm/connect?arg={address}")

    def ask(self, path: str) -> Any:
        with urlopen(Request(f"{self.url}/api/v0/{path}", method="POST"), timeout=10) as answer:
            return json.load(answer)

    def _ipfs(self, *arguments: str) -> None:
        subprocess.run([self.program, *arguments], env=self._env(), check=True, capture_output=True)

    def _env(self) -> dict[str, str]:
        return {**os.environ, "IPFS_PATH": str(self.folder), "LIBP2P_FORCE_PNET": "1", "IPFS_TELEMETRY": "off"}


def new_swarm_key() -> str:
    """What the nodes of one private swarm share."""
    return secrets.token_hex(32)


def free_ports() -> tuple[int, int, int]:
    """Three ports that nobody listens at now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    first, second, third = (one.getsockname()[1] for one in sockets)
    for one in sockets:
        one.close()
    return first, second, third


def _set(config: dict[str, Any], names: list[str], value: object) -> None:
    for name in names[:-1]:
        config = config.setdefault(name, {})
    config[names[-1]] = value
