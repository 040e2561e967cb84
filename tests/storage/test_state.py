"""An actor's memory on disk: whole after a kill at any instant, its owner's alone, and nobody else's."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qfl_chain.errors import InputError
from qfl_chain.storage.state import StateFile, held, write_durably

OWNER = {"federation": "0xfe", "chain_id": 1, "account": "0xa"}
HOLD = """
import sys
from pathlib import Path
from qfl_chain.storage.state import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def file(tmp_path: Path) -> StateFile:
    return StateFile(tmp_path / "update.json", OWNER)


def test_nothing_is_remembered_before_the_first_write(file: StateFile) -> None:
    assert file.read() == {}


def test_what_was_written_last_is_read_also_by_another_process(file: StateFile) -> None:
    file.write({"round": 1})
    file.write({"round": 2, "payload": "ab"})
    assert StateFile(file.path, dict(OWNER)).read() == {"round": 2, "payload": "ab"}


def test_the_file_is_readable_by_its_owner_alone(file: StateFile) -> None:
    file.write({"secret": 1})
    assert file.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b'{"owner"', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_named_and_not_taken_for_an_empty_one(file: StateFile, content: bytes) -> None:
    file.path.write_bytes(content)
    with pytest.raises(InputError, match=r"update\.json cannot be read as a state file .*restore it"):
        file.read()


@pytest.mark.parametrize("content", ["[]", "1", "{}", json.dumps({"owner": OWNER, "memory": []})])
def test_another_json_document_is_no_state_file(file: StateFile, content: str) -> None:
    file.path.write_text(content)
    with pytest.raises(InputError, match=r"update\.json is not a state file: restore it, or choose another --state"):
        file.read()


@pytest.mark.parametrize("change", [{"federation": "0xff"}, {"chain_id": 2}, {"account": "0xb"}])
def test_a_file_of_another_federation_chain_or_account_is_refused(file: StateFile, change: dict[str, object]) -> None:
    file.write({"round": 1})
    with pytest.raises(InputError, match="belongs to another federation, chain or account"):
        StateFile(file.path, {**OWNER, **change}).read()


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as a state file"):
        StateFile(tmp_path, OWNER).read()


def test_a_file_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written \(No such file or directory\): choose another --state"):
        StateFile(tmp_path / "gone" / "update.json", OWNER).write({})


def test_a_full_disk_leaves_what_was_there(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write({"round": 1})

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        file.write({"round": 2})
    assert file.read() == {"round": 1}
    assert list(file.path.parent.iterdir()) == [file.path]


@pytest.mark.parametrize("call", ["os.fsync", "pathlib.Path.replace"])
def test_a_kill_before_the_replacement_leaves_what_was_there(
    file: StateFile, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file.write({"round": 1})

    def die(*arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(call, die)
        with pytest.raises(Killed):
            file.write({"round": 2})
    assert file.read() == {"round": 1}


def test_the_folder_is_on_disk_too_before_a_write_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []
    sync = os.fsync

    def seen(handle: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(handle).st_mode))
        sync(handle)

    monkeypatch.setattr(os, "fsync", seen)
    write_durably(tmp_path / "file", b"x")
    assert synced == [False, True]


def test_a_state_directory_is_made_and_is_its_owners_alone(tmp_path: Path) -> None:
    with held(tmp_path / "a" / "state") as folder:
        assert folder.stat().st_mode & 0o077 == 0


def test_a_state_directory_that_cannot_be_made_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be a state directory: Not a directory"), held(tmp_path / "file" / "x"):
        pass


def test_a_state_directory_is_held_by_one_process_until_that_ends_even_by_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            with pytest.raises(InputError, match="another process runs on"), held(tmp_path):
                pass
        finally:
            other.kill()
    with held(tmp_path) as folder:
        assert folder == tmp_path
