"""A federation's log that nobody had to mine: any number of participants and rounds, as a node would give it.

Commitments, accumulators, splits and reward trees are results of the protocol's own functions, so the log is
consistent: :func:`qfl_chain.protocol.replay.replay` accepts it. Updates are made-up digests; no store has the blocks.
It is made block by block, from one round's worth of memory. The same arguments make the same log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from eth_abi.abi import encode
from eth_hash.auto import keccak

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.protocol.commitment import accumulate, commitment
from qfl_chain.protocol.packing import unpack_address
from qfl_chain.protocol.rewards import add_rewards, contribution_weights, reward_tree, split
from qfl_chain.types import Address, Digest, Gwei, Opening, Reveal

STAKE, REWARD = Gwei(2 * 10**9), Gwei(10**9)
PENALTY = 20
"""A missing reveal costs one part in so many."""
PER_BLOCK = 100
"""Logs of participants that one block holds at the most."""
SECONDS = 12
GENESIS = 1_750_000_000
CREATION, FUNDING = 1, 2
"""The blocks that hold the first two logs."""
SIGNED = 0b111
CHAIN_ID = 1337

RawLog = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One transaction's logs: who sent it, what it calls, and each log's event with its fields."""

    sender: Address
    function: str
    logs: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class SyntheticBlock:
    """One block: the raw logs in it, and every transaction's sender and function by its hash."""

    number: int
    logs: Sequence[RawLog]
    transactions: Mapping[str, tuple[Address, str]]


@dataclass(frozen=True)
class SyntheticLog:
    """A federation's whole life.

    In every round all participants commit; all but one reveal, through a relayer; the missing one is penalised when
    it commits again. The oracles report, and one participant claims what it has earned so far.
    """

    participants: int
    rounds: int
    seed: int = 1

    @cached_property
    def accounts(self) -> tuple[Address, ...]:
        return tuple(self._account(f"participant {index}") for index in range(self.participants))

    @cached_property
    def federation(self) -> Address:
        return self._account("federation")

    @cached_property
    def sponsor(self) -> Address:
        return self._account("sponsor")

    @cached_property
    def oracles(self) -> tuple[Address, ...]:
        return tuple(sorted((self._account(f"oracle {index}") for index in range(4)), key=str.lower))

    @property
    def model(self) -> Digest:
        """The initial one."""
        return Digest(self._bytes("model"))

    @property
    def head(self) -> int:
        """The last block."""
        return FUNDING + self._joining + self.rounds * self._per_round

    @property
    def _joining(self) -> int:
        return -(-self.participants // PER_BLOCK)

    @property
    def _per_round(self) -> int:
        return 2 * self._joining + 2

    def block_hash(self, number: int) -> str:
        return "0x" + self._bytes(f"block {number}").hex()

    def time(self, number: int) -> int:
        return GENESIS + SECONDS * number

    def blocks(self) -> Iterator[SyntheticBlock]:
        """Every block with logs, ascending; the first is :data:`CREATION`."""
        for number, calls in enumerate(self._calls(), start=CREATION):
            yield self._mine(number, calls)

    def _calls(self) -> Iterator[list[Call]]:
        """Block after block, what is called in it."""
        yield [Call(self.sponsor, "deploy", [("Deployed", {"terms": self._terms(), "oracles": self.oracles})])]
        funding = REWARD * self.rounds
        yield [Call(self.sponsor, "fund", [("Funded", {"from": self.sponsor, "amount": funding, "funded": funding})])]
        for some in batches(self.accounts):
            joined = {one: {"participant": one, "amount": STAKE, "stake": STAKE} for one in some}
            yield [Call(one, "join", [("Joined", fields)]) for one, fields in joined.items()]
        books = _Books(dict.fromkeys(self.accounts, STAKE))
        for number in range(1, self.rounds + 1):
            yield from self._round(number, books)

    def _round(self, number: int, books: _Books) -> Iterator[list[Call]]:
        first = CREATION + 1 + self._joining + (number - 1) * self._per_round + 1
        opening = ("RoundOpened", {"round": number, "start": self.time(first), "budget": REWARD})
        openings = [self._opening(number, one) for one in self.accounts]
        committing = [Call(one.participant, "commit", self._commit(number, one, books)) for one in openings]
        committing[0] = Call(self.accounts[0], "commit", [opening, *committing[0].logs])
        for some in batches(committing):
            yield list(some)
        revealing = [one for one in openings if one.participant != self._missing(number)]
        reveals = [Reveal(one.participant, books.stakes[one.participant], one.digest) for one in revealing]
        # A batch for each block of commitments, so that every round has as many blocks.
        for start in range(0, self.participants, PER_BLOCK):
            logs = [("Revealed", _revealed(number, one)) for one in reveals[start : start + PER_BLOCK]]
            yield [Call(self.oracles[0], "revealMany", logs)] if logs else []
        yield [
            Call(
                self.oracles[1],
                "report",
                [("Reported", self._report(number, first + 2 * self._joining, reveals, books))],
            )
        ]
        yield self._claim(self.accounts[number % self.participants], books)

    def _commit(self, number: int, opening: Opening, books: _Books) -> list[tuple[str, Mapping[str, Any]]]:
        participant = opening.participant
        committed = {
            "participant": participant,
            "round": number,
            "commitment": commitment(self.federation, number, opening),
        }
        if number == 1 or participant != self._missing(number - 1):
            return [("Committed", committed)]
        amount = Gwei(books.stakes[participant] // PENALTY)
        books.stakes[participant] = Gwei(books.stakes[participant] - amount)
        penalty = {
            "participant": participant,
            "round": number - 1,
            "amount": amount,
            "stake": books.stakes[participant],
        }
        return [("Penalized", penalty), ("Committed", committed)]

    def _report(self, number: int, block: int, reveals: Sequence[Reveal], books: _Books) -> dict[str, Any]:
        draws = np.random.default_rng([self.seed, number]).integers(1, 10**6, len(reveals)).tolist()
        weights = contribution_weights([reveal.stake for reveal in reveals], draws)
        shares = split(REWARD, weights) if reveals else ()
        rewards = {reveal.participant: share for reveal, share in zip(reveals, shares, strict=True)}
        books.cumulative = add_rewards(books.cumulative, rewards)
        tree = reward_tree(books.cumulative)
        return {
            "round": number,
            "inputs": accumulate(reveals),
            "rewards": tree.root,
            "model": self._bytes(f"model {number}"),
            "evidence": self._bytes(f"evidence {number}"),
            "evidenceRoot": self._bytes(f"root {number}"),
            "total": tree.total,
            "signed": SIGNED,
            "activeAt": self.time(block) + SECONDS,
        }

    def _claim(self, participant: Address, books: _Books) -> list[Call]:
        due = books.cumulative.get(participant, Gwei(0))
        amount = due - books.claimed.get(participant, 0)
        if not amount:
            return []
        books.claimed[participant] = due
        return [
            Call(participant, "claim", [("Claimed", {"participant": participant, "amount": amount, "cumulative": due})])
        ]

    def _missing(self, number: int) -> Address:
        """Who commits and does not reveal."""
        return self.accounts[number * 7 % self.participants]

    def _opening(self, number: int, participant: Address) -> Opening:
        drawn = sha256(f"{self.seed} {number} {participant}".encode()).digest()
        return Opening(participant, Digest(sha256(drawn).digest()), drawn[:16])

    def _mine(self, number: int, calls: Sequence[Call]) -> SyntheticBlock:
        common = {
            "address": self.federation.lower(),
            "blockHash": self.block_hash(number),
            "blockNumber": hex(number),
            "blockTimestamp": hex(self.time(number)),
            "removed": False,
        }
        logs: list[RawLog] = []
        transactions = {}
        for index, call in enumerate(calls):
            transaction = "0x" + self._bytes(f"transaction {number} {index}").hex()
            transactions[transaction] = (call.sender, call.function)
            mined = {**common, "transactionHash": transaction, "transactionIndex": hex(index)}
            for name, fields in call.logs:
                logs.append({**mined, "logIndex": hex(len(logs)), **encode_event(name, fields)})
        return SyntheticBlock(number, logs, transactions)

    def _terms(self) -> tuple[Any, ...]:
        windows = (SECONDS,) * 5
        digests = (self._bytes("circuit"), bytes(self.model), self._bytes("validation"), self._bytes("samples"))
        parties = (self.sponsor, self.sponsor, GENESIS + 10**8, self._account("referee"))
        return (*digests, *windows, STAKE, REWARD, 10**9, STAKE, 2, *parties)

    def _account(self, name: str) -> Address:
        return unpack_address(self._bytes(name)[:20])

    def _bytes(self, name: str) -> bytes:
        return sha256(f"{self.seed} {name}".encode()).digest()


@dataclass
class _Books:
    """What the contract would keep."""

    stakes: dict[Address, Gwei]
    cumulative: dict[Address, Gwei]
    claimed: dict[Address, Gwei]

    def __init__(self, stakes: dict[Address, Gwei]) -> None:
        self.stakes, self.cumulative, self.claimed = stakes, {}, {}


def batches(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """As many as a block holds at a time."""
    return (items[start : start + PER_BLOCK] for start in range(0, len(items), PER_BLOCK))


def encode_event(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Topics and data of an event, in hexadecimal digits, as the contract logs it."""
    topic, inputs = _events()[name]
    topics = [topic, *(_word(kind, fields[field]) for field, kind, indexed in inputs if indexed)]
    plain = [(kind, fields[field]) for field, kind, indexed in inputs if not indexed]
    if any(kind.startswith("(") for kind, _ in plain):
        data = encode([kind for kind, _ in plain], [value for _, value in plain]).hex()
    else:
        data = "".join([_word(kind, value)[2:] for kind, value in plain])
    return {"topics": topics, "data": "0x" + data}


def _word(kind: str, value: Any) -> str:
    if kind == "address":
        return "0x" + 24 * "0" + str(value)[2:].lower()
    return f"0x{value:064x}" if kind.startswith("uint") else "0x" + bytes(value).hex().ljust(64, "0")


@cache
def _events() -> Mapping[str, tuple[str, tuple[tuple[str, str, bool], ...]]]:
    """By name: the first topic, and every field's name, type and whether it is a topic."""
    events = {}
    for entry in load_artifact().abi:
        if entry["type"] == "event":
            inputs = tuple((item["name"], _kind(item), bool(item["indexed"])) for item in entry["inputs"])
            signature = f"{entry['name']}({','.join(kind for _, kind, _ in inputs)})"
            events[str(entry["name"])] = ("0x" + keccak(signature.encode()).hex(), inputs)
    return events


def _kind(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_kind, item['components']))}){kind.removeprefix('tuple')}"


def _revealed(number: int, reveal: Reveal) -> dict[str, Any]:
    return {
        "participant": reveal.participant,
        "round": number,
        "stake": reveal.stake,
        "digest": bytes(reveal.digest),
    }
