"""Transactions in flight on disk: all or nothing, private, and one sender at a time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from qfl_chain.chain.outbox import FileOutbox, InFlight
from qfl_chain.errors import LedgerError
from qfl_chain.types import Address

ACCOUNT = Address("0x" + "aB" * 20)
TRANSACTION = InFlight("join", 4, ("0x02aa", "0x02bb"))


def reopened(outbox: FileOutbox, folder: Path) -> FileOutbox:
    outbox.close()
    return FileOutbox(folder, 1, ACCOUNT)


def test_a_transaction_is_found_by_the_next_process(tmp_path: Path) -> None:
    outbox = FileOutbox(tmp_path / "outbox", 1, ACCOUNT)
    assert outbox.get() is None
    outbox.put(TRANSACTION)
    again = reopened(outbox, tmp_path / "outbox")
    assert again.get() == TRANSACTION
    again.put(None)
    assert reopened(again, tmp_path / "outbox").get() is None


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    FileOutbox(tmp_path, 1, ACCOUNT).put(TRANSACTION)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_second_sender_of_the_account_is_refused(tmp_path: Path) -> None:
    first = FileOutbox(tmp_path, 1, ACCOUNT)
    with pytest.raises(LedgerError, match=f"another process sends from {ACCOUNT} on chain 1"):
        FileOutbox(tmp_path, 1, ACCOUNT)
    FileOutbox(tmp_path, 2, ACCOUNT).close()
    first.close()
    FileOutbox(tmp_path, 1, ACCOUNT).close()


@pytest.mark.parametrize("content", ["", "{}", '{"function": "join", "nonce": 1, "versions": []}', "[]", "\xff"])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    outbox = FileOutbox(tmp_path, 1, ACCOUNT)
    (tmp_path / f"1-{ACCOUNT.lower()}.json").write_text(content, encoding="latin-1")
    with pytest.raises(LedgerError, match="does not hold a transaction: look in the account's history"):
        outbox.get()


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot keep transactions in"):
        FileOutbox(tmp_path / "file", 1, ACCOUNT)


def test_a_disk_that_refuses_stops_the_sending(tmp_path: Path) -> None:
    outbox = FileOutbox(tmp_path / "outbox", 1, ACCOUNT)
    (tmp_path / "outbox").rename(tmp_path / "gone")
    with pytest.raises(LedgerError, match="cannot write"):
        outbox.put(TRANSACTION)
