from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from qfl_chain.cli.deployment_checks import check_chain, check_terms
from qfl_chain.cli.deployment_file import FORMAT, Deployment, read_deployment, write_deployment, write_terms
from qfl_chain.errors import InputError, WrongContract
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Digest

from .conftest import ALICE, Bench
from .test_phases import TERMS

ZERO = cid_of(Digest(bytes(32)))
NOWHERE = "0x" + "00" * 20
DEPLOYMENT = Deployment(FORMAT, 31337, NOWHERE, 5, "0x" + "00" * 32, "0x" + "00" * 32, "pair", write_terms(TERMS))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    write_deployment(DEPLOYMENT, path)
    assert read_deployment(path) == DEPLOYMENT


def test_a_file_is_never_overwritten_and_the_address_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    path.write_text("precious")
    with pytest.raises(InputError, match=f"deployed at {DEPLOYMENT.federation} in block 5, but .*File exists"):
        write_deployment(DEPLOYMENT, path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "is not a deployment file"),
        ("[" * 100_000, "is not a deployment file: more than 1,000 brackets"),
        ("[]", "holds no object"),
        ("{}", "missing key 'format'"),
        (json.dumps({**asdict(DEPLOYMENT), "terms": {}}), "terms: missing key 'circuit'"),
        (json.dumps({**asdict(DEPLOYMENT), "blok": 5}), "unknown key 'blok'; did you mean 'block'"),
        (json.dumps({**asdict(DEPLOYMENT), "block": "5"}), "block: expected a whole number"),
        (json.dumps({**asdict(DEPLOYMENT), "format": 1}), "format is 1, this version reads 3: write it again"),
        (json.dumps({**asdict(DEPLOYMENT), "federation": "0x12"}), "not a checksummed address"),
    ],
)
def test_a_file_that_is_no_deployment_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_deployment(path)


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`qfl deploy` and `qfl deployment fetch` write it"):
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


def test_a_file_that_agrees_says_what_was_compared(bench: Bench) -> None:
    checked = bench.qfl("deployment", "check", bench.folder / "deployment.json", "--json").json["checked"]
    assert [one["what"] for one in checked] == [
        "chain id",
        "code of this version",
        "code hash",
        "block of the creation",
        "terms in the Deployed log",
        "terms in the code",
        "referee of this version",
        "created by",
    ]
    assert "agrees with the chain" in bench.qfl("deployment", "check", bench.folder / "deployment.json").out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chain_id": 1}, "is of chain 1, the endpoint serves chain 31337: use the other endpoint"),
        ({"code_hash": "0x12"}, "says that the code hash of"),
        ({"block": 0}, "says that the block of"),
        ({"transaction": "0x" + "12" * 32}, "knows no transaction 0x1212"),
    ],
)
def test_a_file_that_disagrees_ends_every_command(bench: Bench, change: dict[str, object], message: str) -> None:
    path = bench.folder / "changed.json"
    path.write_text(json.dumps({**asdict(read_deployment(bench.folder / "deployment.json")), **change}))
    for command in (("deployment", "check", path), ("status", "--deployment", path)):
        said = bench.qfl(*command)
        assert said.code == 4
        assert message in said.err


@pytest.mark.parametrize("name", [name for name in asdict(DEPLOYMENT.terms) if name not in ("oracles",)])
def test_every_term_is_compared(bench: Bench, name: str) -> None:
    written = asdict(read_deployment(bench.folder / "deployment.json"))
    other = {int: 77, str: bench.address(ALICE)}[type(written["terms"][name])]
    digests = {"circuit": ZERO, "model": ZERO, "validation": ZERO, "validation_root": "0x" + "77" * 32}
    written["terms"][name] = digests.get(name, other)
    path = bench.folder / "changed.json"
    path.write_text(json.dumps(written))
    said = bench.qfl("status", "--deployment", path)
    assert said.code == 4
    assert f"says that the {name} of" in said.err
    assert "get the file again from the sponsor" in said.err


def test_a_file_made_from_the_chain_is_the_sponsors_without_the_name(bench: Bench, tmp_path: Path) -> None:
    written = read_deployment(bench.folder / "deployment.json")
    assert bench.qfl("deployment", "fetch", written.federation, "--out", tmp_path / "mine.json").code == 0
    assert read_deployment(tmp_path / "mine.json") == replace(written, scenario="")


def test_fetching_from_after_the_creation_says_so(bench: Bench, tmp_path: Path) -> None:
    written = read_deployment(bench.folder / "deployment.json")
    block = ("--block", written.block + 1)
    said = bench.qfl("deployment", "fetch", written.federation, *block, "--out", tmp_path / "mine.json")
    assert said.code == 4
    assert "give its creation's block, or an earlier one" in said.err


def test_code_that_is_not_ours_is_refused(bench: Bench, tmp_path: Path) -> None:
    web3, sender = bench.devnet.web3, bench.devnet.accounts[0]
    sent = {"from": sender.address, "data": "0x600a600c600039600a6000f3602a60005260206000f3", "gas": 200_000}
    nonce = web3.eth.get_transaction_count(sender.address)
    fees = {"nonce": nonce, "chainId": 31337, "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, "value": 0}
    raw = sender.sign_transaction({**sent, **fees}).raw_transaction
    other = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(raw))["contractAddress"]
    said = bench.qfl("deployment", "fetch", other, "--out", tmp_path / "mine.json")
    assert said.code == 4
    assert "is not a federation of this version" in said.err
