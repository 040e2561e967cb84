"""A served devnet as a process of its own, for tests: on a free port, and killed or restarted at will."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qfl_chain.chain.node.client import ask
from qfl_chain.chain.node.directory import endpoint_of
from qfl_chain.errors import Unreachable

QFL = [sys.executable, "-c", "from qfl_chain.cli.main import main; main()"]
PATIENCE = 60.0


class DevnetProcess:
    """The process, and where it answers. A restart answers at the same address."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.url = ""
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        port = self.url.rpartition(":")[2] or "0"
        command = [*QFL, "devnet", "start", "--dir", str(self.directory), "--port", port, *self._options]
        # Its standard error is this process's, so that a failure is seen.
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = endpoint_of(self.directory)
            if found is not None and found.pid == self._process.pid and _answers(found.url):
                self.url = found.url
                return
            if self._process.poll() is not None:
                raise RuntimeError(f"the devnet ended with {self._process.returncode}")
            time.sleep(0.02)
        self.kill()
        raise RuntimeError("the devnet did not answer")

    def ask(self, method: str, *params: Any) -> Any:
        """The result of one request."""
        return ask(self.url, method, *params)

    def stop(self) -> None:
        """End it as ``qfl devnet stop`` does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, how)
            self._process.wait()


@contextmanager
def devnet_process(directory: Path, *options: str) -> Iterator[DevnetProcess]:
    """A running devnet in ``directory``; ``options`` are those of ``qfl devnet start``, as ``--no-interval``."""
    process = DevnetProcess(directory, *options)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def _answers(url: str) -> bool:
    try:
        ask(url, "eth_chainId")
    except Unreachable:
        return False
    return True
