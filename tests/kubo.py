"""Real Kubo nodes for tests: the package's own, with a process that can be killed and started again."""

from __future__ import annotations

import json
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from qfl_chain.storage.kubo_node import KuboFolder, free_port

START_SECONDS = 60.0


@dataclass
class KuboNode:
    """One node in a folder of its own. Nodes of equal ``swarm_key`` can meet."""

    program: Path
    folder: Path
    swarm_key: str
    process: subprocess.Popen[bytes] | None = None
    node: KuboFolder = field(init=False)

    def __post_init__(self) -> None:
        self.node = KuboFolder(self.program, self.folder, free_port(), free_port(), free_port())

    @property
    def url(self) -> str:
        """The address of its RPC."""
        return self.node.url

    @property
    def config(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "config").read_text())
        return loaded

    def prepare(self) -> None:
        """Make its repository."""
        self.node.prepare(self.swarm_key)

    def start(self) -> None:
        """Run it and wait until its RPC answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = self.node.start(log)
        self.node.wait(START_SECONDS)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def meet(self, other: KuboNode) -> None:
        """Connect to another node."""
        self.node.meet(other.node)

    def ask(self, path: str) -> Any:
        with urlopen(Request(f"{self.url}/api/v0/{path}", method="POST"), timeout=10) as answer:
            return json.load(answer)


def new_swarm_key() -> str:
    """What the nodes of one private swarm share."""
    return secrets.token_hex(32)
