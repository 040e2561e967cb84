"""A scenario brought to life in this process: chain, contract, store, participants and committee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from eth_account.signers.local import LocalAccount

from qfl_chain.actors.oracle import MAX_UPDATE_BYTES, Oracle
from qfl_chain.actors.participant import Learner
from qfl_chain.actors.view import ChainView
from qfl_chain.chain.accounts import salt_secret, sign_digest
from qfl_chain.chain.amounts import parse_gwei
from qfl_chain.chain.court import Web3Court
from qfl_chain.chain.devnet import Devnet, DevnetSettings
from qfl_chain.chain.fees import GWEI
from qfl_chain.chain.ledger import deploy, deploy_referee
from qfl_chain.chain.sending import SendPolicy
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.scoring import ScoringProgram
from qfl_chain.circuit.units import parameters_to_units
from qfl_chain.errors import ScenarioError
from qfl_chain.learning.preprocess import FederatedData, PublicData, Samples
from qfl_chain.learning.settings import TrainingSettings
from qfl_chain.learning.training import initial_model, local_update
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.codec import (
    Model,
    Validation,
    decode_model,
    encode_model,
    encode_validation,
    update_bytes,
)
from qfl_chain.protocol.contribution import most_coalitions
from qfl_chain.protocol.evidence import LOSS_BYTES, largest_evidence
from qfl_chain.protocol.validation import validation_root
from qfl_chain.schema import nearest
from qfl_chain.simulation.behaviours import BEHAVIOURS, LABEL_FLIP, TRAINING, Party, Role
from qfl_chain.simulation.committee import Committee, Member, open_until
from qfl_chain.simulation.lookouts import Lookout, lookout
from qfl_chain.simulation.scenario import ParticipantSettings, Scenario
from qfl_chain.simulation.stopwatch import Stopwatch
from qfl_chain.storage.blocks import MAX_BLOCK_BYTES
from qfl_chain.types import Address, IntArray, Phase, Receipt, Terms

SPONSOR, GUARDIAN, FIRST_ORACLE = 0, 1, 2
GUARDIAN_SECONDS = 10 * 365 * 86_400
"""How long a guardian's powers last: ten years."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One participant of the scenario: its settings, its account, and what plays it."""

    settings: ParticipantSettings
    account: Address
    party: Party

    def join(self) -> Receipt:
        """Put down the stake the scenario says."""
        return self.party.join(parse_gwei(self.settings.stake))


@dataclass(frozen=True, slots=True)
class TimedLearner:
    """A client's training, timed."""

    circuit: Circuit
    samples: Samples
    settings: TrainingSettings
    seed: int
    max_norm: int
    stopwatch: Stopwatch

    def __call__(self, base: IntArray, round_number: int) -> IntArray:
        with self.stopwatch.measure("training"):
            return local_update(
                self.circuit, base, self.samples, self.settings, self.seed, round_number - 1, self.max_norm
            )


@dataclass(frozen=True, slots=True)
class TimedExecutor:
    """The scoring program, timed."""

    program: ScoringProgram
    stopwatch: Stopwatch

    @property
    def parameters(self) -> int:
        return self.program.parameters

    def losses(self, parameters: IntArray, features: IntArray, targets: IntArray) -> IntArray:
        with self.stopwatch.measure("scoring"):
            return self.program.losses(parameters, features, targets)


@dataclass(frozen=True, slots=True)
class Federation:
    """Everything the round loop works with."""

    devnet: Devnet
    ledger: Web3Court
    store: ContentStore
    circuit: Circuit
    data: FederatedData
    seats: tuple[Seat, ...]
    committee: Committee
    lookouts: tuple[Lookout, ...]
    view: ChainView
    deployments: tuple[Receipt, ...]

    @property
    def initial_parameters(self) -> IntArray:
        """(parameters,) of the sponsor's model, in units."""
        return decode_model(self.store.get(self.ledger.terms().model)).parameters

    def wait_for(self, phase: Phase) -> None:
        """Let time pass until the live round is in ``phase``; idle means that the next commit opens a round."""
        live, terms = self.ledger.live(), self.ledger.terms()
        windows = (terms.commit_window, terms.reveal_window, terms.report_window)
        until = {Phase.REVEAL: 1, Phase.REPORT: 2, Phase.IDLE: 3}[phase]
        if live.start:
            self.devnet.travel(live.start + sum(windows[:until]))

    def wait_for_half(self) -> None:
        """Let half of the report phase pass: from then on one oracle may report alone."""
        live, terms = self.ledger.live(), self.ledger.terms()
        self.devnet.travel(live.start + terms.commit_window + terms.reveal_window + terms.report_window // 2)

    def wait_for_silence(self) -> bool:
        """Let the next demand run out; says whether there was one."""
        until = open_until(self.view, self.ledger)
        if until is not None:
            self.devnet.travel(until)
        return until is not None

    def standing_parameters(self) -> IntArray:
        """(parameters,) of the model that the next round trains on, in units."""
        return self.view.parameters(self.view.base_model(self.view.history()))

    def wait_for_activation(self) -> None:
        """Let the challenge window of the latest report pass; one oracle's alone is longer than a quorum's."""
        history = self.view.history()
        if history.standing:
            self.devnet.travel(history.rounds[history.standing[-1]].active_at)

    def reported_rounds(self) -> frozenset[int]:
        """The rounds whose report stands."""
        return frozenset(self.view.history().standing)


def found_federation(
    scenario: Scenario,
    data: FederatedData,
    circuit: Circuit,
    devnet_settings: DevnetSettings,
    store: ContentStore,
    stopwatch: Stopwatch,
) -> Federation:
    """Start the chain, publish circuit, model and validation set, deploy the contract, and seat everybody.

    Raises:
        ScenarioError: a participant that needs data no client has.
    """
    participants = scenario.participants or default_participants(data)
    _check_evidence_fits(scenario, len(participants), len(data.public.validation))
    first_participant = FIRST_ORACLE + scenario.committee.size
    first_watcher = first_participant + len(participants)
    devnet = Devnet(devnet_settings, first_watcher + scenario.watchers)
    committee = devnet.accounts[FIRST_ORACLE:first_participant]
    sponsor = devnet.accounts[SPONSOR]
    policy = SendPolicy(priority_fee=devnet_settings.priority_fee_gwei * GWEI)
    referee, judged = deploy_referee(devnet.web3, sponsor, policy)

    terms = publish_terms(
        scenario,
        data.public,
        circuit,
        store,
        sponsor=Address(sponsor.address),
        guardian=Address(devnet.accounts[GUARDIAN].address),
        guardian_expiry=devnet.now + GUARDIAN_SECONDS,
        oracles=[Address(account.address) for account in committee],
        referee=referee,
    )
    address, deployment = deploy(devnet.web3, sponsor, terms, funding=parse_gwei(scenario.terms.funding), policy=policy)
    ledger = Web3Court(devnet.web3, address, sponsor, policy=policy)
    view = ChainView(ledger, store)
    executor = TimedExecutor(ScoringProgram(circuit), stopwatch)
    learners = _learners(scenario, participants, data, circuit, terms.max_norm, stopwatch)
    members = _committee(scenario, committee, ledger, store, executor, view)
    return Federation(
        devnet=devnet,
        ledger=ledger,
        store=store,
        circuit=circuit,
        data=data,
        seats=tuple(
            _seat(scenario, index, one, account, ledger, store, learners[one.name])
            for index, (one, account) in enumerate(zip(participants, devnet.accounts[first_participant:], strict=False))
        ),
        committee=members,
        lookouts=tuple(
            lookout(f"watcher-{number}", account, ledger, store, executor, members)
            for number, account in enumerate(devnet.accounts[first_watcher : first_watcher + scenario.watchers], 1)
        ),
        view=view,
        deployments=(judged, deployment),
    )


def _committee(
    scenario: Scenario,
    accounts: Sequence[LocalAccount],
    ledger: Web3Court,
    store: ContentStore,
    executor: TimedExecutor,
    view: ChainView,
) -> Committee:
    courts = [ledger.signed_by(account) for account in accounts]
    members = (
        Member(Oracle(court, store, executor, partial(sign_digest, account)), court)
        for court, account in zip(courts, accounts, strict=True)
    )
    return Committee(tuple(members), store, view, scenario.committee.behaviour, scenario.committee.liars)


def party_seed(scenario: Scenario, index: int) -> int:
    """What the training of a scenario's participant number ``index`` starts from."""
    return scenario.seed * 1000 + index


def default_participants(data: FederatedData) -> tuple[ParticipantSettings, ...]:
    """One honest participant for each client."""
    return tuple(ParticipantSettings(client.name, data=client.name) for client in data.clients)


def publish_terms(
    scenario: Scenario,
    data: PublicData,
    circuit: Circuit,
    store: ContentStore,
    *,
    sponsor: Address,
    guardian: Address,
    guardian_expiry: int,
    oracles: Sequence[Address],
    referee: Address,
) -> Terms:
    """Publish what the terms name by digest, and write the terms down.

    Raises:
        ScenarioError: an update or a row of losses that no transaction could show.
    """
    settings, validation = scenario.terms, data.validation
    check_answers_fit(circuit.parameters, min(scenario.rules.subset, len(validation)))
    model = Model(circuit.digest, 0, initial_model(circuit, scenario.training, scenario.seed))
    judged = Validation(scenario.rules, validation.features, validation.labels, len(data.classes))
    return Terms(
        circuit=store.put(circuit.to_bytes()),
        model=store.put(encode_model(model)),
        validation=store.put(encode_validation(judged)),
        validation_root=validation_root(judged),
        commit_window=settings.commit_window,
        reveal_window=settings.reveal_window,
        report_window=settings.report_window,
        challenge_window=settings.challenge_window,
        unbonding_window=settings.unbonding_window,
        min_stake=scenario.min_stake,
        reward_per_round=parse_gwei(settings.reward_per_round),
        max_norm=int(parameters_to_units([settings.max_norm])[0]),
        oracle_bond=parse_gwei(settings.oracle_bond),
        min_reveals=settings.min_reveals,
        sponsor=sponsor,
        guardian=guardian,
        guardian_expiry=guardian_expiry,
        referee=referee,
        oracles=tuple(oracles),
    )


def check_answers_fit(parameters: int, samples: int) -> None:
    """Whether a demand for an update, or for a leaf with its losses, can be answered in one transaction.

    Raises:
        ScenarioError: it cannot, so anybody could void honest reports.
    """
    update, row = update_bytes(parameters), LOSS_BYTES * samples
    if update > MAX_UPDATE_BYTES:
        raise ScenarioError(
            f"circuit: {parameters} parameters make updates of {update:,} bytes, a demand can be answered with "
            f"{MAX_UPDATE_BYTES:,}: use fewer layers or qubits"
        )
    if row > MAX_UPDATE_BYTES:
        raise ScenarioError(
            f"rules.subset: {samples} samples make rows of {row:,} bytes, a demand can be answered with "
            f"{MAX_UPDATE_BYTES:,}: lower rules.subset"
        )


def _check_evidence_fits(scenario: Scenario, participants: int, validation: int) -> None:
    rules, samples = scenario.rules, min(scenario.rules.subset, validation)
    needed = largest_evidence(participants, most_coalitions(participants, rules.permutations), samples)
    if needed > MAX_BLOCK_BYTES:
        raise ScenarioError(
            f"a round of {participants} participants can have evidence of {needed:,} bytes, a block holds "
            f"{MAX_BLOCK_BYTES:,}: lower rules.subset or rules.permutations, or have fewer participants"
        )


def _learners(
    scenario: Scenario,
    participants: tuple[ParticipantSettings, ...],
    data: FederatedData,
    circuit: Circuit,
    max_norm: int,
    stopwatch: Stopwatch,
) -> dict[str, Learner | None]:
    """Training for everybody who holds data."""
    clients = {client.name: client for client in data.clients}
    learners: dict[str, Learner | None] = {}
    for index, one in enumerate(participants):
        if one.data and one.data not in clients:
            raise ScenarioError(f"participants.{one.name}.data: no client {one.data!r}{nearest(one.data, clients)}")
        if one.behaviour in TRAINING and not one.data:
            kind = "an honest participant" if one.behaviour == "honest" else f"the behaviour {one.behaviour}"
            raise ScenarioError(f"participants.{one.name}: {kind} needs data = one of {list(clients)}")
        learners[one.name] = (
            TimedLearner(
                circuit,
                _rows(one, clients[one.data].train, len(data.public.classes)),
                scenario.training,
                party_seed(scenario, index),
                max_norm,
                stopwatch,
            )
            if one.data
            else None
        )
    return learners


def _rows(one: ParticipantSettings, train: Samples, classes: int) -> Samples:
    """What a participant trains on: its client's rows, for one that flips labels with every label turned over."""
    flips = one.behaviour == LABEL_FLIP
    return Samples(train.features, classes - 1 - train.labels) if flips else train


def _seat(
    scenario: Scenario,
    index: int,
    settings: ParticipantSettings,
    account: LocalAccount,
    ledger: Web3Court,
    store: ContentStore,
    learner: Learner | None,
) -> Seat:
    role = Role(
        ledger.signed_by(account),
        store,
        learner,
        salt_secret(account, ledger.chain_id, ledger.federation),
        party_seed(scenario, index),
    )
    return Seat(settings, Address(account.address), BEHAVIOURS[settings.behaviour](role))
