"""What a command needs to know about its surroundings: one frozen value, from options or the environment.

No setting holds a key or a password: keys come encrypted from a keystore file, passwords from a file or the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the surroundings are; None where a command has no use for one.

    Attributes:
        rpc_url: the chain's JSON-RPC endpoint.
        keystore: the account's version 3 keystore file.
        password_file: a file with the keystore's password.
        store: the directory of content blocks.
        deployment: the deployment file of the federation.
        confirmations: blocks that must hold a transaction, its own counted.
    """

    rpc_url: str | None = None
    keystore: Path | None = None
    password_file: Path | None = None
    store: Path | None = None
    deployment: Path | None = None
    confirmations: int | None = None


ENVIRONMENT = {
    "rpc_url": "ETH_RPC_URL",
    "keystore": "ETH_KEYSTORE",
    "password_file": "ETH_PASSWORD",
    "store": "QFL_STORE",
    "deployment": "QFL_DEPLOYMENT",
    "confirmations": "QFL_CONFIRMATIONS",
}
"""The environment variable behind every setting, named as Foundry names it where it has one."""
