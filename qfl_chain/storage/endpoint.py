"""Where a Kubo node answers: a URL, as people write it, in the parts that ipfshttpclient wants.

User names, passwords and paths of such addresses often are access keys: an endpoint is shown as scheme, host and port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from qfl_chain.errors import InputError

RPC_PATH = "api/v0"
_PORTS = {"http": 80, "https": 443}
_ADVICE = "write for example http://127.0.0.1:5001"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One node's RPC.

    Attributes:
        name: scheme, host and port: all that may be shown.
        address: the multiaddr of the host, for example ``/ip4/127.0.0.1/tcp/5001/http``.
        base: the path of the RPC on that host.
        credentials: user and password, where the URL has them.
    """

    name: str
    address: str
    base: str = field(repr=False)
    credentials: tuple[str, str] | None = field(repr=False)


def parse_endpoint(url: str) -> Endpoint:
    """The parts of an RPC address.

    Raises:
        InputError: not an http or https address, or one with more than host, port, path and password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise InputError(f"the IPFS address cannot be read: {_ADVICE}") from None
    if not port or not parts.hostname or parts.query or parts.fragment:
        raise InputError(f"the IPFS address must be http or https with a host, and nothing after the path: {_ADVICE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Endpoint(
        name=f"{parts.scheme}://{host}:{port}",
        address=f"/{_kind(parts.hostname)}/{parts.hostname}/tcp/{port}/{parts.scheme}",
        base=f"{parts.path.rstrip('/')}/{RPC_PATH}",
        credentials=_credentials(parts),
    )


def _kind(host: str) -> str:
    try:
        return f"ip{ip_address(host).version}"
    except ValueError:
        return "dns"


def _credentials(parts: SplitResult) -> tuple[str, str] | None:
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")
