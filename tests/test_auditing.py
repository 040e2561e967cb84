"""What drives the tools around the contracts: mutants, slither's list, and forge's settings."""

from __future__ import annotations

import runpy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from qfl_chain.chain.compile import SETTINGS

from .forge import honest

ROOT = Path(__file__).resolve().parents[1]
MUTATE = runpy.run_path(str(ROOT / "scripts" / "mutate-contracts"))
SLITHER = runpy.run_path(str(ROOT / "scripts" / "check-slither"))
FOUNDRY = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]


def changed(line: str) -> list[str]:
    return [mutant.after for mutant in MUTATE["mutants"]("a.sol", line)]


@pytest.mark.parametrize(
    ("line", "mutants"),
    [
        ("x = a < b;", ["x = a <= b;"]),
        ("x = a >= b;", ["x = a > b;"]),
        ("x = a == b && c;", ["x = a != b && c;", "x = a == b || c;"]),
        ("x = a + 1;", ["x = a - 1;", "x = a + 2;"]),
        ("x = a / b * c;", ["x = a / b / c;", "x = a * b * c;"]),
        ("x = a >> 1;", ["x = a << 1;", "x = a >> 2;"]),
        ("if (!paused()) return;", ["if (paused()) return;"]),
        ("reports.seated = true;", ["reports.seated = false;"]),
        ("mapping(address => uint64) x;", []),
        ("    // a < b", []),
        ("    emit Paused();", []),
    ],
)
def test_a_mutant_changes_one_thing_that_runs(line: str, mutants: list[str]) -> None:
    assert changed(line) == mutants


@pytest.mark.parametrize(
    "line",
    [
        "    if (a) revert NoStake();",
        "    delete _bonds[msg.sender];",
        "    account.stake = stake;",
        "    round.revealed += count;",
        "    _requireGuardian();",
    ],
)
def test_guards_and_effects_are_left_out_in_a_mutant(line: str) -> None:
    assert "" in changed(line)


def test_a_mutant_is_written_in_its_place_and_taken_back(tmp_path: Path) -> None:
    (tmp_path / "a.sol").write_text("first\nx = a < b;\nlast\n")
    (mutant,) = MUTATE["mutants"]("a.sol", (tmp_path / "a.sol").read_text())
    seen: list[str] = []

    def fails(checkout: Path) -> bool:
        seen.append((checkout / "a.sol").read_text())
        return False

    def passes(_: Path) -> bool:
        return True

    assert MUTATE["judge"](mutant, tmp_path, [("one", passes), ("two", fails)]) == "two"
    assert MUTATE["judge"](mutant, tmp_path, [("one", passes)]) == "survives"
    assert seen == ["first\nx = a <= b;\nlast\n"]
    assert (tmp_path / "a.sol").read_text() == "first\nx = a < b;\nlast\n"


def test_the_sample_is_one_by_its_seed() -> None:
    first, again, other = (MUTATE["chosen"](5, seed, "") for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == 5


def test_every_explained_survivor_is_a_mutant_of_today() -> None:
    today = {mutant.key for mutant in MUTATE["chosen"](0, 0, "")}
    assert [key for key in MUTATE["listed"]() if key not in today] == []


def test_a_finding_is_named_by_contract_function_and_variable() -> None:
    contract: dict[str, Any] = {"type": "contract", "name": "Bonds"}
    function = {"type": "function", "name": "bond", "type_specific_fields": {"parent": contract}}
    node = {"type": "node", "name": "x == 0", "type_specific_fields": {"parent": function}}
    assert SLITHER["place"]({"elements": [node]}) == "Bonds.bond"
    variable = {"type": "variable", "name": "x", "type_specific_fields": {"parent": function}}
    assert SLITHER["place"]({"elements": [variable, node]}) == "Bonds.bond.x"


def test_forge_compiles_contracts_as_they_are_deployed() -> None:
    (deployed,) = FOUNDRY["additional_compiler_profiles"]
    assert deployed["via_ir"] is SETTINGS["viaIR"]
    assert {"enabled": deployed["optimizer"], "runs": deployed["optimizer_runs"]} == SETTINGS["optimizer"]
    assert FOUNDRY["evm_version"] == SETTINGS["evmVersion"]


def test_the_honest_report_that_forge_attacks_is_todays() -> None:
    assert honest.PATH.read_text() == honest.rendered()
