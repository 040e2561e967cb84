"""Keystores as geth and Foundry write them: finding an account's file, and opening it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_address, to_checksum_address

from qfl_chain.errors import InputError

MAX_SCRYPT_BYTES = 1 << 30
"""What opening may take of memory: geth's and Foundry's own keystores take up to 256 MiB."""
MAX_SCRYPT_LANES = 64
MAX_ROUNDS = 10_000_000
OTHERS = 0o077
"""The bits of a file's mode that let others than its owner in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a keystore directory. Foundry's files hold no address: it is empty until they are opened."""

    path: Path
    address: str

    def __str__(self) -> str:
        return f"{self.path.name} ({self.address})" if self.address else self.path.name


def find_keystore(place: Path, account: str | None) -> Path:
    """The keystore file of an account.

    Args:
        place: a keystore file, or a directory of them.
        account: a file's name (Foundry) or an address (geth); None where there is only one file.

    Raises:
        InputError: none, or several.
    """
    if not _is_directory(place):
        return place
    entries = _entries(place)
    found = [one for one in entries if account is None or _is_named(one, account)]
    if len(found) == 1:
        return found[0].path
    listing = ", ".join(map(str, entries)) or "no keystore"
    if account is None:
        raise InputError(f"{place} holds {listing}: choose one with --account or ETH_KEYSTORE_ACCOUNT")
    if found:
        raise InputError(
            f"{place} holds {account} several times ({', '.join(one.path.name for one in found)}): "
            "name one file with --keystore"
        )
    raise InputError(
        f"{place} holds no account {account}, it holds {listing}: give a file's name; an address is only known of "
        "files that hold it, as geth's do"
    )


def load_keystore(path: Path, password: str) -> LocalAccount:
    """Decrypt a Web3 Secret Storage (version 3) keystore file.

    Raises:
        InputError: no such file, not a keystore, one that is too heavy to open, or the wrong password.
    """
    content = _read(path)
    _check_weight(path, content)
    try:
        account: LocalAccount = Account.from_key(Account.decrypt(content, password))
    except ValueError as error:
        if str(error) != "MAC mismatch":
            raise InputError(f"{path} is not a version 3 keystore file, or is damaged: restore it") from None
        raise InputError(
            f"cannot open the keystore {path}: wrong password; check the password file, or type it again"
        ) from None
    except (KeyError, TypeError, AttributeError, NotImplementedError, OverflowError):
        raise InputError(f"{path} is not a version 3 keystore file: name the right one") from None
    return account


def load_private_key(path: Path) -> LocalAccount:
    """The account of a plain private key.

    Raises:
        InputError: no such file, or it holds no key.
    """
    try:
        account: LocalAccount = Account.from_key(bytes.fromhex(path.read_text().strip().removeprefix("0x")))
    except OSError as error:
        raise InputError(f"cannot read the private key file {path} ({error.strerror}): check path and owner") from None
    except Exception:  # the library's own errors may repeat the key
        raise InputError(f"{path} holds no private key: it must be one line of 64 hexadecimal digits") from None
    return account


def others_can_read(path: Path) -> bool:
    """Whether the file's mode lets anybody but its owner in."""
    return bool(path.stat().st_mode & OTHERS)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the keystore {path} ({error.strerror}): check path and owner") from error
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a version 3 keystore file: name the right one")
    return content


def _check_weight(path: Path, content: Mapping[str, Any]) -> None:
    """Refuse a key derivation that would take the machine's memory or hours.

    Raises:
        InputError: too heavy.
    """
    crypto = content.get("crypto") or content.get("Crypto")
    settings = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    if not isinstance(settings, dict):
        return
    n, r, p, rounds = (settings.get(name, 0) for name in ("n", "r", "p", "c"))
    if not all(type(one) is int for one in (n, r, p, rounds)):
        raise InputError(f"{path} is not a version 3 keystore file: name the right one")
    if 128 * n * r > MAX_SCRYPT_BYTES or p > MAX_SCRYPT_LANES or rounds > MAX_ROUNDS:
        raise InputError(
            f"opening the keystore {path} would take too much (n={n}, r={r}, p={p}, c={rounds}): "
            "import the key again with ordinary settings, as `cast wallet import` or `geth account import` choose"
        )


def _is_directory(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError as error:
        raise InputError(f"cannot read the keystore {place} ({error.strerror}): check path and owner") from error


def _entries(folder: Path) -> Sequence[Entry]:
    try:
        files = sorted(one for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))
    except OSError as error:
        raise InputError(f"cannot read the keystores in {folder} ({error.strerror}): check path and owner") from error
    return [Entry(one, _address_in(one)) for one in files]


def _address_in(path: Path) -> str:
    """The address a file claims to hold, checksummed; empty where it claims none."""
    try:
        claimed = str(json.loads(path.read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(to_checksum_address(claimed)) if is_address(claimed) else ""


def _is_named(entry: Entry, account: str) -> bool:
    return entry.path.name == account or (is_address(account) and entry.address == to_checksum_address(account))
