"""Random sequences of calls against the plain model: same answers, same state, and money that always adds up."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from qfl_chain.protocol.state import NOBODY, ContractState
from qfl_chain.types import Address, Event

from .abi import Live, Log, Member, RefusedError
from .chain import Chain
from .harness import Deployment, Sent
from .model import Model
from .references import GENESIS, RewardTree, Terms, address, claim_args, commitment_of, committee, fold, opening_of

PARTICIPANTS = ("ann", "ben", "cat", "dan")
ADMISSIONS = ("open", "paused", "cancelled")
FUNDING = 3_000
participants = st.sampled_from(PARTICIPANTS)
anyone = st.sampled_from([*PARTICIPANTS, "sponsor", "guardian"])
shares = st.lists(st.integers(0, 9), min_size=4, max_size=4)
growths = st.sampled_from([-1, 0, 1, 250, 600, 600, 600, 601])
signers = st.sampled_from([(0, 1, 2), (0, 2, 3), (0, 1, 2, 3), (1, 3)])
mostly = st.sampled_from([True, True, True, False])
Cumulative = dict[str, int]


def _deploy() -> Deployment:
    chain = Chain([*PARTICIPANTS, "sponsor", "guardian"])
    terms = Terms(guardianExpiry=GENESIS + 5_000)
    return Deployment.create(chain, terms, committee(4), value=FUNDING, seated=False)


FRESH = _deploy()


class FederationMachine(RuleBasedStateMachine):
    """Every rule asks the model first; the contract must accept or refuse alike, for the same reason."""

    def __init__(self) -> None:
        super().__init__()
        self.federation = FRESH
        self.chain = FRESH.chain
        self.undo = self.chain.snapshot()
        self.undo.__enter__()
        self.model = Model(FRESH.terms, FRESH.quorum, FUNDING)
        self.logs: list[Log] = []
        self.state = ContractState()
        self.fold(FRESH.sent)
        for oracle in FRESH.oracles:
            self.fold(FRESH.send(oracle, "bond", value=FRESH.terms.oracleBond))
        self.fold(FRESH.send("sponsor", "seat", FRESH.signers))
        self.claimed = dict.fromkeys(PARTICIPANTS, 0)

    @property
    def bonds(self) -> int:
        """Nobody is slashed here; what disputes do is told by a file for each of their functions, and by forge."""
        return len(FRESH.oracles) * FRESH.terms.oracleBond

    def teardown(self) -> None:
        try:
            self.everyone_can_leave()
        finally:
            self.undo.__exit__(None, None, None)

    def both(self, apply: Callable[[Model, int], None], name: str, function: str, *args: Any, value: int = 0) -> None:
        """Applies a call to the model and to the contract."""
        trial = copy.deepcopy(self.model)
        expected = None
        try:
            apply(trial, self.chain.clock)
        except RefusedError as refusal:
            expected = refusal.error
        if expected is None:
            sent = self.federation.send(name, function, *args, value=value)
            self.logs += sent.logs
            self.fold(sent)
            self.model = trial
        else:
            assert self.federation.refused(name, function, *args, wei=value * 10**9)[0] == expected

    def fold(self, sent: Sent) -> None:
        """Adds a transaction's logs to the state that they alone give."""
        for index, log in enumerate(sent.logs):
            self.state.apply(Event(log.name, log.args, sent.time, index, sent.time, ""))

    # ---- money and time

    @initialize(
        stakes=st.lists(st.sampled_from([1_000, 1_013, 20_000]), min_size=3, max_size=4),
        rounds=st.integers(0, 2),
    )
    def begin(self, stakes: list[int], rounds: int) -> None:
        for name, stake in zip(PARTICIPANTS, stakes, strict=False):
            self.join(name, stake)
        for number in range(rounds):
            self.whole_round([1, 2, 3, number], None, 600, (0, 1, 2), "active")

    @rule(name=anyone, amount=st.integers(1, 2_000))
    def fund(self, name: str, amount: int) -> None:
        self.both(lambda model, now: model.fund(name, now, amount), name, "fund", value=amount)

    @rule(name=participants, amount=st.sampled_from([1, 500, 999, 1_000, 4_321]))
    def join(self, name: str, amount: int) -> None:
        self.both(lambda model, now: model.join(name, now, amount), name, "join", value=amount)

    @rule(seconds=st.sampled_from([1, 20, 100, 400]))
    def wait(self, seconds: int) -> None:
        self.chain.clock += seconds

    @rule(early=st.booleans())
    def wait_for_the_next_boundary(self, early: bool) -> None:
        """To the last second before something changes, or the first after."""
        terms, model, now = self.model.terms, self.model, self.chain.clock
        offsets = (terms.commitWindow, terms.commitWindow + terms.revealWindow)
        times = [model.start + offset for offset in offsets] + [model.end(), terms.guardianExpiry]
        times += [report.active_at for report in model.reports[-1:]]
        times += [account.withdrawable_at for account in model.accounts.values()]
        later = [time - early for time in times if time - early > now]
        self.chain.clock = min(later, default=now)

    # ---- rounds

    @rule(name=participants)
    def commit(self, name: str) -> None:
        number = self.federation.next_round
        commitment = commitment_of(self.federation.address, number, opening_of(name, number))
        self.both(lambda model, now: model.commit(name, now), name, "commit", number, commitment)

    @rule(silent=st.sampled_from([None, *PARTICIPANTS]))
    def all_commit(self, silent: str | None) -> None:
        for name in PARTICIPANTS:
            account = self.model.account(name)
            ready = account.stake >= self.model.terms.minStake and account.round != self.federation.next_round
            if ready and name != silent:
                self.commit(name)

    def reach(self, phase: str) -> None:
        """Moves the clock to a later phase of the live round."""
        terms = self.model.terms
        offset = terms.commitWindow + (terms.revealWindow if phase == "report" else 0)
        if self.model.start:
            self.chain.clock = max(self.chain.clock, self.model.start + offset)

    @precondition(lambda self: self.model.start)
    @rule(name=participants, sender=anyone, in_phase=mostly)
    def reveal(self, name: str, sender: str, in_phase: bool) -> None:
        if in_phase:
            self.reach("reveal")
        opening = opening_of(name, self.model.number)
        self.both(lambda model, now: model.reveal(name, now), sender, "reveal", *opening)

    @precondition(lambda self: self.model.start)
    @rule(names=st.lists(participants, max_size=4), sender=anyone, in_phase=mostly)
    def reveal_many(self, names: Sequence[str], sender: str, in_phase: bool) -> None:
        if in_phase:
            self.reach("reveal")
        openings = [opening_of(name, self.model.number) for name in names]
        self.both(lambda model, now: model.reveal_many(names, now), sender, "revealMany", openings)

    @precondition(lambda self: self.model.start)
    @rule(silent=st.sampled_from([None, *PARTICIPANTS]))
    def all_reveal(self, silent: str | None) -> None:
        hidden = [name for name, account in self.model.accounts.items() if account.hidden and name != silent]
        self.reveal_many(hidden, "sponsor", in_phase=True)

    @precondition(lambda self: self.model.start)
    @rule(shares=shares, growth=growths, who=signers, in_phase=mostly)
    def report(self, shares: list[int], growth: int, who: Sequence[int], in_phase: bool) -> None:
        """Totals in and out of range, split anew each time: cumulative rewards may fall, as a liar's would."""
        if in_phase:
            self.reach("report")
        cumulative = split(max(self.model.total() + growth, 0), shares)
        tree = RewardTree(cumulative)
        report = self.federation.report_of(tree.total, tree.root)
        args = self.federation.signed(report, who)
        self.both(lambda model, now: model.report(cumulative, len(who), now), "sponsor", "report", *args)

    @rule(
        shares=shares,
        silent=st.sampled_from([None, None, *PARTICIPANTS]),
        growth=growths,
        who=signers,
        then=st.sampled_from(["pending", "active", "void", "void the next too"]),
    )
    def whole_round(self, shares: list[int], silent: str | None, growth: int, who: Sequence[int], then: str) -> None:
        """From here to a report and its fate, as far as the state allows; the first attempt may be refused."""
        self.all_commit(None)
        self.all_reveal(silent)
        self.report(shares, growth, who, in_phase=True)
        if self.model.start:
            self.report(shares, 0, (0, 1, 2), in_phase=True)
        if silent is not None:
            self.penalize(silent, "sponsor")
        if then == "void the next too":
            self.commit(PARTICIPANTS[0])
        if then.startswith("void") and self.model.pending(self.chain.clock):
            self.void_report("guardian")
        elif then == "active" and self.model.reports:
            self.chain.clock = max(self.chain.clock, self.model.reports[-1].active_at)
        if silent is not None:
            self.penalize(silent, "sponsor")

    # ---- claims and penalties

    @precondition(lambda self: self.model.reports)
    @rule(name=participants, back=st.sampled_from([0, 0, 1]))
    def claim(self, name: str, back: int) -> None:
        """With the tree of the active report, or of another."""
        active = self.model.active(self.chain.clock)
        trees = [report.cumulative for report in self.model.reports]
        of: Mapping[str, int] = split(1, [1, 1, 1, 1])
        if active is not None:
            of = active.cumulative if back == 0 else trees[trees.index(active.cumulative) - 1]
        self.both(lambda model, now: model.claim(name, now, of), name, "claim", *claim_args(name, of))

    @precondition(lambda self: self.model.active(self.chain.clock))
    @rule()
    def all_claim(self) -> None:
        for name, account in self.model.accounts.items():
            if self.model.active(self.chain.clock).cumulative[address(name)] > account.claimed:
                self.claim(name, 0)

    @precondition(lambda self: any(account.hidden for account in self.model.accounts.values()))
    @rule(name=participants, sender=anyone)
    def penalize(self, name: str, sender: str) -> None:
        self.both(lambda model, now: model.penalize(name, now), sender, "penalize", address(name))

    # ---- leaving

    @rule(name=participants)
    def exit(self, name: str) -> None:
        self.both(lambda model, now: model.exit(name, now), name, "exit")

    @precondition(lambda self: any(account.exiting for account in self.model.accounts.values()))
    @rule(name=participants)
    def withdraw(self, name: str) -> None:
        self.both(lambda model, now: model.withdraw(name, now), name, "withdraw")

    def everyone_can_leave(self) -> None:
        """Letting time pass is enough, and only a missing reveal in a reported round costs anything.

        When the sponsor ends it all as well, what stays is exactly what the latest report owes and nobody claimed.
        """
        self.chain.clock = max(self.chain.clock, self.model.end() + self.model.terms.challengeWindow)
        for _ in range(2):  # an exit that is pending leaves first, what was joined after it follows
            self.chain.clock += self.model.terms.unbondingWindow
            for name in PARTICIPANTS:
                self.leave(name)
        assert self.federation.balance == self.model.funded - self.model.paid + self.bonds
        self.cancel("sponsor")
        self.reclaim("sponsor")
        assert self.federation.balance == self.model.total() - self.model.paid + self.bonds

    def leave(self, name: str) -> None:
        account = self.model.account(name)
        if account.exiting:
            self.withdraw(name)
        account = self.model.account(name)
        if account.stake:
            guilty = account.hidden and self.model.outcome(account.round, self.chain.clock) == "reported"
            self.exit(name)
            due = account.stake - account.stake // 20 if guilty else account.stake
            assert self.federation.member(name).exiting == due

    # ---- roles

    @rule(
        name=st.sampled_from(["guardian", "guardian", "ann"]), function=st.sampled_from(["pause", "unpause", "unpause"])
    )
    def pause(self, name: str, function: str) -> None:
        self.both(lambda model, now: getattr(model, function)(name, now), name, function)

    @precondition(lambda self: self.model.pending(self.chain.clock))
    @rule(name=st.sampled_from(["guardian", "guardian", "sponsor"]))
    def void_report(self, name: str) -> None:
        self.both(lambda model, now: model.void_report(name, now), name, "voidReport")

    @precondition(lambda self: self.model.number > 1)
    @rule(name=st.sampled_from(["sponsor", "guardian", "guardian", "guardian"]))
    def cancel(self, name: str) -> None:
        self.both(lambda model, now: model.cancel(name, now), name, "cancel")

    @precondition(lambda self: self.model.admission == "cancelled")
    @rule(name=st.sampled_from(["sponsor", "sponsor", "ben"]))
    def reclaim(self, name: str) -> None:
        self.both(lambda model, now: model.reclaim(name, now), name, "reclaim")

    # ---- what always holds

    @invariant()
    def all_holds(self) -> None:
        """Reads the contract once a step; each check below is one sentence about what was read."""
        members = {name: self.federation.member(name) for name in PARTICIPANTS}
        live, pool = self.federation.live, self.federation.pool
        self.the_balance_is_stakes_and_exits_and_funds_less_payments(members, pool)
        self.claimed_never_decreases(members)
        self.the_accumulator_is_the_replay_of_the_logs(live)
        self.the_contract_is_where_the_model_is(members, live, pool)
        self.the_reports_are_the_model_s()
        self.the_state_is_the_fold_of_the_logs(members, live, pool)

    def the_balance_is_stakes_and_exits_and_funds_less_payments(
        self, members: Mapping[str, Member], pool: tuple[int, int]
    ) -> None:
        held = sum(member.stake + member.exiting for member in members.values())
        assert self.federation.balance == held + pool[0] - pool[1] + self.bonds

    def claimed_never_decreases(self, members: Mapping[str, Member]) -> None:
        for name, member in members.items():
            assert member.claimed >= self.claimed[name]
            self.claimed[name] = member.claimed

    def the_accumulator_is_the_replay_of_the_logs(self, live: Live) -> None:
        accumulator = revealed = 0
        for log in self.logs:
            if log.name == "Revealed":
                stake, digest = log.args["stake"], log.args["digest"]
                accumulator, revealed = fold(accumulator, log.args["participant"], stake, digest), revealed + 1
            elif log.name in ("RoundOpened", "Reported", "RoundVoided"):
                accumulator = revealed = 0
        assert (live.revealed, live.accumulator) == (revealed, accumulator)

    def the_contract_is_where_the_model_is(
        self, members: Mapping[str, Member], live: Live, pool: tuple[int, int]
    ) -> None:
        model = self.model
        assert pool == (model.funded, model.paid)
        admission = ADMISSIONS.index(model.admission)
        assert live == (model.number, model.start, admission, model.revealed, model.accumulator)
        for name, member in members.items():
            account = model.account(name)
            assert member[:3] == (account.stake, account.claimed, account.round)
            assert bool(member.commitment) == account.hidden
            assert member[4:] == (account.exiting, account.withdrawable_at)

    def the_reports_are_the_model_s(self) -> None:
        latest = self.model.reports[-1] if self.model.reports else None
        for standing, report in (
            (self.federation.latest, latest),
            (self.federation.active, self.model.active(self.chain.clock)),
        ):
            assert standing[:3] == ((report.round, report.active_at, report.total) if report else (0, 0, 0))
            assert report is None or standing.rewards == RewardTree(report.cumulative).root

    def the_state_is_the_fold_of_the_logs(
        self, members: Mapping[str, Member], live: Live, pool: tuple[int, int]
    ) -> None:
        state = self.state
        assert (astuple(state.live), (state.funded, state.paid)) == (live, pool)
        assert (astuple(state.latest), astuple(state.active(self.chain.clock))) == (
            self.federation.latest,
            self.federation.active,
        )
        for name, member in members.items():
            assert astuple(state.members.get(Address(address(name)), NOBODY)) == member
        assert (state.balance, state.unfounded) == (self.federation.balance, [])


def split(total: int, shares: Sequence[int]) -> Cumulative:
    """``total`` over the participants in proportion to ``shares``; the last takes the rest."""
    weight = sum(shares) or 1
    amounts = [total * share // weight for share in shares[:-1]]
    return {address(name): amount for name, amount in zip(PARTICIPANTS, [*amounts, total - sum(amounts)], strict=True)}


TestFederation = FederationMachine.TestCase
TestFederation.settings = settings(deadline=None, max_examples=20, stateful_step_count=30)
