from __future__ import annotations

import pytest

from qfl_chain.chain.artifacts import load_artifact
from qfl_chain.cli.refusals import ADVICE, explain, moment
from qfl_chain.errors import Reverted, WrongPhase

NEVER = 2**256 - 1


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (90, "reveal: too early; it opens at 1970-01-01T00:01:40Z (in 10 s)"),
        (200, "reveal: too late; it closed at 1970-01-01T00:03:20Z (0 s ago), wait for the next round"),
    ],
)
def test_a_call_out_of_phase_hears_when_it_is_open(now: int, sentence: str) -> None:
    assert explain(WrongPhase("reveal", 100, 200), now) == sentence


def test_without_a_round_waiting_is_for_a_commit() -> None:
    sentence = explain(WrongPhase("reveal", NEVER, NEVER), 90)
    assert sentence == "reveal: no round is open for it; wait for the first commit of the next round"


def test_a_refusal_names_the_error_its_arguments_and_what_to_do() -> None:
    refused = Reverted("commit", "StakeTooLow", {"stake": 1, "minimum": 5})
    assert explain(refused, 0) == (
        "commit was refused by the contract: StakeTooLow(stake=1, minimum=5): top the stake up with `qfl join`"
    )


def test_a_refusal_without_advice_stands_as_it_is() -> None:
    refused = Reverted("claim", "InvalidProof")
    assert explain(refused, 0) == str(refused)


def test_all_advice_is_about_errors_of_the_contract() -> None:
    assert ADVICE.keys() <= {entry["name"] for entry in load_artifact().abi if entry["type"] == "error"}


def test_a_moment_says_how_far_it_is() -> None:
    assert moment(100, 130) == "1970-01-01T00:01:40Z (30 s ago)"
    assert moment(100, 70) == "1970-01-01T00:01:40Z (in 30 s)"
