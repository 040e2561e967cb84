from __future__ import annotations

import re
from pathlib import Path

import pytest

from qfl_chain.chain.ledger import Web3Ledger
from qfl_chain.circuit.gates import Circuit
from qfl_chain.cli.deployment_file import read_deployment
from qfl_chain.cli.estimate import gas_bound
from qfl_chain.protocol.codec import decode_model, decode_validation
from qfl_chain.storage.blocks import BlockStore
from qfl_chain.types import Address

from .conftest import ORACLES, OUTSIDER, SPONSOR, Bench

YEARS_10 = 10 * 365 * 86_400


def ledger_of(bench: Bench) -> Web3Ledger:
    return Web3Ledger(bench.devnet.web3, Address(read_deployment(bench.folder / "deployment.json").federation))


def test_the_terms_are_the_scenarios_and_their_content_is_in_the_store(empty_bench: Bench) -> None:
    assert empty_bench.deploy("--guardian", empty_bench.address(OUTSIDER)).code == 0
    ledger, store = ledger_of(empty_bench), BlockStore(empty_bench.folder / "store")
    terms = ledger.terms()
    assert terms.sponsor == empty_bench.address(SPONSOR)
    assert set(terms.oracles) == {empty_bench.address(index) for index in ORACLES}
    assert terms.guardian == empty_bench.address(OUTSIDER)
    assert 0 <= ledger.now() - (terms.guardian_expiry - YEARS_10) <= 2
    assert (terms.commit_window, terms.min_stake, terms.min_reveals) == (600, 10**9, 2)
    assert ledger.balance(ledger.federation) == 10**18
    circuit = Circuit.from_bytes(store.get(terms.circuit))
    assert len(decode_model(store.get(terms.model)).parameters) == circuit.parameters
    assert decode_validation(store.get(terms.validation)).rules.subset == 12


def test_without_a_guardian_nobody_has_its_powers(empty_bench: Bench) -> None:
    assert empty_bench.deploy().code == 0
    terms = ledger_of(empty_bench).terms()
    assert (int(terms.guardian, 16), terms.guardian_expiry) == (0, 0)


def test_people_read_where_it_is(empty_bench: Bench) -> None:
    oracles = [part for index in ORACLES for part in ("--oracle", empty_bench.address(index))]
    out = empty_bench.folder / "here.json"
    said = empty_bench.qfl("deploy", empty_bench.folder / "pair.toml", *oracles, "--out", out, signer=SPONSOR)
    assert said.out.startswith(f"deployed pair at {read_deployment(out).federation} on chain 31337, see {out}")
    assert said.code == 0
    assert said.err.startswith("deploying pair on chain 31337 as 0x")


def test_an_existing_deployment_file_stops_before_anything_is_sent(empty_bench: Bench) -> None:
    (empty_bench.folder / "deployment.json").write_text("precious")
    block = empty_bench.devnet.web3.eth.block_number
    said = empty_bench.deploy()
    assert said.code == 2
    assert "exists already: choose another --out" in said.err
    assert empty_bench.devnet.web3.eth.block_number == block


def test_the_committee_has_the_size_the_scenario_says(empty_bench: Bench) -> None:
    oracle = empty_bench.address(ORACLES[0])
    said = empty_bench.qfl(
        "deploy", empty_bench.folder / "pair.toml", "--oracle", oracle, "--oracle", oracle, signer=SPONSOR
    )
    assert said.code == 2
    assert "committee has 4 oracles, 1 different ones are given with --oracle" in said.err


@pytest.mark.parametrize("address", ["0x12", "nobody", "0x70997970c51812DC3A010C7d01b50e0d17dc79C8", "0x" + "ab" * 20])
def test_an_address_that_is_none_is_refused(empty_bench: Bench, address: str) -> None:
    said = empty_bench.qfl("deploy", "heart", "--oracle", address, signer=SPONSOR)
    assert said.code == 2
    assert f"{address!r} is not an address with its EIP-55 checksum" in said.err


def test_an_unknown_scenario_names_the_nearest(empty_bench: Bench) -> None:
    said = empty_bench.qfl("deploy", "hart", "--oracle", empty_bench.address(2), signer=SPONSOR)
    assert said.code == 2
    assert "did you mean 'heart'?" in said.err


def test_terms_the_contract_refuses_deploy_nothing(empty_bench: Bench) -> None:
    path = empty_bench.folder / "pair.toml"
    path.write_text(path.read_text().replace("[terms]", "[terms]\nmin_stake = '10 gwei'"))
    said = empty_bench.deploy()
    assert said.code == 4
    assert "InvalidTerms" in said.err
    assert "correct [terms] in the scenario" in said.err
    assert not (empty_bench.folder / "deployment.json").exists()


def test_a_sponsor_without_money_is_told_so(empty_bench: Bench) -> None:
    path = empty_bench.folder / "pair.toml"
    path.write_text(path.read_text().replace('"1 eth"', '"100000 eth"'))
    said = empty_bench.deploy()
    assert said.code == 4
    assert "fund the account first" in said.err


def test_a_deployment_file_that_cannot_be_written_stops_before_anything_is_sent(
    empty_bench: Bench, tmp_path: Path
) -> None:
    block = empty_bench.devnet.web3.eth.block_number
    said = empty_bench.deploy("--out", tmp_path / "missing" / "deployment.json")
    assert said.code == 2
    assert "cannot be written (No such file or directory), nothing was sent: choose another --out" in said.err
    assert empty_bench.devnet.web3.eth.block_number == block


def test_a_dry_run_says_what_it_costs_and_leaves_nothing(empty_bench: Bench) -> None:
    block = empty_bench.devnet.web3.eth.block_number
    plan = empty_bench.deploy("--dry-run").json
    assert plan["needed_wei"] == 10**18 + plan["most_fee_wei"]
    assert (plan["chain_id"], plan["account"]) == (31337, empty_bench.address(SPONSOR))
    assert set(plan["terms"]["oracles"]) == {empty_bench.address(index) for index in ORACLES}
    assert empty_bench.devnet.web3.eth.block_number == block
    assert sorted(path.name for path in empty_bench.folder.iterdir()) == ["account-0.json", "pair.toml", "password"]
    gas = empty_bench.deploy().json["receipt"]["gas_used"]
    assert plan["gas"] * 0.9 < gas <= plan["gas"]


def test_an_unfunded_account_is_told_how_much_is_missing(empty_bench: Bench) -> None:
    (empty_bench.folder / "poor").write_text("11" * 32)
    (empty_bench.folder / "poor").chmod(0o600)
    oracles = [part for index in ORACLES for part in ("--oracle", empty_bench.address(index))]
    command = ("deploy", empty_bench.folder / "pair.toml", *oracles, "--out", empty_bench.folder / "deployment.json")
    said = empty_bench.qfl(*command, "--private-key-file", empty_bench.folder / "poor")
    assert said.code == 4
    assert "holds 0 wei on chain 31337 and needs 1,0" in said.err
    assert "nothing was sent: fund the account first with at least 1,0" in said.err
    assert not (empty_bench.folder / "store").exists()


def committee(bench: Bench, *more: str) -> None:
    path = bench.folder / "pair.toml"
    addresses = ", ".join(f'"{bench.address(index)}"' for index in ORACLES)
    path.write_text("\n".join((path.read_text(), "[committee]", f"addresses = [{addresses}]", *more)))


def test_the_committee_can_stand_in_the_scenario(empty_bench: Bench) -> None:
    committee(empty_bench, f'guardian = "{empty_bench.address(OUTSIDER)}"')
    out = empty_bench.folder / "deployment.json"
    said = empty_bench.qfl("deploy", empty_bench.folder / "pair.toml", "--out", out, signer=SPONSOR)
    assert said.code == 0
    terms = ledger_of(empty_bench).terms()
    assert set(terms.oracles) == {empty_bench.address(index) for index in ORACLES}
    assert terms.guardian == empty_bench.address(OUTSIDER)


def test_oracles_on_the_command_line_stand_instead_of_the_scenarios(empty_bench: Bench) -> None:
    committee(empty_bench)
    others = [part for index in (6, 7, 8, 9) for part in ("--oracle", empty_bench.address(index))]
    out = empty_bench.folder / "deployment.json"
    assert empty_bench.qfl("deploy", empty_bench.folder / "pair.toml", *others, "--out", out, signer=SPONSOR).code == 0
    assert set(ledger_of(empty_bench).terms().oracles) == {empty_bench.address(index) for index in (6, 7, 8, 9)}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("oracles = 5", "oracles is 5, there are 4 addresses: leave oracles out"),
        ('guardian = "0x12"', "'0x12' is not an address with its EIP-55 checksum"),
    ],
)
def test_a_committee_that_disagrees_with_itself_is_refused(empty_bench: Bench, line: str, message: str) -> None:
    committee(empty_bench, line)
    said = empty_bench.qfl("deploy", empty_bench.folder / "pair.toml", signer=SPONSOR)
    assert said.code == 2
    assert message in said.err


def test_without_a_committee_it_says_where_to_write_one(empty_bench: Bench) -> None:
    said = empty_bench.qfl("deploy", empty_bench.folder / "pair.toml", signer=SPONSOR)
    assert said.code == 2
    assert "no committee: write [committee] addresses in the scenario, or give each with --oracle" in said.err


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_it_asks(empty_bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    monkeypatch.setattr("qfl_chain.cli.signing.on_a_terminal", lambda: True)
    monkeypatch.setattr("qfl_chain.cli.deploy.click.confirm", lambda text, **options: answer)
    said = empty_bench.deploy()
    assert said.code == (0 if answer else 130)
    assert ("nothing was sent" in said.err) is not answer
    assert (empty_bench.folder / "deployment.json").exists() is answer


def test_what_was_sent_before_a_crash_is_found_again(empty_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    out, again = empty_bench.folder / "deployment.json", empty_bench.folder / "again.json"

    def crash(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("qfl_chain.cli.deployment_file.write_deployment", crash)
        assert empty_bench.deploy().code == 130
    said = empty_bench.deploy()
    assert said.code == 2
    found = re.search(r"run `qfl (deployment fetch \S+ --block \d+ --out \S+)`", said.err)
    assert found is not None
    assert empty_bench.qfl(*found[1].split()).code == 0
    assert not out.with_name("deployment.json.pending").exists()
    assert empty_bench.qfl("deployment", "check", out).code == 0
    assert not again.exists()


def test_the_gas_said_to_an_unfunded_account_is_little_more_than_it_takes(empty_bench: Bench) -> None:
    assert empty_bench.deploy().code == 0
    ledger = ledger_of(empty_bench)
    used = empty_bench.devnet.web3.eth.get_block("latest")["gasUsed"]
    assert used <= gas_bound(ledger.terms()) <= 1.15 * used
