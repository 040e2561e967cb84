"""An index as the plain rows that metrics, reports and comparisons take. SQL does the sums."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from qfl_chain.analysis.facts import (
    Facts,
    ModelFigure,
    MovementFacts,
    ParticipantFacts,
    RoundFacts,
    StandingFacts,
    TransactionFacts,
)
from qfl_chain.analysis.index.database import AGAIN, Index
from qfl_chain.analysis.index.evidence import deployed_terms_of
from qfl_chain.analysis.index.gaps import contradictions, find_gaps
from qfl_chain.analysis.index.models import ROWS
from qfl_chain.errors import ChecksumError, RunError
from qfl_chain.protocol.eip712 import quorum
from qfl_chain.protocol.money import Account, Disputes, Money, money_statement
from qfl_chain.types import Address, Gwei, Terms

FEDERATION = "federation"
"""What figures call the federation's own model."""

_HEX = "'0x' || lower(hex({}))"
_BEGINNING = datetime.fromtimestamp(0, UTC)


def load_facts(index: Index) -> Facts:
    """Everything an index says, and what it lacks.

    An index without any log gives empty rows, no sponsor and a gap that says so.

    Raises:
        RunError: logs that contradict each other about money, or a file that cannot be read.
        ProtocolError: terms of another version.
    """
    meta, terms, time = index.meta, deployed_terms_of(index), _last_time(index)
    names = _names(index)
    return Facts(
        source=meta.source,
        name=meta.name,
        chain_id=meta.chain_id,
        federation=meta.federation,
        sponsor=terms.sponsor if terms else Address(""),
        oracles=terms.oracles if terms else (),
        quorum=quorum(len(terms.oracles)) if terms else 0,
        min_stake=terms.min_stake if terms else Gwei(0),
        reward_per_round=terms.reward_per_round if terms else Gwei(0),
        oracle_bond=terms.oracle_bond if terms else Gwei(0),
        block=index.next_block - 1,
        time=time,
        cancelled=bool(index.query("SELECT 1 FROM events WHERE name = 'Cancelled' LIMIT 1")),
        money=load_money(index),
        participants=_participants(index, names),
        rounds=_rounds(index, terms, time),
        standings=_standings(index),
        movements=_movements(index),
        transactions=_transactions(index, terms),
        figures=_figures(index),
        gaps=find_gaps(index),
        slashed={Address(oracle): Gwei(int(amount)) for oracle, amount in index.query(_SLASHED)},
        convictions={Address(account): int(count) for account, count in index.query(_CONVICTIONS)},
        names=names,
    )


def load_money(index: Index) -> Money:
    """The statement of money.

    Raises:
        RunError: logs that contradict each other.
    """
    sums = {name: Gwei(int(amount)) for name, amount in index.query(_SUMS)}
    deposited, exited, withdrawn, penalized, convicted, claimed, funding, reclaimed = (
        sums.get(name, Gwei(0)) for name in _KINDS
    )
    ((of_stakes,),) = index.query(_CONVICTED_OF_STAKES)
    everybody = Account(
        deposited=deposited,
        stake=Gwei(deposited - penalized - exited - int(of_stakes)),
        exiting=Gwei(exited - withdrawn - convicted + int(of_stakes)),
        withdrawn=withdrawn,
        penalties=Gwei(penalized + convicted),
        claimed=claimed,
    )
    disputes, bounties = _disputes(index)
    funded = funding + penalized + convicted - bounties - reclaimed
    totals = index.query("SELECT total FROM reports WHERE stands ORDER BY block DESC, log_index DESC LIMIT 1")
    total = Gwei(totals[0][0]) if totals else Gwei(0)
    try:
        return money_statement((everybody,), funding, funded, reclaimed, total, disputes)
    except ChecksumError as error:
        why = next(contradictions(index), f"{error}: a log is missing; {AGAIN}")
        raise RunError(f"the logs in {index.name} do not add up: {why}") from error


_KINDS = ("Joined", "Exited", "Withdrawn", "Penalized", "Convicted", "Claimed", "Funded", "Reclaimed")
_SUMS = f"SELECT name, sum(amount) FROM events WHERE name IN {_KINDS} GROUP BY name"
_SLASHED = """
SELECT oracle, coalesce(-sum(amount) FILTER (WHERE change = 'Slashed'), 0) FROM bonds GROUP BY oracle ORDER BY oracle
"""
_CONVICTIONS = "SELECT account, count(*) FROM events WHERE name = 'Convicted' GROUP BY account ORDER BY account"
_CONVICTED_OF_STAKES = "SELECT coalesce(sum(stake_before - stake_after), 0) FROM holdings WHERE name = 'Convicted'"


def _disputes(index: Index) -> tuple[Disputes, Gwei]:
    """The money of bonds and demands, and the bounties that were taken of stakes."""
    rows = index.query(
        "SELECT name, coalesce(sum(amount), 0), coalesce(sum(bond), 0), coalesce(sum(bounty), 0), "
        "coalesce(sum(burned), 0) FROM events GROUP BY name"
    )
    amounts, bonds, bounties, burned = ({name: int(values[at]) for name, *values in rows} for at in range(4))
    slashed, of_stakes = amounts.get("Slashed", 0), bounties.get("Convicted", 0)
    demanded, answered = (
        sum(bonds.get(of + what, 0) for of in ("Update", "Leaf")) for what in ("Demanded", "Answered")
    )
    bonded, unbonded = amounts.get("Bonded", 0), amounts.get("BondWithdrawn", 0)
    credited, collected = amounts.get("Credited", 0), amounts.get("Collected", 0)
    return Disputes(
        bonded=Gwei(bonded),
        demanded=Gwei(demanded),
        bonds=Gwei(bonded - unbonded - slashed),
        demands=Gwei(demanded - answered - credited),
        credits=Gwei(credited - collected),
        unbonded=Gwei(unbonded),
        answered=Gwei(answered),
        collected=Gwei(collected),
        burned=Gwei(sum(burned.values())),
        bounties=Gwei(sum(bounties.values())),
    ), Gwei(of_stakes)


def _last_time(index: Index) -> datetime:
    rows = index.query("SELECT time FROM blocks ORDER BY number DESC LIMIT 1")
    return _utc(rows[0][0]) if rows else _BEGINNING


def _utc(time: datetime | str) -> datetime:
    """A time of the index, which DuckDB gives as text where it is beyond Python's.

    Raises:
        RunError: beyond the year 9999, where no block is.
    """
    if isinstance(time, str):
        raise RunError(f"a log says that it is of the time {time}, where no block is: it was changed; {AGAIN}")
    return time.replace(tzinfo=UTC)


def short(account: Address) -> str:
    """An account's address, shortened for people."""
    return f"{account[:6]}…{account[-4:]}"


def _names(index: Index) -> Mapping[Address, str]:
    """A name for every account that joined or is a party; no two share one."""
    told = dict(index.query("SELECT account, name FROM parties"))
    joined = [account for (account,) in index.query("SELECT DISTINCT account FROM events WHERE name = 'Joined'")]
    wanted = {Address(account): told.get(account) or short(account) for account in (*told, *joined)}
    counts: dict[str, int] = {}
    for name in wanted.values():
        counts[name] = counts.get(name, 0) + 1
    return {
        account: name if counts[name] == 1 else account if account not in told else f"{name} {account}"
        for account, name in wanted.items()
    }


def _participants(index: Index, names: Mapping[Address, str]) -> tuple[ParticipantFacts, ...]:
    rows = index.query(
        "SELECT p.participant, coalesce(p.behaviour, ''), p.joined, p.deposited, p.stake, p.exiting, p.withdrawn, "
        "p.earned, p.claimed, p.penalties, p.gas_used, p.fee_wei, p.commits, p.reveals, p.accepted "
        "FROM participants p JOIN (SELECT account, min((block, log_index)) AS first FROM events "
        "WHERE name = 'Joined' GROUP BY account) j ON j.account = p.participant ORDER BY j.first"
    )
    return tuple(
        ParticipantFacts(Address(account), names[account], behaviour, _utc(joined), *amounts)
        for account, behaviour, joined, *amounts in rows
    )


def _rounds(index: Index, terms: Terms | None, now: datetime) -> tuple[RoundFacts, ...]:
    """Every round. One that is open by the logs, but past its end by the clock, has expired."""
    rows = index.query(
        "SELECT n.round, n.status, n.start, n.opened, n.budget, n.commits, n.reveals, n.paid, "
        "coalesce(n.evidence_status, ''), coalesce(r.evidence_detail, ''), "
        "n.loss_before::DOUBLE / r.samples / 1073741824, n.loss_after::DOUBLE / r.samples / 1073741824, n.accepted, "
        f"coalesce(n.signers, 0), n.reported_block, coalesce({_HEX.format('n.report_transaction')}, ''), "
        "r.agreement, r.step, r.drift FROM rounds n LEFT JOIN reports r USING (round) ORDER BY n.round"
    )
    windows = terms.commit_window + terms.reveal_window + terms.report_window if terms else 0
    return tuple(
        RoundFacts(number, _by_clock(status, start + windows, now), _utc(opened), *values)
        for number, status, start, opened, *values in rows
    )


def _by_clock(status: str, end: int, now: datetime) -> str:
    return "expired" if status == "open" and now.timestamp() >= end else status


def _standings(index: Index) -> tuple[StandingFacts, ...]:
    rows = index.query(
        "SELECT s.round, s.participant, s.status, s.stake, s.contribution, s.weight, s.reward, s.stands, "
        f"u.block, u.log_index, {_HEX.format('u.transaction')}, s.norm, s.cosine, s.moved "
        "FROM scores s JOIN events u ON u.name = 'Revealed' AND u.round = s.round AND u.account = s.participant "
        "ORDER BY s.round, s.place"
    )
    return tuple(StandingFacts(*row) for row in rows)


def _movements(index: Index) -> tuple[MovementFacts, ...]:
    rows = index.query(
        "SELECT name, account, amount, CASE WHEN name = 'Exited' THEN 0 ELSE stake END, round, time, block, log_index, "
        f"{_HEX.format('transaction')} FROM events WHERE name IN {_KINDS} ORDER BY block, log_index"
    )
    return tuple(
        MovementFacts(kind, account, amount, stake, number, _utc(time), *position)
        for kind, account, amount, stake, number, time, *position in rows
    )


def _transactions(index: Index, terms: Terms | None) -> tuple[TransactionFacts, ...]:
    """Every transaction, with the role of its sender; runs of earlier versions say ``oracles`` of every oracle."""
    index_oracles = [*(terms.oracles if terms else ()), "oracles"]
    rows = index.query(
        f"SELECT {_HEX.format('t.hash')}, t.block, t.sender, "
        "CASE WHEN t.sender = ? THEN 'sponsor' WHEN list_contains(?::VARCHAR[], t.sender) THEN 'oracle' "
        "WHEN j.account IS NOT NULL THEN 'participant' ELSE 'other' END, t.function, t.gas_used, t.fee_wei, "
        "t.succeeded FROM transactions t "
        "LEFT JOIN (SELECT DISTINCT account FROM events WHERE name = 'Joined') j ON j.account = t.sender "
        "ORDER BY t.block, t.hash",
        (terms.sponsor if terms else "", index_oracles),
    )
    return tuple(TransactionFacts(*row) for row in rows)


def _figures(index: Index) -> tuple[ModelFigure, ...]:
    """Figures of the standing models, round by round, then those of the baselines."""
    models = index.query(
        "SELECT round, rows, metric, value FROM model_metrics WHERE rows <> ? OR round = 0 "
        "OR round IN (SELECT round FROM reports WHERE stands) ORDER BY round, rows, metric",
        (ROWS,),
    )
    baselines = index.query("SELECT model, rows, metric, value FROM baselines ORDER BY model, rows, metric")
    return (
        *(ModelFigure(FEDERATION, *row) for row in models),
        *(ModelFigure(model, None, *row) for model, *row in baselines),
    )
