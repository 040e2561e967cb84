"""Filters a client polls. They live in this process, as in geth: a restart forgets them, and clients make new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from qfl_chain.chain.node import arguments as read
from qfl_chain.chain.node.answers import in_hex, log_json
from qfl_chain.chain.node.methods import find_logs
from qfl_chain.chain.node.node import Node
from qfl_chain.chain.node.refusal import Refusal

MOST_FILTERS = 10_000


@dataclass(frozen=True, slots=True)
class Filter:
    """What was asked for, and the first block not told of yet. Without ``chosen`` it is for blocks."""

    chosen: read.LogFilter | None
    next_block: int


class Filters:
    """The filters of one server, by number."""

    def __init__(self) -> None:
        self._filters: dict[int, Filter] = {}
        self._made = 0

    def methods(self) -> dict[str, Callable[..., Any]]:
        return {
            "eth_newFilter": lambda node, chosen: self._add(node, read.log_filter(chosen)),
            "eth_newBlockFilter": lambda node: self._add(node, None),
            "eth_getFilterChanges": self._changes,
            "eth_getFilterLogs": self._logs,
            "eth_uninstallFilter": lambda node, number: (
                self._filters.pop(read.quantity(number, "filter"), None) is not None
            ),
        }

    def _add(self, node: Node, chosen: read.LogFilter | None) -> str:
        if len(self._filters) >= MOST_FILTERS:
            del self._filters[min(self._filters)]
        self._made += 1
        self._filters[self._made] = Filter(chosen, _head(node) + 1)
        return hex(self._made)

    def _find(self, number: Any) -> tuple[int, Filter]:
        key = read.quantity(number, "filter")
        if key not in self._filters:
            raise Refusal("filter not found")
        return key, self._filters[key]

    def _changes(self, node: Node, number: Any) -> list[Any]:
        key, found = self._find(number)
        head = _head(node)
        first = min(found.next_block, head + 1)  # after a revert, told blocks are gone
        self._filters[key] = replace(found, next_block=head + 1)
        if found.chosen is None:
            return [in_hex(node.header(block).hash) for block in range(first, head + 1)]
        chosen = found.chosen
        return [log_json(one) for one in node.logs(first, head, chosen.addresses, chosen.topics)]

    def _logs(self, node: Node, number: Any) -> list[dict[str, Any]]:
        _, found = self._find(number)
        if found.chosen is None:
            raise Refusal("filter not found")
        return [log_json(one) for one in find_logs(node, found.chosen)]


def _head(node: Node) -> int:
    return int(node.head().block_number)
