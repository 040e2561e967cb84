"""The ledger port on a real chain: one federation through web3, seen and written as one account.

Every write is simulated first, so a refusal costs nothing and names the contract's own error.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from copy import copy
from typing import Any, Self, cast

from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound
from web3.types import TxParams

from qfl_chain.chain.artifacts import Artifact, load_artifact
from qfl_chain.chain.decoding import EventDecoder, opened_by, readable_reverts, report_tuple, terms_tuple, to_receipt
from qfl_chain.chain.fees import GWEI
from qfl_chain.chain.logs import LogReader
from qfl_chain.chain.outbox import Outbox
from qfl_chain.chain.sending import Sender, SendPolicy
from qfl_chain.chain.transport import answering
from qfl_chain.errors import LedgerError, WrongContract
from qfl_chain.protocol.eip712 import pack_signatures
from qfl_chain.protocol.filing import committee_at
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

PAUSED, CANCELLED = 1, 2
"""The contract's ``Admission``."""
NOTHING = Gwei(0)
NO_ACCOUNT = "this needs an account to sign with: name one with --keystore"


class Web3Ledger:
    """One federation on one chain.

    Args:
        web3: a connection to any Ethereum JSON-RPC endpoint.
        federation: the contract's address.
        signer: the account that writes; without one, only reading works.
        policy: fees, patience and confirmations of what is written.
        from_block: a block not after the deployment, where reading logs begins.
        outbox: keeps the signer's transaction in flight; in memory by default.

    Raises:
        WrongContract: no federation at that address.
    """

    def __init__(
        self,
        web3: Web3,
        federation: Address,
        signer: LocalAccount | None = None,
        *,
        policy: SendPolicy | None = None,
        from_block: int = 0,
        outbox: Outbox | None = None,
    ) -> None:
        artifact = load_artifact("Federation")
        self._web3 = web3
        self._policy = policy or SendPolicy()
        self._federation = federation
        self._contract: Any = web3.eth.contract(address=Web3.to_checksum_address(federation), abi=artifact.abi)
        self._abi = artifact.abi
        self._logs = LogReader(web3, self._contract.address, from_block, EventDecoder(self._contract))
        self._sign_as(signer, outbox)
        with answering(web3):
            self._chain_id = int(web3.eth.chain_id)
            if not web3.eth.get_code(self._contract.address):
                raise WrongContract(f"no contract at {federation} on chain {self._chain_id}: check the address and RPC")
        self._terms = self._read_terms()

    def signed_by(self, signer: LocalAccount, outbox: Outbox | None = None) -> Self:
        """The same federation, written as another account; what was read of the chain is shared."""
        other = copy(self)
        other._sign_as(signer, outbox)
        return other

    @property
    def federation(self) -> Address:
        return self._federation

    @property
    def chain_id(self) -> int:
        return self._chain_id

    @property
    def account(self) -> Address:
        if self._signer is None:
            raise LedgerError(NO_ACCOUNT)
        return Address(self._signer.address)

    # Reading

    def now(self) -> int:
        with answering(self._web3):
            return int(self._web3.eth.get_block("latest")["timestamp"])

    def height(self) -> int:
        with answering(self._web3):
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
        with answering(self._web3):
            return int(self._web3.eth.get_balance(Web3.to_checksum_address(account)))

    def events(self, from_block: int = 0) -> Sequence[Event]:
        with answering(self._web3):
            events = self._logs.events()
        return events[bisect_left(events, from_block, key=lambda event: event.block) :] if from_block else events

    def active_round(self) -> int | None:
        try:
            return int(self._call("activeReport")[0]) or None
        except ContractLogicError:
            return None

    def openings(self, transaction: str) -> Sequence[Opening]:
        try:
            with answering(self._web3):
                sent = self._web3.eth.get_transaction(HexStr(transaction))
        except LedgerError as error:
            if not isinstance(error.__cause__, TransactionNotFound):
                raise
            raise LedgerError(f"no transaction {transaction}: a reorg dropped it; read the logs again") from error
        return opened_by(self._contract, sent["input"])

    # Writing

    def resolve(self) -> Receipt | None:
        return self._sender.resolve() if self._sender else None

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
        packed = pack_signatures(committee_at(self.events(), None), signatures)
        return self._send("report", report_tuple(report), packed.signed, packed.signers, packed.signatures)

    def claim(self, cumulative: Gwei, index: int, proof: bytes) -> Receipt:
        return self._send("claim", cumulative, index, proof)

    def penalize(self, participant: Address) -> Receipt:
        return self._send("penalize", participant)

    def exit(self) -> Receipt:
        return self._send("exit")

    def withdraw(self) -> Receipt:
        return self._send("withdraw")

    # How

    def _sign_as(self, signer: LocalAccount | None, outbox: Outbox | None) -> None:
        self._signer = signer
        self._sender = Sender(self._web3, signer, self._policy, outbox) if signer else None

    def _call(self, function: str, *arguments: Any) -> Any:
        # Naming the caller spares eth-tester from looking for one among all its accounts.
        caller: TxParams = {"from": self._signer.address} if self._signer else {}
        with answering(self._web3):
            return getattr(self._contract.functions, function)(*arguments).call(caller)

    def _send(self, function: str, *arguments: Any, value: int = 0) -> Receipt:
        if self._sender is None:
            raise LedgerError(NO_ACCOUNT)
        call = getattr(self._contract.functions, function)(*arguments)
        with readable_reverts(self._web3, self._abi, function):
            return to_receipt(function, self._sender.send(function, call, value))

    def _read_terms(self) -> Terms:
        with answering(self._web3):
            deployed = self._logs.first(self._contract.events.Deployed().topic)
        if deployed is None:
            raise WrongContract(
                f"the contract at {self._federation} is not a federation of this version: check the address"
            )
        return deployed_terms(deployed)


def deploy(
    web3: Web3,
    signer: LocalAccount,
    terms: Terms,
    *,
    funding: Gwei = NOTHING,
    policy: SendPolicy | None = None,
    outbox: Outbox | None = None,
) -> tuple[Address, Receipt]:
    """Put a new federation on the chain and return its address.

    Raises:
        Reverted: the constructor refused the terms.
        LedgerError: as :meth:`Sender.send`.
    """
    artifact: Artifact = load_artifact("Federation")
    factory: Any = web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    call = factory.constructor(terms_tuple(terms), sorted(terms.oracles, key=pack_address))
    with readable_reverts(web3, artifact.abi, "deploy"):
        receipt = Sender(web3, signer, policy, outbox).send("deploy", call, funding * GWEI)
    return Address(cast(str, receipt["contractAddress"])), to_receipt("deploy", receipt)


def deploy_referee(web3: Web3, signer: LocalAccount, policy: SendPolicy | None = None) -> tuple[Address, Receipt]:
    """Put a referee on the chain and return its address. One serves any number of federations.

    Raises:
        LedgerError: as :meth:`Sender.send`.
    """
    artifact: Artifact = load_artifact("Referee")
    factory: Any = web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    receipt = Sender(web3, signer, policy).send("deploy", factory.constructor())
    return Address(cast(str, receipt["contractAddress"])), to_receipt("deploy", receipt)
