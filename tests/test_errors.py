"""The error tree: drawn as it is, with stable exit codes."""

from __future__ import annotations

import re

import pytest

from qfl_chain import errors


def _classes() -> list[type[errors.QflError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [kind for kind in found if issubclass(kind, errors.QflError)]


def test_the_drawing_shows_every_error_class() -> None:
    drawn = set(re.findall(r"[A-Z][a-z]\w+", (errors.__doc__ or "").split("::", 1)[1].split("An interrupted")[0]))
    assert {kind.__name__ for kind in _classes()} == drawn


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.InputError, 2),
        (errors.ScenarioError, 2),
        (errors.DataError, 2),
        (errors.CircuitError, 2),
        (errors.AmountError, 2),
        (errors.ProtocolError, 3),
        (errors.LedgerError, 4),
        (errors.Unreachable, 4),
        (errors.ContentMissing, 5),
        (errors.ContentUnreachable, 5),
        (errors.RunError, 6),
        (errors.VerificationFailed, 7),
        (errors.Unavailable, 8),
    ],
)
def test_exit_codes_are_stable(kind: type[errors.QflError], code: int) -> None:
    assert kind.exit_code == code


def test_a_revert_names_function_error_and_arguments() -> None:
    error = errors.Reverted("claim", "InvalidProof", {"leaf": 3})
    assert str(error) == "claim was refused by the contract: InvalidProof(leaf=3)"


def test_a_wrong_phase_says_when_to_come_back() -> None:
    error = errors.WrongPhase("reveal", 10, 20)
    assert (error.opens_at, error.closes_at) == (10, 20)
    assert isinstance(error, errors.Reverted)
