"""One account's transactions, from simulation to a receipt that is deep enough.

A transaction is simulated, signed, put into the outbox, and only then broadcast. One that is not mined is replaced
at higher fees, one that a reorg dropped is broadcast again, and one that an earlier process left behind is settled
before the next is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions import TypedTransaction
from eth_utils.exceptions import ValidationError
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3Exception
from web3.types import TxParams, TxReceipt

from qfl_chain.chain.decoding import to_receipt
from qfl_chain.chain.fees import GWEI, Fees, base_fee, check_funds, first_fees, raised
from qfl_chain.chain.mempool import Reply, Verdict, broadcast, find_receipt, hashes, is_known
from qfl_chain.chain.outbox import InFlight, MemoryOutbox, Outbox
from qfl_chain.chain.transport import answering
from qfl_chain.errors import LedgerError, NonceTaken
from qfl_chain.types import Receipt

GAS_MARGIN_PERCENT = 25
FIRST_POLL, LONGEST_POLL = 0.05, 1.0
"""Seconds between two looks for a receipt."""
LOST_AFTER = 5
"""Looks in a row that find the nonce used and the transaction nowhere: nodes behind one address can lag one another."""


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """How an account's transactions are sent.

    Attributes:
        priority_fee: wei per gas offered to the block's proposer at first.
        fee_cap: wei per gas, never exceeded.
        confirmations: blocks that must hold a transaction, its own counted.
        patience: seconds before a transaction that is not mined is replaced at higher fees.
        bumps: replacements at the most; one more patience later the sender gives up.
    """

    priority_fee: int = GWEI
    fee_cap: int = 1_000 * GWEI
    confirmations: int = 1
    patience: float = 45.0
    bumps: int = 8


@dataclass(slots=True)
class _Wait:
    """How the wait for one transaction stands; times are the sender's clock's."""

    flight: InFlight
    since: float
    bumps: int = 0
    block: int | None = None
    lost: int = 0
    pause: float = FIRST_POLL


class Sender:
    """Sends from one account, one transaction after the other.

    Args:
        web3: a connection to the chain.
        signer: the account.
        policy: fees, patience and confirmations.
        outbox: where the transaction in flight is kept; in memory by default.
        clock: seconds that only grow.
        sleep: waits some of them.
    """

    def __init__(
        self,
        web3: Web3,
        signer: LocalAccount,
        policy: SendPolicy | None = None,
        outbox: Outbox | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._web3 = web3
        self._signer = signer
        self._policy = policy or SendPolicy()
        self._outbox = outbox or MemoryOutbox()
        self._clock = clock
        self._sleep = sleep

    def send(self, function: str, call: Any, value: int = 0) -> TxReceipt:
        """Send one call and wait for its receipt.

        Raises:
            ContractLogicError: the simulation reverts; nothing was sent.
            LedgerError: the account cannot pay, the node refuses, the transaction failed or is not mined in time.
        """
        self.resolve()
        with answering(self._web3):
            flight = self._signed(function, self._prepared(call, value))
            self._outbox.put(flight)
            receipt = self._settled(self._launched(flight))
        if receipt["status"] != 1:
            raise LedgerError(
                f"{function}: transaction {receipt['transactionHash'].to_0x_hex()} was mined and failed, though its "
                "simulation did not: the chain changed in between, look at its state and try again"
            )
        return receipt

    def resolve(self) -> Receipt | None:
        """Settle what an earlier process, or an earlier wait that gave up, left in flight.

        Returns:
            The receipt; it may be of a call that failed: the chain's state says. None when nothing was left, or it
            can never be mined.

        Raises:
            LedgerError: still not mined; it stays in the outbox.
        """
        flight = self._outbox.get()
        if flight is None:
            return None
        with answering(self._web3):
            if flight.nonce > self._nonce("pending") and not is_known(self._web3, flight):
                # The chain lost the transactions before this one, as a reset devnet does: it fits nowhere any more.
                self._outbox.put(None)
                return None
            for raw in flight.versions:
                broadcast(self._web3, raw)
            try:
                return to_receipt(flight.function, self._settled(flight))
            except NonceTaken:
                return None

    def _prepared(self, call: Any, value: int) -> TxParams:
        """The call with nonce, gas and fees; estimating the gas also simulates it."""
        account, fees = self._signer.address, self._first_fees()
        sent: TxParams = {"from": account, "value": cast(Any, value)}
        balance = int(self._web3.eth.get_balance(account))
        if balance < value:
            gas = _gas_for_the_rich(self._web3, call, sent)
            check_funds(account, balance, value, None if gas is None else _with_margin(gas) * fees.maximum)
        gas = _with_margin(call.estimate_gas(sent))
        check_funds(account, balance, value, gas * fees.maximum)
        fields: TxParams = {
            **sent,
            "gas": gas,
            "nonce": cast(Any, self._nonce("pending")),
            "chainId": self._web3.eth.chain_id,
            "maxFeePerGas": cast(Any, fees.maximum),
            "maxPriorityFeePerGas": cast(Any, fees.tip),
        }
        return cast(TxParams, call.build_transaction(fields))

    def _first_fees(self) -> Fees:
        return first_fees(base_fee(self._web3), self._policy.priority_fee, self._policy.fee_cap)

    def _nonce(self, block: Any) -> int:
        return int(self._web3.eth.get_transaction_count(self._signer.address, block))

    def _signed(self, function: str, transaction: TxParams) -> InFlight:
        raw = self._signer.sign_transaction(cast(Any, transaction)).raw_transaction
        return InFlight(function, int(transaction["nonce"]), (HexBytes(raw).to_0x_hex(),))

    def _launched(self, flight: InFlight) -> InFlight:
        """Broadcast a new transaction, at higher fees when the node finds them too low.

        Raises:
            LedgerError: the node refuses it, and has it nowhere.
        """
        reply = broadcast(self._web3, flight.versions[-1])
        for _ in range(self._policy.bumps):
            if reply.verdict is not Verdict.UNDERPRICED:
                break
            flight, reply = self._replaced(flight)
        if reply.verdict in (Verdict.REFUSED, Verdict.UNDERPRICED) and not is_known(self._web3, flight):
            self._outbox.put(None)
            raise LedgerError(f"the node refuses {flight.function}: {reply.words}; nothing was sent")
        return flight

    def _replaced(self, flight: InFlight) -> tuple[InFlight, Reply]:
        """The transaction with a version at higher fees, broadcast; unchanged when the cap forbids it."""
        latest: dict[str, Any] = TypedTransaction.from_bytes(HexBytes(flight.versions[-1])).as_dict()
        fees = Fees(latest["maxFeePerGas"], latest["maxPriorityFeePerGas"])
        more = raised(fees, base_fee(self._web3), self._policy.fee_cap)
        if more is None:
            return flight, Reply(Verdict.REFUSED, f"higher fees than the limit of {self._policy.fee_cap} wei per gas")
        kept = ("chainId", "value", "data", "nonce", "gas", *(("to",) if latest["to"] else ()))
        again = {name: latest[name] for name in kept}
        again |= {"maxFeePerGas": more.maximum, "maxPriorityFeePerGas": more.tip, "type": 2}
        new = self._signed(flight.function, cast(TxParams, again))
        flight = replace(flight, versions=flight.versions + new.versions)
        self._outbox.put(flight)
        return flight, broadcast(self._web3, flight.versions[-1])

    def _settled(self, flight: InFlight) -> TxReceipt:
        """Wait until a version of it is mined and deep enough, and clear the outbox.

        Raises:
            NonceTaken: another transaction used its nonce.
            LedgerError: not mined, or not deep enough, in time.
        """
        wait = _Wait(flight, self._clock())
        while True:
            receipt = find_receipt(self._web3, wait.flight)
            if receipt is not None and self._is_deep(receipt):
                self._outbox.put(None)
                return receipt
            if receipt is not None:
                self._await_depth(wait, int(receipt["blockNumber"]))
            elif wait.block is not None:
                self._recover(wait)
            else:
                self._await_block(wait)
            self._sleep(wait.pause)
            wait.pause = min(1.5 * wait.pause, LONGEST_POLL)

    def _is_deep(self, receipt: TxReceipt) -> bool:
        """Whether enough blocks stand on the receipt's, and it is still the chain's."""
        if self._policy.confirmations <= 1:
            return True
        number = int(receipt["blockNumber"])
        if int(self._web3.eth.block_number) - number + 1 < self._policy.confirmations:
            return False
        return bool(self._web3.eth.get_block(number)["hash"] == receipt["blockHash"])

    def _await_depth(self, wait: _Wait, block: int) -> None:
        if wait.block is None:
            wait.since = self._clock()
        wait.block, wait.lost = block, 0
        if self._clock() - wait.since > self._longest():
            raise LedgerError(
                f"{wait.flight.function}: mined in block {block}, but without {self._policy.confirmations} "
                f"confirmations after {self._longest():g} s: check that the chain makes blocks, or ask for fewer"
            )

    def _recover(self, wait: _Wait) -> None:
        """A reorg took the transaction's block away: all nodes may have forgotten it."""
        wait.block, wait.since, wait.bumps, wait.pause = None, self._clock(), 0, FIRST_POLL
        for raw in wait.flight.versions:
            broadcast(self._web3, raw)

    def _await_block(self, wait: _Wait) -> None:
        wait.lost = wait.lost + 1 if self._is_lost(wait.flight) else 0
        if wait.lost >= LOST_AFTER:
            self._outbox.put(None)
            raise NonceTaken(
                f"{wait.flight.function}: another transaction used nonce {wait.flight.nonce} of "
                f"{self._signer.address}: stop other programs that send from this account, and try again"
            )
        if self._clock() - wait.since < (wait.bumps + 1) * self._policy.patience:
            return
        if wait.bumps == self._policy.bumps:
            raise self._given_up(wait.flight)
        wait.bumps += 1
        wait.flight, _ = self._replaced(wait.flight)

    def _is_lost(self, flight: InFlight) -> bool:
        return self._nonce("latest") > flight.nonce and not is_known(self._web3, flight)

    def _given_up(self, flight: InFlight) -> LedgerError:
        ahead = self._nonce("latest")
        cause = (
            f"an earlier transaction of {self._signer.address} with nonce {ahead} is not mined either; replace it with "
            "the program that sent it"
            if ahead < flight.nonce
            else "check that the chain makes blocks and what fees it asks"
        )
        return LedgerError(
            f"{flight.function}: transaction {next(iter(hashes(flight)))} is not mined after {self._longest():g} s: "
            f"{cause}; it can still be mined later"
        )

    def _longest(self) -> float:
        return (self._policy.bumps + 1) * self._policy.patience


def _with_margin(gas: int) -> int:
    return gas * (100 + GAS_MARGIN_PERCENT) // 100


def _gas_for_the_rich(web3: Web3, call: Any, sent: TxParams) -> int | None:
    """What the call would take if the account could pay; None where the node cannot pretend so."""
    unsent = call.build_transaction(
        {**sent, "gas": 1, "nonce": 0, "chainId": 1, "maxFeePerGas": 1, "maxPriorityFeePerGas": 1}
    )
    call_alone = {name: unsent[name] for name in ("from", "to", "value", "data") if unsent.get(name)}
    try:
        rich = {sent["from"]: {"balance": hex(10**30)}}
        return int(web3.eth.estimate_gas(cast(TxParams, call_alone), state_override=cast(Any, rich)))
    except ContractLogicError:
        raise
    except (Web3Exception, ValidationError, TypeError):  # eth-tester in this process raises the latter two
        return None
