"""What it takes to index a federation: events per second beside other readers, and how time and memory grow.

    python benchmarks/index.py [--participants N] [--sizes NxM ...] [--json]

First on a real chain: participants join and commit on anvil, one relayer reveals, and the same logs are read by

- ``web3.py``: eth_getLogs through its middleware, each log decoded by ``contract.events.X().process_log``;
- ``qfl``: raw logs into the columns of the index, without and with the database and the transactions behind the logs;
- ``cryo``, where its Python package is installed: logs with their events decoded, into Parquet.

The best of :data:`REPEATS` counts; all in one run, one after the other. Then synthetic logs of growing size, each in a
process of its own: the log is made while it is read, which is not counted, and passes through JSON, which is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import duckdb
from load import ROUND, STAKE, WINDOW, Site, call, found, publish, reveal, send, travel
from load_nodes import node
from machine import machine_line
from memory import held_kib, peak_kib
from web3 import Web3
from web3.types import RPCEndpoint, RPCResponse

from qfl_chain.analysis.index.database import Index, Meta, create_index
from qfl_chain.analysis.index.decoding import decode_logs, decode_piece
from qfl_chain.analysis.index.indexing import index_chain
from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.bulk import BulkReader
from qfl_chain.chain.fees import GWEI
from qfl_chain.chain.raw import RawNode
from qfl_chain.chain.transport import RetryPolicy, open_web3
from qfl_chain.protocol.commitment import commitment
from qfl_chain.types import Address
from tests.synthetic_log import CHAIN_ID, SyntheticLog
from tests.synthetic_node import SyntheticNode

PARTICIPANTS = 1_000
SIZES = ("10x50", "100x50", "1000x50", "1000x500", "1000x1000")
REPEATS = 3
BATCH = 500
EVENTS = ("Joined", "Committed", "Revealed")
PATIENT = RetryPolicy(timeout=120)

Row = dict[str, Any]


def compare(participants: int) -> list[Row]:
    """Every reader on one anvil chain."""
    with node("anvil") as running, TemporaryDirectory() as folder:
        site = found(running, Path(folder), participants)
        play(site)
        rows = [
            measured("web3.py: logs, decoded", lambda: by_web3(site)),
            measured("qfl: logs, decoded into columns", lambda: by_qfl(site)),
            measured("qfl: and into the index's file", lambda: into_file(site, Path(folder))),
            measured("qfl: and the transactions, as `qfl analyze index`", lambda: whole_index(site, Path(folder))),
            cryo_row(site, Path(folder)),
            *decoders(site),
        ]
    return with_ratios(rows)


def play(site: Site) -> None:
    """Everybody joins, commits and is revealed: three events a participant."""
    send(site, [call("join")] * len(site.participants), nonce=0, value=STAKE * GWEI, batch=BATCH)
    openings, _ = publish(site)
    commits = [call("commit", ROUND, commitment(site.ledger.federation, ROUND, one)) for one in openings]
    send(site, commits, nonce=1, value=0, batch=BATCH)
    travel(site, WINDOW)
    reveal(site, openings)


def measured(name: str, read: Callable[[], int]) -> Row:
    """The best time of several, and events per second."""
    seconds, events = [], 0
    for _ in range(REPEATS):
        began = perf_counter()
        events = read()
        seconds.append(perf_counter() - began)
    return {"reader": name, "events": events, "seconds": min(seconds), "events/s": events / min(seconds)}


def by_web3(site: Site) -> int:
    """As web3.py's documents say: get_logs, and the event's own process_log."""
    web3 = open_web3(site.node.url, PATIENT)
    logs = web3.eth.get_logs({"address": Web3.to_checksum_address(site.ledger.federation), "fromBlock": 0})
    return len(decode_with_web3(web3, site.ledger.federation, logs))


def decode_with_web3(web3: Web3, federation: Address, logs: Sequence[Any]) -> list[Any]:
    """Each log through its event; the events are looked up once."""
    contract: Any = web3.eth.contract(address=Web3.to_checksum_address(federation), abi=load_artifact().abi)
    names = [entry["name"] for entry in load_artifact().abi if entry["type"] == "event"]
    by_topic = {bytes.fromhex(event.topic[2:]): event for event in (contract.events[name]() for name in names)}
    return [by_topic[bytes(one["topics"][0])].process_log(one) for one in logs]


def by_qfl(site: Site) -> int:
    """All pieces, decoded and dropped."""
    reader = BulkReader(RawNode(open_web3(site.node.url, PATIENT)), site.ledger.federation)
    pieces = (decode_piece(raw) for raw in reader.pieces(0, None))
    return sum(len(columns["block"]) for piece in pieces for columns in piece.kinds.values())


def into_file(site: Site, folder: Path) -> int:
    """All pieces into a fresh index, without transactions."""
    with fresh(site, folder) as index:
        for raw in BulkReader(RawNode(open_web3(site.node.url, PATIENT)), site.ledger.federation).pieces(0, None):
            index.append(decode_piece(raw))
        return count(index)


def whole_index(site: Site, folder: Path) -> int:
    """What the command does, but for evidence."""
    with fresh(site, folder) as index:
        index_chain(index, open_web3(site.node.url, PATIENT))
        return count(index)


def fresh(site: Site, folder: Path) -> Index:
    file = folder / "history.duckdb"
    file.unlink(missing_ok=True)
    return create_index(file, Meta(site.ledger.chain_id, site.ledger.federation, 0, site.node.url))


def count(index: Index) -> int:
    return int(index.query("SELECT count(*) FROM events")[0][0])


def decoders(site: Site) -> list[Row]:
    """Decoding alone, of the same logs in memory: each library from the form in which it gets them."""
    web3 = open_web3(site.node.url, PATIENT)
    federation = Web3.to_checksum_address(site.ledger.federation)
    asked: Any = {"address": federation, "fromBlock": "0x0"}
    raw = RawNode(web3).ask("eth_getLogs", asked)
    formatted = web3.eth.get_logs(asked)
    return [
        measured("web3.py: decoding alone", lambda: len(decode_with_web3(web3, Address(federation), formatted))),
        measured("qfl: decoding alone", lambda: sum(len(each["block"]) for each in decode_logs(raw).values())),
    ]


def cryo_row(site: Site, folder: Path) -> Row:
    """Cryo's logs with their events decoded, one call an event as it wants them; or why there are none."""
    name = "cryo: logs, decoded, into Parquet"
    try:
        freeze = import_module("cryo").freeze
    except ImportError:
        return {"reader": name, "skipped": "cryo is not installed: pip install cryo-python"}
    try:
        row = measured(name, lambda: sum(freeze_event(freeze, site, folder / event, event) for event in EVENTS))
    except Exception as error:  # whatever it raises is what it says
        return {"reader": name, "skipped": f"cryo failed: {error}"}
    return row


def freeze_event(freeze: Callable[..., None], site: Site, out: Path, event: str) -> int:
    """Let cryo write one event's logs, and count them."""
    inputs = next(one["inputs"] for one in load_artifact().abi if one.get("name") == event and one["type"] == "event")
    fields = (f"{item['type']}{' indexed' if item['indexed'] else ''} {item['name']}" for item in inputs)
    blocks = site.ledger.height() + 1
    freeze(
        "logs",
        blocks=[f"0:{blocks}"],
        rpc=site.node.url,
        address=[site.ledger.federation],
        topic0=["0x" + Web3.keccak(text=f"{event}({','.join(item['type'] for item in inputs)})").hex()],
        event_signature=f"event {event}({', '.join(fields)})",
        # One question for everything, as ours.
        inner_request_size=blocks,
        chunk_size=blocks,
        output_dir=str(out),
        overwrite=True,
        no_report=True,
        verbose=False,
    )
    with duckdb.connect() as connection:
        return int(connection.execute(f"SELECT count(*) FROM '{out}/*.parquet'").fetchall()[0][0])


def with_ratios(rows: Sequence[Row]) -> list[Row]:
    """How many times the web3.py row of its kind each is."""
    whole = next(row for row in rows if row["reader"].startswith("web3.py: logs"))["events/s"]
    alone = next(row for row in rows if row["reader"] == "web3.py: decoding alone")["events/s"]
    base = {row["reader"]: alone if "alone" in row["reader"] else whole for row in rows}
    return [{**row, "ratio": row["events/s"] / base[row["reader"]]} if "events/s" in row else row for row in rows]


class TimedNode(SyntheticNode):
    """Counts the seconds in which the log is made, and gives every answer through JSON."""

    making = 0.0

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        answer: RPCResponse = self._through_json(lambda: super(TimedNode, self).make_request(method, params))
        return answer

    def make_batch_request(self, batch_requests: list[tuple[RPCEndpoint, Any]]) -> list[RPCResponse] | RPCResponse:
        answer = super().make_request
        answers: list[RPCResponse] = self._through_json(lambda: [answer(*request) for request in batch_requests])
        return answers

    def _through_json(self, answer: Callable[[], Any]) -> Any:
        began = perf_counter()
        text = json.dumps(answer())
        self.asked.clear()
        self.making += perf_counter() - began
        return json.loads(text)


def grow(participants: int, rounds: int) -> Row:
    """One synthetic log into an index on disk."""
    served = TimedNode(SyntheticLog(participants, rounds))
    meta = Meta(CHAIN_ID, served.log.federation, 0, "synthetic")
    before = held_kib(os.getpid())
    with TemporaryDirectory() as folder, create_index(Path(folder) / "history.duckdb", meta) as index:
        began = perf_counter()
        index_chain(index, served.web3)
        seconds = perf_counter() - began - served.making
        events, peak = count(index), peak_kib(os.getpid())
        index.connection.execute("CHECKPOINT")
        size = (Path(folder) / "history.duckdb").stat().st_size
    return {
        "participants": participants,
        "rounds": rounds,
        "events": events,
        "seconds": seconds,
        "events/s": events / seconds,
        "file, MiB": size / 2**20,
        "RSS before, MiB": before / 1024,
        "peak RSS, MiB": peak / 1024,
        "made in, s": served.making,
    }


def grow_all(sizes: Sequence[str]) -> list[Row]:
    """Each size in a process of its own, so that its peak memory is its own."""
    rows: list[Row] = []
    for size in sizes:
        command = [sys.executable, __file__, "--grow", size]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rows.append(json.loads(done.stdout))
    for small, large in pairwise(rows):
        steps = log(large["events"] / small["events"])
        large["growth"] = log(large["seconds"] / small["seconds"]) / steps if steps else float("nan")
    return rows


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table: a line a row, a column a figure."""
    print(f"\n{title}")
    for row in rows:
        cells = (f"{name} {_figure(value)}" for name, value in row.items() if name not in ("reader", "skipped"))
        head = f"{row['reader']:<52}" if "reader" in row else ""
        print(head + (f"skipped: {row['skipped']}" if "skipped" in row else ", ".join(cells)))


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _size(text: str) -> tuple[int, int]:
    participants, _, rounds = text.partition("x")
    return int(participants), int(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--participants", type=int, default=PARTICIPANTS, help="on anvil")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), help="synthetic: participants x rounds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--grow", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.grow:
        print(json.dumps(grow(*_size(chosen.grow))))
        return
    compared = compare(chosen.participants) if chosen.participants else []
    grown = grow_all(chosen.sizes)
    if chosen.json:
        print(json.dumps({"machine": machine_line(), "readers": compared, "growth": grown}))
        return
    print(machine_line())
    print(f"load average {os.getloadavg()[0]:.1f}")
    show("one anvil chain", compared)
    show("synthetic logs", grown)


if __name__ == "__main__":
    main()
