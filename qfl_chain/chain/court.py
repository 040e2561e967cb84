"""The ledger with disputes: proofs, demands, answers and bonds of one federation through web3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from web3.exceptions import TransactionNotFound
from web3.types import TxParams

from qfl_chain.chain.accounts import recover_signer
from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.decoding import readable_reverts, report_tuple
from qfl_chain.chain.fees import GWEI
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.chain.outbox import Outbox
from qfl_chain.chain.transport import answering
from qfl_chain.errors import LedgerError
from qfl_chain.protocol.eip712 import SIGNATURE_BYTES, committee_bytes, report_digest
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.filing import ShownLeaf, filing_tuple
from qfl_chain.protocol.merkle import Excerpt
from qfl_chain.protocol.packing import pack_address
from qfl_chain.types import Address, Digest, Filing, Gwei, Receipt, Report, Signature


class Web3Court(Web3Ledger):
    """One federation on one chain, with its disputes. The referee's refusals have its own errors' names."""

    def _sign_as(self, signer: LocalAccount | None, outbox: Outbox | None) -> None:
        super()._sign_as(signer, outbox)
        self._abi = (*load_artifact("Federation").abi, *load_artifact("Referee").abi)

    # Reading

    def demand_terms(self) -> tuple[Gwei, int]:
        bond, window = self._call("demandTerms")
        return Gwei(int(bond)), int(window)

    def bond_of(self, oracle: Address) -> tuple[Gwei, int]:
        amount, leaves = self._call("bondOf", oracle)
        return Gwei(int(amount)), int(leaves)

    def credit(self, account: Address) -> Gwei:
        return Gwei(int(self._call("credit", account)))

    def signed_reports(self, transaction: str) -> Sequence[tuple[Report, Signature]]:
        name, arguments = self._input(transaction)
        if name != "report":
            return ()
        report = Report(*(_field(arguments["r"], one.name) for one in fields(Report)))
        digest = report_digest(report, self.chain_id, self.federation)
        packed = arguments["signatures"]
        cut = (bytes(packed[at : at + SIGNATURE_BYTES]) for at in range(0, len(packed), SIGNATURE_BYTES))
        return tuple((report, Signature(signer, one)) for one in cut if (signer := recover_signer(digest, one)))

    def shown_update(self, transaction: str) -> bytes | None:
        name, arguments = self._input(transaction)
        return bytes(arguments["payload"]) if name == "answerUpdate" else None

    def shown_leaf(self, transaction: str) -> ShownLeaf | None:
        name, arguments = self._input(transaction)
        if name != "answerLeaf":
            return None
        leaf = arguments["leaf"]
        shown = Excerpt(leaf["count"], leaf["first"], tuple(leaf["leaves"]), tuple(leaf["siblings"]))
        return ShownLeaf(int(arguments["index"]), shown, bytes(arguments["row"]))

    # Bonds

    def bond(self, amount: Gwei) -> Receipt:
        return self._send("bond", value=amount * GWEI)

    def unbond(self) -> Receipt:
        return self._send("unbond")

    def withdraw_bond(self) -> Receipt:
        return self._send("withdrawBond")

    def seat(self, oracles: Sequence[Address]) -> Receipt:
        return self._send("seat", committee_bytes(oracles))

    def report_alone(self, report: Report, oracles: Sequence[Address]) -> Receipt:
        place = sorted(oracles, key=pack_address).index(self.account)
        return self._send("reportAlone", report_tuple(report), place, committee_bytes(oracles))

    # Proofs

    def refute(self, fault: Fault, filing: Filing, base: Filing, oracles: Sequence[Address], proof: bytes) -> Receipt:
        filings = filing_tuple(filing), filing_tuple(base)
        return self._send("refute", int(fault), *filings, committee_bytes(oracles), proof)

    def refutation_gas(
        self, fault: Fault, filing: Filing, base: Filing, oracles: Sequence[Address], proof: bytes
    ) -> int:
        """What refuting takes, without doing it.

        Raises:
            Reverted: it would be refused.
        """
        filings = filing_tuple(filing), filing_tuple(base)
        call = self._contract.functions.refute(int(fault), *filings, committee_bytes(oracles), proof)
        # Whoever refutes is sent the bounty, so it has to be somebody who can take it.
        caller: TxParams = {"from": self._signer.address if self._signer else self._terms.sponsor}
        with readable_reverts(self._web3, self._abi, "refute"), answering(self._web3):
            return int(call.estimate_gas(caller))

    def refute_equivocation(
        self, first: Report, first_signature: Signature, second: Report, second_signature: Signature
    ) -> Receipt:
        one, other = (report_tuple(report) for report in (first, second))
        oracle = first_signature.oracle
        return self._send("refuteEquivocation", oracle, one, first_signature.compact, other, second_signature.compact)

    def convict_malformed(
        self, number: int, filing: Filing, reveals: bytes, index: int, payload: bytes, circuit: bytes
    ) -> Receipt:
        return self._send("convictMalformed", number, filing_tuple(filing), reveals, index, payload, circuit)

    # Demands

    def demand_update(self, number: int, filing: Filing, reveals: bytes, index: int) -> Receipt:
        value = self.demand_terms()[0] * GWEI
        return self._send("demandUpdate", number, filing_tuple(filing), reveals, index, value=value)

    def demand_leaf(self, index: int) -> Receipt:
        return self._send("demandLeaf", index, value=self.demand_terms()[0] * GWEI)

    def answer_update(self, number: int, participant: Address, payload: bytes) -> Receipt:
        return self._send("answerUpdate", number, participant, payload)

    def answer_leaf(self, filing: Filing, index: int, leaf: Excerpt, row: bytes) -> Receipt:
        shown = (leaf.count, leaf.first, leaf.leaves, leaf.siblings)
        return self._send("answerLeaf", filing_tuple(filing), index, shown, row)

    def convict_silent_update(
        self, number: int, participant: Address, digest: Digest, filing: Filing, oracles: Sequence[Address]
    ) -> Receipt:
        signers = committee_bytes(oracles) if oracles else b""
        return self._send("convictSilentUpdate", number, participant, digest, filing_tuple(filing), signers)

    def convict_silent_leaf(self, index: int, filing: Filing, oracles: Sequence[Address]) -> Receipt:
        return self._send("convictSilentLeaf", index, filing_tuple(filing), committee_bytes(oracles))

    def collect(self) -> Receipt:
        return self._send("collect")

    def _input(self, transaction: str) -> tuple[str, Any]:
        """The function a transaction called, and its arguments.

        Raises:
            LedgerError: there is no such transaction.
        """
        try:
            with answering(self._web3):
                sent = self._web3.eth.get_transaction(HexStr(transaction))
        except LedgerError as error:
            if not isinstance(error.__cause__, TransactionNotFound):
                raise
            raise LedgerError(f"no transaction {transaction}: a reorg dropped it; read the logs again") from error
        try:
            function, arguments = self._contract.decode_function_input(sent["input"])
        except ValueError:
            # Not a call of this contract: somebody's own code called it.
            return "", {}
        return str(function.fn_name), arguments


def _field(report: Any, name: str) -> Any:
    value = report[{"evidence_root": "evidenceRoot"}.get(name, name)]
    return bytes(value) if isinstance(value, bytes) else value
