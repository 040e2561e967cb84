"""Signed reports that one has seen, wherever: two of one oracle for one round are a proof against it."""

from __future__ import annotations

from qfl_chain.actors.signatures import SignedReport, decode_signed, encode_signed
from qfl_chain.errors import InputError
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Address

REMEMBERED_ROUNDS = 16


class Sightings:
    """Up to two different reports of each oracle for each round, written down before anything is made of them.

    Reports of other reveals of the same round are apart: a reorg can ask an honest oracle twice. Without a file they
    end with the process.

    Raises:
        InputError: the file cannot be read, is another's, or holds anything but signed reports.
    """

    def __init__(self, file: StateFile | None = None) -> None:
        self._file = file
        self._seen: dict[tuple[int, int, Address], list[SignedReport]] = {}
        if file is None:
            return
        kept = file.read().get("seen", [])
        if not isinstance(kept, list) or not all(isinstance(one, dict) for one in kept):
            raise InputError(f"{file.path} holds no signed reports: restore it, or choose another --state")
        for table in kept:
            self._take(decode_signed(table, str(file.path)))

    def add(self, signed: SignedReport) -> None:
        """Keep a signature that was checked; a third report of one oracle for one round proves nothing more."""
        if self._take(signed):
            rounds = sorted({key[0] for key in self._seen})[-REMEMBERED_ROUNDS:]
            self._seen = {key: one for key, one in self._seen.items() if key[0] in rounds}
            if self._file is not None:
                self._file.write({"seen": [encode_signed(one) for two in self._seen.values() for one in two]})

    def pairs(self) -> tuple[tuple[SignedReport, SignedReport], ...]:
        """Two different reports that one oracle signed for one round."""
        return tuple((two[0], two[1]) for two in self._seen.values() if len(two) > 1)

    def _take(self, signed: SignedReport) -> bool:
        report, oracle = signed.report, signed.signature.oracle
        mine = self._seen.setdefault((report.round, report.inputs, oracle), [])
        if len(mine) > 1 or any(one.report == report for one in mine):
            return False
        mine.append(signed)
        return True
