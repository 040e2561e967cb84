"""Attackers of the scenario: what each tries, what the protocol makes of it, and what it earns."""

from __future__ import annotations

from pathlib import Path

import pytest

from qfl_chain.analysis.summary import ParticipantRow, summarise
from qfl_chain.analysis.verify import verify
from qfl_chain.protocol.evidence import Status
from qfl_chain.storage.archive import open_archive


@pytest.fixture(scope="module")
def rows(attacked_run: Path) -> dict[str, ParticipantRow]:
    return {row.name: row for row in summarise(attacked_run).participants}


def test_every_attacker_ends_with_less_than_every_honest_participant(rows: dict[str, ParticipantRow]) -> None:
    honest = [row.net for row in rows.values() if row.behaviour == "honest"]
    attackers = [row.net for row in rows.values() if row.behaviour != "honest"]
    assert len(attackers) == 3
    assert max(attackers) < min(honest)


def test_a_no_show_commits_reveals_nothing_and_pays_for_it(rows: dict[str, ParticipantRow]) -> None:
    nora = rows["nora"]
    assert (nora.committed, nora.revealed, nora.earned) == (2, 0, 0)
    assert nora.penalties > 0
    assert nora.stake == nora.deposited - nora.penalties


def test_who_missed_a_reveal_waits_until_its_round_is_decided(attacked_run: Path) -> None:
    refusals = [refusal for refusal in open_archive(attacked_run).refusals() if refusal["party"] == "nora"]
    assert refusals == [{"round": 2, "party": "nora", "phase": "commit", "error": "OutcomeOpen"}]


def test_the_copycats_stolen_commitment_cannot_be_opened(attacked_run: Path) -> None:
    refusals = [refusal for refusal in open_archive(attacked_run).refusals() if refusal["party"] == "carl"]
    assert {"round": 1, "party": "carl", "phase": "reveal", "error": "WrongOpening"} in refusals


def test_the_copycats_stolen_payload_is_malformed(attacked_run: Path, rows: dict[str, ParticipantRow]) -> None:
    account = next(
        one["account"] for one in open_archive(attacked_run).facts()["participants"] if one["name"] == "carl"
    )
    outcomes = verify(attacked_run).outcomes
    statuses = {
        number: standing.status
        for number, outcome in outcomes.items()
        for standing in outcome.standings
        if standing.participant == account
    }
    assert statuses == {3: Status.MALFORMED}
    assert "made for round 2, expected 3" in outcomes[3].reasons[account]
    assert rows["carl"].earned == 0


def test_the_free_riders_random_update_is_scored_like_any_other(rows: dict[str, ParticipantRow]) -> None:
    rita = rows["rita"]
    assert (rita.committed, rita.revealed, rita.accepted, rita.refused) == (3, 3, 3, 0)


def test_attackers_do_not_stop_the_reports_from_verifying(attacked_run: Path) -> None:
    assert [check.verdict for check in verify(attacked_run).checks] == ["equal"] * 3
