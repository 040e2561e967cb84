"""The name of an endpoint that may be shown: user names, paths and queries of RPC addresses often are access keys."""

from __future__ import annotations

from urllib.parse import urlsplit

from qfl_chain.errors import InputError


def public_name(url: str) -> str:
    """The part of an endpoint's address that gives no access.

    Raises:
        InputError: not an http or https address.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise InputError("the RPC address cannot be read: write for example http://127.0.0.1:8545") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("the RPC address must begin with http:// or https:// and name a host")
    return f"{parts.scheme}://{parts.hostname}{port}"
