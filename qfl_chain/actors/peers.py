"""The other oracles over HTTP: each serves the signatures it holds, and asks the others for theirs.

Fetching is all that is ever asked of a peer, so a member that is silent, slow or lying costs one timeout and a line in
the log: the others' signatures come from the others, and every one is checked against its report.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests

from qfl_chain.actors.signatures import SignedReport, decode_signed, encode_signed
from qfl_chain.errors import InputError
from qfl_chain.schema import parse_json

TIMEOUT = 2.0
"""Seconds to wait for a peer, all of its answer included."""

MAX_ANSWER = 1 << 20
"""Bytes of a peer's answer that are read; 256 signatures take less."""


class HttpPeers:
    """Oracles by their addresses, such as ``http://127.0.0.1:9101``."""

    def __init__(self, urls: Sequence[str], timeout: float = TIMEOUT) -> None:
        self._urls = tuple(urls)
        self._timeout = timeout
        self._asked: dict[str, Thread] = {}

    def collect(self, number: int) -> tuple[list[tuple[str, SignedReport]], list[str]]:
        """Every signature the peers hold for a round, with its origin, and why some gave none. Asks all at once."""
        found: list[tuple[str, SignedReport]] = []
        refused: list[str] = []
        answers = self._ask_all(number)
        for url in self._urls:
            answer = answers.get(url, "does not answer in time")
            if isinstance(answer, str):
                refused.append(f"{public_peer(url)}: {answer}")
                continue
            _read(public_peer(url), answer, found, refused)
        return found, refused

    def _ask_all(self, number: int) -> dict[str, list[Any] | str]:
        """What the peers answered in time. One that is still busy with an earlier question is not asked again.

        The timeout of a socket starts anew with every byte, so threads are left behind rather than waited for.
        """
        answers: dict[str, list[Any] | str] = {}

        def ask(url: str) -> None:
            answers[url] = self._ask(url, number)

        self._asked = {url: thread for url, thread in self._asked.items() if thread.is_alive()}
        asked = {url: Thread(target=ask, args=(url,), daemon=True) for url in self._urls if url not in self._asked}
        for thread in asked.values():
            thread.start()
        end = monotonic() + self._timeout
        for thread in asked.values():
            thread.join(max(0.0, end - monotonic()))
        self._asked.update(asked)
        return answers.copy()

    def _ask(self, url: str, number: int) -> list[Any] | str:
        """The signatures' JSON objects, or what was wrong."""
        try:
            address = f"{url.rstrip('/')}/signatures/{number}"
            with requests.get(address, timeout=self._timeout, stream=True, allow_redirects=False) as answer:
                if answer.status_code != requests.codes.ok:
                    return f"answers with HTTP status {answer.status_code}"
                text = answer.raw.read(MAX_ANSWER + 1, decode_content=True)
        except (requests.RequestException, OSError) as error:
            return f"does not answer ({type(error).__name__})"
        except Exception as error:  # urllib3 raises its own while a body is read, and which is its business
            return f"broke off ({type(error).__name__})"
        if len(text) > MAX_ANSWER:
            return f"answers with more than {MAX_ANSWER} bytes"
        return _parse(text)


def encode_answer(held: Sequence[SignedReport]) -> bytes:
    """What an oracle answers when it is asked for the signatures of a round."""
    return json.dumps({"signatures": [encode_signed(one) for one in held]}).encode()


def public_peer(url: str) -> str:
    """A peer's address without what may be a password in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _parse(text: bytes) -> list[Any] | str:
    try:
        table = parse_json(text.decode())
    except ValueError:
        return "does not answer with JSON"
    signatures = table.get("signatures") if isinstance(table, dict) else None
    return signatures if isinstance(signatures, list) else "does not answer with a list of signatures"


def _read(origin: str, answer: list[Any], found: list[tuple[str, SignedReport]], refused: list[str]) -> None:
    for table in answer:
        try:
            if not isinstance(table, dict):
                raise InputError(f"{origin}: a signature is no object")
            found.append((origin, decode_signed(table, origin)))
        except InputError as error:
            refused.append(str(error))
