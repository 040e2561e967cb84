"""The slow and obvious versions of what contract and clients must agree on: hashes, trees and signatures.

Nothing here is shared with the package, so that it serves as an independent reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from eth_keys import keys
from eth_utils import keccak, to_canonical_address

GENESIS = 1_800_000_000
MAX_UINT256 = 2**256 - 1


class Terms(NamedTuple):
    """The contract's struct of the same name, with what most tests want."""

    circuit: bytes = b"\x01" * 32
    model: bytes = b"\x02" * 32
    validation: bytes = b"\x03" * 32
    validationRoot: bytes = b"\x04" * 32  # noqa: N815
    commitWindow: int = 100  # noqa: N815
    revealWindow: int = 50  # noqa: N815
    reportWindow: int = 200  # noqa: N815
    challengeWindow: int = 120  # noqa: N815
    unbondingWindow: int = 1_000  # noqa: N815
    minStake: int = 1_000  # noqa: N815
    rewardPerRound: int = 600  # noqa: N815
    maxNorm: int = 2**40  # noqa: N815
    oracleBond: int = 2_000  # noqa: N815
    minReveals: int = 1  # noqa: N815
    sponsor: str = ""
    guardian: str = ""
    guardianExpiry: int = GENESIS + 100_000  # noqa: N815
    referee: str = ""


class Opening(NamedTuple):
    participant: str
    digest: bytes
    salt: bytes


class Report(NamedTuple):
    round: int
    inputs: int
    rewards: bytes
    model: bytes
    evidence: bytes
    evidenceRoot: bytes  # noqa: N815
    total: int


class Filing(NamedTuple):
    """The contract's struct of the same name."""

    report: Report
    signed: int
    committee: bytes
    reportedAt: int  # noqa: N815
    activeAt: int  # noqa: N815
    budget: int
    revealed: int


NO_FILING = Filing(Report(0, 0, *[bytes(32)] * 4, 0), 0, bytes(32), 0, 0, 0, 0)
"""What stands where there is none."""


@cache
def key(name: str) -> keys.PrivateKey:
    return keys.PrivateKey(keccak(text=name))


@cache
def address(name: str) -> str:
    return key(name).public_key.to_checksum_address()


@cache
def committee(size: int) -> tuple[keys.PrivateKey, ...]:
    """``size`` oracle keys, ascending by address."""
    oracles = [key(f"oracle {i}") for i in range(size)]
    return tuple(sorted(oracles, key=lambda oracle: oracle.public_key.to_canonical_address()))


def oracle_address(oracle: keys.PrivateKey) -> str:
    return str(oracle.public_key.to_checksum_address())


def pack_addresses(oracles: Sequence[keys.PrivateKey]) -> bytes:
    return b"".join(oracle.public_key.to_canonical_address() for oracle in oracles)


def commitment_of(federation: str, round_number: int, opening: Opening) -> int:
    packed = b"".join(
        [
            to_canonical_address(federation),
            round_number.to_bytes(2, "big"),
            to_canonical_address(opening.participant),
            opening.digest,
            opening.salt,
        ]
    )
    return int.from_bytes(keccak(packed)[-14:], "big")


def fold(accumulator: int, participant: str, stake: int, digest: bytes) -> int:
    """The accumulator after one more reveal."""
    packed = accumulator.to_bytes(23, "big") + to_canonical_address(participant) + stake.to_bytes(8, "big") + digest
    return int.from_bytes(keccak(packed)[-23:], "big")


def opening_of(name: str, round_number: int) -> Opening:
    """What ``name`` opens in a round."""
    return Opening(address(name), keccak(text=f"{name} {round_number}"), keccak(text=f"salt {name}")[:16])


def sign(oracle: keys.PrivateKey, digest: bytes) -> bytes:
    """An EIP-2098 compact signature."""
    signature = oracle.sign_msg_hash(digest)
    packed = (signature.v << 255) | signature.s
    return bytes(signature.r.to_bytes(32, "big") + packed.to_bytes(32, "big"))


class RewardTree:
    """The Merkle-sum tree over cumulative rewards, every level kept."""

    def __init__(self, cumulative: Mapping[str, int]) -> None:
        self.accounts = sorted(cumulative, key=to_canonical_address)
        leaves = [
            (keccak(b"\0" + to_canonical_address(who) + cumulative[who].to_bytes(8, "big")), cumulative[who])
            for who in self.accounts
        ]
        while len(leaves) & (len(leaves) - 1) or not leaves:
            leaves.append((bytes(32), 0))
        self.levels = [leaves]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            self.levels.append([self._node(*below[i : i + 2]) for i in range(0, len(below), 2)])

    @staticmethod
    def _node(left: tuple[bytes, int], right: tuple[bytes, int]) -> tuple[bytes, int]:
        packed = b"".join(node + total.to_bytes(8, "big") for node, total in (left, right))
        return keccak(packed), left[1] + right[1]

    @property
    def root(self) -> bytes:
        return self.levels[-1][0][0]

    @property
    def total(self) -> int:
        return self.levels[-1][0][1]

    def proof(self, who: str) -> tuple[int, bytes]:
        """The leaf's index and its siblings."""
        index = position = self.accounts.index(who)
        siblings = []
        for level in self.levels[:-1]:
            node, total = level[position ^ 1]
            siblings.append(node + total.to_bytes(8, "big"))
            position >>= 1
        return index, b"".join(siblings)


def claim_args(name: str, cumulative: Mapping[str, int], tree: RewardTree | None = None) -> tuple[int, int, bytes]:
    """The arguments of ``claim``."""
    return (cumulative[address(name)], *(tree or RewardTree(cumulative)).proof(address(name)))
