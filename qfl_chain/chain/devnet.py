"""The development chain: eth-tester in this process, on a clock that only moves when told.

Its parameters come from ``devnet.toml``. Blocks carry timestamps counted from a fixed genesis time, so the same
transactions give the same chain on every machine and every day. ``qfl_chain.chain.node`` serves the same backend to
other programs, on the machine's clock and on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from eth.abc import DatabaseAPI
from eth.db.atomic import AtomicDB
from eth.db.schema import SchemaV1
from eth.exceptions import TransactionNotFound
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys import keys
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.backends.pyevm.main import get_default_genesis_params
from eth_tester.backends.pyevm.serializers import serialize_transaction_receipt
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, Web3
from web3.providers.eth_tester.defaults import API_ENDPOINTS
from web3.types import RPCEndpoint, RPCResponse

from qfl_chain.errors import InputError
from qfl_chain.schema import parse_toml, read_table

EXECUTION_REVERTED = 3
"""The JSON-RPC error code geth gives a reverted call."""

FORKS = {"cancun": CancunVM, "prague": PragueVM}


@dataclass(frozen=True, slots=True)
class DevnetSettings:
    """What ``devnet.toml`` says. ``balance_eth`` is each account's balance at genesis."""

    chain_id: int
    fork: str
    genesis_time: int
    block_time: int
    mnemonic: str
    accounts: int
    balance_eth: int
    priority_fee_gwei: int


def default_path() -> Path:
    """The ``devnet.toml`` of this checkout, or the copy inside an installed wheel."""
    packaged = Path(__file__).parents[1] / "devnet.toml"
    return packaged if packaged.exists() else Path(__file__).parents[2] / "devnet.toml"


def load_settings(path: Path | None = None) -> DevnetSettings:
    """Read ``devnet.toml``.

    Raises:
        InputError: the file is missing, not TOML, or its keys are not exactly those of :class:`DevnetSettings`.
    """
    path = path or default_path()
    try:
        text = path.read_text()
    except OSError as error:
        raise InputError(f"no devnet settings at {path} ({error.strerror}): restore devnet.toml") from error
    settings = read_table(DevnetSettings, parse_toml(text, str(path), InputError), str(path), InputError)
    if settings.fork not in FORKS:
        raise InputError(f"{path}: fork must be one of {', '.join(FORKS)}, got {settings.fork!r}")
    return settings


class Devnet:
    """An eth-tester chain in this process, and the web3 connection to it."""

    def __init__(self, settings: DevnetSettings, accounts: int = 0) -> None:
        count = max(settings.accounts, accounts)
        self.settings = settings
        self.accounts: tuple[LocalAccount, ...] = tuple(derive(settings.mnemonic, index) for index in range(count))
        self._backend = make_backend(settings, self.accounts, lambda parent: parent + settings.block_time)
        self._tester = EthereumTester(self._backend)
        endpoints = {**API_ENDPOINTS, "eth": {**API_ENDPOINTS["eth"], "chainId": lambda *_: settings.chain_id}}
        self.web3 = Web3(_DevnetProvider(self._tester, endpoints))

    @property
    def now(self) -> int:
        """The latest block's timestamp."""
        return int(self._tester.get_block_by_number("latest")["timestamp"])

    def travel(self, timestamp: int) -> None:
        """Mine one empty block at ``timestamp``; a time already reached does nothing."""
        if timestamp > self.now:
            self._backend.chain.header = self._backend.chain.header.copy(timestamp=timestamp)
            self._tester.mine_block()


class _DevnetProvider(EthereumTesterProvider):
    """The eth-tester provider, answering reverts as a node does."""

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            return super().make_request(method, params)
        except TransactionFailed as error:
            data = "0x" + _revert_data(error).hex()
            refused = {"code": EXECUTION_REVERTED, "message": "execution reverted", "data": data}
            return cast(RPCResponse, {"jsonrpc": "2.0", "id": 0, "error": refused})


def _revert_data(error: BaseException | None) -> bytes:
    # web3 rewraps eth-tester's error as text; the bytes are in the one it came from.
    while error is not None:
        first = error.args[0] if error.args else None
        if isinstance(first, bytes):
            return first
        error = first if isinstance(first, BaseException) else error.__context__
    return b""


def derive(mnemonic: str, index: int) -> LocalAccount:
    """The account at BIP-44 path ``m/44'/60'/0'/0/index``."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(mnemonic, account_path=f"m/44'/60'/0'/0/{index}")
    return account


def make_backend(
    settings: DevnetSettings,
    accounts: tuple[LocalAccount, ...],
    stamp: Callable[[int], int],
    database: DatabaseAPI | None = None,
) -> PyEVMBackend:
    """eth-tester's backend on a chain of these settings.

    Args:
        settings: what ``devnet.toml`` says.
        accounts: who holds the balance at genesis.
        stamp: a new block's timestamp, from its parent's.
        database: where the chain is kept; a chain already in it goes on. Without one, it is kept in memory.
    """
    genesis = get_default_genesis_params({"timestamp": settings.genesis_time})
    state = {
        Web3.to_bytes(hexstr=account.address): {
            "balance": settings.balance_eth * 10**18,
            "nonce": 0,
            "code": b"",
            "storage": {},
        }
        for account in accounts
    }
    backend = _IndexedBackend(
        genesis_parameters=genesis,
        genesis_state=state,
        vm_configuration=((0, _own_clock(FORKS[settings.fork], stamp)),),
    )
    chain = type(backend.chain)
    chain.chain_id = settings.chain_id
    if database is not None:
        begun = SchemaV1.make_canonical_head_hash_lookup_key() in database
        kept = AtomicDB(database)
        backend.chain = chain(kept) if begun else chain.from_genesis(kept, genesis, state)
    backend.chain.gas_estimator = _gas_of_one_execution
    backend.account_keys = tuple(keys.PrivateKey(account.key) for account in accounts)
    return backend


class _IndexedBackend(PyEVMBackend):  # type: ignore[misc]  # eth-tester has no types
    """eth-tester's backend with receipts found by the chain's index; its own walks back from the head."""

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        try:
            number, index = self.chain.get_canonical_transaction_index(transaction_hash)
        except TransactionNotFound:
            return super().get_transaction_receipt(transaction_hash)
        block = self.chain.get_canonical_block_by_number(number)
        receipts, transaction = block.get_receipts(self.chain.chaindb), block.transactions[index]
        return serialize_transaction_receipt(block, receipts, transaction, index, False, self.chain.get_vm())


def _own_clock(vm: Any, stamp: Callable[[int], int]) -> Any:
    """A VM whose new blocks follow the chain's clock; py-evm stamps them with the machine's."""

    def create_header_from_parent(parent: Any, **fields: Any) -> Any:
        if parent is not None:
            fields.setdefault("timestamp", stamp(parent.timestamp))
        return vm.create_header_from_parent(parent, **fields)

    def validate_header(own: Any, header: Any, parent: Any) -> None:
        # A block may share its parent's second, as with anvil: mining a block for each of many transactions would
        # otherwise push the chain's clock ahead of the machine's.
        if parent is not None and header.timestamp == parent.timestamp:
            parent = parent.copy(timestamp=parent.timestamp - 1)
        vm.validate_header.__func__(own, header, parent)

    rules = {
        "create_header_from_parent": staticmethod(create_header_from_parent),
        "validate_header": classmethod(validate_header),
    }
    return type(f"Devnet{vm.__name__}", (vm,), rules)


def _gas_of_one_execution(state: Any, transaction: Any) -> int:
    """Gas before refunds of one execution with all the gas there is; py-evm searches by a dozen executions."""
    snapshot = state.snapshot()
    computation = state.apply_transaction(SpoofTransaction(transaction, gas=state.gas_limit, gas_price=0))
    state.revert(snapshot)
    if computation.is_error:
        raise computation.error
    return int(state.gas_limit - computation.get_gas_remaining())
