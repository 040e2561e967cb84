"""One referee and a few honest reports a session. Nothing that a test does to them lasts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from qfl_chain.protocol.codec import Rules
from qfl_chain.protocol.contribution import EXACT_UP_TO
from qfl_chain.protocol.trial import Trial
from qfl_chain.types import Gwei
from tests.contracts.chain import Chain
from tests.protocol.builders import Entry, account

from .bench import Bench, silences
from .trials import trial

GOOD, BETTER, BAD = (1 << 20, 5 << 18, -3 << 19), (37 << 17, -4 << 16, -23 << 17), (-700 << 18, 900 << 17, 800 << 17)
EARLIER = {account(1): Gwei(70), account(77): Gwei(30)}
EVERY_STATUS = (Entry(GOOD), Entry(b"junk"), Entry(BETTER), Entry(None), Entry(BETTER), Entry(BAD))
MANY = tuple(Entry((n << 18, -n << 16, -3 * n << 17)) for n in range(1, EXACT_UP_TO + 3))


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench.create(Chain(["sponsor", "outsider"]))


@pytest.fixture(scope="session")
def trials(bench: Bench) -> Mapping[str, Trial]:
    """Honest reports: every status, nobody who takes part, refused, more players than are exact, no stake left."""
    rounds = {
        "every status": (EVERY_STATUS, Rules(subset=7), EARLIER),
        "nobody takes part": ((Entry(b"junk"), Entry(None)), Rules(), EARLIER),
        "refused": ((Entry(BAD),), Rules(subset=30), {}),
        "ten players": (MANY, Rules("median", 5, 4), {}),
        "no stake left": ((Entry(GOOD), Entry(BETTER, stake=0)), Rules("trimmed-mean", subset=5), EARLIER),
    }
    made = {
        name: trial(entries, federation=bench.federation, rules=rules, cumulative=earned)
        for name, (entries, rules, earned) in rounds.items()
    }
    for one in made.values():
        silences(bench, one)
    return made


@pytest.fixture(scope="session")
def honest(trials: Mapping[str, Trial]) -> Trial:
    """Six reveals: two accepted, one malformed, one unavailable, one a duplicate, one accepted and worthless."""
    return trials["every status"]
