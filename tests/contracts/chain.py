"""eth-tester with a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from eth.vm.forks.prague import PragueVM
from eth_keys import keys
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.backends.pyevm.main import get_default_genesis_params
from eth_tester.exceptions import TransactionFailed
from eth_utils import to_canonical_address

from .abi import decode_error
from .fake_referee import runtime
from .references import GENESIS, key

GWEI = 10**9
GAS = 16_777_216
REFEREE = to_canonical_address("0x" + "f1" * 20)
ORACLE_PURSE = 10**18


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
            }
            | {REFEREE: {"balance": 0, "nonce": 1, "code": runtime(), "storage": {}}},
            vm_configuration=((0, PragueVM),),
        )
        self.tester = EthereumTester(self._backend)
        for name in names:
            self.tester.add_account(key(name).to_hex())
        self.clock = GENESIS + 10
        self._known = set(self.tester.get_accounts())

    def adopt(self, owner: keys.PrivateKey, patron: str) -> str:
        """Lets an account send that was not there at genesis, on what ``patron`` gives it."""
        account = str(owner.public_key.to_checksum_address())
        if account not in self._known:
            self.tester.add_account(owner.to_hex())
            self._known.add(account)
        if self.balance(account) == 0:
            self.transact(patron, account, b"", ORACLE_PURSE)
        return account

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
