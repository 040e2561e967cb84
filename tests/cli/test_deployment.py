from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from qfl_chain.cli.deployment import (
    Deployment,
    check_chain,
    check_terms,
    read_deployment,
    write_deployment,
)
from qfl_chain.errors import InputError, WrongContract
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Digest

from .test_phases import TERMS

ZERO = cid_of(Digest(bytes(32)))
DEPLOYMENT = Deployment(1, 31337, "0x" + "00" * 20, 5, "pair", ZERO, ZERO, ZERO)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    write_deployment(DEPLOYMENT, path)
    assert read_deployment(path) == DEPLOYMENT


def test_a_file_is_never_overwritten_and_the_address_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    path.write_text("precious")
    with pytest.raises(InputError, match=f"deployed at {DEPLOYMENT.federation} in block 5, but .* File exists"):
        write_deployment(DEPLOYMENT, path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "is not a deployment file"),
        ("[]", "holds no object"),
        ("{}", "missing key 'format'"),
        (json.dumps({**asdict(DEPLOYMENT), "blok": 5}), "unknown key 'blok'; did you mean 'block'"),
        (json.dumps({**asdict(DEPLOYMENT), "block": "5"}), "block: expected a whole number"),
        (json.dumps({**asdict(DEPLOYMENT), "format": 2}), "format is 2, this version reads 1"),
        (json.dumps({**asdict(DEPLOYMENT), "federation": "0x12"}), "not a checksummed address"),
    ],
)
def test_a_file_that_is_no_deployment_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_deployment(path)


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`qfl deploy` writes it"):
        read_deployment(tmp_path / "none.json")


def test_another_chain_is_refused() -> None:
    check_chain(DEPLOYMENT, Path("d.json"), 31337)
    with pytest.raises(WrongContract, match="of chain 31337, the endpoint serves chain 1"):
        check_chain(DEPLOYMENT, Path("d.json"), 1)


@pytest.mark.parametrize("name", ["circuit", "model", "validation"])
def test_other_terms_are_refused(name: str) -> None:
    check_terms(DEPLOYMENT, Path("d.json"), TERMS)
    other = replace(TERMS, **{name: Digest(b"\1" * 32)})
    with pytest.raises(WrongContract, match=f"the {name} of .* is {ZERO}, the contract says"):
        check_terms(DEPLOYMENT, Path("d.json"), other)
