"""``qfl contracts``: compile and inspect the contracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from qfl_chain.cli.output import json_option, print_json
from qfl_chain.errors import VerificationFailed

CODE_LIMIT = 24_576
"""Bytes of deployed code EIP-170 allows."""


@click.group()
def command() -> None:
    """Compile and inspect the contracts."""


@command.command()
@click.option("--check", is_flag=True, help="Write nothing; end with exit code 7 if the committed artifacts differ.")
def compile(check: bool) -> None:  # noqa: A001  # the command's name
    """Compile contracts/ into the artifacts the package ships. Needs a checkout and solc."""
    from qfl_chain.chain.artifacts import load_artifact
    from qfl_chain.chain.compile import compile_contracts, write_artifacts

    artifacts = compile_contracts()
    stale = [one.contract for one in artifacts if load_artifact(one.contract).to_json() != one.to_json()]
    if check and stale:
        raise VerificationFailed(f"not what the sources give: {', '.join(stale)}; run `qfl contracts compile`")
    if check:
        click.echo("the committed artifacts are what the sources give")
        return
    for path in write_artifacts(artifacts):
        click.echo(f"wrote {path}")


@command.command()
@click.argument("contract", default="Federation")
@json_option
def show(contract: str, as_json: bool) -> None:
    """Show the functions of CONTRACT with their selectors, its events, errors, sizes and compiler."""
    from qfl_chain.chain.artifacts import load_artifact

    artifact = load_artifact(contract)
    members = {kind: _members(artifact.abi, kind) for kind in ("function", "event", "error")}
    sizes = {"creation": len(artifact.bytecode), "runtime": artifact.runtime_size, "runtime_limit": CODE_LIMIT}
    if as_json:
        facts = {"contract": contract, "compiler": artifact.compiler, "settings": artifact.settings, "bytes": sizes}
        print_json({**facts, **{f"{kind}s": found for kind, found in members.items()}})
        return
    click.echo(f"{contract}, solc {artifact.compiler}: {sizes['runtime']:,} of {CODE_LIMIT:,} bytes deployed")
    click.echo()
    for kind, found in members.items():
        # No table: a signature with structs is wider than any screen, and would push the selectors out of it.
        click.echo(f"{kind.capitalize()}s")
        for one in found:
            click.echo(f"  {one['selector']}  {one['signature']}")
        click.echo()


def _members(abi: tuple[Mapping[str, Any], ...], kind: str) -> list[dict[str, str]]:
    """Signature and selector of everything of a kind: four bytes, or an event's topic."""
    from eth_utils.abi import abi_to_signature
    from eth_utils.crypto import keccak

    signatures = sorted(abi_to_signature(entry) for entry in abi if entry["type"] == kind)  # type: ignore[arg-type]
    width = 32 if kind == "event" else 4
    return [{"signature": one, "selector": "0x" + keccak(text=one)[:width].hex()} for one in signatures]
