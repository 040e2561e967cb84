"""Blocks in an IPFS node: Kubo's RPC through ipfshttpclient. Neither is trusted with what the bytes are.

It implements :class:`qfl_chain.ports.ContentStore`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import requests

from qfl_chain.errors import ContentError, ContentMissing, ContentUnreachable, DigestMismatch, InputError
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.storage.blocks import MAX_BLOCK_BYTES, checked_digest
from qfl_chain.storage.cid import cid_of
from qfl_chain.storage.endpoint import Endpoint, parse_endpoint
from qfl_chain.types import Digest

MINIMUM_KUBO = (0, 13)
"""The first version whose ``block/put`` takes the name of a codec and answers with a CID of version 1."""

FETCH_SECONDS = 30.0
CONNECT_SECONDS = 5.0
_PUT = {"cid-codec": "raw", "mhtype": "sha2-256", "pin": "true"}
_REFUSED = (401, 403)


class KuboStore:
    """One node. What is put is pinned there; what is got is checked here, byte for byte."""

    def __init__(self, url: str, timeout: float = FETCH_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        """Does not ask the node yet.

        Args:
            url: the RPC address, for example ``http://127.0.0.1:5001``.
            timeout: seconds to wait for one answer; a block that nobody has is looked for as long.
            clock: seconds that only grow.

        Raises:
            InputError: not such an address.
        """
        self._endpoint = parse_endpoint(url)
        self._timeout = timeout
        self._clock = clock
        self._client = _client_of(self._endpoint, (min(CONNECT_SECONDS, timeout), timeout))
        self._is_checked = False

    def put(self, data: bytes) -> Digest:
        """Write and pin a block.

        Raises:
            ContentError: larger than :data:`MAX_BLOCK_BYTES`, or the node refuses it.
            ContentUnreachable: no answer, none of Kubo's, or of a Kubo too old.
            DigestMismatch: the node names the block otherwise.
        """
        digest = checked_digest(data)
        self._check_version()
        with self._explained("keep a block"):
            key = self._client.block.put(BytesIO(data), opts=_PUT)["Key"]
        if key != cid_of(digest):
            raise DigestMismatch(f"{self._endpoint.name} keeps block {cid_of(digest)} as {key}: do not use this node")
        return digest

    def get(self, digest: Digest) -> bytes:
        """Fetch a block, from the node or through it from its peers.

        Raises:
            ContentMissing: nobody gave it in time.
            ContentError: more bytes than any block has.
            ContentUnreachable: no answer, none of Kubo's, or of a Kubo too old.
            DigestMismatch: other bytes.
        """
        cid = cid_of(digest)
        self._check_version()
        with self._explained(f"fetch block {cid}", missing=cid):
            data = self._read(cid)
        if digest_of_bytes(data) != digest:
            raise DigestMismatch(
                f"{self._endpoint.name} gives other bytes for {cid}: do not use this node; name another with --store"
            )
        return data

    def _read(self, cid: str) -> bytes:
        end = self._clock() + self._timeout
        data = bytearray()
        with self._client.block.get(cid, stream=True) as chunks:
            for chunk in chunks:
                data += chunk
                if len(data) > MAX_BLOCK_BYTES:
                    raise ContentError(
                        f"{self._endpoint.name} gives more than {MAX_BLOCK_BYTES} bytes for {cid}, the limit of a "
                        "block: the rest was not read; name another node with --store"
                    )
                if self._clock() > end:
                    raise self._nobody_gave(cid)
        return bytes(data)

    def _check_version(self) -> None:
        """Once a store: a node that is not Kubo, or an old one, would answer with something else later."""
        if self._is_checked:
            return
        with self._explained("tell its version"):
            version = str(self._client.version()["Version"])
        found = re.match(r"(\d+)\.(\d+)", version)
        if not found:
            raise self._is_no_kubo()
        if tuple(map(int, found.groups())) < MINIMUM_KUBO:
            needed = ".".join(map(str, MINIMUM_KUBO))
            raise ContentUnreachable(f"{self._endpoint.name} runs Kubo {version}, and {needed} is needed: update it")
        self._is_checked = True

    @contextmanager
    def _explained(self, task: str, missing: str | None = None) -> Iterator[None]:
        """Every failure of the node or the way to it as an error of ours."""
        from ipfshttpclient import exceptions as ipfs

        name = self._endpoint.name
        try:
            yield
        except ipfs.ErrorResponse as error:
            if missing and "not found" in str(error):
                raise ContentMissing(f"{name} has no block {missing} and looks nowhere else: connect it") from error
            raise ContentError(f"{name} refuses to {task}: {error}") from error
        except ipfs.StatusError as error:
            raise self._bad_status(error.original.response.status_code) from error
        except (ipfs.TimeoutError, requests.Timeout) as error:
            if missing and not isinstance(getattr(error, "original", error), requests.ConnectTimeout):
                raise self._nobody_gave(missing) from error
            raise ContentUnreachable(
                f"{name} did not {task} within {self._timeout:g} s: see whether it runs"
            ) from error
        except (ipfs.ConnectionError, ipfs.ProtocolError, requests.RequestException) as error:
            raise ContentUnreachable(f"no answer from {name}: check the address, and that Kubo runs") from error
        except (ipfs.Error, AssertionError, KeyError, TypeError) as error:
            raise self._is_no_kubo() from error

    def _bad_status(self, status: int) -> ContentUnreachable:
        if status in _REFUSED:
            return ContentUnreachable(f"{self._endpoint.name} refuses access (HTTP {status}): check user and password")
        return self._is_no_kubo(f" (HTTP {status})")

    def _is_no_kubo(self, why: str = "") -> ContentUnreachable:
        return ContentUnreachable(
            f"{self._endpoint.name} does not answer as Kubo{why}: give the address of its RPC, often port 5001"
        )

    def _nobody_gave(self, cid: str) -> ContentMissing:
        return ContentMissing(
            f"nobody gave block {cid} to {self._endpoint.name} within {self._timeout:g} s: "
            "try again, or connect the node to one that has it"
        )


def _client_of(endpoint: Endpoint, timeout: tuple[float, float]) -> Any:
    """A client that does not ask for the version: ``connect()`` refuses every Kubo since 0.8."""
    # Its own layer over requests, for sockets we do not use, calls urllib3 in a way that warns and that urllib3 3 ends.
    os.environ["PY_IPFS_HTTP_CLIENT_PATCH_REQUESTS"] = "no"
    import ipfshttpclient

    try:
        return ipfshttpclient.Client(endpoint.address, endpoint.base, auth=endpoint.credentials, timeout=timeout)
    except ipfshttpclient.exceptions.AddressError:
        raise InputError(f"{endpoint.name} has no host name that IPFS addresses can hold: use its IP address") from None
