"""An oracle that runs by itself: recomputes every round's report, signs it once, and posts it with a quorum.

Nobody coordinates. Every oracle offers its signature to the others and asks them for theirs; whoever holds a quorum
over the report it computed itself may post it, in an order that changes from round to round so that not all do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.court import Court
from qfl_chain.actors.demands import demands, shown
from qfl_chain.actors.oracle import Oracle, fetch_update
from qfl_chain.actors.phases import Window, current_window
from qfl_chain.actors.running import WAIT, Step, sent
from qfl_chain.actors.signatures import SignedReport, check_signed, decode_signed, encode_signed
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import InputError, ProtocolError
from qfl_chain.ports import ContentStore
from qfl_chain.protocol.eip712 import quorum
from qfl_chain.protocol.filing import NO_FILING, committee_at
from qfl_chain.protocol.history import RoundRecord
from qfl_chain.protocol.packing import pack_address
from qfl_chain.protocol.proofs import packed_reveals
from qfl_chain.storage.state import StateFile
from qfl_chain.types import Address, Digest, LiveRound, Phase, Reveal

REMEMBERED_ROUNDS = 16
LONGEST_TURN = 15
"""Seconds each oracle waits at the most for the one before it to post."""


class Ballots:
    """The reports one oracle signed, and those of others it holds. Its own are written down before anybody sees them.

    Two signed reports for one round are a fault that can be proved; so what was signed once is never signed again
    otherwise, whatever the chain or the store say later.

    Raises:
        InputError: the file cannot be read, is another's, or holds anything but signed reports.
    """

    def __init__(self, file: StateFile) -> None:
        self._file = file
        self._own = {one.report.round: one for one in map(self._decode, file.read().values())}
        self._held: dict[int, dict[Address, SignedReport]] = {}
        for signed in self._own.values():
            self.hold(signed)

    def _decode(self, table: object) -> SignedReport:
        if not isinstance(table, dict):
            raise InputError(f"{self._file.path} holds no signed reports: restore it, or choose another --state")
        return decode_signed(table, str(self._file.path))

    def own(self, number: int) -> SignedReport | None:
        """What this oracle signed for a round."""
        return self._own.get(number)

    def cast(self, signed: SignedReport) -> None:
        """Write down this oracle's signature for a round.

        Raises:
            ProtocolError: it signed another report for that round.
        """
        before = self._own.get(signed.report.round)
        if before is not None and before.report != signed.report:
            raise ProtocolError(
                f"round {signed.report.round}: another report was signed before; two would be a provable fault"
            )
        own = dict(sorted({**self._own, signed.report.round: signed}.items())[-REMEMBERED_ROUNDS:])
        self._file.write({str(number): encode_signed(one) for number, one in own.items()})
        self._own = own
        self.hold(signed)

    def hold(self, signed: SignedReport) -> None:
        """Keep a signature that was checked, of whatever oracle; the first of each for a round."""
        self._held.setdefault(signed.report.round, {}).setdefault(signed.signature.oracle, signed)
        for number in sorted(self._held)[:-REMEMBERED_ROUNDS]:
            del self._held[number]

    def held(self, number: int) -> tuple[SignedReport, ...]:
        """Every signature held for a round."""
        # One step for the interpreter: the server's threads ask while the oracle adds.
        return tuple(self._held.get(number, {}).copy().values())


class Peers(Protocol):
    """The other oracles, as far as they answer."""

    def collect(self, number: int) -> tuple[list[tuple[str, SignedReport]], list[str]]:
        """What they say they and others signed for a round, each with its origin, and why some gave nothing."""


class Reporting:
    """The oracle's steps.

    Args:
        oracle: what recomputes and signs.
        ledger: the federation, written as the account that posts, demands and answers.
        store: where updates are fetched, and kept for others.
        view: the federation's history as the oracle sees it.
        ballots: what it signed.
        peers: the other oracles.
        account: the oracle's own address in the committee.
        confirmations: blocks to wait after the reveals' end before signing, so that no reorg changes what was signed.
        until_round: the last round to report on; 0 for all.
        solo: whether to report alone from half of the report phase on, where no quorum came.
        tell: hears what peers did wrong.
    """

    def __init__(
        self,
        oracle: Oracle,
        ledger: Court,
        store: ContentStore,
        view: ChainView,
        ballots: Ballots,
        peers: Peers,
        account: Address,
        *,
        confirmations: int = 0,
        until_round: int = 0,
        solo: bool = False,
        tell: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._oracle = oracle
        self._ledger = ledger
        self._store = store
        self._view = view
        self._ballots = ballots
        self._peers = peers
        self._account = account
        self._confirmations = confirmations
        self._until_round = until_round
        self._solo = solo
        self._tell = tell
        self._answering = Answering(ledger, store, view)
        self._updates: dict[Digest, bytes] = {}
        self._closed: tuple[int, int] = (0, 0)
        self._told: set[str] = set()

    def step(self) -> Step:
        """Answer a demand, fetch what is revealed, sign what follows, post what a quorum signed."""
        live, terms = self._ledger.live(), self._ledger.terms()
        answered = self._answering.step(live.number)
        if answered is not None:
            return answered
        window = current_window(live, terms, self._ledger.now())
        if self._is_over(live, window):
            return Step("finish", live.number, finished=True)
        if window.phase is Phase.REVEAL:
            return self._fetch(live.number) or self._wait(live, window)
        if window.phase is not Phase.REPORT or live.revealed < terms.min_reveals:
            return self._wait(live, window)
        if not self._is_settled(live.number):
            return Step(WAIT, live.number, {"confirmations": self._confirmations})
        if self._ballots.own(live.number) is None:
            return self._sign(live.number, window)
        return self._post(live.number, window)

    def _wait(self, live: LiveRound, window: Window) -> Step:
        return Step(WAIT, live.number, {"phase": window.phase.value, "until": window.closes_at})

    def _is_over(self, live: LiveRound, window: Window) -> bool:
        if window.phase is not Phase.IDLE:
            return bool(self._until_round) and live.number > self._until_round
        return live.cancelled or 0 < self._until_round <= live.number

    def _is_settled(self, number: int) -> bool:
        """Whether the reveals' end is as deep in the chain as was asked, counted from when it was first seen."""
        height = self._ledger.height()
        if self._closed[0] != number:
            self._closed = (number, height)
        return height >= self._closed[1] + self._confirmations

    def _fetch(self, number: int) -> Step | None:
        """Fetch one update that was revealed, and keep it for others: the more have it, the fewer disagree."""
        for reveal in self._record(number).reveals:
            if reveal.digest in self._updates:
                continue
            data = fetch_update(self._store, reveal.digest)
            if data is None:
                continue
            self._store.put(data)
            self._updates[reveal.digest] = data
            return Step("fetch", number, {"participant": reveal.participant, "bytes": len(data)})
        return None

    def _sign(self, number: int, window: Window) -> Step:
        """Sign once every update is at hand, or was demanded on chain in vain."""
        record = self._record(number)
        fetched = self._fetch(number)
        if fetched is not None:
            return fetched
        silent = record.silent_at(self._ledger.now())
        absent = [reveal for reveal in record.reveals if reveal.digest not in self._updates]
        missing = [reveal for reveal in absent if (reveal.participant, reveal.digest) not in silent]
        if missing:
            return self._demand(record, missing, window)
        updates: Mapping[Digest, bytes | None] = {one.digest: self._updates.get(one.digest) for one in record.reveals}
        outcome = self._oracle.observe(number, updates)
        signature = self._oracle.sign(outcome)
        self._ballots.cast(SignedReport(self._ledger.chain_id, self._ledger.federation, outcome.report, signature))
        self._updates = {}
        facts = {"accepted": outcome.accepted, "missing": len(absent), "total": outcome.report.total}
        return Step("sign", number, facts)

    def _demand(self, record: RoundRecord, missing: Sequence[Reveal], window: Window) -> Step:
        """Demand one of the updates that nobody gives: only silence on chain says that an update is unavailable."""
        found = demands(self._view.events(), record.number)
        self._updates |= shown(self._ledger, found, b"").updates
        asked = {(one.participant, one.digest) for one in found}
        facts = {"missing": [reveal.participant for reveal in missing]}
        fresh = next((one for one in missing if (one.participant, one.digest) not in asked), None)
        _, answer_window = self._ledger.demand_terms()
        if fresh is None or self._ledger.now() + answer_window > _half(window):
            return Step(WAIT, record.number, facts)
        index = record.reveals.index(fresh)
        packed = packed_reveals(record.reveals)
        receipt = self._ledger.demand_update(record.number, NO_FILING, packed, index)
        return sent("demand", record.number, receipt, participant=fresh.participant, **facts)

    def _post(self, number: int, window: Window) -> Step:
        """Post the report this oracle signed, once a quorum signed the same and its turn has come."""
        own, oracles = self._ballots.own(number), self._committee()
        assert own is not None  # the caller asked
        self._collect(number)
        held = self._ballots.held(number)
        signatures = [one.signature for one in held if one.report == own.report]
        facts = {"signatures": len(signatures), "others": len(held) - len(signatures), "quorum": quorum(len(oracles))}
        turn = self._turn(number, window)
        if len(signatures) >= quorum(len(oracles)) and self._ledger.now() >= turn:
            return sent("report", number, self._oracle.transmit(own.report, signatures), **facts)
        if self._solo and self._ledger.now() >= turn - window.opens_at + _half(window):
            return sent("report alone", number, self._ledger.report_alone(own.report, oracles), **facts)
        return Step(WAIT, number, facts)

    def _collect(self, number: int) -> None:
        found, refused = self._peers.collect(number)
        for origin, signed in found:
            try:
                check_signed(signed, origin, self._ledger.chain_id, self._ledger.federation, self._committee())
            except ProtocolError as error:
                refused.append(str(error))
                continue
            if signed.report.round == number:
                self._ballots.hold(signed)
        for reason in refused:
            if reason not in self._told:
                self._tell(reason)
        self._told = set(refused)

    def _turn(self, number: int, window: Window) -> int:
        """When this oracle may post: the one whose turn it is at once, the others one after the other behind it."""
        oracles: list[Address] = sorted(self._committee(), key=pack_address)
        length = (window.closes_at or window.opens_at) - window.opens_at
        place = (oracles.index(self._account) - number) % len(oracles)
        return window.opens_at + place * min(LONGEST_TURN, length // (2 * len(oracles)))

    def _committee(self) -> tuple[Address, ...]:
        """Who reports at present: the sponsor may have named others since the deployment, and they were seated."""
        return committee_at(self._view.events(), None)

    def _record(self, number: int) -> RoundRecord:
        """What the logs say of the live round."""
        record = self._view.history().rounds.get(number)
        if record is None:
            raise ProtocolError(f"round {number} is live, but the logs do not know it: the endpoint is behind itself")
        return record


def _half(window: Window) -> int:
    """Half of a phase, rounded down as the contract does."""
    return window.opens_at + ((window.closes_at or window.opens_at) - window.opens_at) // 2
