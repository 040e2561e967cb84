"""Runs a scenario from deployment to the last claim."""

from __future__ import annotations

from pathlib import Path

from qfl_chain.chain.devnet import DevnetSettings, load_settings
from qfl_chain.errors import QflError
from qfl_chain.learning.clients import prepare
from qfl_chain.simulation.committee import is_seated
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
    log.round_ended(0, score_model(federation, federation.initial_parameters), "initial model")
    for seat in federation.seats:
        log.attempt(0, "join", seat, seat.join)
    for number in range(1, rounds + 1):
        for seat in federation.seats:
            log.attempt(number, "commit", seat, seat.party.commit)
        federation.wait_for(Phase.REVEAL)
        for seat in federation.seats:
            log.attempt(number, "reveal", seat, seat.party.reveal)
        federation.wait_for(Phase.REPORT)
        verdict = post_report(federation, log)
        verdict = watch(federation, log, number) or verdict
        log.round_ended(number, score_model(federation, federation.standing_parameters()), verdict)
        federation.wait_for(Phase.IDLE)
    settle(federation, log)
    for seat in federation.seats:
        log.attempt(rounds, "claim", seat, seat.party.claim)


def post_report(federation: Federation, log: RunLog) -> str:
    """The live round's report: of a quorum, honest or not, or of one oracle where the committee lost its seat.

    Returns:
        What became of the round, in words.

    Raises:
        ProtocolError: two honest oracles came to different reports.
    """
    live, terms, committee = federation.ledger.live(), federation.ledger.terms(), federation.committee
    if live.revealed < terms.min_reveals:
        return "too few reveals: the round expires"
    log.on_step(Step(live.number, "report"))
    for account, receipt in committee.demand():
        log.spent("oracles", account, receipt)
    federation.wait_for_silence()
    member, outcome = committee.recompute(live.number)
    verdict = "new model" if outcome.accepted else "kept the old model"
    if committee.colludes:
        log.spent("oracles", committee.members[0].account, committee.lie(outcome))
        return f"the committee lies ({committee.behaviour})"
    if is_seated(federation.view.events()):
        log.spent("oracles", member.account, committee.post(member, outcome))
        return verdict
    alone = committee.alone()
    if alone is None:
        return "no oracle can report: the round expires"
    federation.wait_for_half()
    alone.oracle.sign(outcome)
    log.spent("oracles", alone.account, alone.court.report_alone(outcome.report, terms.oracles))
    return f"{verdict}, reported by one oracle alone"


def watch(federation: Federation, log: RunLog, number: int) -> str:
    """Let every watcher act until nothing is left to do, and again when a demand has run out.

    Returns:
        What the watchers proved of this round's report; empty where they proved nothing.
    """
    if not federation.lookouts:
        return ""
    said = ""
    while True:
        for one in federation.lookouts:
            for step in one.act():
                log.on_step(Step(number, "watch", f"{one.name}: {step.action}"))
                log.spent(one.name, one.account, step.receipt)
                if step.round == number and "fault" in step.facts and step.action != "beaten":
                    said = f"the report is void: {step.facts['fault']}"
        if not federation.wait_for_silence():
            return said


def settle(federation: Federation, log: RunLog) -> None:
    """Let the last challenge window pass, and have the sponsor settle every missing reveal still open."""
    federation.wait_for_activation()
    reported = federation.reported_rounds()
    for seat in federation.seats:
        member = federation.ledger.member(seat.account)
        if member.commitment and member.round in reported:
            log.spent("sponsor", federation.ledger.account, federation.ledger.penalize(seat.account))
