"""Free ports, and nodes that take a moment to open theirs."""

from __future__ import annotations

import socket
import subprocess
import time

from qfl_chain.chain.transport import RetryPolicy, open_web3
from qfl_chain.errors import Unreachable

STARTUP_SECONDS = 60


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for_rpc(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the node answers; fails when it ends first or takes a minute."""
    web3 = open_web3(url, RetryPolicy(attempts=1))
    for _ in range(STARTUP_SECONDS * 20):
        assert process.poll() is None, f"the node behind {url} ended with {process.returncode}"
        try:
            _ = web3.eth.chain_id
        except Unreachable:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the node behind {url} does not answer")
