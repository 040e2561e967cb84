from __future__ import annotations

import shutil

from .conftest import ALICE, BOB, OUTSIDER, SCENARIO, Bench


def test_a_commitment_publishes_nothing(bench: Bench) -> None:
    before = set((bench.folder / "store").iterdir())
    said = bench.train("commit", 1, ALICE)
    assert said.out.startswith(f"{bench.address(ALICE)} committed in round 1 (")
    assert set((bench.folder / "store").iterdir()) == before


def test_people_read_who_has_committed(bench: Bench) -> None:
    assert bench.qfl("round", "status").out.startswith("round 0: idle\nthe next commit opens a new round\n")
    assert bench.train("commit", 1, ALICE).code == 0
    out = bench.qfl("round", "status").out
    assert "round 1: commit until 2026-01-01T" in out
    assert f"  {bench.address(ALICE)} committed\n" in out
    assert "1 committed, 0 revealed, 2 reveals needed" in out


def test_a_second_commitment_is_refused(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    said = bench.train("commit", 1, ALICE)
    assert said.code == 4
    assert "AlreadyCommitted(round=1): one commitment a round" in said.err


def test_a_late_commitment_hears_when_it_closed(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    bench.next_phase()
    said = bench.train("commit", 2, BOB)
    assert said.code == 4
    assert "commit: too late; it closed at 2026-01-01T" in said.err
    assert "(0 s ago)" in said.err


def test_without_a_stake_nobody_commits(bench: Bench) -> None:
    said = bench.train("commit", 1, OUTSIDER)
    assert said.code == 4
    assert "StakeTooLow(stake=0, minimum=1000000000): top the stake up" in said.err


def test_an_unknown_client_names_the_nearest(bench: Bench) -> None:
    said = bench.train("commit", 11, ALICE)
    assert said.code == 2
    assert "no client 'client-11'; did you mean 'client-1'?" in said.err


def test_rows_the_circuit_does_not_read_are_refused(bench: Bench) -> None:
    path = bench.folder / "other.toml"
    path.write_text(SCENARIO.replace("components = 2", "components = 1"))
    said = bench.qfl("round", "commit", "--scenario", path, "--data", "client-1", signer=ALICE)
    assert said.code == 2
    assert "have 1 features and need 1 outputs, the federation's circuit has 2 and 1" in said.err


def test_a_store_without_the_circuit_is_named(bench: Bench) -> None:
    empty = bench.folder / "empty-store"
    said = bench.train("commit", 1, ALICE, "--store", empty)
    shutil.rmtree(empty)
    assert said.code == 5
    assert "no block bafkrei" in said.err


def test_an_early_reveal_publishes_nothing(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    before = set((bench.folder / "store").iterdir())
    said = bench.train("reveal", 1, ALICE)
    assert said.code == 4
    assert "reveal: too early; it opens at" in said.err
    assert set((bench.folder / "store").iterdir()) == before


def test_a_late_reveal_is_refused(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    bench.next_phase()
    bench.next_phase()
    said = bench.train("reveal", 1, ALICE)
    assert said.code == 4
    assert "reveal: too late; it closed at" in said.err


def test_without_a_round_there_is_nothing_to_reveal(bench: Bench) -> None:
    said = bench.train("reveal", 1, ALICE)
    assert said.code == 4
    assert "reveal: no round is open for it" in said.err


def test_who_did_not_commit_has_nothing_to_reveal(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    bench.next_phase()
    said = bench.train("reveal", 2, BOB)
    assert said.code == 2
    assert f"{bench.address(BOB)} has no unrevealed commitment in round 1" in said.err


def test_another_update_than_the_committed_one_is_not_published(bench: Bench) -> None:
    assert bench.train("commit", 1, ALICE).code == 0
    bench.next_phase()
    before = set((bench.folder / "store").iterdir())
    said = bench.train("reveal", 2, ALICE)
    assert said.code == 2
    assert "with the same --scenario and --data as at `qfl round commit`" in said.err
    assert set((bench.folder / "store").iterdir()) == before
    revealed = bench.train("reveal", 1, ALICE)
    assert revealed.out.startswith(f"{bench.address(ALICE)} revealed bafkrei")
