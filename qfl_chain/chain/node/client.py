"""One question to a devnet on this machine, without web3."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from qfl_chain.errors import Unreachable

TIMEOUT_SECONDS = 10


def ask(url: str, method: str, *params: Any) -> Any:
    """The result of a JSON-RPC request.

    Raises:
        Unreachable: no answer, or an error for one.
    """
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = Request(url, body, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            return json.load(response)["result"]
    except (URLError, OSError, ValueError, KeyError) as error:
        raise Unreachable(f"no answer from the devnet at {url}: see `qfl devnet status`") from error
