"""An index as plain rows: sums against the logs, every end a round can have, and every gap in words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.index.database import Index, TransactionRow, create_index
from qfl_chain.analysis.index.events import piece_of, read_events
from qfl_chain.analysis.index.evidence import read_evidence
from qfl_chain.analysis.index.facts import load_facts, load_money, short
from qfl_chain.analysis.index.gaps import ranges
from qfl_chain.analysis.index.opening import open_history
from qfl_chain.analysis.index.pieces import Blocks, Piece, objects
from qfl_chain.analysis.summary import summarise
from qfl_chain.errors import RunError
from qfl_chain.protocol.replay import replay
from qfl_chain.storage.archive import open_archive
from qfl_chain.storage.blocks import MemoryStore
from qfl_chain.types import Address, Digest

from .written import BUDGET, FUNDING, GOOD, META, ONE, ORACLES, SPONSOR, STAKE, START, THREE, TWO, Written, disputed


def facts_of(written: Written) -> Facts:
    with written.index() as index:
        read_evidence(index, written.store)
        return load_facts(index)


@pytest.fixture(scope="module")
def attacked(attacked_run: Path) -> Facts:
    with open_history(attacked_run) as index:
        return load_facts(index)


def test_money_and_counts_are_those_of_the_summary(attacked: Facts, attacked_run: Path) -> None:
    summary = summarise(attacked_run)
    assert attacked.money == summary.money
    assert [
        (one.name, one.behaviour, one.deposited, one.stake, one.earned, one.claimed, one.penalties)
        for one in attacked.participants
    ] == [
        (row.name, row.behaviour, row.deposited, row.stake, row.earned, row.claimed, row.penalties)
        for row in summary.participants
    ]
    assert [(one.commits, one.reveals, one.accepted) for one in attacked.participants] == [
        (row.committed, row.revealed, row.accepted) for row in summary.participants
    ]
    assert [(one.number, one.paid) for one in attacked.rounds] == [(row.round, row.paid) for row in summary.rounds[1:]]
    assert any(one.penalties for one in attacked.participants)


def test_gas_and_fees_are_the_receipts(attacked: Facts, attacked_run: Path) -> None:
    spendings = open_archive(attacked_run).spendings()
    assert len(attacked.transactions) == len(spendings)
    assert sum(one.fee for one in attacked.transactions) == sum(one.receipt.fee_wei for one in spendings)
    for participant in attacked.participants:
        own = [one.receipt for one in spendings if one.party == participant.name]
        assert participant.fees == sum(receipt.fee_wei for receipt in own)
        assert participant.gas_used == sum(receipt.gas_used for receipt in own)
    roles = {one.function: one.role for one in attacked.transactions}
    assert (roles["deploy"], roles["join"], roles["report"]) == ("sponsor", "participant", "oracle")


def test_contribution_is_the_score_of_the_summary(attacked: Facts, attacked_run: Path) -> None:
    summary = summarise(attacked_run)
    for participant, row in zip(attacked.participants, summary.participants, strict=True):
        own = [one.contribution for one in attacked.standings if one.participant == participant.account]
        assert np.mean(own or [0.0]) == pytest.approx(row.score)


def test_figures_are_of_rounds_and_baselines(small_run: Path) -> None:
    with open_history(small_run) as index:
        figures = load_facts(index).figures
    federation = [one for one in figures if one.model == "federation"]
    assert {one.round for one in federation} == {0, 1, 2, 3}
    assert {one.rows for one in federation} == {"client-1", "client-2", "client-3", "pooled", "validation"}
    baselines = {one.model for one in figures if one.round is None}
    assert "centralised circuit" in baselines
    assert {one.metric for one in figures} == {"accuracy", "auc", "loss"}


def test_money_is_that_of_the_replay_after_every_single_log() -> None:
    written = Written().start().whole_round(1, GOOD)
    paid = written.cumulative[1][ONE]
    written.add("Claimed", participant=ONE, amount=paid, cumulative=paid)
    written.open(2).commit(2, ONE, TWO).reveal(2, {ONE: (-1, 0, 0)}).report(2)
    written.add("Penalized", participant=TWO, round=2, amount=STAKE // 20, stake=STAKE - STAKE // 20)
    written.add("Exited", participant=TWO, amount=STAKE - STAKE // 20, withdrawableAt=written.now + 86_400)
    written.add("Withdrawn", participant=TWO, amount=STAKE - STAKE // 20)
    written.add("Cancelled")
    written.add("Reclaimed", to=SPONSOR, amount=1234)
    for count in range(1, len(written.events) + 1):
        part = Written()
        part.events = written.events[:count]
        with part.index() as index:
            assert load_facts(index).money == replay(part.events, META.federation, written.model).money
    facts = facts_of(written)
    assert facts.cancelled
    two = facts.participants[1]
    assert (two.account, two.stake, two.exiting, two.withdrawn, two.penalties) == (
        TWO,
        0,
        0,
        STAKE - STAKE // 20,
        STAKE // 20,
    )
    kinds = [one.kind for one in facts.movements]
    assert kinds == ["Funded", *["Joined"] * 3, "Claimed", "Penalized", "Exited", "Withdrawn", "Reclaimed"]
    after = {one.kind: one.stake for one in facts.movements}
    assert (after["Penalized"], after["Exited"], after["Withdrawn"]) == (STAKE - STAKE // 20, 0, None)


def test_the_head_says_what_the_federation_is() -> None:
    facts = facts_of(Written().start().whole_round(1, GOOD))
    assert (facts.source, facts.name, facts.chain_id, facts.federation) == (
        META.source,
        META.name,
        META.chain_id,
        META.federation,
    )
    assert (facts.sponsor, facts.oracles, facts.quorum) == (SPONSOR, ORACLES, 3)
    assert (facts.min_stake, facts.reward_per_round, facts.cancelled) == (1_000_000_000, BUDGET, False)
    assert (facts.block, facts.time) == (12, datetime.fromtimestamp(START + 12 * 60, UTC))


def test_a_reported_round_has_everything() -> None:
    written = Written().start().whole_round(1, GOOD)
    (one,) = facts_of(written).rounds
    outcome = written.outcome  # the report's own figures
    assert (one.number, one.status, one.commits, one.reveals, one.paid) == (1, "reported", 3, 3, BUDGET)
    assert (one.evidence, one.detail, one.accepted, one.signers, one.block) == ("read", "", True, 3, 12)
    assert one.transaction == written.events[-1].transaction
    assert one.opened == datetime.fromtimestamp(START + 5 * 60, UTC)
    assert one.loss_before is not None
    assert one.loss_after is not None
    assert one.loss_after < one.loss_before
    assert callable(outcome)


def test_losses_are_per_sample() -> None:
    written = Written().start().open(1).commit(1, *GOOD).reveal(1, GOOD)
    outcome = written.outcome(1)
    (one,) = facts_of(written.report(1)).rounds
    assert one.loss_before == pytest.approx(outcome.loss_before / 8 / 2**30)
    assert one.loss_after == pytest.approx(outcome.loss_after / 8 / 2**30)


def test_an_open_round_an_expired_one_and_one_that_ran_out_unnoticed() -> None:
    written = Written().start().open(1).commit(1, ONE)
    (one,) = facts_of(written).rounds
    assert (one.status, one.evidence, one.block, one.transaction, one.accepted) == ("open", "", None, "", None)
    written.add("RoundExpired", round=1).open(2)
    assert [one.status for one in facts_of(written).rounds] == ["expired", "open"]
    for _ in range(29):
        written.add("Funded", **{"from": SPONSOR}, amount=1, funded=1)
    assert facts_of(written).rounds[1].status == "open"
    written.add("Funded", **{"from": SPONSOR}, amount=1, funded=1)
    assert facts_of(written).rounds[1].status == "expired"


def test_a_voided_report_pays_nothing_and_its_standings_do_not_stand() -> None:
    written = Written().start().whole_round(1, GOOD).open(2)
    facts = facts_of(written.add("ReportVoided", round=1).add("RoundVoided", round=2))
    assert [(one.status, one.paid) for one in facts.rounds] == [("voided", 0), ("voided", 0)]
    assert {one.stands for one in facts.standings} == {False}
    assert {one.earned for one in facts.participants} == {0}
    assert facts.money.unclaimed == 0


def test_standings_name_their_reveal() -> None:
    written = Written().start().whole_round(1, GOOD)
    facts = facts_of(written)
    reveals = [event for event in written.events if event.name == "Revealed"]
    assert [(one.participant, one.block, one.log_index, one.transaction) for one in facts.standings] == [
        (event.args["participant"], event.block, event.index, event.transaction) for event in reveals
    ]
    assert sum(one.reward for one in facts.standings) == BUDGET


def test_one_participant_is_enough() -> None:
    written = Written().start((ONE,)).whole_round(1, {ONE: GOOD[ONE]})
    facts = facts_of(written)
    assert [(one.account, one.earned) for one in facts.participants] == [(ONE, BUDGET)]
    assert facts.rounds[0].agreement is None


def test_an_index_without_any_log_is_empty_and_says_so() -> None:
    facts = facts_of(Written())
    assert (facts.participants, facts.rounds, facts.standings, facts.transactions) == ((), (), (), ())
    assert (facts.sponsor, facts.oracles, facts.quorum, facts.block) == ("", (), 0, -1)
    assert facts.money.balance == 0
    assert len(facts.gaps) == 1
    assert "no log of the federation was read" in facts.gaps[0]


def test_a_federation_nobody_joined() -> None:
    facts = facts_of(Written().start(()))
    assert (facts.participants, facts.rounds, facts.money.pool) == ((), (), FUNDING)


def test_names_are_shortened_addresses_and_no_two_alike() -> None:
    twin = Address(ONE[:6] + "0" * 32 + ONE[-4:])
    with Written().start((ONE, TWO, twin)).index() as index:
        names = load_facts(index).names
    assert names[TWO] == short(TWO)
    assert {names[ONE], names[twin]} == {ONE, twin}


def test_two_parties_of_one_name_are_told_apart() -> None:
    with Written().start().index() as index:
        with index.writing() as connection:
            for account in (ONE, TWO):
                connection.execute("INSERT INTO parties VALUES (?, 'same', 'honest', 'participant')", [account])
        names = load_facts(index).names
    assert (names[ONE], names[TWO]) == (f"same {ONE}", f"same {TWO}")


def test_every_gap_is_a_sentence() -> None:
    written = Written().start().whole_round(1, GOOD).whole_round(2, GOOD).whole_round(3, GOOD)
    with written.index() as index:
        assert _says(index, "the evidence of rounds 1 to 3 was not read yet")
        read_evidence(index, MemoryStore())
        assert _says(index, "the evidence of rounds 1 to 3 is in no store that was asked (no store gives bafkrei")
        with index.writing() as connection:
            connection.execute("UPDATE evidence SET status = 'unreadable', detail = 'cut' WHERE round = 2")
            connection.execute("UPDATE evidence SET status = 'contradicts', detail = 'budget' WHERE round = 3")
        assert _says(index, "the evidence of round 1 is in no store")
        assert _says(index, "the evidence of round 2 cannot be read (cut)")
        assert _says(index, "the evidence of round 3 contradicts the logs (budget)")
        assert _says(index, "the model of rounds 0 to 3 has no figures on the public rows")
        assert _says(index, "29 transactions behind the logs were not read")


def test_updates_without_payloads_are_a_gap() -> None:
    written = Written().start().whole_round(1, GOOD)
    lost = MemoryStore()
    lost.put(written.store.get(written.events[-1].args["evidence"]))
    with written.index() as index:
        read_evidence(index, lost)
        assert _says(index, "the payloads of 3 accepted updates, in round 1, are in no store")


def test_an_account_that_was_paid_without_joining_is_in_the_money_only() -> None:
    stranger = Address("0x" + "22" * 20)
    written = Written().start().whole_round(1, GOOD)
    written.add("Claimed", participant=stranger, amount=5, cumulative=5)
    with written.index() as index:
        facts = load_facts(index)
        assert facts.money.paid == 5
        assert stranger not in {one.account for one in facts.participants}
        assert _says(index, "1 accounts claimed rewards and never joined")


def test_a_failed_transaction_counts_for_its_sender() -> None:
    written = Written().start()
    with create_index(None, META) as index:
        row = TransactionRow(b"\x07" * 32, 2, ONE, "commit", 21_000, 10**20, False)
        index.append(piece_of(written.events), (row,))
        facts = load_facts(index)
    assert (facts.participants[0].fees, facts.participants[0].gas_used) == (10**20, 21_000)
    assert [(one.role, one.succeeded) for one in facts.transactions] == [("participant", False)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("UPDATE events SET amount = amount + 1 WHERE name = 'Joined' AND block = 2", "Joined at (2, 0), whose stake"),
        ("UPDATE events SET funded = funded + 1 WHERE name = 'Funded'", "Funded at (1, 0), whose funded"),
        ("UPDATE events SET cumulative = 6 WHERE name = 'Claimed'", "Claimed at (13, 0), whose claimed"),
        ("DELETE FROM events WHERE name = 'Committed' AND block = 6", "Revealed at (9, 0), whose commitments"),
        ("DELETE FROM events WHERE name = 'Deployed'", "Funded at (1, 0), whose first log"),
        ("UPDATE events SET round = 2 WHERE name = 'RoundOpened'", "RoundOpened at (5, 0), whose round"),
        ("UPDATE events SET amount = amount + 9 WHERE name = 'Exited'", "Exited at (14, 0), whose stake"),
        ("UPDATE events SET amount = 9 WHERE name = 'Withdrawn'", "Withdrawn at (15, 0), whose exiting"),
    ],
)
def test_logs_that_contradict_each_other_are_a_gap_that_names_the_first(change: str, field: str) -> None:
    written = Written().start().whole_round(1, GOOD)
    written.add("Claimed", participant=ONE, amount=5, cumulative=5)
    written.add("Exited", participant=THREE, amount=STAKE, withdrawableAt=1)
    written.add("Withdrawn", participant=THREE, amount=STAKE)
    with written.index() as index:
        assert index.query("SELECT * FROM contradictions") == []
        index.connection.execute(change)
        assert _says(index, field)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE events SET amount = 9 WHERE name = 'Exited'", r"first Exited at \(13, 0\), whose stake"),
        ("DELETE FROM events WHERE name = 'Reported'", r"a part of the money is negative: .* a log is missing"),
    ],
)
def test_logs_whose_money_does_not_add_up_are_an_error_of_ours(change: str, named: str) -> None:
    written = Written().start().whole_round(1, GOOD)
    written.add("Exited", participant=THREE, amount=STAKE, withdrawableAt=1)
    written.add("Withdrawn", participant=THREE, amount=STAKE)
    written.add("Claimed", participant=ONE, amount=5, cumulative=5)
    with written.index() as index:
        index.connection.execute(change)
        with pytest.raises(RunError, match=f"do not add up: .*{named}"):
            load_facts(index)


def test_ranges_read_as_a_person_writes_them() -> None:
    assert ranges([1, 3, 4, 5, 9, 10]) == "1, 3 to 5, 9 to 10"
    assert ranges([]) == ""


def test_a_block_without_logs_still_says_how_far_the_index_is() -> None:
    with create_index(None, META) as index:
        time = np.array([START + 500], dtype=np.int64)
        index.append(Piece(0, 40, Blocks(np.array([40], dtype=np.int64), objects([bytes(32)]), time), {}))
        facts = load_facts(index)
    assert (facts.block, facts.time) == (40, datetime.fromtimestamp(START + 500, UTC))


def _says(index: Index, words: str) -> bool:
    gaps = load_facts(index).gaps
    assert any(words in gap for gap in gaps), gaps
    return True


def test_a_time_beyond_the_calendar_is_an_error_of_ours() -> None:
    with Written().start().index() as index:
        index.connection.execute(
            "UPDATE events SET time = make_timestamp(999999999999 * 1000000) WHERE name = 'Joined'"
        )
        with pytest.raises(RunError, match=r"of the time 33658-09-27 01:46:39, where no block is: it was changed"):
            load_facts(index)


def test_the_money_of_disputes_is_the_replay_s_after_every_transaction() -> None:
    events = disputed().events
    # What was slashed is burned in the same transaction, and no index ends within one.
    within = ("Slashed", "CommitteeUnseated")
    for size in (at for at in range(len(events) + 1) if not at or events[at - 1].name not in within):
        with create_index(None, META) as index:
            if size:
                index.append(piece_of(events[:size]))
            money = load_money(index)
        assert money == replay(events[:size], META.federation, Digest(bytes(32))).money, size


def test_disputes_are_told_log_by_log() -> None:
    with disputed().index() as index:
        assert list(read_events(index)) == disputed().events
        assert index.query("SELECT * FROM contradictions") == []
        assert index.query("SELECT reason, amount, bounty FROM penalties") == [
            ("unavailable", STAKE // 10, STAKE // 100)
        ]
        assert index.query("SELECT participant, leaf, answerer FROM demands ORDER BY block") == [
            (ONE, None, None),
            (TWO, None, ORACLES[0]),
            (None, 3, ORACLES[0]),
        ]
        assert index.query("SELECT fault, oracle, reporter FROM refutations ORDER BY block") == [
            (6, None, THREE),
            (None, ORACLES[1], TWO),
        ]
        rows = index.query("SELECT oracle, change, bond FROM bonds ORDER BY block DESC LIMIT 1")
        assert rows == [(ORACLES[0], "BondWithdrawn", 0)]
        assert index.query("SELECT stake, exiting FROM participants WHERE penalties > 0") == [
            (0, STAKE - STAKE // 10 + 40)
        ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("UPDATE events SET exiting = exiting + 1 WHERE name = 'Convicted'", "whose exiting"),
        ("UPDATE events SET bond = bond + 1 WHERE name = 'Bonded'", "whose bond"),
    ],
)
def test_disputes_that_contradict_the_logs_before_are_named(change: str, field: str) -> None:
    with disputed().index() as index:
        index.connection.execute(change)
        assert _says(index, field)
