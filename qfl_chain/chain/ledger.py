"""The ledger port on a real chain: one federation through web3, seen and written as one account.

Every write is simulated first, so a refusal costs nothing and names the contract's own error.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Any, cast

import requests
from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractLogicError
from web3.types import LogReceipt, TxParams, TxReceipt

from qfl_chain.chain.artifacts import Artifact, load_artifact
from qfl_chain.errors import LedgerError, Reverted, Unreachable, WrongContract, WrongPhase
from qfl_chain.protocol.eip712 import pack_signatures
from qfl_chain.protocol.packing import pack_address
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.types import (
    Address,
    Event,
    Gwei,
    LiveRound,
    Member,
    Opening,
    Receipt,
    Report,
    Signature,
    Terms,
)

GWEI = 10**9
RECEIPT_TIMEOUT = 120
GAS_MARGIN_PERCENT = 25
PAUSED, CANCELLED = 1, 2
"""The contract's ``Admission``."""
NOTHING = Gwei(0)


@dataclass(slots=True)
class _SeenLogs:
    """The federation's logs read so far, up to but not with ``next_block``."""

    next_block: int
    events: list[Event] = field(default_factory=list)


class Web3Ledger:
    """One federation on one chain.

    Args:
        web3: a connection to any Ethereum JSON-RPC endpoint.
        federation: the contract's address.
        signer: the account that writes; without one, only reading works.
        priority_fee: wei per gas offered to the block's proposer.
        from_block: a block not after the deployment, where reading logs begins.

    Raises:
        WrongContract: no federation at that address.
    """

    def __init__(
        self,
        web3: Web3,
        federation: Address,
        signer: LocalAccount | None = None,
        *,
        priority_fee: int = GWEI,
        from_block: int = 0,
    ) -> None:
        artifact = load_artifact("Federation")
        self._web3 = web3
        self._signer = signer
        self._priority_fee = priority_fee
        self._seen = _SeenLogs(from_block)
        self._federation = federation
        self._contract: Any = web3.eth.contract(address=Web3.to_checksum_address(federation), abi=artifact.abi)
        self._errors = _by_selector(artifact.abi)
        self._event_abis = _by_topic(artifact.abi)
        self._timestamps: dict[int, int] = {}
        with _reachable():
            self._chain_id = int(web3.eth.chain_id)
            if not web3.eth.get_code(self._contract.address):
                raise WrongContract(f"no contract at {federation} on chain {self._chain_id}: check the address and RPC")
        self._terms = self._read_terms()

    def signed_by(self, signer: LocalAccount) -> Web3Ledger:
        """The same federation, written as another account; what was read of the chain is shared."""
        other = copy(self)
        other._signer = signer
        return other

    @property
    def federation(self) -> Address:
        return self._federation

    @property
    def chain_id(self) -> int:
        return self._chain_id

    @property
    def account(self) -> Address:
        return Address(self._need_signer().address)

    # Reading

    def now(self) -> int:
        with _reachable():
            return int(self._web3.eth.get_block("latest")["timestamp"])

    def height(self) -> int:
        with _reachable():
            return int(self._web3.eth.block_number)

    def terms(self) -> Terms:
        return self._terms

    def live(self) -> LiveRound:
        number, start, admission, revealed, accumulator = self._call("live")
        paused = admission == PAUSED and self.now() < self._terms.guardian_expiry
        return LiveRound(number, start, revealed, accumulator, paused, cancelled=admission == CANCELLED)

    def member(self, participant: Address) -> Member:
        return Member(*self._call("member", participant))

    def balance(self, account: Address) -> int:
        with _reachable():
            return int(self._web3.eth.get_balance(Web3.to_checksum_address(account)))

    def events(self, from_block: int = 0) -> Sequence[Event]:
        seen = self._seen
        with _reachable():
            head = int(self._web3.eth.block_number)
            if head >= seen.next_block:
                logs = self._web3.eth.get_logs(
                    {"address": self._contract.address, "fromBlock": seen.next_block, "toBlock": head}
                )
                seen.events.extend([self._decode(log) for log in logs])
                seen.next_block = head + 1
        return tuple(seen.events[bisect_left(seen.events, from_block, key=lambda event: event.block) :])

    def active_round(self) -> int | None:
        try:
            return int(self._call("activeReport")[0]) or None
        except ContractLogicError:
            return None

    def openings(self, transaction: str) -> Sequence[Opening]:
        with _reachable():
            sent = self._web3.eth.get_transaction(HexStr(transaction))
        function, arguments = self._contract.decode_function_input(sent["input"])
        if function.fn_name == "reveal":
            return (Opening(arguments["participant"], arguments["digest"], arguments["salt"]),)
        return tuple(Opening(*_plain(opening)) for opening in arguments.get("openings", ()))

    # Writing

    def fund(self, amount: Gwei) -> Receipt:
        return self._send("fund", value=amount * GWEI)

    def join(self, amount: Gwei) -> Receipt:
        return self._send("join", value=amount * GWEI)

    def commit(self, number: int, commitment: int) -> Receipt:
        return self._send("commit", number, commitment)

    def reveal(self, opening: Opening) -> Receipt:
        return self._send("reveal", opening.participant, opening.digest, opening.salt)

    def reveal_many(self, openings: Sequence[Opening]) -> Receipt:
        return self._send("revealMany", [(one.participant, one.digest, one.salt) for one in openings])

    def report(self, report: Report, signatures: Sequence[Signature]) -> Receipt:
        packed = pack_signatures(self._terms.oracles, signatures)
        return self._send("report", _report_tuple(report), packed.signed, packed.signers, packed.signatures)

    def claim(self, cumulative: Gwei, index: int, proof: bytes) -> Receipt:
        return self._send("claim", cumulative, index, proof)

    def penalize(self, participant: Address) -> Receipt:
        return self._send("penalize", participant)

    def exit(self) -> Receipt:
        return self._send("exit")

    def withdraw(self) -> Receipt:
        return self._send("withdraw")

    # How

    def _call(self, function: str, *arguments: Any) -> Any:
        # Naming the caller spares eth-tester from looking for one among all its accounts.
        caller: TxParams = {"from": self._signer.address} if self._signer else {}
        with _reachable():
            return getattr(self._contract.functions, function)(*arguments).call(caller)

    def _need_signer(self) -> LocalAccount:
        if self._signer is None:
            raise LedgerError("this needs an account to sign with: name one with --keystore")
        return self._signer

    def _send(self, function: str, *arguments: Any, value: int = 0) -> Receipt:
        call = getattr(self._contract.functions, function)(*arguments)
        with _reachable(), _readable_reverts(self._web3, self._errors, function):
            receipt = send(self._web3, self._need_signer(), call, value=value, priority_fee=self._priority_fee)
        return to_receipt(function, receipt)

    def _decode(self, log: LogReceipt) -> Event:
        name = self._event_abis[bytes(log["topics"][0])]
        decoded = self._contract.events[name]().process_log(log)
        args = {key: _plain(value) for key, value in decoded["args"].items()}
        block = int(log["blockNumber"])
        return Event(name, args, block, int(log["logIndex"]), self._time_of(block), log["transactionHash"].to_0x_hex())

    def _time_of(self, block: int) -> int:
        if block not in self._timestamps:
            self._timestamps[block] = int(self._web3.eth.get_block(block)["timestamp"])
        return self._timestamps[block]

    def _read_terms(self) -> Terms:
        deployed = self._contract.events.Deployed()
        with _reachable():
            logs = self._web3.eth.get_logs(
                {"address": self._contract.address, "fromBlock": self._seen.next_block, "topics": [deployed.topic]}
            )
        if len(logs) != 1:
            raise WrongContract(
                f"the contract at {self._federation} is not a federation of this version: check the address"
            )
        return deployed_terms(self._decode(logs[0]))


def deploy(
    web3: Web3, signer: LocalAccount, terms: Terms, *, funding: Gwei = NOTHING, priority_fee: int = GWEI
) -> tuple[Address, Receipt]:
    """Put a new federation on the chain and return its address.

    Raises:
        Reverted: the constructor refused the terms.
    """
    artifact: Artifact = load_artifact("Federation")
    factory: Any = web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    call = factory.constructor(_terms_tuple(terms), sorted(terms.oracles, key=pack_address))
    with _reachable(), _readable_reverts(web3, _by_selector(artifact.abi), "deploy"):
        receipt = send(web3, signer, call, value=funding * GWEI, priority_fee=priority_fee)
    return Address(cast(str, receipt["contractAddress"])), to_receipt("deploy", receipt)


def send(
    web3: Web3, signer: LocalAccount, call: ContractFunction | Any, *, value: int = 0, priority_fee: int = GWEI
) -> TxReceipt:
    """Sign and send one call, and wait for its receipt; gas is estimated first, which also simulates it.

    Raises:
        ContractLogicError: the contract refuses.
        LedgerError: the account cannot pay, or the transaction failed after all.
    """
    base_fee = int(web3.eth.get_block("latest").get("baseFeePerGas", 0))
    fields: TxParams = {
        "from": signer.address,
        "value": cast(Any, value),
        "nonce": web3.eth.get_transaction_count(signer.address, "pending"),
        "chainId": web3.eth.chain_id,
        "maxPriorityFeePerGas": cast(Any, priority_fee),
        "maxFeePerGas": cast(Any, 2 * base_fee + priority_fee),
    }
    _check_funds(web3, signer, value)
    gas = call.estimate_gas({"from": signer.address, "value": cast(Any, value)})
    transaction = call.build_transaction({**fields, "gas": gas * (100 + GAS_MARGIN_PERCENT) // 100})
    signed = signer.sign_transaction(transaction)
    receipt = web3.eth.wait_for_transaction_receipt(
        web3.eth.send_raw_transaction(signed.raw_transaction), timeout=RECEIPT_TIMEOUT, poll_latency=0.05
    )
    if receipt["status"] != 1:
        raise LedgerError(f"transaction {receipt['transactionHash'].to_0x_hex()} was mined but failed: try again")
    return receipt


def to_receipt(function: str, receipt: TxReceipt) -> Receipt:
    """What a mined transaction cost."""
    gas_used = int(receipt["gasUsed"])
    return Receipt(
        transaction=receipt["transactionHash"].to_0x_hex(),
        function=function,
        block=int(receipt["blockNumber"]),
        gas_used=gas_used,
        fee_wei=gas_used * int(receipt["effectiveGasPrice"]),
    )


def _check_funds(web3: Web3, signer: LocalAccount, value: int) -> None:
    balance = int(web3.eth.get_balance(signer.address))
    if balance < value:
        raise LedgerError(f"{signer.address} holds {balance} wei and cannot send {value}: fund the account first")


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (requests.ConnectionError, requests.Timeout, ConnectionError) as error:
        raise Unreachable(f"no answer from the RPC endpoint: {type(error).__name__}; is the node running?") from error


@contextmanager
def _readable_reverts(web3: Web3, errors: Mapping[bytes, Mapping[str, Any]], function: str) -> Iterator[None]:
    try:
        yield
    except ContractLogicError as error:
        raise _reverted(web3, errors, function, error) from error


def _reverted(
    web3: Web3, errors: Mapping[bytes, Mapping[str, Any]], function: str, error: ContractLogicError
) -> Reverted:
    """The contract's own error behind a revert, with its arguments."""
    data = HexBytes(cast(HexStr, error.data)) if isinstance(error.data, str | bytes) else HexBytes(b"")
    entry = errors.get(bytes(data[:4]))
    if entry is None:
        return Reverted(function, str(error.message or "unknown error"))
    values = web3.codec.decode([item["type"] for item in entry["inputs"]], bytes(data[4:]))
    named = {item["name"]: value for item, value in zip(entry["inputs"], values, strict=True)}
    if entry["name"] == "WrongPhase":
        return WrongPhase(function, int(named["opensAt"]), int(named["closesAt"]))
    return Reverted(function, str(entry["name"]), named)


def _by_selector(abi: Sequence[Mapping[str, Any]]) -> dict[bytes, Mapping[str, Any]]:
    return {_hash(entry)[:4]: entry for entry in abi if entry["type"] == "error"}


def _by_topic(abi: Sequence[Mapping[str, Any]]) -> dict[bytes, str]:
    return {_hash(entry): str(entry["name"]) for entry in abi if entry["type"] == "event"}


def _hash(entry: Mapping[str, Any]) -> bytes:
    return bytes(Web3.keccak(text=f"{entry['name']}({','.join(_type_of(item) for item in entry['inputs'])})"))


def _type_of(item: Mapping[str, Any]) -> str:
    if not str(item["type"]).startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_type_of(part) for part in item["components"])
    return f"({inner}){str(item['type']).removeprefix('tuple')}"


def _plain(value: Any) -> Any:
    """Decoded ABI values as bytes, ints, strings and tuples, and nothing of web3's own."""
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, Mapping):
        return tuple(_plain(item) for item in value.values())
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return value


def _terms_tuple(terms: Terms) -> tuple[Any, ...]:
    return tuple(getattr(terms, name) for name in Terms.__dataclass_fields__ if name != "oracles")


def _report_tuple(report: Report) -> tuple[Any, ...]:
    return tuple(getattr(report, name) for name in Report.__dataclass_fields__)
