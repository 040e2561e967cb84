"""A participant that runs by itself: in every round it commits, reveals, publishes, and collects what it earned."""

from __future__ import annotations

from qfl_chain.actors.answering import Answering
from qfl_chain.actors.participant import Participant
from qfl_chain.actors.phases import Window, current_window
from qfl_chain.actors.running import WAIT, Step
from qfl_chain.actors.view import ChainView
from qfl_chain.errors import LedgerError, ProtocolError, Reverted
from qfl_chain.ports import Ledger
from qfl_chain.types import LiveRound, Member, Phase, Receipt


class TakingPart:
    """The participant's steps. What is due follows from the chain; what it needs for that, from its memory.

    Args:
        participant: what trains, commits, reveals and claims.
        ledger: the federation, written as the participant's account.
        view: the federation's history as the participant sees it.
        answering: answers demands for what the participant holds; its own update first of all.
        until_round: the last round to take part in; 0 for all.
    """

    def __init__(
        self, participant: Participant, ledger: Ledger, view: ChainView, answering: Answering, until_round: int = 0
    ) -> None:
        self._participant = participant
        self._ledger = ledger
        self._view = view
        self._answering = answering
        self._until_round = until_round
        self._published = 0
        self._collected: int | None = None

    def step(self) -> Step:
        """Do what is due first: a reveal, then what was revealed, a demand's answer, a commitment, a claim."""
        live = self._ledger.live()
        window = current_window(live, self._ledger.terms(), self._ledger.now())
        member = self._ledger.member(self._ledger.account)
        # Not once the round is over: the memory may hold the next one's update, and who published late is too late.
        taking_part = member.round == live.number and window.phase is not Phase.IDLE
        if taking_part and member.commitment and window.phase is Phase.REVEAL:
            return self._reveal(live.number)
        if taking_part and not member.commitment and self._published != live.number:
            return self._publish(live.number)
        # A demand that could cost the participant runs out within the report phase; before it, reveals must not wait.
        if window.phase in (Phase.REPORT, Phase.IDLE):
            answered = self._answering.step(live.number)
            if answered is not None:
                return answered
        joining = self._round_to_join(live, window)
        if joining and member.round != joining:
            return self._commit(joining, member)
        receipt = self._collect()
        if receipt is not None:
            return _did("claim", self._collected or 0, receipt)
        if self._is_over(live, window):
            return Step("finish", live.number, finished=True)
        return Step(WAIT, live.number, {"phase": window.phase.value, "until": window.closes_at})

    def _round_to_join(self, live: LiveRound, window: Window) -> int:
        """The round a commitment would be taken for now, 0 where there is none to make."""
        if live.paused or (live.cancelled and window.phase is Phase.IDLE):
            return 0
        number = {Phase.COMMIT: live.number, Phase.IDLE: live.number + 1}.get(window.phase, 0)
        return 0 if self._until_round and number > self._until_round else number

    def _commit(self, number: int, member: Member) -> Step:
        minimum = self._ledger.terms().min_stake
        if member.stake < minimum:
            raise LedgerError(
                f"the stake of {self._ledger.account} is {member.stake:,} gwei and the minimum {minimum:,}: "
                "top it up with `qfl join`"
            )
        try:
            return _did("commit", number, self._participant.commit())
        except Reverted as error:
            if error.error != "OutcomeOpen":
                raise
            # A reveal was missed, and whether that costs anything is decided when its round is.
            return Step(WAIT, number, {"missed": error.args_by_name.get("round")})

    def _reveal(self, number: int) -> Step:
        receipt = self._participant.reveal()
        self._published = number
        return _did("reveal", number, receipt)

    def _publish(self, number: int) -> Step:
        """Publish what was revealed: by this process before it was killed, or by a relayer."""
        try:
            digest = self._participant.publish(number)
        except ProtocolError:
            self._published = number
            raise
        self._published = number
        return Step("publish", number, {"update": digest.hex()})

    def _collect(self) -> Receipt | None:
        active = self._ledger.active_round()
        if active is None or active == self._collected:
            return None
        receipt = self._participant.claim()
        self._collected = active
        return receipt

    def _is_over(self, live: LiveRound, window: Window) -> bool:
        """Whether no round is left to take part in, and everything earned is collected."""
        idle = window.phase is Phase.IDLE
        if live.cancelled and idle:
            last = live.number
        elif self._until_round and (live.number > self._until_round or (live.number == self._until_round and idle)):
            last = self._until_round
        else:
            return False
        standing = [number for number in self._view.history().standing if number <= last]
        return not standing or (self._collected or 0) >= standing[-1]


def _did(action: str, number: int, receipt: Receipt) -> Step:
    return Step(action, number, {"transaction": receipt.transaction, "gas": receipt.gas_used, "block": receipt.block})
