"""A federation on eth-tester, spoken to in the contract's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_keys import keys
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak, to_canonical_address, to_checksum_address

from .abi import Live, Log, Member, Standing, creation_code, decode_answer, decode_error, decode_log, encode
from .chain import GWEI, REFEREE, Chain, with_reason
from .references import (
    Filing,
    Report,
    RewardTree,
    Terms,
    address,
    claim_args,
    commitment_of,
    opening_of,
    oracle_address,
    pack_addresses,
    sign,
)


@dataclass(frozen=True)
class Sent:
    """A mined transaction: its gas, all-in, and its logs."""

    gas: int
    logs: tuple[Log, ...]
    time: int

    def only(self, name: str) -> Mapping[str, Any]:
        """The arguments of the one log with this name."""
        (log,) = (log for log in self.logs if log.name == name)
        return log.args


@dataclass(frozen=True)
class Deployment:
    """One federation. ``send`` mines, ``refused`` says why the contract would not."""

    chain: Chain
    address: str
    terms: Terms
    oracles: tuple[keys.PrivateKey, ...]
    sent: Sent

    @classmethod
    def create(
        cls, chain: Chain, terms: Terms, oracles: Sequence[keys.PrivateKey], value: int = 0, *, seated: bool = True
    ) -> Deployment:
        """Deploys as the account "sponsor", which also is the sponsor where the terms name none.

        The oracles put down their bonds and the committee is seated, unless told otherwise.
        """
        terms = terms._replace(
            sponsor=terms.sponsor or address("sponsor"),
            guardian=terms.guardian or address("guardian"),
            referee=terms.referee or to_checksum_address(REFEREE),
        )
        data = creation_code(terms, [oracle_address(oracle) for oracle in oracles])
        time = chain.clock
        receipt = chain.transact(address("sponsor"), "", data, value * GWEI)
        if receipt["status"] != 1:
            with_reason(chain, address("sponsor"), "", data, value * GWEI, time)
        logs = tuple(decode_log(raw) for raw in receipt["logs"])
        sent = Sent(receipt["gas_used"], logs, time)
        federation = cls(chain, receipt["contract_address"], terms, tuple(oracles), sent)
        if seated:
            federation.seat()
        return federation

    def send(self, who: str | keys.PrivateKey, function: str, *args: Any, value: int = 0) -> Sent:
        """Mines a call by a named account or an oracle; ``value`` is in gwei.

        Raises:
            RefusedError: the contract reverted.
        """
        sender = self._account(who)
        data, time = encode(function, args), self.chain.clock
        receipt = self.chain.transact(sender, self.address, data, value * GWEI)
        if receipt["status"] != 1:
            with_reason(self.chain, sender, self.address, data, value * GWEI, time)
        logs = tuple(decode_log(raw) for raw in receipt["logs"])
        return Sent(receipt["gas_used"], logs, time)

    def refused(self, who: str | keys.PrivateKey, function: str, *args: Any, wei: int = 0) -> tuple[Any, ...]:
        """The custom error's name and arguments; nothing is mined. Fails where the call would succeed."""
        try:
            self.chain.call(self._account(who), self.address, encode(function, args), wei)
        except TransactionFailed as failure:
            refusal = decode_error(failure)
            return (refusal.error, *refusal.arguments)
        raise AssertionError(f"{function} was accepted")

    def view(self, function: str, *args: Any) -> Any:
        """What a view returns; one value alone, several as a tuple."""
        answer = self.chain.call(address("sponsor"), self.address, encode(function, args))
        return decode_answer(function, answer)

    def _account(self, who: str | keys.PrivateKey) -> str:
        return address(who) if isinstance(who, str) else self.chain.adopt(who, address("sponsor"))

    # -- views with names

    @property
    def live(self) -> Live:
        return Live(*self.view("live"))

    def member(self, name: str) -> Member:
        return Member(*self.view("member", address(name)))

    @property
    def latest(self) -> Standing:
        return Standing(*self.view("latestReport"))

    @property
    def active(self) -> Standing:
        return Standing(*self.view("activeReport"))

    @property
    def pool(self) -> tuple[int, int]:
        funded, paid = self.view("pool")
        return funded, paid

    @property
    def balance(self) -> int:
        """The contract's ether, in gwei."""
        gwei, rest = divmod(self.chain.balance(self.address), GWEI)
        assert rest == 0
        return gwei

    # -- phases of the live round

    @property
    def reveal_opens(self) -> int:
        return self.live.start + self.terms.commitWindow

    @property
    def report_opens(self) -> int:
        return self.reveal_opens + self.terms.revealWindow

    @property
    def report_closes(self) -> int:
        return self.report_opens + self.terms.reportWindow

    # -- calls that need preparing

    def commit(self, name: str) -> Sent:
        """Commits to ``opening_of(name, the round this commit falls in)``."""
        number = self.next_round
        return self.send(name, "commit", number, commitment_of(self.address, number, opening_of(name, number)))

    @property
    def next_round(self) -> int:
        """The round a commit would fall in now."""
        live = self.live
        over = live.start == 0 or self.chain.clock >= self.report_closes
        return live.number + 1 if over else live.number

    def reveal(self, name: str, sender: str | None = None) -> Sent:
        return self.send(sender or name, "reveal", *opening_of(name, self.live.number))

    def reveal_many(self, names: Sequence[str], sender: str) -> Sent:
        return self.send(sender, "revealMany", [opening_of(name, self.live.number) for name in names])

    def report_of(self, total: int = 0, rewards: bytes = b"\x07" * 32, **changes: Any) -> Report:
        """A report that fits the live round."""
        live = self.live
        fitting = Report(live.number, live.accumulator, rewards, b"\x08" * 32, b"\x09" * 32, b"\x0a" * 32, total)
        return fitting._replace(**changes)

    def digest_of(self, report: Report) -> bytes:
        """The EIP-712 digest of a report."""
        type_text = (
            "Report(uint16 round,uint184 inputs,bytes32 rewards,bytes32 model,bytes32 evidence,"
            "bytes32 evidenceRoot,uint64 total)"
        )
        words = [keccak(text=type_text)] + [
            field if isinstance(field, bytes) else field.to_bytes(32, "big") for field in report
        ]
        return keccak(b"\x19\x01" + self.domain_separator + keccak(b"".join(words)))

    @cached_property
    def domain_separator(self) -> bytes:
        type_text = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        words = [
            keccak(text=type_text),
            keccak(text="qfl-chain"),
            keccak(text="1"),
            self.chain.chain_id.to_bytes(32, "big"),
            bytes(12) + to_canonical_address(self.address),
        ]
        return keccak(b"".join(words))

    @property
    def quorum(self) -> int:
        n = len(self.oracles)
        return (n + (n - 1) // 3) // 2 + 1

    def signed(self, report: Report, who: Sequence[int] | None = None) -> tuple[Report, int, bytes, bytes]:
        """The arguments of ``report``, signed by the oracles at these positions (default: the first quorum)."""
        positions = sorted(range(self.quorum) if who is None else who)
        digest = self.digest_of(report)
        signatures = b"".join(sign(self.oracles[i], digest) for i in positions)
        return report, sum(1 << i for i in positions), pack_addresses(self.oracles), signatures

    def report(self, cumulative: Mapping[str, int] | None = None, **changes: Any) -> Sent:
        """Reports the cumulative rewards by account (default: none) from account "sponsor"."""
        tree = RewardTree(cumulative or {})
        return self.send("sponsor", "report", *self.signed(self.report_of(tree.total, tree.root, **changes)))

    def claim(self, name: str, cumulative: Mapping[str, int]) -> Sent:
        return self.send(name, "claim", *claim_args(name, cumulative))

    # -- the committee

    @property
    def signers(self) -> bytes:
        return pack_addresses(self.oracles)

    def seat(self) -> Sent:
        """Every oracle bonds what it lacks, and the committee is seated."""
        for oracle in self.oracles:
            lacking = self.terms.oracleBond - self.view("bondOf", oracle_address(oracle))[0]
            if lacking > 0:
                self.send(oracle, "bond", value=lacking)
        return self.send("sponsor", "seat", self.signers)

    def bond(self, position: int) -> int:
        """The bond of the oracle at this place."""
        return int(self.view("bondOf", oracle_address(self.oracles[position]))[0])

    # -- disputes

    def filing_of(self, sent: Sent, revealed: int, budget: int | None = None) -> Filing:
        """The filing of the report that this transaction made."""
        log = sent.only("Reported")
        report = Report(*(log[name] for name in Report._fields))
        paid = self.terms.rewardPerRound if budget is None else budget
        return Filing(report, log["signed"], keccak(self.signers), sent.time, log["activeAt"], paid, revealed)

    @property
    def demand_bond(self) -> int:
        return -(-self.terms.minStake // 200)

    @property
    def answer_window(self) -> int:
        return min(self.terms.reportWindow, self.terms.challengeWindow) // 4

    # -- whole rounds

    def play(self, names: Sequence[str], silent: Sequence[str] = ()) -> None:
        """All commit, all but the silent reveal in one batch, in this order; the clock stands where reports open."""
        for name in [*names, *silent]:
            self.commit(name)
        self.chain.clock = self.reveal_opens
        self.reveal_many(names, "sponsor")
        self.chain.clock = self.report_opens

    def activate(self) -> None:
        """Moves the clock to where the latest report is active."""
        self.chain.clock = max(self.chain.clock, self.latest.active_at)
