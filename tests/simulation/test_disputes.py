"""Bad proofs through the ledger: refused with the reason, and nothing on chain moves but the sender's gas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from qfl_chain.actors.demands import Shown
from qfl_chain.actors.examining import Examiner
from qfl_chain.chain.court import Web3Court
from qfl_chain.chain.devnet import load_settings
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.errors import Reverted
from qfl_chain.learning.clients import prepare
from qfl_chain.protocol.faults import Fault
from qfl_chain.protocol.filing import NO_FILING, committee_at, filing_of
from qfl_chain.protocol.proofs import packed_reveals
from qfl_chain.protocol.refutation import Proof
from qfl_chain.simulation.federation import Federation, found_federation
from qfl_chain.simulation.scenario import build_circuit, parse_scenario
from qfl_chain.simulation.stopwatch import Stopwatch
from qfl_chain.storage.blocks import MemoryStore
from qfl_chain.types import Address, Filing, Phase, Signature
from tests.conftest import SMALL

LIAR = "lying-oracle:split"


@dataclass
class Trial:
    """A report with a false split in its challenge window, and the true proof against it."""

    federation: Federation
    court: Web3Court
    filing: Filing
    oracles: tuple[Address, ...]
    proof: Proof

    def refute(self, **changes: object) -> None:
        """Send the true proof, with something changed."""
        given = {"fault": self.proof.fault, "filing": self.filing, "base": NO_FILING, "proof": self.proof.data}
        given |= changes
        self.court.refute(given["fault"], given["filing"], given["base"], self.oracles, given["proof"])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def founded() -> Federation:
    """A federation whose committee posted a lie about round 1."""
    text = SMALL + f'\n[committee]\nbehaviour = "{LIAR}"\n'
    scenario = replace(parse_scenario(text, "disputes"), watchers=1)
    data = prepare(scenario.data, scenario.seed)
    circuit = build_circuit(scenario.circuit, len(data.public.features), len(data.public.classes))
    federation = found_federation(scenario, data, circuit, load_settings(), MemoryStore(), Stopwatch())
    assert len(list(federation.committee.found())) == scenario.committee.size + 1
    for seat in federation.seats:
        seat.join()
    for seat in federation.seats:
        seat.party.commit()
    federation.wait_for(Phase.REVEAL)
    for seat in federation.seats:
        seat.party.reveal()
    federation.wait_for(Phase.REPORT)
    _, outcome = federation.committee.recompute(1)
    federation.committee.lie(outcome)
    return federation


@pytest.fixture
def trial(founded: Federation) -> Iterator[Trial]:
    """The chain is put back afterwards."""
    tester = founded.devnet.web3.provider.ethereum_tester  # type: ignore[attr-defined]
    snapshot = tester.take_snapshot()
    history = founded.view.history()
    record = history.rounds[1]
    program = ScoringProgram(founded.circuit)
    examiner = Examiner(founded.ledger.terms(), founded.store, program, founded.view.cumulative)
    proof = examiner.examine(history, record, Shown()).verdict
    assert isinstance(proof, Proof)
    oracles = committee_at(founded.view.events(), 1)
    yield Trial(founded, founded.ledger, filing_of(record, oracles), oracles, proof)
    tester.revert_to_snapshot(snapshot)


def refused(trial: Trial, act: Callable[[], object], error: str) -> None:
    """The contract refuses by name, and nothing it holds is another afterwards."""
    before = (len(trial.court.events()), trial.court.balance(trial.court.federation))
    with pytest.raises(Reverted) as caught:
        act()
    assert caught.value.error == error, str(caught.value)
    assert (len(trial.court.events()), trial.court.balance(trial.court.federation)) == before


def test_the_true_proof_holds_and_a_second_time_does_not(trial: Trial) -> None:
    trial.refute()
    assert trial.court.events()[-1].name == "ReportVoided"
    refused(trial, trial.refute, "DisputeOver")


def test_a_proof_that_comes_too_late_is_refused(trial: Trial) -> None:
    trial.federation.devnet.travel(trial.filing.active_at)
    refused(trial, trial.refute, "DisputeOver")


@pytest.mark.parametrize("change", [{"revealed": 2}, {"budget": 1}, {"signed": 1}, {"reported_at": 5}])
def test_another_filing_than_the_report_s_is_refused(trial: Trial, change: dict[str, int]) -> None:
    refused(trial, lambda: trial.refute(filing=replace(trial.filing, **change)), "WrongFiling")


def test_a_report_of_another_round_is_not_convicted(trial: Trial) -> None:
    other = replace(trial.filing, report=replace(trial.filing.report, round=2))
    refused(trial, lambda: trial.refute(filing=other), "WrongFiling")


@pytest.mark.parametrize("fault", [one for one in Fault if one not in (Fault.SPLIT, Fault.UNAVAILABLE)])
def test_a_proof_of_one_fault_proves_no_other(trial: Trial, fault: Fault) -> None:
    with pytest.raises(Reverted):
        trial.refute(fault=fault)
    assert trial.court.events()[-1].name == "Reported"


def test_silence_is_not_judged_by_the_referee(trial: Trial) -> None:
    refused(trial, lambda: trial.refute(fault=Fault.UNAVAILABLE), "NotJudged")


@pytest.mark.parametrize("cut", [1, 32, 200])
def test_a_truncated_proof_is_refused(trial: Trial, cut: int) -> None:
    with pytest.raises(Reverted):
        trial.refute(proof=trial.proof.data[:-cut])
    assert trial.court.events()[-1].name == "Reported"


def test_a_proof_with_a_byte_turned_over_is_refused_or_true(trial: Trial) -> None:
    """Padding of the ABI aside, every byte counts."""
    for at in range(100, len(trial.proof.data), 97):
        data = bytearray(trial.proof.data)
        data[at] ^= 1
        try:
            trial.court.refutation_gas(trial.proof.fault, trial.filing, NO_FILING, trial.oracles, bytes(data))
        except Reverted:
            continue
        assert trial.proof.data[at] == 0, "only padding may be another"


def test_an_honest_signature_twice_is_no_equivocation(trial: Trial) -> None:
    member = trial.federation.committee.members[0]
    report, signature = trial.filing.report, member.oracle.signature(trial.filing.report)
    refused(trial, lambda: trial.court.refute_equivocation(report, signature, report, signature), "NoEquivocation")
    later = replace(report, round=2)
    second = member.oracle.signature(later)
    refused(trial, lambda: trial.court.refute_equivocation(report, signature, later, second), "NoEquivocation")


def test_a_forged_second_report_convicts_nobody(trial: Trial) -> None:
    member, stranger = trial.federation.committee.members[:2]
    report, signature = trial.filing.report, member.oracle.signature(trial.filing.report)
    other = replace(report, total=report.total + 1)  # type: ignore[arg-type]
    forged = Signature(member.account, stranger.oracle.signature(other).compact)
    with pytest.raises(Reverted):
        trial.court.refute_equivocation(report, signature, other, forged)
    assert trial.court.bond_of(member.account)[0] == trial.court.terms().oracle_bond


def test_a_good_update_is_not_convicted_of_being_malformed(trial: Trial) -> None:
    record, terms = trial.federation.view.history().rounds[1], trial.court.terms()
    packed, circuit = packed_reveals(record.reveals), trial.federation.store.get(terms.circuit)
    payload = trial.federation.store.get(record.reveals[0].digest)

    def convict(number: int, index: int, data: bytes) -> Callable[[], object]:
        return lambda: trial.court.convict_malformed(number, trial.filing, packed, index, data, circuit)

    refused(trial, convict(1, 0, payload), "NotMalformed")
    refused(trial, convict(1, 0, payload + b"\0"), "WrongBytes")
    refused(trial, convict(1, 1, payload), "WrongBytes")
    refused(trial, convict(1, 9, payload), "OutOfRange")
    refused(trial, convict(7, 0, payload), "NotInDispute")


def test_silence_is_no_fault_before_its_time_or_without_a_demand(trial: Trial) -> None:
    record = trial.federation.view.history().rounds[1]
    reveal = record.reveals[0]

    def silent_leaf() -> object:
        return trial.court.convict_silent_leaf(0, trial.filing, trial.oracles)

    def silent_update() -> object:
        return trial.court.convict_silent_update(1, reveal.participant, reveal.digest, trial.filing, trial.oracles)

    refused(trial, silent_leaf, "NothingDemanded")
    refused(trial, silent_update, "NothingDemanded")
    trial.court.demand_leaf(0)
    refused(trial, silent_leaf, "WrongPhase")
    refused(trial, lambda: trial.court.demand_leaf(0), "AlreadyDemanded")
    trial.court.demand_update(1, trial.filing, packed_reveals(record.reveals), 0)
    trial.court.answer_update(1, reveal.participant, trial.federation.store.get(reveal.digest))
    trial.federation.wait_for_silence()
    refused(trial, silent_update, "NothingDemanded")
