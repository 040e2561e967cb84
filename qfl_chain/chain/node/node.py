"""The development chain as a node keeps it: in a database, on the machine's clock, a block for every transaction.

It is eth-tester's py-evm backend; what eth-tester finds by walking back from the head comes from indexes here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import rlp
from eth.db.schema import SchemaV1
from eth.exceptions import HeaderNotFound, Revert, TransactionNotFound, VMError
from eth.rlp.sedes import chain_gaps
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_account.signers.local import LocalAccount
from eth_typing import BlockNumber
from eth_utils.exceptions import ValidationError

from qfl_chain.chain.devnet import DevnetSettings, derive, make_backend
from qfl_chain.chain.node.database import ChainDatabase, LogEntry, Topics
from qfl_chain.chain.node.refusal import EXECUTION_REVERTED, Refusal
from qfl_chain.chain.node.transactions import check, checked_chain, floor_gas

OFFSET, NEXT_TIMESTAMP = "offset", "next_timestamp"
ERROR_STRING = bytes.fromhex("08c379a0")
"""The selector of Solidity's ``Error(string)``."""

BlockId = int | bytes | str
"""A block's number, its hash, or one of the tags of the Ethereum JSON-RPC specification."""


@dataclass(frozen=True, slots=True)
class Call:
    """A message that is executed and forgotten. Without ``gas`` it may use a whole block's."""

    sender: bytes
    to: bytes
    data: bytes
    value: int
    gas: int | None


class Node:
    """One chain, read and written as JSON-RPC needs it. One call at a time: the server holds a lock.

    Args:
        settings: what ``devnet.toml`` says.
        database: where the chain is kept; a chain already in it goes on.
        clock: the machine's time in seconds.
    """

    def __init__(self, settings: DevnetSettings, database: ChainDatabase, clock: Callable[[], int]) -> None:
        self.settings = settings
        self.accounts: tuple[LocalAccount, ...] = tuple(
            derive(settings.mnemonic, index) for index in range(settings.accounts)
        )
        self._database = database
        self._clock = clock
        with database.transaction():
            self._backend = make_backend(settings, self.accounts, self._stamp, database)

    @property
    def _chain(self) -> Any:
        return self._backend.chain

    # Blocks

    def head(self) -> Any:
        """The latest block's header."""
        return self._chain.get_canonical_head()

    def pending(self) -> Any:
        """The header the next block would have now."""
        return self._chain.create_header_from_parent(self.head())

    def header(self, block: BlockId) -> Any:
        """The header of a canonical block, or of the pending one; None where there is none."""
        if block == "pending":
            return self.pending()
        if block == "earliest":
            block = 0
        if isinstance(block, str):
            return self.head()
        try:
            if isinstance(block, int):
                return self._chain.get_canonical_block_header_by_number(block)
            header = self._chain.get_block_header_by_hash(block)
            canonical = self._chain.get_canonical_block_hash(header.block_number)
        except (HeaderNotFound, ValidationError):
            return None
        return header if canonical == block else None

    def block(self, header: Any) -> Any:
        """The block with its transactions."""
        return self._chain.get_block_by_header(header)

    def receipts(self, block: Any) -> tuple[Any, ...]:
        return tuple(block.get_receipts(self._chain.chaindb))

    def find_transaction(self, digest: bytes) -> tuple[Any, int] | None:
        """The block a transaction is in, and where in it."""
        try:
            number, index = self._chain.get_canonical_transaction_index(digest)
        except TransactionNotFound:
            return None
        return self.block(self.header(number)), index

    def logs(self, first: int, last: int, addresses: Sequence[bytes], topics: Topics) -> list[LogEntry]:
        return self._database.logs(first, last, addresses, topics)

    def block_logs(self, block: Any) -> list[LogEntry]:
        """The logs of one block, from its receipts."""
        found: list[LogEntry] = []
        for index, (transaction, receipt) in enumerate(zip(block.transactions, self.receipts(block), strict=True)):
            place = (block.hash, block.header.timestamp, transaction.hash, index)
            for log in receipt.logs:
                topics: list[Any] = [topic.to_bytes(32, "big") for topic in log.topics]
                first, second, third, fourth = topics + [None] * (4 - len(topics))
                content = (bytes(log.address), first, second, third, fourth, bytes(log.data))
                found.append(LogEntry(block.number, len(found), *place, *content))
        return found

    # State

    def state(self, header: Any) -> Any:
        """The state after a block. Changes made to it are forgotten."""
        return self._chain.get_vm(at_header=header).state

    def call(self, call: Call, header: Any) -> bytes:
        """Execute a message in a block's surroundings, and give what it returns.

        Raises:
            Refusal: it reverts, or cannot be executed.
        """
        vm = self._chain.get_vm(at_header=header)
        free = header.copy(base_fee_per_gas=0)
        state = vm.build_state(self._chain.chaindb.db, free, vm.chain_context, vm.previous_hashes)
        with _executed():
            computation = state.apply_transaction(self._message(state, call, call.gas or header.gas_limit))
            computation.raise_if_error()
        return bytes(computation.output)

    def estimate(self, call: Call, header: Any) -> int:
        """The gas one transaction after ``header`` uses, before refunds.

        Raises:
            Refusal: it would revert, or cannot be executed.
        """
        vm = self._chain.get_vm(at_header=header)
        with _executed(), vm.in_costless_state() as state:
            message = self._message(state, call, state.gas_limit)
            return max(int(self._chain.gas_estimator(state, message)), floor_gas(state, message))

    def _message(self, state: Any, call: Call, gas: int) -> Any:
        unsigned = self._chain.create_unsigned_transaction(
            nonce=state.get_nonce(call.sender), gas_price=0, gas=gas, to=call.to, value=call.value, data=call.data
        )
        return SpoofTransaction(unsigned, from_=call.sender)

    # Writing

    def send(self, raw: bytes) -> bytes:
        """Mine a block with one signed transaction; its hash.

        Raises:
            Refusal: it is not one, or no block may hold it; in geth's words.
        """
        transaction = checked_chain(self._decode(raw), self.settings.chain_id)
        if self.find_transaction(transaction.hash) is not None:
            raise Refusal("already known")
        header = self.pending()
        check(transaction, self.state(header), header)
        with self._database.transaction():
            self._chain.header = header
            try:
                self._chain.apply_transaction(transaction)
            except ValidationError as error:
                raise Refusal(f"invalid transaction: {error}") from error
            self._seal()
        return bytes(transaction.hash)

    def mine(self, count: int = 1, interval: int = 0) -> None:
        """Mine blocks without transactions, ``interval`` seconds of the chain's clock apart.

        All of them, or none: the blocks are one transaction of the database.
        """
        with self._database.transaction():
            for index in range(count):
                if index and interval:
                    self.increase_time(interval)
                self._chain.header = self.pending()
                self._seal()

    def tick(self) -> None:
        """Mine a block where the latest one is of an earlier second than now."""
        if self.pending().timestamp > self.head().timestamp:
            self.mine()

    def _decode(self, raw: bytes) -> Any:
        try:
            return self._chain.get_vm().get_transaction_builder().decode(raw)
        except Exception as error:  # py-evm lets rlp, index and type errors of hostile bytes through
            raise Refusal(f"transaction cannot be decoded: {error}") from error

    def _seal(self) -> None:
        """Mine the pending block, and index its logs."""
        (digest,) = self._backend.mine_blocks(1)
        self._database.add_logs(self.block_logs(self.block(self._chain.get_block_header_by_hash(digest))))
        self._database.set_number(NEXT_TIMESTAMP, None)

    # Time

    def _stamp(self, parent: int) -> int:
        chosen = self._database.number(NEXT_TIMESTAMP)
        now = self._clock() + self.offset if chosen is None else chosen
        return max(parent, now)

    @property
    def offset(self) -> int:
        """Seconds the chain's clock is ahead of the machine's."""
        return self._database.number(OFFSET) or 0

    def increase_time(self, seconds: int) -> int:
        """Move the chain's clock on; how far it is ahead of the machine's then."""
        self._database.set_number(OFFSET, self.offset + seconds)
        return self.offset

    def set_next_timestamp(self, timestamp: int) -> None:
        """Stamp the next block so, and let the clock run on from there.

        Raises:
            Refusal: the latest block is later.
        """
        head = int(self.head().timestamp)
        if timestamp < head:
            raise Refusal(f"timestamp {timestamp} is before the latest block's, {head}: time goes forward only")
        with self._database.transaction():
            self._database.set_number(NEXT_TIMESTAMP, timestamp)
            self._database.set_number(OFFSET, timestamp - self._clock())

    # Snapshots

    def take_snapshot(self) -> int:
        return self._database.add_snapshot(int(self.head().block_number), self.offset)

    def revert(self, number: int) -> bool:
        """Go back to a snapshot and forget it, with all taken after it; False where there is none."""
        snapshot = self._database.snapshot(number)
        if snapshot is None:
            return False
        with self._database.transaction():
            for above in range(int(self.head().block_number), snapshot.block, -1):
                self._unlink(above)
            database, kept = self._database, self._chain.get_canonical_block_hash(snapshot.block)
            database[SchemaV1.make_canonical_head_hash_lookup_key()] = kept
            # py-evm notes which numbers it holds blocks for: all, up to the one that is now the head.
            gaps = rlp.encode(((), snapshot.block + 1), sedes=chain_gaps)
            database[SchemaV1.make_header_chain_gaps_lookup_key()] = gaps
            database[SchemaV1.make_chain_gaps_lookup_key()] = gaps
            database.forget_after(snapshot)
            database.set_number(OFFSET, snapshot.offset)
            database.set_number(NEXT_TIMESTAMP, None)
        return True

    def _unlink(self, number: int) -> None:
        """Make one block, and its transactions, not found by number or hash."""
        for transaction in self.block(self.header(number)).transactions:
            del self._database[SchemaV1.make_transaction_hash_to_block_lookup_key(transaction.hash)]
        del self._database[SchemaV1.make_block_number_to_hash_lookup_key(BlockNumber(number))]


@contextmanager
def _executed() -> Iterator[None]:
    """py-evm's errors as a node answers them."""
    try:
        yield
    except Revert as error:
        data = bytes(error.args[0]) if error.args and isinstance(error.args[0], bytes) else b""
        raise Refusal(_reverted(data), EXECUTION_REVERTED, "0x" + data.hex()) from error
    except VMError as error:
        raise Refusal(f"execution failed: {type(error).__name__}: {error}") from error
    except ValidationError as error:
        raise Refusal(f"cannot be executed: {error}") from error


def _reverted(data: bytes) -> str:
    if data[:4] == ERROR_STRING:
        try:
            return f"execution reverted: {decode(['string'], data[4:])[0]}"
        except DecodingError:
            pass
    return "execution reverted"
