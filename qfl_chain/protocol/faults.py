"""What can be wrong with a report, and what a participant can be convicted of. The numbers are the contract's."""

from __future__ import annotations

from enum import IntEnum


class Fault(IntEnum):
    """One row of the fault table. A proof takes everything that stands before its fault here as given.

    So a report with one wrong value is refuted by the first fault whose proof succeeds, and that one names the value.
    """

    LEAF = 0
    HEADER = 1
    SUBSET = 2
    STANDING = 3
    PLAYERS = 4
    COALITIONS = 5
    MODEL = 6
    LOSS = 7
    SUM = 8
    CONTRIBUTION = 9
    WEIGHT = 10
    AGGREGATE = 11
    VERDICT = 12
    SPLIT = 13
    REWARDS = 14
    DECREASE = 15
    UNAVAILABLE = 16


class Offence(IntEnum):
    """What costs a participant stake, besides a missing reveal."""

    MALFORMED = 0
    UNAVAILABLE = 1
