"""The rules of a federation in plain Python: what the contract must do, without slots, casts or packing.

Where the contract remembers two reports, this remembers all; where it settles lazily, this looks everything up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .abi import RefusedError
from .references import RewardTree, Terms, address, fold, opening_of


@dataclass
class Account:
    stake: int = 0
    claimed: int = 0
    round: int = 0
    hidden: bool = False
    exiting: int = 0
    withdrawable_at: int = 0


@dataclass
class StandingReport:
    round: int
    active_at: int
    total: int
    cumulative: Mapping[str, int]


@dataclass
class Model:
    terms: Terms
    quorum: int
    funded: int
    paid: int = 0
    accounts: dict[str, Account] = field(default_factory=dict)
    number: int = 0
    start: int = 0
    revealed: int = 0
    accumulator: int = 0
    budget: int = 0
    admission: str = "open"
    lapsed: set[int] = field(default_factory=set)
    reports: list[StandingReport] = field(default_factory=list)

    # ---- what the rest is made of

    def account(self, name: str) -> Account:
        return self.accounts.setdefault(name, Account())

    def total(self) -> int:
        return self.reports[-1].total if self.reports else 0

    def active(self, now: int) -> StandingReport | None:
        return next((report for report in reversed(self.reports) if report.active_at <= now), None)

    def pending(self, now: int) -> bool:
        return bool(self.reports) and now < self.reports[-1].active_at

    def paused(self, now: int) -> bool:
        return self.admission == "paused" and now < self.terms.guardianExpiry

    def end(self) -> int:
        return self.start + self.terms.commitWindow + self.terms.revealWindow + self.terms.reportWindow

    def phase(self, now: int) -> str:
        if self.start == 0 or now >= self.end():
            return "idle"
        if now < self.start + self.terms.commitWindow:
            return "commit"
        return "reveal" if now < self.start + self.terms.commitWindow + self.terms.revealWindow else "report"

    def close(self) -> None:
        self.start = self.revealed = self.accumulator = 0

    def outcome(self, round_number: int, now: int) -> str:
        if round_number == self.number and self.start:
            return "lapsed" if self.phase(now) == "idle" else "open"
        if self.pending(now) and self.reports[-1].round == round_number:
            return "open"
        return "lapsed" if round_number in self.lapsed else "reported"

    def settle(self, account: Account, now: int) -> int:
        if not account.hidden:
            return 0
        outcome = self.outcome(account.round, now)
        refuse_if(outcome == "open", "OutcomeOpen")
        account.hidden = False
        penalty = account.stake * 5 // 100 if outcome == "reported" else 0
        account.stake -= penalty
        self.funded += penalty
        return penalty

    def require_admission(self, now: int) -> None:
        refuse_if(self.admission == "cancelled", "FederationCancelled")
        refuse_if(self.paused(now), "FederationPaused")

    def require_guardian(self, name: str, now: int) -> None:
        refuse_if(name != "guardian", "NotGuardian")
        refuse_if(now >= self.terms.guardianExpiry, "GuardianExpired")

    # ---- the calls

    def fund(self, _name: str, _now: int, amount: int) -> None:
        refuse_if(self.admission == "cancelled", "FederationCancelled")
        self.funded += amount

    def join(self, name: str, now: int, amount: int) -> None:
        self.require_admission(now)
        account = self.account(name)
        refuse_if(account.stake + amount < self.terms.minStake, "StakeTooLow")
        account.stake += amount

    def commit(self, name: str, now: int) -> None:
        self.require_admission(now)
        if self.phase(now) == "idle":
            if self.start:
                self.lapsed.add(self.number)
            self.close()
            self.number, self.start, self.admission = self.number + 1, now, "open"
            self.budget = min(self.terms.rewardPerRound, self.funded - self.total())
        refuse_if(self.phase(now) != "commit", "WrongPhase")
        account = self.account(name)
        refuse_if(account.round == self.number, "AlreadyCommitted")
        self.settle(account, now)
        refuse_if(account.stake < self.terms.minStake, "StakeTooLow")
        account.round, account.hidden = self.number, True

    def reveal(self, name: str, now: int) -> None:
        refuse_if(self.phase(now) != "reveal", "WrongPhase")
        refuse_if(not self.account(name).hidden, "NothingToReveal")
        self.reveal_many([name], now)

    def reveal_many(self, names: Sequence[str], now: int) -> None:
        refuse_if(self.phase(now) != "reveal", "WrongPhase")
        for name in names:
            account = self.account(name)
            refuse_if(account.round != self.number, "NothingToReveal")
            if account.hidden:
                account.hidden = False
                self.revealed += 1
                digest = opening_of(name, self.number).digest
                self.accumulator = fold(self.accumulator, address(name), account.stake, digest)

    def report(self, cumulative: Mapping[str, int], signatures: int, now: int) -> None:
        total = sum(cumulative.values())
        refuse_if(self.phase(now) != "report", "WrongPhase")
        refuse_if(signatures < self.quorum, "QuorumMissing")
        refuse_if(self.revealed < self.terms.minReveals, "TooFewReveals")
        refuse_if(total - self.total() not in (0, self.budget), "TotalOutOfRange")
        self.reports.append(StandingReport(self.number, now + self.terms.challengeWindow, total, dict(cumulative)))
        self.close()

    def claim(self, name: str, now: int, of: Mapping[str, int]) -> None:
        """``of`` is the tree that the proof was made with."""
        active = self.active(now)
        refuse_if(active is None, "NoActiveReport")
        assert active is not None
        refuse_if(RewardTree(active.cumulative).root != RewardTree(of).root, "InvalidProof")
        account, cumulative = self.account(name), of[address(name)]
        refuse_if(cumulative <= account.claimed, "NothingToClaim")
        refuse_if(self.paid + cumulative - account.claimed > active.total, "TotalExceeded")
        self.paid += cumulative - account.claimed
        account.claimed = cumulative

    def penalize(self, name: str, now: int) -> None:
        refuse_if(self.settle(self.account(name), now) == 0, "NothingToPenalize")

    def exit(self, name: str, now: int) -> None:
        account = self.account(name)
        refuse_if(account.exiting > 0, "ExitPending")
        refuse_if(account.stake == 0, "NoStake")
        self.settle(account, now)
        account.exiting, account.stake = account.stake, 0
        account.withdrawable_at = now + self.terms.unbondingWindow

    def withdraw(self, name: str, now: int) -> None:
        account = self.account(name)
        refuse_if(account.exiting == 0, "NothingToWithdraw")
        refuse_if(now < account.withdrawable_at, "WrongPhase")
        account.exiting = account.withdrawable_at = 0

    def pause(self, name: str, now: int) -> None:
        self.require_guardian(name, now)
        self.require_admission(now)
        self.admission = "paused"

    def unpause(self, name: str, now: int) -> None:
        self.require_guardian(name, now)
        refuse_if(not self.paused(now), "NotPaused")
        self.admission = "open"

    def void_report(self, name: str, now: int) -> None:
        self.require_guardian(name, now)
        refuse_if(not self.pending(now), "NoPendingReport")
        self.lapsed.add(self.reports.pop().round)
        if self.start:
            self.lapsed.add(self.number)
            self.close()

    def cancel(self, name: str, _now: int) -> None:
        refuse_if(name != "sponsor", "NotSponsor")
        refuse_if(self.admission == "cancelled", "FederationCancelled")
        self.admission = "cancelled"

    def reclaim(self, name: str, now: int) -> None:
        refuse_if(name != "sponsor", "NotSponsor")
        refuse_if(self.admission != "cancelled", "NotCancelled")
        refuse_if(self.phase(now) != "idle" or self.pending(now), "WrongPhase")
        refuse_if(self.funded == self.total(), "NothingToReclaim")
        self.funded = self.total()


def refuse_if(condition: bool, error: str) -> None:
    if condition:
        raise RefusedError(error, ())
