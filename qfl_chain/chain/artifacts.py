"""Contract artifacts: what the compiler made of ``contracts/``, shipped so that nobody needs a compiler.

``compile.py`` writes them; a test shows that they are what the sources give.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from qfl_chain.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract.

    ``abi`` is the JSON ABI; ``bytecode`` the creation code without constructor arguments; ``runtime`` the deployed
    code with zeros where immutables stand, and ``immutables`` the offsets of each one's 32-byte words by its name;
    ``compiler`` the compiler's version and commit; ``settings`` its standard-JSON settings; ``sources`` the sha256 of
    every source by its path, in hex.
    """

    contract: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    runtime: bytes
    immutables: Mapping[str, tuple[int, ...]]
    compiler: str
    settings: Mapping[str, Any]
    sources: Mapping[str, str]

    @property
    def runtime_size(self) -> int:
        """The deployed code's length in bytes; EIP-170 allows 24,576."""
        return len(self.runtime)

    def to_json(self) -> str:
        """The artifact as one canonical text: sorted keys, two spaces, a final newline."""
        fields = {
            "contract": self.contract,
            "abi": list(self.abi),
            "bytecode": "0x" + self.bytecode.hex(),
            "runtime": "0x" + self.runtime.hex(),
            "immutables": {name: list(offsets) for name, offsets in self.immutables.items()},
            "compiler": self.compiler,
            "settings": self.settings,
            "sources": self.sources,
        }
        return json.dumps(fields, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Artifact:
        """Reads what :meth:`to_json` wrote."""
        fields = json.loads(text)
        return cls(
            contract=fields["contract"],
            abi=tuple(fields["abi"]),
            bytecode=bytes.fromhex(fields["bytecode"].removeprefix("0x")),
            runtime=bytes.fromhex(fields["runtime"].removeprefix("0x")),
            immutables={name: tuple(offsets) for name, offsets in fields["immutables"].items()},
            compiler=fields["compiler"],
            settings=fields["settings"],
            sources=fields["sources"],
        )


@cache
def load_artifact(contract: str = "Federation") -> Artifact:
    """The committed artifact of a contract.

    Raises:
        Unavailable: the package ships no artifact of that name.
    """
    resource = files("qfl_chain.chain") / "artifacts" / f"{contract}.json"
    if not resource.is_file():
        raise Unavailable(
            f"no artifact of a contract named {contract!r} in qfl_chain/chain/artifacts: "
            "check the name, or run `qfl contracts compile` in a checkout"
        )
    return Artifact.from_json(resource.read_text(encoding="utf-8"))
