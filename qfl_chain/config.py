"""What a command needs to know about its surroundings: one frozen value, from options or the environment.

No setting holds a key or a password: keys come from a keystore, or against better advice from a plain file; passwords
from a file or the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the surroundings are; None where a command has no use for one.

    Attributes:
        rpc_url: the chain's JSON-RPC endpoint.
        keystore: a version 3 keystore file, or a directory of them.
        account: which one of the directory: a file's name, or an address.
        sender: the address the account must have.
        private_key_file: a file with a plain private key, instead of a keystore.
        password_file: a file with the keystore's password.
        store: where content blocks are, in the order to try: directories and addresses of Kubo RPCs.
        deployment: the deployment file of the federation.
        confirmations: blocks that must hold a transaction, its own counted.
    """

    rpc_url: str | None = None
    keystore: Path | None = None
    account: str | None = None
    sender: str | None = None
    private_key_file: Path | None = None
    password_file: Path | None = None
    store: tuple[str, ...] = ()
    deployment: Path | None = None
    confirmations: int | None = None


ENVIRONMENT = {
    "rpc_url": "ETH_RPC_URL",
    "keystore": "ETH_KEYSTORE",
    "account": "ETH_KEYSTORE_ACCOUNT",
    "sender": "ETH_FROM",
    "private_key_file": "QFL_PRIVATE_KEY_FILE",
    "password_file": "ETH_PASSWORD",
    "store": "QFL_STORE",
    "deployment": "QFL_DEPLOYMENT",
    "confirmations": "QFL_CONFIRMATIONS",
}
"""The environment variable behind every setting, named as Foundry names it where it has one."""
