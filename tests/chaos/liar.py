"""An oracle that lies with its real key: it signs reports that follow from nothing, and serves rubbish besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from qfl_chain.actors.serving import Answer, round_of, serve
from qfl_chain.actors.signatures import SignedReport, encode_signed
from qfl_chain.chain.accounts import sign_digest
from qfl_chain.chain.keystores import load_keystore
from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.chain.transport import open_web3
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.protocol.eip712 import report_digest
from qfl_chain.simulation.network import PASSWORD, Network, Role
from qfl_chain.types import Address, Digest, Gwei, Report, Signature


@contextmanager
def lying(role: Role, network: Network, url: str) -> Iterator[None]:
    """Serve lies where the oracle would listen."""
    deployment = read_deployment(network.deployment)
    ledger = Web3Ledger(open_web3(url), Address(deployment.federation), from_block=deployment.block)
    account = load_keystore(Path(network.folder / "keys" / role.name), PASSWORD)
    digest = Digest(b"\x66" * 32)

    def signatures(rest: str) -> Answer:
        number = round_of(rest) or 0
        false = Report(number, ledger.live().accumulator, bytes(digest), digest, digest, bytes(digest), Gwei(10**8))
        signed = sign_digest(account, report_digest(false, ledger.chain_id, ledger.federation))
        lie = SignedReport(ledger.chain_id, ledger.federation, false, signed)
        others = [replace(lie, signature=Signature(oracle, signed.compact)) for oracle in ledger.terms().oracles]
        answer = {"signatures": [*map(encode_signed, [lie, *others]), {"format": 1}, 7, None]}
        return Answer(json.dumps(answer).encode())

    listen = role.command[role.command.index("--listen") + 1]
    host, _, port = listen.rpartition(":")
    with serve(host, int(port), {"signatures": signatures}):
        yield
