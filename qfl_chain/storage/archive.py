"""A run directory: everything one run produced, readable at every instant of the run.

::

    runs/<id>/
      run.json             format, the scenario as it ran, seed, versions, parties, federation, status
      scenario.toml        the scenario file, as given
      chain.jsonl          the federation's logs, one a line, in chain order
      transactions.jsonl   who paid how much gas for what
      refusals.jsonl       what the contract refused an attacker
      metrics.jsonl        one line a round: accuracy and AUC per participant's held-out rows
      baselines.json       the same figures for the baselines
      blocks/<cid>         models, updates, evidence and the validation set

Lines are appended and blocks are written atomically, so an interrupted run leaves a directory that reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from qfl_chain.errors import RunError
from qfl_chain.schema import shallow
from qfl_chain.storage.blocks import BlockStore
from qfl_chain.types import Event, Receipt

FORMAT = 1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spending:
    """One transaction and the party that paid for it.

    ``sender`` is the party's account; empty in runs of versions that did not write it.
    """

    party: str
    receipt: Receipt
    sender: str = ""
    succeeded: bool = True


@dataclass(frozen=True, slots=True)
class RunArchive:
    """One run directory. Create it with :func:`create_archive`, open it with :func:`open_archive`."""

    path: Path

    @property
    def blocks(self) -> BlockStore:
        return BlockStore(self.path / "blocks")

    @property
    def scenario_text(self) -> str:
        return self._text("scenario.toml")

    def describe(self, facts: Mapping[str, Any]) -> None:
        """Replace ``run.json``; in one step, so that a reader never sees half of it."""
        target = self.path / "run.json"
        temporary = target.with_suffix(".tmp")
        temporary.write_text(json.dumps({"format": FORMAT, **facts}, indent=2, default=_encode) + "\n")
        temporary.replace(target)

    def facts(self) -> dict[str, Any]:
        """``run.json``.

        Raises:
            RunError: missing, not JSON, or of another format.
        """
        facts = _loads(self._text("run.json"), self.path / "run.json", 1)
        if not isinstance(facts, dict) or facts.get("format") != FORMAT:
            raise RunError(f"{self.path}/run.json has another format than {FORMAT}: use the version that wrote it")
        return facts

    def append_events(self, events: Iterable[Event]) -> None:
        self._append("chain.jsonl", (asdict(event) for event in events))

    def events(self) -> tuple[Event, ...]:
        """The federation's logs in chain order."""
        return tuple(_as(Event, record, self.path / "chain.jsonl") for record in self._lines("chain.jsonl"))

    def append_spending(self, spendings: Iterable[Spending]) -> None:
        self._append("transactions.jsonl", map(_spending, spendings))

    def spendings(self) -> tuple[Spending, ...]:
        """Every transaction of the run, in the order they were sent."""
        path = self.path / "transactions.jsonl"
        records = self._lines("transactions.jsonl")
        return tuple(_read_spending(one, path) for one in records)

    def append_refusal(self, record: Mapping[str, Any]) -> None:
        self._append("refusals.jsonl", (record,))

    def refusals(self) -> tuple[dict[str, Any], ...]:
        """What the contract refused: round, party, phase and the name of its error."""
        return tuple(self._lines("refusals.jsonl"))

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        self._append("metrics.jsonl", (record,))

    def metrics(self) -> tuple[dict[str, Any], ...]:
        """One record a round, round 0 being the initial model."""
        return tuple(self._lines("metrics.jsonl"))

    def write_baselines(self, baselines: Mapping[str, Any]) -> None:
        (self.path / "baselines.json").write_text(json.dumps(baselines, indent=2) + "\n")

    def baselines(self) -> dict[str, Any]:
        """The baselines' figures; empty when the run was interrupted before they were computed."""
        path = self.path / "baselines.json"
        loaded: dict[str, Any] = _loads(path.read_text(), path, 1) if path.exists() else {}
        return loaded

    def _text(self, name: str) -> str:
        try:
            return (self.path / name).read_text()
        except OSError as error:
            raise RunError(f"{self.path} is not a run directory: {name} cannot be read ({error.strerror})") from error

    def _append(self, name: str, records: Iterable[Mapping[str, Any]]) -> None:
        with (self.path / name).open("a") as file:
            file.writelines(json.dumps(record, default=_encode) + "\n" for record in records)

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self.path / name
        # A line without its end was being written when the run was killed; what it would have said is lost.
        lines = path.read_text().split("\n")[:-1] if path.exists() else []
        return [_loads(line, path, number) for number, line in enumerate(lines, start=1)]


def create_archive(path: Path, scenario_text: str) -> RunArchive:
    """Make a new run directory.

    Raises:
        RunError: there is something at that path already, or it cannot be written.
    """
    try:
        (path / "blocks").mkdir(parents=True)
        (path / "scenario.toml").write_text(scenario_text)
    except FileExistsError as error:
        raise RunError(f"{path} exists already: choose another --out") from error
    except OSError as error:
        raise RunError(f"cannot write the run directory {path}: {error.strerror}") from error
    return RunArchive(path)


def open_archive(path: Path) -> RunArchive:
    """Open a run directory for reading.

    Raises:
        RunError: it is not one, or of another format.
    """
    archive = RunArchive(path)
    archive.facts()
    return archive


def _spending(one: Spending) -> dict[str, Any]:
    return {"party": one.party, "sender": one.sender, **asdict(one.receipt), "succeeded": one.succeeded}


def _read_spending(record: dict[str, Any], path: Path) -> Spending:
    party, sender = (str(record.pop(name, "")) for name in ("party", "sender"))
    succeeded = bool(record.pop("succeeded", True))
    return Spending(party, _as(Receipt, record, path), sender, succeeded)


def _encode(value: object) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise TypeError(f"{type(value).__name__} has no place in a run directory")


def _decode(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["hex"]) if value.keys() == {"hex"} else value


def _loads(text: str, path: Path, line: int) -> Any:
    try:
        with shallow():
            return json.loads(text, object_hook=_decode)
    except ValueError as error:
        raise RunError(f"{path}, line {line}: not valid JSON ({error}); was the file edited or cut?") from error


def _as(kind: type[T], record: dict[str, Any], path: Path) -> T:
    try:
        return kind(**record)
    except TypeError as error:
        raise RunError(f"{path}: a record is no {kind.__name__} ({error}); was the file edited?") from error
