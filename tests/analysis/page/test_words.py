"""What the page says in words is grammatical and true, for federations of every kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qfl_chain.analysis.facts import Facts
from qfl_chain.analysis.page.wording import as_text, counted, eth, listed, shown
from qfl_chain.analysis.page.words import notices, sentences
from qfl_chain.types import Gwei
from tests.analysis.page.histories import history, without_report


def noticed(facts: Facts, level: str) -> list[str]:
    return [one["text"] for one in notices(facts) if one["level"] == level]


def test_three_sentences_say_what_happened() -> None:
    assert sentences(history(3, 2)) == [
        "small opened 2 rounds with 3 participants on 2026-01-01, and all were reported.",
        "All 2 reports changed the model, and its accuracy on all held-out rows rose from 0.500 to 0.600.",
        "Rewards of 0.2 eth went to 3 participants, from 0.046072645 eth (client-3) to 0.082960311 eth (client-2), and "
        "every gwei is accounted for: 6.4 eth came in, 6.4 eth is held and 0 eth has left.",
    ]


def test_one_participant_and_one_round_are_singular() -> None:
    took_part, learned, paid = sentences(history(1, 1))
    assert took_part == "small opened 1 round with 1 participant on 2026-01-01, and it was reported."
    assert learned.startswith("The one report changed the model")
    assert paid.startswith("client-1 earned 0.1 eth, and every gwei is accounted for")


def test_nobody_and_nothing_have_sentences_too() -> None:
    assert sentences(history(0, 0))[:2] == [
        "small has no participant yet, and no round was opened.",
        "No round has a report, so the model is still the initial one.",
    ]
    assert sentences(history(0, 0))[2].startswith("Nobody was paid, and every gwei is accounted for")
    assert sentences(history(2, 0))[0] == "small has 2 participants, and no round was opened yet."


def test_a_federation_without_a_name_is_called_so() -> None:
    assert sentences(replace(history(), name=""))[0].startswith("The federation opened 2 rounds")


def test_every_status_of_rounds_is_counted() -> None:
    facts = without_report(without_report(without_report(history(2, 4), 2), 3, "voided"), 4, "open")
    assert sentences(facts)[0].endswith(": 1 reported, 1 expired, 1 voided and 1 open.")


def test_a_history_over_several_days_says_from_when_to_when() -> None:
    assert "between 2026-01-01 and 2026-01-03" in sentences(history(2, 48))[0]


def test_without_accuracy_the_losses_are_told() -> None:
    assert sentences(replace(history(), figures=()))[1] == (
        "All 2 reports changed the model, and the validation loss fell in 2 of 2 rounds."
    )


def test_without_evidence_the_model_is_not_guessed() -> None:
    facts = history()
    unknown = tuple(replace(one, evidence="missing", accepted=None) for one in facts.rounds)
    assert sentences(replace(facts, rounds=unknown))[1] == (
        "What became of the model is not known, because the evidence of no report could be read."
    )


def test_rewards_that_nobody_is_known_to_have_are_said_so() -> None:
    facts = history()
    nobody = tuple(replace(one, earned=Gwei(0)) for one in facts.participants)
    assert sentences(replace(facts, participants=nobody))[2].startswith(
        "Rewards of 0.2 eth were allocated, to whom is not known, and every gwei"
    )


def test_those_who_earned_nothing_are_counted_apart() -> None:
    facts = history()
    first, second, third = facts.participants
    some = (replace(first, earned=Gwei(0)), second, third)
    assert "went to 2 of 3 participants, most to client-2 with" in sentences(replace(facts, participants=some))[2]


def test_money_that_does_not_come_out_is_said_first_and_warned_of() -> None:
    facts = history()
    wrong = replace(facts, money=replace(facts.money, pool=Gwei(facts.money.pool - 1)))
    assert sentences(wrong)[2].startswith("The money does not balance: 6400000000 gwei came in")
    assert any("1 are missing" in text for text in noticed(wrong, "warning"))


def test_every_gap_is_a_notice_before_all_others() -> None:
    facts = without_report(replace(history(1, 2), gaps=("the evidence of round 1 is gone", "Another.")), 2)
    assert [one["level"] for one in notices(facts)] == ["gap", "gap", "warning", "info"]
    assert noticed(facts, "gap") == ["The evidence of round 1 is gone.", "Another."]


def test_expired_and_voided_rounds_are_warned_of() -> None:
    assert noticed(without_report(history(2, 2), 2), "warning") == [
        "Round 2 expired without a report: nobody was paid for it, and the model stayed as it was."
    ]
    two = without_report(without_report(history(2, 3), 1), 3)
    assert noticed(two, "warning")[0].startswith("Rounds 1 and 3 expired without a report: nobody was paid for them")
    assert noticed(without_report(history(2, 2), 1, "voided"), "warning") == [
        "Round 1 was voided: what was reported does not count."
    ]


def test_one_participant_nobody_and_a_cancelled_federation_are_remarked() -> None:
    assert any("There is one participant" in text for text in noticed(history(1, 1), "info"))
    assert any("Nobody has joined yet" in text for text in noticed(history(0, 0), "info"))
    assert any("cancelled" in text for text in noticed(replace(history(), cancelled=True), "info"))
    assert notices(history()) == []


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 eth"),
        (1, "0.000000001 eth"),
        (10**9, "1 eth"),
        (1_250_000_000, "1.25 eth"),
        (10**12, "1,000 eth"),
        (2**64 - 1, "18,446,744,073.709551615 eth"),
    ],
)
def test_amounts_in_ether_are_exact(amount: int, text: str) -> None:
    assert eth(amount) == text


def test_counts_and_lists_read_as_sentences_do() -> None:
    assert (counted(1, "round"), counted(2_000, "round"), counted(0, "dot")) == ("1 round", "2,000 rounds", "0 dots")
    assert (listed([]), listed(["a"]), listed(["a", "b"]), listed("abc")) == ("", "a", "a and b", "a, b and c")
    assert listed("abcd", most=2) == "a, b and 2 more"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "unknown"), (0, "0"), (1_234_567, "1,234,567"), (-3, "-3"), (0.123456, "0.1235"), (12_345.6, "12,346")],
)
def test_figures_are_written_with_four_digits_or_exactly(value: int | float | None, text: str) -> None:
    assert as_text(value) == text


def test_values_in_sentences() -> None:
    assert (shown(2.0), shown(0.25), shown(1_000), shown("x")) == ("2", "0.25", "1,000", "x")
