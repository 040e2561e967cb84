"""Every attack that a scenario can play, played on a chain, and what it came to: on chain, in money, in the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qfl_chain.protocol.faults import Fault, Offence
from qfl_chain.protocol.history import History, RoundStatus
from qfl_chain.protocol.replay import replay
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.simulation.behaviours import BEHAVIOURS
from qfl_chain.simulation.liars import COMMITTEE_BEHAVIOURS
from qfl_chain.simulation.runner import run
from qfl_chain.simulation.scenario import ParticipantSettings, Scenario, parse_scenario
from qfl_chain.storage.archive import RunArchive
from qfl_chain.types import Address, Event

HONEST = "honest"
ATTACKER = "mallory"
SCENE = """
name = "attacks"
description = "Three clients of the breast-cancer data on two qubits; one of them or the committee is false."
seed = 7
rounds = 3
watchers = 2

[data]
source = "breast-cancer"
partition = "sizes"
clients = 3
rows = 30
components = 2
normalise = "donated"
donated = 8

[circuit]
ansatz = "strongly-entangling"
qubits = 2
layers = 1

[training]
steps = 4
batch = 8
learning_rate = 0.2

[rules]
subset = 12

[[participants]]
name = "anna"
data = "client-1"

[[participants]]
name = "ben"
data = "client-2"

[[participants]]
name = "mallory"
data = "client-3"
"""
"""What every attack is played on."""


@dataclass(frozen=True, slots=True)
class Attack:
    """Who is false: the committee, or the participant called mallory; ``honest`` where it is not."""

    committee: str = HONEST
    participant: str = HONEST

    @property
    def name(self) -> str:
        """The behaviour's name; honest where nobody is false."""
        return self.participant if self.committee == HONEST else self.committee


@dataclass(frozen=True, slots=True)
class Result:
    """What an attack came to. Money is gwei, without gas.

    Attributes:
        convictions: what was proved on chain, in order: a fault of a report, an offence, a missing reveal.
        void: how many reports were voided, and ``standing`` how many stand.
        attacker: what mallory, or the colluding oracles together, ended up with: rewards and bounties, less what was
            taken of stakes and bonds.
        honest: the rewards of the honest participants, less their penalties.
        watchers: bounties, and bonds of demands that were answered, which they lose.
        accuracy: of the standing model, pooled over all test rows.
    """

    attack: Attack
    convictions: tuple[str, ...]
    void: int
    standing: int
    attacker: int
    honest: int
    watchers: int
    accuracy: float


def attacks() -> tuple[Attack, ...]:
    """All of them; the first is none."""
    committees = (Attack(committee=one) for one in COMMITTEE_BEHAVIOURS if one != HONEST)
    participants = (Attack(participant=one) for one in BEHAVIOURS if one != HONEST)
    return (Attack(), *committees, *participants)


def scenario_of(attack: Attack) -> Scenario:
    """The scenario with one party false."""
    scenario = parse_scenario(SCENE, "attacks")
    committee = replace(scenario.committee, behaviour=attack.committee)
    participants = tuple(_behaving(one, attack) for one in scenario.participants)
    return replace(scenario, committee=committee, participants=participants)


def play(attack: Attack, folder: Path) -> Result:
    """Play an attack on a chain in this process; ``folder`` is the run directory to make."""
    archive = run(scenario_of(attack), folder, scenario_text=SCENE, baselines=False)
    return judge(attack, archive)


def judge(attack: Attack, archive: RunArchive) -> Result:
    """What a run came to."""
    facts, events = archive.facts(), archive.events()
    history = replay(events, Address(str(facts["federation"])), deployed_terms(events[0]).model)
    accounts = {str(one["name"]): Address(str(one["account"])) for one in facts["participants"]}
    mallory = accounts.pop(ATTACKER)
    oracles, watchers = ([Address(one) for one in facts[name]] for name in ("oracles", "watchers"))
    colluding = oracles if attack.committee != HONEST else [mallory]
    honest = list(accounts.values()) + ([mallory] if attack.committee != HONEST else [])
    final = archive.metrics()[-1]["figures"]["pooled"]["accuracy"]
    statuses = [record.status for record in history.rounds.values()]
    return Result(
        attack,
        tuple(_convictions(events)),
        statuses.count(RoundStatus.VOIDED),
        statuses.count(RoundStatus.REPORTED),
        _balance(history, events, colluding),
        _balance(history, events, honest),
        _balance(history, events, watchers),
        float(final),
    )


def table(results: Sequence[Result]) -> str:
    """The results as a table of Markdown."""
    head = (
        "| attack | proved on chain | reports void / standing | attacker | honest participants | watchers | accuracy |"
    )
    rows = (
        f"| {one.attack.name} | {', '.join(one.convictions) or 'nothing'} | {one.void} / {one.standing} "
        f"| {one.attacker:,} | {one.honest:,} | {one.watchers:,} | {one.accuracy:.3f} |"
        for one in results
    )
    return "\n".join((head, "|---|---|---|---:|---:|---:|---:|", *rows)) + "\n"


def _behaving(one: ParticipantSettings, attack: Attack) -> ParticipantSettings:
    return replace(one, behaviour=attack.participant) if one.name == ATTACKER else one


def _convictions(events: Iterable[Event]) -> Iterable[str]:
    for event in events:
        if event.name == "Refuted":
            yield Fault(event.args["fault"]).name
        elif event.name == "Convicted":
            yield f"{Offence(event.args['offence']).name} update"
        elif event.name == "Equivocated":
            yield "EQUIVOCATION"
        elif event.name == "Penalized":
            yield "missing reveal"


def _balance(history: History, events: Iterable[Event], accounts: Sequence[Address]) -> int:
    """What accounts gained or lost by rewards, penalties, slashed bonds, bounties and answered demands."""
    held = [history.accounts[one] for one in accounts if one in history.accounts]
    total = sum(one.claimed - one.penalties for one in held)
    bonds: dict[tuple[object, ...], tuple[Address, int]] = {}
    for event in events:
        args = event.args
        if event.name == "Slashed" and args["oracle"] in accounts:
            total -= args["amount"]
        if args.get("reporter") in accounts:
            total += args["bounty"]
        subject = tuple(args.get(name) for name in ("round", "index", "participant", "digest"))
        if event.name in ("LeafDemanded", "UpdateDemanded"):
            bonds[subject] = (args["demander"], args["bond"])
        if event.name in ("LeafAnswered", "UpdateAnswered"):
            demander, bond = bonds[subject]
            total += bond * ((args["answerer"] in accounts) - (demander in accounts))
    return total
