"""Recomputing a run: honest runs are equal, and whatever was edited is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qfl_chain.analysis.verify import RoundCheck, verify
from qfl_chain.errors import ChecksumError, ContentError, ProtocolError, RunError
from qfl_chain.protocol.evidence import decode_evidence, encode_evidence
from qfl_chain.protocol.rewards import reward_tree
from qfl_chain.storage.archive import open_archive
from qfl_chain.storage.cid import cid_of
from qfl_chain.types import Digest, Event


@pytest.fixture
def copied(small_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_run, tmp_path / "copy"))


def _edit_event(run: Path, name: str, number: int, **args: object) -> None:
    path = run / "chain.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    wanted = [one for one in records if one["name"] == name and one["args"].get("round", number) == number]
    wanted[0]["args"].update(args)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def _reported(run: Path, number: int) -> Event:
    return next(
        event for event in open_archive(run).events() if event.name == "Reported" and event.args["round"] == number
    )


def _block(run: Path, digest: bytes) -> Path:
    return run / "blocks" / cid_of(Digest(digest))


def test_every_report_of_an_honest_run_is_equal(small_run: Path) -> None:
    recomputed = verify(small_run)
    assert recomputed.checks == tuple(RoundCheck(number, "equal") for number in (1, 2, 3))
    assert recomputed.sound


@pytest.mark.parametrize("field", ["model", "evidence", "evidenceRoot", "rewards"])
def test_an_edited_report_is_different_and_says_where(copied: Path, field: str) -> None:
    _edit_event(copied, "Reported", 3, **{field: {"hex": "66" * 32}})
    check = verify(copied).checks[2]
    assert (check.round, check.verdict, check.sound) == (3, "different", False)
    name = "evidence_root" if field == "evidenceRoot" else field
    assert check.differences[0].startswith(f"{name}: on chain 0x6666")


def test_a_model_nobody_has_leaves_the_round_that_builds_on_it_unverifiable(copied: Path) -> None:
    _edit_event(copied, "Reported", 1, model={"hex": "66" * 32})
    verdicts = [check.verdict for check in verify(copied).checks]
    assert verdicts == ["different", "unverifiable", "equal"]


def test_a_lie_about_rewards_is_laid_at_no_later_door(copied: Path) -> None:
    event = _reported(copied, 1)
    store = open_archive(copied).blocks
    evidence = decode_evidence(store.get(event.args["evidence"]))
    first, second, *others = evidence.standings
    swapped = (
        replace(first, cumulative=second.cumulative),
        replace(second, cumulative=first.cumulative),
        *others,
    )
    lie = store.put(encode_evidence(replace(evidence, standings=swapped)))
    tree = reward_tree({one.participant: one.cumulative for one in swapped})
    _edit_event(copied, "Reported", 1, rewards={"hex": tree.root.hex()}, evidence={"hex": lie.hex()})
    lines = (copied / "chain.jsonl").read_text().splitlines(keepends=True)
    (copied / "chain.jsonl").write_text("".join(line for line in lines if '"Claimed"' not in line))
    checks = verify(copied).checks
    assert checks[0].verdict == "different"
    differing = {difference.split(":")[0] for difference in checks[1].differences}
    assert differing == {"rewards", "evidence", "evidence_root"}, "recomputed on the rewards the chain says"


def test_a_wrong_total_is_found(copied: Path) -> None:
    event = _reported(copied, 3)
    _edit_event(copied, "Reported", 3, total=event.args["total"] - 1)
    with pytest.raises(ChecksumError):
        verify(copied)


def test_missing_evidence_of_the_last_round_does_not_matter(copied: Path) -> None:
    _block(copied, _reported(copied, 3).args["evidence"]).unlink()
    assert verify(copied).sound, "evidence is recomputed, not read"


@pytest.mark.parametrize("damage", [lambda block: block.unlink(), lambda block: block.write_bytes(b"damaged")])
def test_a_missing_or_damaged_update_is_named_and_accuses_nobody(copied: Path, damage: Callable[[Path], None]) -> None:
    revealed = next(event for event in open_archive(copied).events() if event.name == "Revealed")
    block = _block(copied, revealed.args["digest"])
    damage(block)
    check = verify(copied).checks[0]
    assert check.verdict == "unverifiable"
    assert check.differences == (f"no intact payload {block.name} of {revealed.args['participant']}",)


def test_a_damaged_base_model_is_unverifiable_and_named(copied: Path) -> None:
    first = _reported(copied, 1)
    _block(copied, first.args["model"]).write_bytes(b"damaged")
    check = next(check for check in verify(copied).checks if check.round == 2)
    assert check.verdict == "unverifiable"
    assert "does not hold the block it is named for" in check.differences[0]


def test_a_missing_circuit_stops_everything(copied: Path) -> None:
    _block(copied, open_archive(copied).events()[0].args["terms"][0]).unlink()
    with pytest.raises(ContentError, match="no block"):
        verify(copied)


def test_an_edited_reveal_contradicts_the_report(copied: Path) -> None:
    _edit_event(copied, "Revealed", 2, digest={"hex": "66" * 32})
    with pytest.raises(ProtocolError, match="inputs"):
        verify(copied)


def test_a_log_that_lost_its_beginning_is_refused(copied: Path) -> None:
    lines = (copied / "chain.jsonl").read_text().splitlines(keepends=True)
    (copied / "chain.jsonl").write_text("".join(lines[1:]))
    with pytest.raises(ProtocolError, match="not Deployed: logs are missing at the start"):
        verify(copied)


def test_an_empty_log_is_refused(copied: Path) -> None:
    (copied / "chain.jsonl").write_text("")
    with pytest.raises(RunError, match="the chain log is empty"):
        verify(copied)


def test_a_run_that_never_deployed_has_nothing_to_verify(copied: Path) -> None:
    facts = json.loads((copied / "run.json").read_text())
    del facts["federation"]
    (copied / "run.json").write_text(json.dumps(facts))
    with pytest.raises(RunError, match="ended before its federation was deployed"):
        verify(copied)
