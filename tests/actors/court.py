"""The fake ledger with disputes: demands, answers, silence, bonds, and a referee that believes every proof.

It keeps the deadlines and the order of things, so that tests say what actors do; whether a proof holds is the
referee's own tests' business.
"""

from __future__ import annotations

from collections.abc import Sequence

from qfl_chain.errors import Reverted
from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.faults import Fault, Offence
from qfl_chain.protocol.filing import ShownLeaf, committee_at, filing_hash, filing_of
from qfl_chain.protocol.history import History
from qfl_chain.protocol.merkle import Excerpt
from qfl_chain.protocol.replay import replay
from qfl_chain.types import Address, Digest, Filing, Gwei, Receipt, Report, Reveal, Signature

from .fakes import FakeChain, FakeLedger

DEMAND_BOND = Gwei(5)
ANSWER_WINDOW = 25
BOUNTY = 7


class FakeCourt(FakeLedger):
    """One account's view of a chain with disputes."""

    def __init__(self, chain: FakeChain, account: Address) -> None:
        super().__init__(chain, account)
        self.docket = chain.docket

    # Reading

    def demand_terms(self) -> tuple[Gwei, int]:
        return DEMAND_BOND, ANSWER_WINDOW

    def bond_of(self, oracle: Address) -> tuple[Gwei, int]:
        return Gwei(self.docket.bonds.get(oracle, 0)), 0

    def credit(self, account: Address) -> Gwei:
        return Gwei(self.docket.credits.get(account, 0))

    def signed_reports(self, transaction: str) -> Sequence[tuple[Report, Signature]]:
        logged = next(one for one in self.chain.events if one.transaction == transaction)
        posted = next(one for one in self.chain.posted if one[1].round == logged.args["round"])
        return [(posted[1], signature) for signature in posted[2]]

    def shown_update(self, transaction: str) -> bytes | None:
        return self.docket.updates.get(transaction)

    def shown_leaf(self, transaction: str) -> ShownLeaf | None:
        return self.docket.leaves.get(transaction)

    # Bonds

    def bond(self, amount: Gwei) -> Receipt:
        raise AssertionError("no actor bonds by itself")

    def unbond(self) -> Receipt:
        raise AssertionError("no actor unbonds by itself")

    def withdraw_bond(self) -> Receipt:
        raise AssertionError("no actor withdraws a bond by itself")

    def seat(self, oracles: Sequence[Address]) -> Receipt:
        raise AssertionError("no actor seats a committee by itself")

    def report_alone(self, report: Report, oracles: Sequence[Address]) -> Receipt:
        if self.chain.time < self.chain.start + 250:
            raise Reverted("reportAlone", "WrongPhase")
        return self.report(report, [Signature(self.account, b"alone")])

    # Proofs

    def refute(self, fault: Fault, filing: Filing, base: Filing, oracles: Sequence[Address], proof: bytes) -> Receipt:
        self._require_pending(filing, oracles)
        return self._void(fault)

    def refute_equivocation(
        self, first: Report, first_signature: Signature, second: Report, second_signature: Signature
    ) -> Receipt:
        oracle = first_signature.oracle
        if not self.docket.bonds.get(oracle):
            raise Reverted("refuteEquivocation", "NoBond")
        assert first != second
        assert (first.round, first.inputs) == (second.round, second.inputs)
        self.docket.equivocated.append((first, second))
        self.docket.bonds[oracle] = 0
        self.chain.log("Slashed", oracle=oracle, round=first.round, amount=100, bond=0)
        return self._log("Equivocated", oracle=oracle, round=first.round, reporter=self.account, bounty=10, burned=90)

    def convict_malformed(
        self, number: int, filing: Filing, reveals: bytes, index: int, payload: bytes, circuit: bytes
    ) -> Receipt:
        reveal = self._reveals(number)[index]
        assert digest_of_bytes(payload) == reveal.digest
        return self._convict(number, reveal.participant, Offence.MALFORMED)

    # Demands

    def demand_update(self, number: int, filing: Filing, reveals: bytes, index: int) -> Receipt:
        reveal = self._reveals(number)[index]
        update = {"round": number, "participant": reveal.participant, "digest": reveal.digest}
        return self._demand("UpdateDemanded", (number, reveal.participant, reveal.digest), update)

    def demand_leaf(self, index: int) -> Receipt:
        number = self.chain.number
        return self._demand("LeafDemanded", (number, index), {"round": number, "index": index})

    def answer_update(self, number: int, participant: Address, payload: bytes) -> Receipt:
        digest = digest_of_bytes(payload)
        self._close("answerUpdate", (number, participant, digest), late=False)
        facts = {"round": number, "participant": participant, "digest": digest}
        receipt = self._log("UpdateAnswered", **facts, answerer=self.account, bond=DEMAND_BOND)
        self.docket.updates[receipt.transaction] = payload
        return receipt

    def answer_leaf(self, filing: Filing, index: int, leaf: Excerpt, row: bytes) -> Receipt:
        number = filing.report.round
        self._close("answerLeaf", (number, index), late=False)
        receipt = self._log("LeafAnswered", round=number, index=index, answerer=self.account, bond=DEMAND_BOND)
        self.docket.leaves[receipt.transaction] = ShownLeaf(index, leaf, row)
        return receipt

    def convict_silent_update(
        self, number: int, participant: Address, digest: Digest, filing: Filing, oracles: Sequence[Address]
    ) -> Receipt:
        deadline = self._close("convictSilentUpdate", (number, participant, digest), late=True)
        record = self._history().rounds[number]
        if record.reported_at and deadline > record.reported_at:
            self._require_pending(filing, oracles)
            return self._void(Fault.UNAVAILABLE)
        return self._convict(number, participant, Offence.UNAVAILABLE)

    def convict_silent_leaf(self, index: int, filing: Filing, oracles: Sequence[Address]) -> Receipt:
        self._require_pending(filing, oracles)
        self._close("convictSilentLeaf", (filing.report.round, index), late=True)
        return self._void(Fault.UNAVAILABLE)

    def penalize(self, participant: Address) -> Receipt:
        number, _ = self.chain.commitments[participant]
        self.chain.commitments[participant] = (number, 0)
        self.docket.penalized.append(participant)
        stake = self.chain.stakes.get(participant, 1_000)
        return self.chain.log("Penalized", participant=participant, round=number, amount=0, stake=stake)

    def collect(self) -> Receipt:
        amount = self.docket.credits.pop(self.account)
        return self._log("Collected", account=self.account, amount=amount)

    # The contract's rules

    def _history(self) -> History:
        return replay(self.chain.events, self.federation, self.chain.terms.model)

    def _reveals(self, number: int) -> Sequence[Reveal]:
        return self._history().rounds[number].reveals

    def _require_pending(self, filing: Filing, oracles: Sequence[Address]) -> None:
        history = self._history()
        if not history.standing or self.chain.time >= history.rounds[history.standing[-1]].active_at:
            raise Reverted("refute", "DisputeOver", {"activeAt": 0})
        record = history.rounds[history.standing[-1]]
        expected = filing_of(record, committee_at(self.chain.events, record.number))
        assert filing_hash(filing) == filing_hash(expected)
        assert tuple(oracles) == committee_at(self.chain.events, record.number)

    def _void(self, fault: Fault) -> Receipt:
        number = self._history().standing[-1]
        self.chain.log("Slashed", oracle=self._somebody(), round=number, amount=BOUNTY + 43, bond=50)
        facts = {"round": number, "fault": fault, "reporter": self.account}
        receipt = self._log("Refuted", **facts, bounty=BOUNTY, burned=43)
        self.chain.log("ReportVoided", round=number)
        return receipt

    def _somebody(self) -> Address:
        return next(Address(one.args["oracle"]) for one in self.chain.events if one.name == "Bonded")

    def _convict(self, number: int, participant: Address, offence: Offence) -> Receipt:
        stake = self._history().accounts[participant].stake
        facts = {"participant": participant, "round": number, "offence": offence, "amount": 100}
        rest = {"stake": stake - 100, "exiting": 0, "reporter": self.account, "bounty": BOUNTY}
        return self._log("Convicted", **facts, **rest)

    def _demand(self, name: str, key: tuple[object, ...], facts: dict[str, object]) -> Receipt:
        if key in self.docket.open or key in self.docket.settled:
            raise Reverted(name, "AlreadyDemanded")
        deadline = self.chain.time + ANSWER_WINDOW
        self.docket.open[key] = (self.account, deadline)
        return self._log(name, **facts, demander=self.account, bond=DEMAND_BOND, deadline=deadline)

    def _close(self, function: str, key: tuple[object, ...], *, late: bool) -> int:
        if key not in self.docket.open:
            raise Reverted(function, "NothingDemanded")
        demander, deadline = self.docket.open[key]
        if late != (self.chain.time >= deadline):
            raise Reverted(function, "WrongPhase")
        del self.docket.open[key]
        self.docket.settled.add(key)
        if late:
            self.docket.credits[demander] = self.docket.credits.get(demander, 0) + DEMAND_BOND
            self.chain.log("Credited", account=demander, amount=DEMAND_BOND)
        return deadline

    def _log(self, name: str, **args: object) -> Receipt:
        return self.chain.log(name, **args)
