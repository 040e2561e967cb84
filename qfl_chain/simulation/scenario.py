"""A scenario: everything one federation needs, in one TOML file. The dataclasses below are its schema."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from eth_utils.address import is_checksum_address

from qfl_chain.chain.amounts import parse_gwei
from qfl_chain.circuit.gates import Circuit
from qfl_chain.circuit.library import ANSATZES
from qfl_chain.circuit.trace import trace
from qfl_chain.errors import AmountError, ProtocolError, ScenarioError
from qfl_chain.learning.settings import LOADER, DataSettings, TrainingSettings
from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.eip712 import quorum
from qfl_chain.schema import nearest, parse_toml, read_table
from qfl_chain.simulation.behaviours import BEHAVIOURS
from qfl_chain.simulation.liars import COMMITTEE_BEHAVIOURS
from qfl_chain.types import Gwei
from qfl_chain.userfile import load_function

MAX_ROUNDS = 65_535
MAX_NORM = 1e9
MAX_WATCHERS = 16
HONEST = "honest"
SHORTEST_DISPUTE = 4
"""Seconds that a report phase and a challenge have at the least."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
CSV = "csv:"


@dataclass(frozen=True, slots=True)
class CircuitSettings:
    """``[circuit]``: an ansatz of the library, or ``function = "FILE.py:NAME"`` with its number of parameters.

    ``scale`` multiplies every feature's angle.
    """

    ansatz: str = ""
    qubits: int = 0
    layers: int = 0
    scale: float = 1.0
    function: str = ""
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class TermSettings:
    """``[terms]``: what the sponsor fixes on chain. Windows are seconds, amounts text such as ``"0.5 eth"``.

    ``max_norm`` bounds an update's Euclidean norm, in radians. ``oracle_bond`` is what an oracle puts down, and loses
    a half of where a report it signed is proven wrong.
    """

    commit_window: int = 600
    reveal_window: int = 600
    report_window: int = 600
    challenge_window: int = 900
    unbonding_window: int = 86_400
    min_stake: str = "1 eth"
    reward_per_round: str = "0.1 eth"
    funding: str = "10 eth"
    oracle_bond: str = "1 eth"
    max_norm: float = 10.0
    min_reveals: int = 2

    def __post_init__(self) -> None:
        for name in ("commit_window", "reveal_window", "report_window", "challenge_window", "unbonding_window"):
            if not 1 <= getattr(self, name) < 1 << 32:
                raise ValueError(f"{name} is {getattr(self, name)}, it must be 1 to {(1 << 32) - 1} seconds")
        for name in ("report_window", "challenge_window"):
            if getattr(self, name) < SHORTEST_DISPUTE:
                raise ValueError(
                    f"{name} is {getattr(self, name)}, it must be {SHORTEST_DISPUTE} seconds or more: a quarter of it "
                    "is the time to answer a demand"
                )
        if self.challenge_window >= self.commit_window + self.reveal_window:
            raise ValueError("challenge_window must be shorter than commit_window and reveal_window together")
        if (
            self.unbonding_window
            <= self.commit_window + self.reveal_window + self.report_window + self.challenge_window
        ):
            raise ValueError("unbonding_window must be longer than the four other windows together")
        if not 0 < self.max_norm < MAX_NORM:
            raise ValueError(f"max_norm is {self.max_norm}, it must be above 0 and below {MAX_NORM} radians")
        if not 1 <= self.min_reveals <= MAX_ROUNDS:
            raise ValueError(f"min_reveals is {self.min_reveals}, it must be 1 to {MAX_ROUNDS}")


@dataclass(frozen=True, slots=True)
class CommitteeSettings:
    """``[committee]``: how many oracles; the quorum follows (3 of 4, 5 of 7).

    ``addresses`` and ``guardian`` say who they are where a federation is deployed; the number follows from the
    addresses. ``qfl run`` plays them with accounts of its own chain and uses the number alone. There, the first
    ``colluding`` oracles behave as ``behaviour`` says, as soon as they are a quorum; without a number, a quorum of
    them. The others are honest.
    """

    oracles: int | None = None
    behaviour: str = "honest"
    colluding: int | None = None
    addresses: tuple[str, ...] = ()
    guardian: str = ""

    def __post_init__(self) -> None:
        for address in (*self.addresses, *((self.guardian,) if self.guardian else ())):
            if not is_checksum_address(address):
                raise ValueError(f"{address!r} is not an address with its EIP-55 checksum: copy it in mixed case")
        if len(set(self.addresses)) != len(self.addresses):
            raise ValueError("addresses: one stands twice, name each oracle once")
        if self.addresses and self.oracles not in (None, len(self.addresses)):
            raise ValueError(f"oracles is {self.oracles}, there are {len(self.addresses)} addresses: leave oracles out")

        if self.behaviour not in COMMITTEE_BEHAVIOURS:
            raise ValueError(
                f"unknown behaviour {self.behaviour!r}{nearest(self.behaviour, list(COMMITTEE_BEHAVIOURS))}"
            )
        if not 0 <= (self.colluding or 0) <= self.size:
            raise ValueError(f"colluding is {self.colluding}, there are {self.size} oracles")

    @property
    def size(self) -> int:
        """How many oracles there are; four where nothing is said."""
        return len(self.addresses) or (4 if self.oracles is None else self.oracles)

    @property
    def liars(self) -> int:
        """How many of the oracles collude."""
        if self.behaviour == HONEST:
            return 0
        return quorum(self.size) if self.colluding is None else self.colluding


@dataclass(frozen=True, slots=True)
class ParticipantSettings:
    """``[[participants]]``: a party, how it behaves, what it stakes, and which client's data it holds, if any."""

    name: str
    behaviour: str = "honest"
    stake: str = "2 eth"
    data: str = ""


@dataclass(frozen=True)
class Scenario:
    """One federation, ready to run. Build it with :func:`load_scenario` or directly."""

    name: str
    rounds: int
    data: DataSettings
    circuit: CircuitSettings
    description: str = ""
    seed: int = 0
    training: TrainingSettings = field(default_factory=TrainingSettings)
    rules: Rules = field(default_factory=Rules)
    terms: TermSettings = field(default_factory=TermSettings)
    committee: CommitteeSettings = field(default_factory=CommitteeSettings)
    participants: tuple[ParticipantSettings, ...] = ()
    watchers: int = 0

    def __post_init__(self) -> None:
        _check_counts(self)
        _check_participants(self.participants)
        _check_money(self)

    def with_seed(self, seed: int) -> Scenario:
        """The same scenario from another seed."""
        return replace(self, seed=seed)

    def with_rounds(self, rounds: int) -> Scenario:
        """The same scenario, shorter or longer."""
        return replace(self, rounds=rounds)

    @cached_property
    def min_stake(self) -> Gwei:
        return parse_gwei(self.terms.min_stake)


def shipped_scenarios() -> dict[str, Path]:
    """The scenarios in the package, by name."""
    folder = Path(str(files("qfl_chain.simulation") / "scenarios"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find_scenario(name_or_path: str) -> Path:
    """A shipped scenario's file, or the path given.

    Raises:
        ScenarioError: neither a shipped name nor a readable file.
    """
    shipped = shipped_scenarios()
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if not path.is_file():
        raise ScenarioError(f"no scenario file {name_or_path!r}{nearest(name_or_path, list(shipped))}")
    return path


def load_scenario(name_or_path: str) -> Scenario:
    """Read a scenario. The files it names lie beside it, unless their paths are absolute.

    Raises:
        ScenarioError: no such file, malformed TOML, an unknown key (with the nearest one), or an impossible value.
    """
    path = find_scenario(name_or_path)
    return _beside(parse_scenario(scenario_text(path), str(path)), path.parent)


def scenario_text(path: Path) -> str:
    """A scenario file's text.

    Raises:
        ScenarioError: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read as UTF-8 text: {error}") from error


def parse_scenario(text: str, origin: str) -> Scenario:
    """Read a scenario from TOML; ``origin`` names it in errors.

    Raises:
        ScenarioError: as :func:`load_scenario`.
    """
    table = parse_toml(text, origin, ScenarioError)
    try:
        return read_table(Scenario, table, origin, ScenarioError)
    except (AmountError, ProtocolError) as error:
        raise ScenarioError(f"{origin}: {error}") from error


def _beside(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with the files it names looked up in ``folder``."""
    data, circuit = scenario.data, scenario.circuit
    for prefix in (CSV, LOADER):
        if data.source.startswith(prefix):
            data = replace(data, source=prefix + str(folder / data.source.removeprefix(prefix)))
    if data.public:
        data = replace(data, public=str(folder / data.public))
    if circuit.function:
        circuit = replace(circuit, function=str(folder / circuit.function))
    return replace(scenario, data=data, circuit=circuit)


def build_circuit(settings: CircuitSettings, features: int, classes: int) -> Circuit:
    """Trace the scenario's circuit for data of this shape.

    Raises:
        ScenarioError: no ansatz of that name, or a circuit file that does not define the function.
        CircuitError: a circuit that cannot be traced or does not fit the data.
    """
    if settings.function:
        return trace(load_function(settings.function, "circuit.function", ScenarioError), features, settings.parameters)
    if settings.ansatz not in ANSATZES:
        raise ScenarioError(
            f"circuit.ansatz: unknown ansatz {settings.ansatz!r}{nearest(settings.ansatz, list(ANSATZES))}"
        )
    outputs = 1 if classes == 2 else classes
    builder = ANSATZES[settings.ansatz]
    return trace(*builder(settings.qubits, settings.layers, features, outputs, settings.scale))


def _check_counts(scenario: Scenario) -> None:
    if not NAME.fullmatch(scenario.name):
        raise ScenarioError(
            f"name: {scenario.name!r} must be letters, digits, - and _, at most 64: runs are named for it"
        )
    if not 1 <= scenario.rounds <= MAX_ROUNDS:
        raise ScenarioError(f"rounds: must be 1 to {MAX_ROUNDS}, got {scenario.rounds}")
    if scenario.seed < 0:
        raise ScenarioError(f"seed: must not be negative, got {scenario.seed}")
    if not 1 <= scenario.committee.size <= 256:
        raise ScenarioError(f"committee.oracles: must be 1 to 256, got {scenario.committee.size}")
    if not 0 <= scenario.watchers <= MAX_WATCHERS:
        raise ScenarioError(f"watchers: must be 0 to {MAX_WATCHERS}, got {scenario.watchers}")
    if bool(scenario.circuit.ansatz) == bool(scenario.circuit.function):
        raise ScenarioError("circuit: give either an ansatz or a function, and not both")


def _check_participants(participants: tuple[ParticipantSettings, ...]) -> None:
    for participant in participants:
        if not participant.name.strip() or not participant.name.isprintable():
            raise ScenarioError(f"participants: {participant.name!r} is no name: it must be printable text")
        if participant.behaviour not in BEHAVIOURS:
            known = nearest(participant.behaviour, list(BEHAVIOURS))
            raise ScenarioError(f"participants.{participant.name}: unknown behaviour {participant.behaviour!r}{known}")
    name, count = next(iter(Counter(one.name for one in participants).most_common(1)), ("", 0))
    if count > 1:
        raise ScenarioError(f"participants: {name!r} appears {count} times; names must differ")


def _check_money(scenario: Scenario) -> None:
    terms = scenario.terms
    for amount in (terms.min_stake, terms.reward_per_round, terms.funding, terms.oracle_bond):
        parse_gwei(amount)
    for participant in scenario.participants:
        if parse_gwei(participant.stake) < scenario.min_stake:
            raise ScenarioError(
                f"participants.{participant.name}.stake: {participant.stake} is under the minimum of {terms.min_stake}"
            )
