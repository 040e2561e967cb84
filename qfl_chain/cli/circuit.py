"""``qfl circuit``: the ansatz library, and a scenario's circuit."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from qfl_chain.cli.output import json_option, print_json

if TYPE_CHECKING:
    from qfl_chain.circuit.gates import Circuit


@click.group()
def command() -> None:
    """Show, draw and export circuits."""


@command.command("list")
@json_option
def list_ansatzes(as_json: bool) -> None:
    """List the ansätze a scenario can name."""
    from qfl_chain.circuit.library import ANSATZES

    found = [{"name": name, "description": _first_line(builder)} for name, builder in ANSATZES.items()]
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['name']}: {one['description']}")


@command.command()
@click.argument("scenario")
@json_option
def show(scenario: str, as_json: bool) -> None:
    """Show the circuit of SCENARIO: its digest, its sizes and a drawing."""
    from qfl_chain.circuit.draw import draw
    from qfl_chain.storage.cid import cid_of

    circuit = _circuit_of(scenario)
    gates = dict(sorted(Counter(gate.name for gate in circuit.gates).items()))
    sizes = {"qubits": circuit.qubits, "features": circuit.features, "parameters": circuit.parameters}
    if as_json:
        names = {"digest": circuit.digest, "cid": cid_of(circuit.digest)}
        print_json({**names, **sizes, "gates": gates, "observables": circuit.observables})
        return
    click.echo(f"digest 0x{circuit.digest.hex()}\ncid    {cid_of(circuit.digest)}")
    click.echo(", ".join(f"{count} {name}" for name, count in sizes.items()))
    click.echo(f"{len(circuit.gates)} gates: {', '.join(f'{count} {name}' for name, count in gates.items())}\n")
    click.echo(draw(circuit), nl=False)


@command.command()
@click.argument("scenario")
def qasm(scenario: str) -> None:
    """Print the circuit of SCENARIO as an OpenQASM 3 program."""
    from qfl_chain.circuit.qasm import to_qasm3

    click.echo(to_qasm3(_circuit_of(scenario)), nl=False)


def _circuit_of(scenario: str) -> Circuit:
    from qfl_chain.learning.clients import prepare_public
    from qfl_chain.simulation.scenario import build_circuit, load_scenario

    chosen = load_scenario(scenario)
    data = prepare_public(chosen.data, chosen.seed)
    return build_circuit(chosen.circuit, len(data.features), len(data.classes))


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").strip().splitlines()[0]
