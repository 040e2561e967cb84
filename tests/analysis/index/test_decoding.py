"""Decoding by columns beside web3's decoding, log by log: the same values, whatever the event and the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3
from web3._utils.method_formatters import log_entry_formatter

from qfl_chain.analysis.index.decoding import UNDECODED, decode_logs, layouts
from qfl_chain.analysis.index.pieces import COLUMNS
from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.decoding import EventDecoder
from qfl_chain.errors import WrongContract
from qfl_chain.protocol.packing import unpack_address
from qfl_chain.types import Event
from tests.synthetic_log import SyntheticLog, encode_event

FEDERATION = unpack_address(b"\xfe\xde" * 10)
ABI = {entry["name"]: entry["inputs"] for entry in load_artifact().abi if entry["type"] == "event"}
FIXED = [name for name in ABI if name not in ("Deployed", "CommitteeScheduled")]
OWN = {
    "participant": "account",
    "from": "account",
    "to": "account",
    "oracle": "account",
    "reporter": "counterparty",
    "demander": "counterparty",
    "answerer": "counterparty",
    "evidenceRoot": "evidence_root",
    "withdrawableAt": "withdrawable_at",
    "activeAt": "active_at",
    "index": "leaf",
}

addresses = st.binary(min_size=20, max_size=20).map(unpack_address)


def values(kind: str) -> st.SearchStrategy[Any]:
    """Any value of an ABI type."""
    if kind == "address":
        return addresses
    if kind.startswith("uint"):
        return st.integers(0, 2 ** int(kind[4:]) - 1)
    return st.binary(min_size=32, max_size=32)


@st.composite
def logs(draw: st.DrawFn, names: Sequence[str] = FIXED) -> list[dict[str, Any]]:
    """Some logs of any events, in chain order."""
    chosen = draw(st.lists(st.sampled_from(names), max_size=12))
    return [
        raw(index, name, {item["name"]: draw(values(item["type"])) for item in ABI[name]})
        for index, name in enumerate(chosen)
    ]


def raw(index: int, name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A log as a node writes it."""
    block, at = divmod(index, 3)
    return {
        "address": FEDERATION.lower(),
        "blockNumber": hex(block),
        "blockHash": f"0x{block:064x}",
        "logIndex": hex(at),
        "transactionIndex": "0x0",
        "transactionHash": f"0x{index + 7:064x}",
        **encode_event(name, fields),
    }


@cache
def decoder() -> EventDecoder:
    return EventDecoder(Web3().eth.contract(address=FEDERATION, abi=load_artifact().abi))


def as_web3(found: Sequence[Mapping[str, Any]]) -> list[Event]:
    return [decoder()(log_entry_formatter(log), 0) for log in found]


def as_columns(found: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Our columns as events again; integers that are longer than 64 bits come as bytes."""
    events = []
    for name, columns in decode_logs(found).items():
        for row in range(len(columns["block"])):
            args = {item["name"]: _value(item, columns, row) for item in ABI[name]}
            block, index = int(columns["block"][row]), int(columns["log_index"][row])
            events.append(Event(name, args, block, index, 0, "0x" + columns["transaction"][row].hex()))
    return sorted(events, key=lambda event: (event.block, event.index))


def _value(item: Mapping[str, Any], columns: Mapping[str, Any], row: int) -> Any:
    value = columns[OWN.get(item["name"], item["name"])][row]
    if str(item["type"]).startswith("uint"):
        assert isinstance(value, bytes) == (int(item["type"][4:]) > 64)
        return int.from_bytes(value, "big") if isinstance(value, bytes) else int(value)
    return value


@given(logs())
def test_every_field_of_every_event_is_what_web3_decodes(found: list[dict[str, Any]]) -> None:
    assert as_columns(found) == as_web3(found)


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("full", [False, True])
def test_the_least_and_the_greatest_values_of_an_event(name: str, full: bool) -> None:
    fields = {item["name"]: _extreme(str(item["type"]), full) for item in ABI[name]}
    found = [raw(index, name, fields) for index in range(2)]
    assert as_columns(found) == as_web3(found)


def _extreme(kind: str, full: bool) -> Any:
    if kind == "address":
        return unpack_address((b"\xff" if full else b"\0") * 20)
    if kind.startswith("uint"):
        return 2 ** int(kind[4:]) - 1 if full else 0
    return (b"\xff" if full else b"\0") * 32


def test_a_whole_life_is_decoded_as_web3_does_and_deployed_keeps_its_bytes() -> None:
    log = SyntheticLog(5, 6)
    found = [one for block in log.blocks() for one in block.logs]
    deployed, *others = found
    assert decode_logs([deployed])["Deployed"]["data"].tolist() == [bytes.fromhex(deployed["data"][2:])]
    assert [(one.name, one.args) for one in as_columns(others)] == [(one.name, one.args) for one in as_web3(others)]


def test_columns_are_of_one_length_and_of_the_types_the_index_takes() -> None:
    log = SyntheticLog(4, 3)
    for columns in decode_logs([one for block in log.blocks() for one in block.logs]).values():
        assert len({len(column) for column in columns.values()}) == 1
        assert {column.dtype for column in columns.values()} <= {np.dtype("int64"), np.dtype("uint64"), np.dtype("O")}


def test_no_logs_are_no_columns() -> None:
    assert decode_logs([]) == {}


def test_every_event_has_a_column_for_every_field() -> None:
    for layout in layouts().values():
        fields = (*layout.topics, *(layout.data or ()))
        assert len({field.column for field in fields}) == len(fields)
    assert set(COLUMNS) <= {item["name"] for inputs in ABI.values() for item in inputs}


def test_every_column_is_one_of_the_index() -> None:
    schema = files("qfl_chain.analysis.index").joinpath("schema.sql").read_text()
    with duckdb.connect() as connection:
        connection.execute(schema)
        columns = {row[0] for row in connection.execute("DESCRIBE events").fetchall()}
    fields = (field for layout in layouts().values() for field in (*layout.topics, *(layout.data or ())))
    assert {field.column for field in fields} | {UNDECODED} <= columns


JOINED = {"participant": FEDERATION, "amount": 5, "stake": 5}
SOUND = raw(0, "Joined", JOINED)
UNKNOWN = "0x" + "12" * 32


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"topics": [UNKNOWN]}, "logs what no federation of this version logs"),
        ({"topics": []}, "logs what no federation of this version logs"),
        ({"topics": SOUND["topics"][:1]}, "logs a Joined whose fields are not those of this version"),
        ({"data": SOUND["data"][:-2]}, "logs a Joined whose fields are not those of this version"),
        ({"data": SOUND["data"] + "00" * 32}, "logs a Joined whose fields are not those of this version"),
        ({"data": "0x" + "zz" * 64}, "logs a Joined whose fields are not those of this version"),
        ({"data": "0x01" + SOUND["data"][4:]}, "logs a Joined whose amount does not fit 64 bits"),
        ({"topics": [SOUND["topics"][0], "0x01" + SOUND["topics"][1][4:]]}, "a Joined whose account is no address"),
    ],
)
def test_a_log_that_is_not_of_this_version_is_named_with_its_place(change: dict[str, Any], says: str) -> None:
    odd = {**raw(7, "Joined", JOINED), **change}
    with pytest.raises(WrongContract) as caught:
        decode_logs([SOUND, odd])
    assert says in str(caught.value)
    assert str(caught.value).startswith(FEDERATION.lower())
    assert "(block 2, log 1): check the address, and use its version of qfl-chain" in str(caught.value)


def test_data_of_an_event_without_any_is_refused() -> None:
    with pytest.raises(WrongContract, match="a Paused whose fields are not those"):
        decode_logs([{**raw(0, "Paused", {}), "data": "0x00"}])
