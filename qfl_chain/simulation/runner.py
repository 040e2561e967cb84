"""Runs a scenario from deployment to the last claim."""

from __future__ import annotations

from pathlib import Path

from qfl_chain.actors.oracle import fetch_updates
from qfl_chain.chain.devnet import DevnetSettings, load_settings
from qfl_chain.errors import ProtocolError, QflError
from qfl_chain.learning.clients import prepare
from qfl_chain.protocol.codec import decode_model
from qfl_chain.protocol.eip712 import quorum
from qfl_chain.protocol.filing import NO_FILING
from qfl_chain.protocol.proofs import packed_reveals
from qfl_chain.protocol.report import Outcome
from qfl_chain.simulation.evaluation import compute_baselines, score_model
from qfl_chain.simulation.federation import Federation, found_federation
from qfl_chain.simulation.runlog import OnStep, RunLog, Step
from qfl_chain.simulation.scenario import Scenario, build_circuit
from qfl_chain.simulation.stopwatch import Stopwatch
from qfl_chain.storage.archive import RunArchive, create_archive
from qfl_chain.types import Phase


def run(
    scenario: Scenario,
    directory: Path,
    *,
    scenario_text: str = "",
    on_step: OnStep = lambda step: None,
    devnet: DevnetSettings | None = None,
    baselines: bool = True,
) -> RunArchive:
    """Run a scenario on a chain in this process.

    Args:
        scenario: what to run.
        directory: the run directory to create.
        scenario_text: the TOML it came from, kept with the run.
        on_step: called as things happen.
        devnet: the chain's settings; those of ``devnet.toml`` when not given.
        baselines: whether to train the baselines as well.

    Returns:
        The run directory. It reads at every instant, also after an interruption.

    Raises:
        QflError: whatever went wrong; ``run.json`` says so too.
        KeyboardInterrupt: passed on, after ``run.json`` was marked.
    """
    log = RunLog(create_archive(directory, scenario_text), scenario, Stopwatch(), on_step)
    try:
        with log.stopwatch.measure("start-up"):
            data = prepare(scenario.data, scenario.seed)
            circuit = build_circuit(scenario.circuit, len(data.public.features), len(data.public.classes))
            federation = found_federation(
                scenario, data, circuit, devnet or load_settings(), log.archive.blocks, log.stopwatch
            )
        log.founded(federation)
        with log.stopwatch.measure("chain"):
            play(federation, scenario.rounds, log)
        if baselines:
            on_step(Step(scenario.rounds, "baselines"))
            with log.stopwatch.measure("baselines"):
                log.archive.write_baselines(compute_baselines(scenario, data, circuit))
    except KeyboardInterrupt:
        log.end("interrupted")
        raise
    except QflError as error:
        log.end(f"failed: {error}")
        raise
    log.end("complete")
    return log.archive


def play(federation: Federation, rounds: int, log: RunLog) -> None:
    """The round loop: commit, reveal, report; at the end settle what is open and claim."""
    model = federation.initial_parameters
    log.round_ended(0, score_model(federation, model), "initial model")
    seat_committee(federation, log)
    for seat in federation.seats:
        log.attempt(0, "join", seat, seat.join)
    for number in range(1, rounds + 1):
        for seat in federation.seats:
            log.attempt(number, "commit", seat, seat.party.commit)
        federation.wait_for(Phase.REVEAL)
        for seat in federation.seats:
            log.attempt(number, "reveal", seat, seat.party.reveal)
        federation.wait_for(Phase.REPORT)
        outcome = post_report(federation, log)
        model = decode_model(outcome.model).parameters if outcome else model
        log.round_ended(number, score_model(federation, model), _verdict(outcome))
        federation.wait_for(Phase.IDLE)
    settle(federation, log)
    for seat in federation.seats:
        log.attempt(rounds, "claim", seat, seat.party.claim)


def seat_committee(federation: Federation, log: RunLog) -> None:
    """Every oracle puts down its bond, and the first one seats them all."""
    terms = federation.ledger.terms()
    for court in federation.committee:
        log.spent("oracles", court.account, court.bond(terms.oracle_bond))
    first = federation.committee[0]
    log.spent("oracles", first.account, first.seat(terms.oracles))


def demand_missing(federation: Federation, log: RunLog) -> None:
    """The first oracle demands what nobody published, lets the time to answer pass, and convicts for silence."""
    record, court = federation.view.history().rounds[federation.ledger.live().number], federation.committee[0]
    updates = fetch_updates(federation.store, record.reveals)
    missing = [index for index, one in enumerate(record.reveals) if updates[one.digest] is None]
    for index in missing:
        packed = packed_reveals(record.reveals)
        log.spent("oracles", court.account, court.demand_update(record.number, NO_FILING, packed, index))
    if missing:
        federation.devnet.travel(federation.devnet.now + court.demand_terms()[1])
    for index in missing:
        one = record.reveals[index]
        convicted = court.convict_silent_update(record.number, one.participant, one.digest, NO_FILING, ())
        log.spent("oracles", court.account, convicted)
    if missing:
        log.spent("oracles", court.account, court.collect())


def post_report(federation: Federation, log: RunLog) -> Outcome | None:
    """A quorum recomputes and signs the live round's report, and one of them posts it.

    Returns:
        The report's outcome; None when too few revealed, and the round will expire.

    Raises:
        ProtocolError: two oracles came to different reports.
    """
    live, terms = federation.ledger.live(), federation.ledger.terms()
    if live.revealed < terms.min_reveals:
        return None
    log.on_step(Step(live.number, "report"))
    demand_missing(federation, log)
    first = live.number % len(federation.oracles)
    turn = (*federation.oracles[first:], *federation.oracles[:first])[: quorum(len(federation.oracles))]
    outcomes = [oracle.observe(live.number) for oracle in turn]
    if any(outcome.report != outcomes[0].report for outcome in outcomes):
        raise ProtocolError(f"round {live.number}: honest oracles disagree; this is a defect, please report it")
    signatures = [oracle.sign(outcome) for oracle, outcome in zip(turn, outcomes, strict=True)]
    log.spent("oracles", turn[0].account, turn[0].transmit(outcomes[0].report, signatures))
    return outcomes[0]


def settle(federation: Federation, log: RunLog) -> None:
    """Let the last challenge window pass, and have the sponsor settle every missing reveal still open."""
    federation.wait_for_activation()
    reported = federation.reported_rounds()
    for seat in federation.seats:
        member = federation.ledger.member(seat.account)
        if member.commitment and member.round in reported:
            log.spent("sponsor", federation.ledger.account, federation.ledger.penalize(seat.account))


def _verdict(outcome: Outcome | None) -> str:
    if outcome is None:
        return "too few reveals: the round expires"
    return "new model" if outcome.accepted else "kept the old model"
