"""Starts actors quickly: it has imported everything, and forks a process for each. Kills and signals are real.

Reads one JSON object a line: ``{"argv", "log", "exit", "env", "skew"}``; answers the new process's id. A process that
ends by itself writes its exit code into the file ``exit``; one that is killed writes nothing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def preload() -> None:
    """Import what actors import, and start nothing: a fork copies modules, not threads."""
    import jax  # noqa: F401
    import pennylane  # noqa: F401
    import prometheus_client  # noqa: F401
    import web3  # noqa: F401

    import qfl_chain.cli.main
    import qfl_chain.cli.oracle
    import qfl_chain.cli.participant
    import qfl_chain.cli.participation
    import qfl_chain.cli.reporting
    import qfl_chain.storage.kubo  # noqa: F401


def become(order: dict[str, Any]) -> None:
    """Be the ``qfl`` command with these arguments; does not return."""
    from qfl_chain.cli.main import main

    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.clear()
        os.environ.update(order["env"])
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if order["skew"]:
            machine = time.time
            time.time = lambda: machine() + order["skew"]
        sys.argv = ["qfl", *order["argv"]]
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(order["exit"]).write_text(str(code))
        os._exit(code)


def main() -> None:
    """Serve until standard input ends."""
    warnings.simplefilter("ignore")
    preload()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            become(json.loads(line))
        print(process, flush=True)


if __name__ == "__main__":
    main()
