"""``qfl account``: keystores that this tool and Foundry's open."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest

from qfl_chain.chain.keystores import load_keystore
from tests.services import need

from .conftest import qfl


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("correct horse\n")
    return path


def new(name: str, folder: Path, password: Path) -> str:
    said = qfl("account", "new", name, "--keystore-dir", folder / "keys", "--password-file", password)
    assert said.code == 0, said.err
    return said.out.strip()


def test_a_new_account_opens_with_its_password_and_only_its_owner_reads_it(tmp_path: Path, password: Path) -> None:
    address = new("north", tmp_path, password)
    path = tmp_path / "keys" / "north"
    assert load_keystore(path, "correct horse").address == address
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert qfl("account", "show", "north", "--keystore-dir", tmp_path / "keys").out.strip() == address


def test_foundry_opens_it(tmp_path: Path, password: Path) -> None:
    cast = need("cast")
    address = new("north", tmp_path, password)
    keystore = ["--keystore", tmp_path / "keys" / "north", "--password-file", password]
    said = subprocess.run([cast, "wallet", "address", *keystore], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == address


def test_accounts_are_listed_with_their_addresses(tmp_path: Path, password: Path) -> None:
    made = {name: new(name, tmp_path, password) for name in ("south", "north")}
    listed = qfl("account", "list", "--keystore-dir", tmp_path / "keys", "--json").json
    assert listed == [{"name": name, "address": made[name]} for name in ("north", "south")]
    assert qfl("account", "list", "--keystore-dir", tmp_path / "keys").out == (
        f"{made['north']}  north\n{made['south']}  south\n"
    )


def test_an_account_is_never_overwritten(tmp_path: Path, password: Path) -> None:
    address = new("north", tmp_path, password)
    said = qfl("account", "new", "north", "--keystore-dir", tmp_path / "keys", "--password-file", password)
    assert said.code == 2
    assert "north exists already: choose another name" in said.err
    assert load_keystore(tmp_path / "keys" / "north", "correct horse").address == address


@pytest.mark.parametrize("name", ["../north", "a/b", ".hidden", ""])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, password: Path, name: str) -> None:
    said = qfl("account", "new", name, "--keystore-dir", tmp_path, "--password-file", password)
    assert said.code == 2
    assert "is no name for an account" in said.err


def test_a_password_must_be_had(tmp_path: Path, password: Path) -> None:
    keys = ("--keystore-dir", tmp_path / "keys")
    said = qfl("account", "new", "a", *keys, env={"ETH_PASSWORD": None})
    assert (said.code, "name its file with --password-file or ETH_PASSWORD" in said.err) == (2, True)
    said = qfl("account", "new", "a", *keys, "--password-file", tmp_path / "none")
    assert (said.code, "cannot read the password file" in said.err) == (2, True)
    password.write_text("\n")
    said = qfl("account", "new", "a", *keys, "--password-file", password)
    assert (said.code, "is empty: write a password into it" in said.err) == (2, True)
    assert not (tmp_path / "keys").exists()


def test_files_that_are_no_keystores_are_named(tmp_path: Path) -> None:
    said = qfl("account", "show", "a", "--keystore-dir", tmp_path)
    assert (said.code, "cannot read the keystore" in said.err) == (2, True)
    (tmp_path / "a").write_text(json.dumps({"no": "address"}))
    said = qfl("account", "list", "--keystore-dir", tmp_path)
    assert (said.code, "a is not a version 3 keystore file with its address" in said.err) == (2, True)
    said = qfl("account", "list", "--keystore-dir", tmp_path / "none")
    assert (said.code, "is no directory: `qfl account new` makes it" in said.err) == (2, True)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path, password: Path) -> None:
    said = qfl("account", "new", "a", "--keystore-dir", password / "below", "--password-file", password)
    assert (said.code, "cannot be written: " in said.err) == (2, True)
