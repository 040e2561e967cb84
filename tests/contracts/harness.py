"""A federation on eth-tester, spoken to in the contract's own words.

It shares nothing with the package but the committed artifact: hashes, trees and signatures below are the slow and
obvious versions, so that they serve as independent references.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import eth_abi
from eth.vm.forks.prague import PragueVM
from eth_keys import keys
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.backends.pyevm.main import get_default_genesis_params
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak, to_canonical_address, to_checksum_address
from eth_utils.abi import collapse_if_tuple

from qfl_chain.chain.artifacts import load_artifact

GWEI = 10**9
GENESIS = 1_800_000_000
GAS = 6_000_000
MAX_UINT256 = 2**256 - 1


class Terms(NamedTuple):
    """The contract's struct of the same name, with what most tests want."""

    circuit: bytes = b"\x01" * 32
    model: bytes = b"\x02" * 32
    validation: bytes = b"\x03" * 32
    commitWindow: int = 100  # noqa: N815
    revealWindow: int = 50  # noqa: N815
    reportWindow: int = 200  # noqa: N815
    challengeWindow: int = 120  # noqa: N815
    unbondingWindow: int = 1_000  # noqa: N815
    minStake: int = 1_000  # noqa: N815
    rewardPerRound: int = 600  # noqa: N815
    maxNorm: int = 2**40  # noqa: N815
    minReveals: int = 1  # noqa: N815
    sponsor: str = ""
    guardian: str = ""
    guardianExpiry: int = GENESIS + 100_000  # noqa: N815


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


@dataclass(frozen=True)
class Log:
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True)
class Sent:
    """A mined transaction: its gas, all-in, and its logs."""

    gas: int
    logs: tuple[Log, ...]
    time: int

    def only(self, name: str) -> Mapping[str, Any]:
        """The arguments of the one log with this name."""
        (log,) = (log for log in self.logs if log.name == name)
        return log.args


class RefusedError(Exception):
    """A call the contract reverted: its custom error and arguments."""

    def __init__(self, error: str, args: tuple[Any, ...]) -> None:
        super().__init__(error, args)
        self.error = error
        self.arguments = args


# ---- accounts ----------------------------------------------------------------------------------------------------


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


# ---- hashes ------------------------------------------------------------------------------------------------------


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


# ---- reward tree -------------------------------------------------------------------------------------------------


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


# ---- the chain ---------------------------------------------------------------------------------------------------


class Chain:
    """eth-tester with a clock: every transaction is mined in its own block at ``clock``, which then moves on."""

    def __init__(self, names: Sequence[str], balance: int = 10**24) -> None:
        self._backend = PyEVMBackend(
            genesis_parameters=get_default_genesis_params({"timestamp": GENESIS}),
            genesis_state={
                key(name).public_key.to_canonical_address(): {
                    "balance": balance,
                    "nonce": 0,
                    "code": b"",
                    "storage": {},
                }
                for name in names
            },
            vm_configuration=((0, PragueVM),),
        )
        self.tester = EthereumTester(self._backend)
        for name in names:
            self.tester.add_account(key(name).to_hex())
        self.clock = GENESIS + 10

    @property
    def chain_id(self) -> int:
        return int(self._backend.chain.chain_id)

    def balance(self, account: str) -> int:
        return int(self.tester.get_balance(account))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that happens inside is undone."""
        kept, clock = self.tester.take_snapshot(), self.clock
        try:
            yield
        finally:
            self.tester.revert_to_snapshot(kept)
            self.clock = clock

    def transact(self, sender: str, to: str, data: bytes, value: int) -> Mapping[str, Any]:
        """Mines one transaction and returns its receipt."""
        self._set_time()
        fields = {"from": sender, "data": "0x" + data.hex(), "value": value, "gas": GAS}
        fields |= {"max_fee_per_gas": 10 * GWEI, "max_priority_fee_per_gas": 0}
        sent = self.tester.send_transaction(fields | ({"to": to} if to else {}))
        self.clock += 1
        receipt: Mapping[str, Any] = self.tester.get_transaction_receipt(sent)
        return receipt

    def call(self, sender: str, to: str, data: bytes, value: int = 0) -> bytes:
        """Executes without mining, at ``clock``."""
        self._set_time()
        fields = {"from": sender, "data": "0x" + data.hex(), "value": value, "gas": GAS}
        answer = self.tester.call(fields | ({"to": to} if to else {}), block_number="pending")
        return bytes.fromhex(answer[2:])

    def peek(self, account: str, slot: int) -> int:
        """Reads a storage slot."""
        chain = self._backend.chain
        return int(chain.get_vm(chain.header).state.get_storage(to_canonical_address(account), slot))

    def poke(self, account: str, slot: int, value: int) -> None:
        """Writes a storage slot, for what no test could wait for."""
        chain = self._backend.chain
        state = chain.get_vm(chain.header).state
        state.set_storage(to_canonical_address(account), slot, value)
        state.persist()
        chain.header = chain.header.copy(state_root=state.state_root)

    def _set_time(self) -> None:
        chain = self._backend.chain
        chain.header = chain.header.copy(timestamp=self.clock)


# ---- the contract ------------------------------------------------------------------------------------------------


def _types(inputs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [collapse_if_tuple(item) for item in inputs]


def _signature(item: Mapping[str, Any]) -> str:
    return f"{item['name']}({','.join(_types(item['inputs']))})"


@cache
def _abi(kind: str) -> Mapping[str, Mapping[str, Any]]:
    return {item["name"]: item for item in load_artifact().abi if item["type"] == kind}


@cache
def _by_hash(kind: str) -> Mapping[bytes, Mapping[str, Any]]:
    size = 4 if kind == "error" else 32
    return {keccak(text=_signature(item))[:size]: item for item in _abi(kind).values()}


def error_names() -> set[str]:
    return set(_abi("error"))


def event_names() -> set[str]:
    return set(_abi("event"))


@cache
def _encoding(function: str) -> tuple[bytes, list[str]]:
    item = _abi("function")[function]
    return keccak(text=_signature(item))[:4], _types(item["inputs"])


def encode(function: str, args: Sequence[Any]) -> bytes:
    selector, types = _encoding(function)
    return selector + eth_abi.encode(types, args)


def decode_error(failure: TransactionFailed) -> RefusedError:
    # eth-tester gives the revert data as the text of a bytes literal.
    data = ast.literal_eval(failure.args[0])
    item = _by_hash("error").get(bytes(data[:4]))
    if item is None:
        return RefusedError("unknown", (data.hex(),))
    return RefusedError(item["name"], tuple(_nice(value) for value in eth_abi.decode(_types(item["inputs"]), data[4:])))


def _decode_log(raw: Mapping[str, Any]) -> Log:
    topics = [bytes.fromhex(topic[2:]) for topic in raw["topics"]]
    item = _by_hash("event")[topics[0]]
    indexed = [field for field in item["inputs"] if field["indexed"]]
    plain = [field for field in item["inputs"] if not field["indexed"]]
    values = [eth_abi.decode(_types([field]), topic)[0] for field, topic in zip(indexed, topics[1:], strict=True)]
    values += eth_abi.decode(_types(plain), bytes.fromhex(raw["data"][2:]))
    names = [field["name"] for field in indexed + plain]
    return Log(item["name"], {name: _nice(value) for name, value in zip(names, values, strict=True)})


def _nice(value: Any) -> Any:
    """Addresses as checksummed text, as everywhere in the tests."""
    if isinstance(value, str) and value.startswith("0x"):
        return to_checksum_address(value)
    return tuple(_nice(item) for item in value) if isinstance(value, (list, tuple)) else value


class Member(NamedTuple):
    stake: int
    claimed: int
    round: int
    commitment: int
    exiting: int
    withdrawable_at: int


class Live(NamedTuple):
    number: int
    start: int
    admission: int
    revealed: int
    accumulator: int


class Standing(NamedTuple):
    round: int
    active_at: int
    total: int
    rewards: bytes


def creation_code(terms: Terms, oracles: Sequence[str]) -> bytes:
    """The data of a deployment."""
    types = _types(next(item for item in load_artifact().abi if item["type"] == "constructor")["inputs"])
    return load_artifact().bytecode + eth_abi.encode(types, [terms, oracles])


@dataclass(frozen=True)
class Deployment:
    """One federation. ``send`` mines, ``refused`` says why the contract would not."""

    chain: Chain
    address: str
    terms: Terms
    oracles: tuple[keys.PrivateKey, ...]
    sent: Sent

    @classmethod
    def create(cls, chain: Chain, terms: Terms, oracles: Sequence[keys.PrivateKey], value: int = 0) -> Deployment:
        """Deploys as the account "sponsor", which also is the sponsor where the terms name none."""
        terms = terms._replace(
            sponsor=terms.sponsor or address("sponsor"), guardian=terms.guardian or address("guardian")
        )
        data = creation_code(terms, [oracle_address(oracle) for oracle in oracles])
        time = chain.clock
        receipt = chain.transact(address("sponsor"), "", data, value * GWEI)
        if receipt["status"] != 1:
            with_reason(chain, address("sponsor"), "", data, value * GWEI, time)
        logs = tuple(_decode_log(raw) for raw in receipt["logs"])
        return cls(chain, receipt["contract_address"], terms, tuple(oracles), Sent(receipt["gas_used"], logs, time))

    def send(self, name: str, function: str, *args: Any, value: int = 0) -> Sent:
        """Mines a call by account ``name``; ``value`` is in gwei.

        Raises:
            RefusedError: the contract reverted.
        """
        data, time = encode(function, args), self.chain.clock
        receipt = self.chain.transact(address(name), self.address, data, value * GWEI)
        if receipt["status"] != 1:
            with_reason(self.chain, address(name), self.address, data, value * GWEI, time)
        logs = tuple(_decode_log(raw) for raw in receipt["logs"])
        return Sent(receipt["gas_used"], logs, time)

    def refused(self, name: str, function: str, *args: Any, wei: int = 0) -> tuple[Any, ...]:
        """The custom error's name and arguments; nothing is mined. Fails where the call would succeed."""
        try:
            self.chain.call(address(name), self.address, encode(function, args), wei)
        except TransactionFailed as failure:
            refusal = decode_error(failure)
            return (refusal.error, *refusal.arguments)
        raise AssertionError(f"{function} was accepted")

    def view(self, function: str, *args: Any) -> Any:
        """What a view returns; one value alone, several as a tuple."""
        answer = self.chain.call(address("sponsor"), self.address, encode(function, args))
        values = eth_abi.decode(_types(_abi("function")[function]["outputs"]), answer)
        return _nice(values[0]) if len(values) == 1 else tuple(_nice(value) for value in values)

    # -- views with names

    @property
    def live(self) -> Live:
        return Live(*self.view("live"))

    def member(self, name: str) -> Member:
        return Member(*self.view("member", address(name)))

    @property
    def latest(self) -> Standing:
        return Standing(*self.view("latestReport"))

    @property
    def active(self) -> Standing:
        return Standing(*self.view("activeReport"))

    @property
    def pool(self) -> tuple[int, int]:
        funded, paid = self.view("pool")
        return funded, paid

    @property
    def balance(self) -> int:
        """The contract's ether, in gwei."""
        gwei, rest = divmod(self.chain.balance(self.address), GWEI)
        assert rest == 0
        return gwei

    # -- phases of the live round

    @property
    def reveal_opens(self) -> int:
        return self.live.start + self.terms.commitWindow

    @property
    def report_opens(self) -> int:
        return self.reveal_opens + self.terms.revealWindow

    @property
    def report_closes(self) -> int:
        return self.report_opens + self.terms.reportWindow

    # -- calls that need preparing

    def commit(self, name: str) -> Sent:
        """Commits to ``opening_of(name, the round this commit falls in)``."""
        return self.send(
            name, "commit", commitment_of(self.address, self.next_round, opening_of(name, self.next_round))
        )

    @property
    def next_round(self) -> int:
        """The round a commit would fall in now."""
        live = self.live
        over = live.start == 0 or self.chain.clock >= self.report_closes
        return live.number + 1 if over else live.number

    def reveal(self, name: str, sender: str | None = None) -> Sent:
        return self.send(sender or name, "reveal", *opening_of(name, self.live.number))

    def reveal_many(self, names: Sequence[str], sender: str) -> Sent:
        return self.send(sender, "revealMany", [opening_of(name, self.live.number) for name in names])

    def report_of(self, total: int = 0, rewards: bytes = b"\x07" * 32, **changes: Any) -> Report:
        """A report that fits the live round."""
        live = self.live
        fitting = Report(live.number, live.accumulator, rewards, b"\x08" * 32, b"\x09" * 32, b"\x0a" * 32, total)
        return fitting._replace(**changes)

    def digest_of(self, report: Report) -> bytes:
        """The EIP-712 digest of a report."""
        type_text = (
            "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,"
            "bytes32 evidenceRoot,uint64 total)"
        )
        words = [keccak(text=type_text)] + [
            field if isinstance(field, bytes) else field.to_bytes(32, "big") for field in report
        ]
        return keccak(b"\x19\x01" + self.domain_separator + keccak(b"".join(words)))

    @cached_property
    def domain_separator(self) -> bytes:
        type_text = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        words = [
            keccak(text=type_text),
            keccak(text="qfl-chain"),
            keccak(text="1"),
            self.chain.chain_id.to_bytes(32, "big"),
            bytes(12) + to_canonical_address(self.address),
        ]
        return keccak(b"".join(words))

    @property
    def quorum(self) -> int:
        n = len(self.oracles)
        return (n + (n - 1) // 3) // 2 + 1

    def signed(self, report: Report, who: Sequence[int] | None = None) -> tuple[Report, int, bytes, bytes]:
        """The arguments of ``report``, signed by the oracles at these positions (default: the first quorum)."""
        positions = sorted(range(self.quorum) if who is None else who)
        digest = self.digest_of(report)
        signatures = b"".join(sign(self.oracles[i], digest) for i in positions)
        return report, sum(1 << i for i in positions), pack_addresses(self.oracles), signatures

    def report(self, cumulative: Mapping[str, int] | None = None, **changes: Any) -> Sent:
        """Reports the cumulative rewards by account (default: none) from account "sponsor"."""
        tree = RewardTree(cumulative or {})
        return self.send("sponsor", "report", *self.signed(self.report_of(tree.total, tree.root, **changes)))

    def claim(self, name: str, cumulative: Mapping[str, int]) -> Sent:
        return self.send(name, "claim", *claim_args(name, cumulative))

    # -- whole rounds

    def play(self, names: Sequence[str], silent: Sequence[str] = ()) -> None:
        """All commit, all but the silent reveal in one batch; the clock stands where reports open."""
        for name in [*names, *silent]:
            self.commit(name)
        self.chain.clock = self.reveal_opens
        self.reveal_many(names, "sponsor")
        self.chain.clock = self.report_opens

    def activate(self) -> None:
        """Moves the clock to where the latest report is active."""
        self.chain.clock = max(self.chain.clock, self.latest.active_at)


def claim_args(name: str, cumulative: Mapping[str, int], tree: RewardTree | None = None) -> tuple[int, int, bytes]:
    """The arguments of ``claim``."""
    return (cumulative[address(name)], *(tree or RewardTree(cumulative)).proof(address(name)))


def sign(oracle: keys.PrivateKey, digest: bytes) -> bytes:
    """An EIP-2098 compact signature."""
    signature = oracle.sign_msg_hash(digest)
    packed = (signature.v << 255) | signature.s
    return bytes(signature.r.to_bytes(32, "big") + packed.to_bytes(32, "big"))


def with_reason(chain: Chain, sender: str, to: str, data: bytes, value: int, time: int) -> None:
    """Raises the custom error of a transaction that failed at ``time``."""
    clock, chain.clock = chain.clock, time
    try:
        chain.call(sender, to, data, value)
    except TransactionFailed as failure:
        raise decode_error(failure) from failure
    finally:
        chain.clock = clock
    raise AssertionError("a transaction failed without a reason: out of gas?")
