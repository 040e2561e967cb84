"""What a chain must hold where a federation was deployed, and forgeries of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.chain.deployment_code import (
    Creation,
    check_creation,
    check_immutables,
    contract_address,
    creation_code,
    immutables_of,
    runtime_code,
)
from qfl_chain.errors import WrongContract
from qfl_chain.types import Address, Digest, Gwei, Terms

SPONSOR = Address("0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A")
REFEREE = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")
CHAIN = 1337
TERMS = Terms(
    circuit=Digest(b"\1" * 32),
    model=Digest(b"\2" * 32),
    validation=Digest(b"\3" * 32),
    validation_root=b"\4" * 32,
    commit_window=10,
    reveal_window=20,
    report_window=30,
    challenge_window=15,
    unbonding_window=100,
    min_stake=Gwei(10**9),
    reward_per_round=Gwei(5),
    max_norm=6,
    oracle_bond=Gwei(10**9),
    min_reveals=2,
    sponsor=SPONSOR,
    guardian=SPONSOR,
    guardian_expiry=7,
    referee=REFEREE,
    oracles=(SPONSOR,),
)
FEDERATION = contract_address(SPONSOR, 3)


def creation(**changes: object) -> Creation:
    return replace(Creation("0xab", 5, SPONSOR, 3, creation_code(TERMS)), **changes)  # type: ignore[arg-type]


def test_every_immutable_of_the_artifact_has_a_value() -> None:
    assert immutables_of(TERMS, CHAIN, FEDERATION).keys() == load_artifact().immutables.keys()


def test_the_right_code_and_creation_are_accepted() -> None:
    check_immutables(FEDERATION, runtime_code(TERMS, CHAIN, FEDERATION), TERMS, CHAIN)
    check_creation(creation(), FEDERATION, TERMS)


@pytest.mark.parametrize("name", sorted(immutables_of(TERMS, CHAIN, FEDERATION)))
def test_code_with_another_term_than_its_log_is_refused(name: str) -> None:
    code = bytearray(runtime_code(TERMS, CHAIN, FEDERATION))
    code[load_artifact().immutables[name][-1]] ^= 1
    with pytest.raises(WrongContract, match=f"has another {name} than its Deployed log: it is forged"):
        check_immutables(FEDERATION, bytes(code), TERMS, CHAIN)


def test_our_code_left_behind_by_anothers_constructor_is_refused() -> None:
    with pytest.raises(WrongContract, match="was not created by this version's constructor"):
        check_creation(creation(data=b"\x60\x00" + creation_code(TERMS)), FEDERATION, TERMS)


def test_a_transaction_that_created_another_contract_is_refused() -> None:
    with pytest.raises(WrongContract, match=f"created {contract_address(SPONSOR, 4)} and not {FEDERATION}"):
        check_creation(creation(nonce=4), FEDERATION, TERMS)
