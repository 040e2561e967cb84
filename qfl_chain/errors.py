"""Every exception qfl-chain raises on purpose, and the exit code the command line gives it.

::

    QflError                            1
    |-- InputError                      2   what the user wrote
    |   |-- ScenarioError                     unknown key, wrong type, impossible value
    |   |-- DataError                         a column, cell, client or dataset that cannot be used
    |   |-- CircuitError                      a circuit that cannot be traced, encoded or held
    |   `-- AmountError                       not a whole gwei, or below a minimum
    |-- ProtocolError                   3   bytes or numbers that break a protocol rule
    |   |-- MalformedPayload                  not a canonical update for this circuit and round
    |   `-- ChecksumError                     an internal sum that does not come out
    |-- LedgerError                     4   the chain
    |   |-- Reverted                          the contract refused; carries its custom error
    |   |   `-- WrongPhase                    too early or too late; says when it is open
    |   |-- Unreachable                       no answer from the RPC endpoint
    |   |-- NonceTaken                        another transaction of the account took its place
    |   `-- WrongContract                     no federation, or another one, at that address
    |-- ContentError                    5   the content store
    |   |-- ContentMissing                    no block with that CID
    |   |-- ContentUnreachable                no answer from the store, no access, or too old a one
    |   `-- DigestMismatch                    bytes that do not hash to their name
    |-- RunError                        6   a run directory or an index that is none, or is damaged
    |-- VerificationFailed              7   a recomputed report differs
    `-- Unavailable                     8   an optional tool or package that is not here

An interrupted command exits with 130, as shells expect. Messages say what was wrong, where, and what to do.
"""

from __future__ import annotations

from typing import Any, ClassVar


class QflError(Exception):
    """Base of all errors raised on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(QflError):
    """Something the user wrote cannot be used."""

    exit_code = 2


class ScenarioError(InputError):
    """A scenario file with an unknown key, a wrong type or an impossible value."""


class DataError(InputError):
    """A dataset, column, cell or client that cannot be used."""


class CircuitError(InputError):
    """A circuit that cannot be traced, encoded or held."""


class AmountError(InputError):
    """An amount that is not a whole number of gwei, or below a minimum."""


class ProtocolError(QflError):
    """Bytes or numbers that break a protocol rule."""

    exit_code = 3


class MalformedPayload(ProtocolError):
    """Bytes that are not a canonical update for this circuit and round."""


class ChecksumError(ProtocolError):
    """An internal sum that does not come out: a defect, never the user's fault."""


class LedgerError(QflError):
    """The chain refused, or could not be asked."""

    exit_code = 4


class Reverted(LedgerError):
    """The contract refused a call.

    ``error`` is the name of its custom error, ``args_by_name`` the error's arguments.
    """

    def __init__(self, function: str, error: str, args_by_name: dict[str, Any] | None = None) -> None:
        self.function = function
        self.error = error
        self.args_by_name = dict(args_by_name or {})
        detail = ", ".join(f"{name}={value}" for name, value in self.args_by_name.items())
        super().__init__(f"{function} was refused by the contract: {error}({detail})")


class WrongPhase(Reverted):
    """A call too early or too late: the contract accepts it in ``[opens_at, closes_at)``."""

    def __init__(self, function: str, opens_at: int, closes_at: int) -> None:
        super().__init__(function, "WrongPhase", {"opensAt": opens_at, "closesAt": closes_at})
        self.opens_at = opens_at
        self.closes_at = closes_at


class Unreachable(LedgerError):
    """No answer from the RPC endpoint."""


class NonceTaken(LedgerError):
    """Another transaction of the account used the nonce, so this one will never be mined."""


class WrongContract(LedgerError):
    """No federation, or not the expected one, at an address."""


class ContentError(QflError):
    """The content store cannot give what was asked."""

    exit_code = 5


class ContentMissing(ContentError):
    """No block with that CID in the store."""


class ContentUnreachable(ContentError):
    """A content store that cannot be asked: what it holds is not known."""


class DigestMismatch(ContentError):
    """Bytes that do not hash to the name they were asked for by."""


class RunError(QflError):
    """A run directory or an index that is missing, damaged, in use, or of another version."""

    exit_code = 6


class VerificationFailed(QflError):
    """A recomputed report differs from the one on chain."""

    exit_code = 7


class Unavailable(QflError):
    """An optional tool or package that is not installed here."""

    exit_code = 8
