"""Whose signature it is: keystores made by cast, geth and eth-account, and everything that can be wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account import Account

from qfl_chain.cli.signing import open_account
from qfl_chain.config import Settings
from qfl_chain.errors import InputError
from tests.services import need

KEY = "11" * 32
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with a keystore named ``ann``, and beside it a password file."""
    (tmp_path / "password").write_text("pass word \n")
    (tmp_path / "keys").mkdir()
    write(tmp_path / "keys" / "ann")
    return tmp_path


def write(path: Path, key: str = KEY, *, address: bool = True) -> None:
    content = Account.encrypt(key, "pass word ", kdf="pbkdf2", iterations=10)
    path.write_text(json.dumps({**content, "address": content["address"]} if address else without_address(content)))


def without_address(content: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if name != "address"}


def opened(folder: Path, place: str = "keys", **more: object) -> str:
    settings = Settings(keystore=folder / place, password_file=folder / "password", **more)  # type: ignore[arg-type]
    return str(open_account(settings).address)


def refused(folder: Path, place: str = "keys", **more: object) -> str:
    with pytest.raises(InputError) as error:
        opened(folder, place, **more)
    assert "pass word" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("command", ["new", "import"])
def test_foundrys_keystores_open_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    keys = tmp_path / ".foundry" / "keystores"
    keys.mkdir(parents=True)
    arguments = ["new", keys, "ann"] if command == "new" else ["import", "ann", "-k", keys, "--private-key", KEY]
    env = {**os.environ, "CAST_PASSWORD": "pass word ", "CAST_UNSAFE_PASSWORD": "pass word ", "HOME": str(tmp_path)}
    subprocess.run([need("cast"), "wallet", *arguments], env=env, check=True, capture_output=True, timeout=60)
    (tmp_path / "password").write_text("pass word \n")
    monkeypatch.setenv("HOME", str(tmp_path))
    account = open_account(Settings(account="ann", password_file=tmp_path / "password"))
    assert command == "new" or account.address == ADDRESS


@pytest.mark.parametrize("command", ["new", "import"])
def test_geths_keystores_open_by_address(folder: Path, command: str) -> None:
    (folder / "key").write_text(KEY)
    more = [folder / "key"] if command == "import" else []
    account = ["account", command, "--lightkdf", "--password", folder / "password", "--datadir", folder / "geth", *more]
    (folder / "password").write_text("word\n")
    subprocess.run([need("geth"), *account], check=True, capture_output=True, timeout=60)
    (file,) = (folder / "geth" / "keystore").iterdir()
    address = file.name.rpartition("--")[2]
    assert opened(folder, "geth/keystore").lower() == "0x" + address
    assert opened(folder, "geth/keystore", account="0x" + address).lower() == "0x" + address


def test_one_file_of_a_directory_needs_no_name(folder: Path) -> None:
    assert opened(folder) == opened(folder, account="ann") == opened(folder, account=ADDRESS) == ADDRESS


def test_several_need_a_name_and_are_listed(folder: Path) -> None:
    write(folder / "keys" / "ben", "22" * 32, address=False)
    message = refused(folder)
    assert f"holds ann ({ADDRESS}), ben: choose one with --account or ETH_KEYSTORE_ACCOUNT" in message
    assert opened(folder, account="ann") == ADDRESS


def test_a_name_that_is_not_there_is_said_with_those_that_are(folder: Path) -> None:
    assert f"holds no account carl, it holds ann ({ADDRESS}): give a file's name" in refused(folder, account="carl")
    assert "holds no account ../password" in refused(folder, account="../password")


def test_an_address_that_stands_twice_needs_a_file(folder: Path) -> None:
    write(folder / "keys" / "also-ann")
    assert "several times (also-ann, ann): name one file with --keystore" in refused(folder, account=ADDRESS)


def test_an_empty_directory_says_so(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert "holds no keystore: choose one" in refused(folder, "empty")


def test_a_file_of_another_account_is_refused(folder: Path) -> None:
    assert f"holds {ADDRESS} and not {OTHER}: correct" in refused(folder, "keys/ann", account=OTHER)
    assert opened(folder, "keys/ann", account=ADDRESS) == ADDRESS


def test_the_account_must_be_the_one_eth_from_names(folder: Path) -> None:
    assert opened(folder, sender=ADDRESS.lower()) == ADDRESS
    assert f"the account is {ADDRESS}, --from or ETH_FROM says {OTHER}" in refused(folder, sender=OTHER)


def test_a_wrong_password_says_what_to_check(folder: Path) -> None:
    (folder / "password").write_text("pass word")
    assert "wrong password; check the password file, or type it again" in refused(folder)


@pytest.mark.parametrize("kdfparams", [{"n": 1 << 30, "r": 8, "p": 1}, {"n": 2, "r": 8, "p": 1 << 20}, {"c": 1 << 40}])
def test_a_keystore_that_would_take_the_machine_is_not_opened(folder: Path, kdfparams: dict[str, int]) -> None:
    content = json.loads((folder / "keys" / "ann").read_text())
    content["crypto"]["kdfparams"].update(kdfparams)
    (folder / "keys" / "ann").write_text(json.dumps(content))
    assert "would take too much" in refused(folder)


@pytest.mark.parametrize(
    "content", ["[]", "nonsense", "{}", '{"version": 2, "crypto": {}}', '{"version": 3, "crypto": {"kdf": "md5"}}']
)
def test_a_file_that_is_no_keystore_is_refused(folder: Path, content: str) -> None:
    (folder / "keys" / "ann").write_text(content)
    assert "is not a version 3 keystore file" in refused(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root can read every file; for a moment this process is nobody."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("place", ["keys", "keys/ann"])
def test_a_keystore_that_others_own_is_named(folder: Path, place: str) -> None:
    opened(folder)  # whatever is imported on the way is imported now
    (folder / "keys" / "ann").chmod(0)
    (folder / "keys").chmod(0)
    try:
        with unprivileged():
            message = refused(folder, place)
    finally:
        (folder / "keys").chmod(0o700)
    assert "cannot read the keystore" in message
    assert "Permission denied): check path and owner" in message


def test_a_plain_key_signs_with_a_warning(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "key"
    path.write_text(f"0x{KEY}\n")
    path.chmod(0o600)
    assert open_account(Settings(private_key_file=path)).address == ADDRESS
    warned = capsys.readouterr().err
    assert warned.startswith(f"warning: {ADDRESS} signs with the plain private key in {path}: put it into a keystore")
    assert "others can read" not in warned
    path.chmod(0o644)
    open_account(Settings(private_key_file=path))
    warned = capsys.readouterr().err
    assert f"others can read {path}: run `chmod 600 {path}`" in warned
    assert KEY not in warned


@pytest.mark.parametrize("content", ["", "12", "zz" * 32, "00" * 32, "ff" * 32, "11" * 33])
def test_a_file_that_holds_no_key_is_refused_without_repeating_it(folder: Path, content: str) -> None:
    (folder / "key").write_text(content)
    with pytest.raises(InputError, match="holds no private key: it must be one line of 64") as error:
        open_account(Settings(private_key_file=folder / "key"))
    assert not content or content not in str(error.value).replace(str(folder), "")


def test_a_missing_key_file_is_named(folder: Path) -> None:
    with pytest.raises(InputError, match="cannot read the private key file"):
        open_account(Settings(private_key_file=folder / "none"))


def test_two_accounts_at_once_are_refused(folder: Path) -> None:
    assert "give either --keystore or --account, or" in refused(folder, private_key_file=folder / "key")


def test_no_account_at_all_says_how_to_name_one() -> None:
    with pytest.raises(InputError, match="name its keystore with --keystore or ETH_KEYSTORE, or its name in"):
        open_account(Settings())


def test_a_password_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "password").write_bytes(b"\xff\xfe")
    assert "it is not UTF-8 text" in refused(folder)
