"""The live view's state: the last document, when the node was last heard, and what went wrong since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.metrics.catalogue import Prices
from qfl_chain.analysis.page.document import build_document
from qfl_chain.analysis.page.render import compress, render_page
from qfl_chain.errors import QflError, Unreachable

Clock = Callable[[], float]
"""Unix seconds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers see at one moment; replaced as a whole, so that no reader sees half of a change.

    Attributes:
        page: the HTML page with the document in it.
        document: the same document, gzip'd JSON.
        heard: when the node last answered.
        error: why there is nothing newer; empty while all is well.
    """

    version: str
    block: int
    time: str
    page: bytes
    document: bytes
    heard: float
    error: str = ""


class Live:
    """The document of a federation that goes on.

    The first look must succeed. After that an error changes only what is said of the state: the last document stays,
    and the next look that succeeds takes its place.

    Args:
        look: gives the facts as they are now.
        poll: seconds between two requests of the page for the state.
    """

    def __init__(self, look: Callable[[], Facts], prices: Prices, clock: Clock, poll: float) -> None:
        self._look, self._prices, self._clock, self._poll = look, prices, clock, poll
        self.shown = self._taken(look(), None)

    def step(self) -> None:
        """Look again.

        Errors of ours are kept for the readers, not raised.
        """
        try:
            self.shown = self._taken(self._look(), self.shown)
        except Unreachable as error:
            self.shown = replace(self.shown, error=str(error))
        except QflError as error:
            self.shown = replace(self.shown, error=str(error), heard=self._clock())

    def state(self) -> dict[str, Any]:
        """What the page asks for again and again."""
        shown = self.shown
        return {
            "version": shown.version,
            "block": shown.block,
            "time": shown.time,
            "heard": _iso(shown.heard),
            "now": _iso(self._clock()),
            "error": shown.error,
        }

    def _taken(self, facts: Facts, before: Shown | None) -> Shown:
        heard = self._clock()
        document = build_document(facts, self._prices)
        version, block, time = document["version"], document["block"], document["time"]
        if before is not None and before.version == version:
            return replace(before, block=block, time=time, heard=heard, error="")
        page = render_page(document, live=self._poll).encode()
        return Shown(version, block, time, page, compress(document), heard)


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
