"""A run directory as an index: its logs, transactions, names, figures and evidence, in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from qfl_chain.analysis.index.database import (
    Index,
    Meta,
    TransactionRow,
    check_same,
    create_index,
    insert,
    open_index,
)
from qfl_chain.analysis.index.events import bytes_of, piece_of
from qfl_chain.analysis.index.evidence import read_evidence
from qfl_chain.analysis.index.pieces import objects
from qfl_chain.errors import ContentError, DigestMismatch, ProtocolError, RunError
from qfl_chain.protocol.replay import replay
from qfl_chain.protocol.terms import deployed_terms
from qfl_chain.storage.archive import RunArchive, Spending, open_archive
from qfl_chain.storage.cid import digest_of
from qfl_chain.types import Address, Event


def index_run(path: Path, index_path: Path | None = None) -> Index:
    """Index a run directory, whole; in memory without a path.

    The file appears when it is complete. One of the same federation, from an earlier call, is replaced.

    Raises:
        RunError: not a run directory, one that ended before its federation was deployed, or one that was edited; or
            there is something else at the index's path.
    """
    with _readable(path):
        archive = open_archive(path)
        facts, events = archive.facts(), archive.events()
        meta = _meta(path, facts, events)
        _check_events(path, events, meta.federation)
        _check_parties(path, facts, events)
        _check_blocks(archive)
        if index_path is None:
            return _filled(create_index(None, meta), archive, facts, events)
        _check_replaceable(index_path, meta)
        unfinished = index_path.with_name(f".{index_path.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        try:
            _filled(create_index(unfinished, meta), archive, facts, events).close()
            unfinished.replace(index_path)
        finally:
            unfinished.unlink(missing_ok=True)
    return open_index(index_path)


def _filled(index: Index, archive: RunArchive, facts: Mapping[str, Any], events: Sequence[Event]) -> Index:
    """The index with everything the run says."""
    try:
        if events:
            index.append(piece_of(events), tuple(_transactions(archive, facts)))
        with index.writing() as connection:
            _insert_parties(connection, facts)
            _insert_figures(connection, "model_metrics", "round", np.int64, list(_figures(archive.metrics())))
            _insert_figures(connection, "baselines", "model", object, list(_baselines(archive.baselines())))
        read_evidence(index, archive.blocks)
    except BaseException:
        index.close()
        raise
    return index


def _check_replaceable(index_path: Path, meta: Meta) -> None:
    if not index_path.exists():
        return
    with open_index(index_path) as index:
        check_same(index, meta)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Name the run behind a record that has other fields than runs write."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, ProtocolError) as error:
        said = f"{type(error).__name__}: {error}"
        raise RunError(f"{path} holds what no run writes ({said}): it was edited, or is another version's") from error


def _meta(path: Path, facts: Mapping[str, Any], events: Sequence[Event]) -> Meta:
    try:
        chain_id, federation = int(facts["chain_id"]), Address(str(facts["federation"]))
    except KeyError as error:
        raise RunError(f"{path} ended before its federation was deployed: there is nothing to index") from error
    from_block = events[0].block if events else 0
    return Meta(chain_id, federation, from_block, str(path), str(facts.get("name", "")))


def _check_events(path: Path, events: Sequence[Event], federation: Address) -> None:
    if not events:
        return
    try:
        replay(events, federation, deployed_terms(events[0]).model)
    except (ProtocolError, KeyError, TypeError) as error:
        raise RunError(f"{path}/chain.jsonl contradicts itself, it was edited or cut: {error}") from error


def _check_parties(path: Path, facts: Mapping[str, Any], events: Sequence[Event]) -> None:
    if not events:
        return
    terms = deployed_terms(events[0])
    said: Mapping[str, tuple[object, object]] = {
        "sponsor": (facts.get("sponsor"), terms.sponsor),
        "oracles": (sorted(facts.get("oracles", ())), sorted(terms.oracles)),
    }
    for name, (told, logged) in said.items():
        if told != logged:
            raise RunError(
                f"{path}/run.json is about another federation than chain.jsonl: {name} {told}, the log says {logged}; "
                "one of the two was edited or comes from another run"
            )


def _check_blocks(archive: RunArchive) -> None:
    """Every block is what its name says."""
    blocks = archive.blocks
    for name in sorted(one.name for one in (archive.path / "blocks").iterdir() if not one.name.startswith(".")):
        try:
            blocks.get(digest_of(name))
        except DigestMismatch as error:
            raise RunError(f"{archive.path} was edited: {error}") from error
        except ContentError as error:
            raise RunError(f"{archive.path}/blocks holds what no run writes: {error}") from error


def _transactions(archive: RunArchive, facts: Mapping[str, Any]) -> Iterator[TransactionRow]:
    accounts = {str(one["name"]): str(one["account"]) for one in facts.get("participants", ())}
    accounts["sponsor"] = str(facts.get("sponsor", "sponsor"))
    for spending in archive.spendings():
        yield _transaction(spending, spending.sender or accounts.get(spending.party, spending.party))


def _transaction(spending: Spending, sender: str) -> TransactionRow:
    """One transaction. Runs of earlier versions say ``oracles`` of every oracle, and that is its sender then."""
    sent = spending.receipt
    return TransactionRow(
        bytes_of(sent.transaction), sent.block, sender, sent.function, sent.gas_used, sent.fee_wei, spending.succeeded
    )


def _insert_parties(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, Any]) -> None:
    rows: dict[str, tuple[str, str, str | None, str]] = {}
    oracles = list(facts.get("oracles", ()))
    named = [("sponsor", facts["sponsor"], "sponsor")] if "sponsor" in facts else []
    named += [(f"oracle {number}", account, "oracle") for number, account in enumerate(oracles, 1)]
    for name, account, role in named:
        rows[account] = (account, name, None, role)
    for one in facts.get("participants", ()):
        rows[one["account"]] = (one["account"], one["name"], one["behaviour"], "participant")
    columns = zip(*rows.values(), strict=True)
    names = ("account", "name", "behaviour", "role")
    if rows:
        insert(connection, "parties", {name: objects(column) for name, column in zip(names, columns, strict=True)})


Figure = tuple[Any, str, str, float | None]


def _figures(records: Iterable[Mapping[str, Any]]) -> Iterator[Figure]:
    for record in records:
        for rows, figures in record["figures"].items():
            for metric, value in figures.items():
                yield int(record["round"]), rows, metric, value


def _baselines(baselines: Mapping[str, Any]) -> Iterator[Figure]:
    for model, by_rows in baselines.items():
        for rows, figures in by_rows.items():
            for metric, value in figures.items():
                yield model, rows, metric, value


def _insert_figures(
    connection: duckdb.DuckDBPyConnection, table: str, key: str, kind: type[np.int64] | type[object], rows: list[Figure]
) -> None:
    if not rows:
        return
    keys, where, metrics, values = zip(*rows, strict=True)
    columns = {
        key: np.array(keys, dtype=kind),
        "rows": objects(where),
        "metric": objects(metrics),
        "value": np.array([np.nan if value is None else value for value in values], dtype=np.float64),
    }
    insert(connection, table, columns, value="CASE WHEN NOT isnan(value) THEN value END")
