"""What the page says in words: what happened in three sentences, and what to be careful about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qfl_chain.analysis.facts import Facts, RoundFacts
from qfl_chain.analysis.page.curves import common_rows, metric_title, model_curve
from qfl_chain.analysis.page.wording import counted, eth, listed
from qfl_chain.errors import ChecksumError
from qfl_chain.protocol.money import check_money


def sentences(facts: Facts) -> list[str]:
    """What happened: who took part, what became of the model, and who was paid."""
    return [_took_part(facts), _learned(facts), _paid(facts)]


def notices(facts: Facts) -> list[dict[str, str]]:
    """What a reader must know before believing the page: gaps first, then warnings, then remarks."""
    gaps = [{"level": "gap", "text": _sentence(gap)} for gap in facts.gaps]
    warnings = [{"level": "warning", "text": text} for text in _warnings(facts)]
    return gaps + warnings + [{"level": "info", "text": text} for text in _remarks(facts)]


def imbalance(facts: Facts) -> str:
    """Why the statement of money does not come out; empty when it does."""
    try:
        check_money(facts.money)
    except ChecksumError as error:
        return str(error)
    return ""


def _took_part(facts: Facts) -> str:
    name = facts.name or "The federation"
    if not facts.participants:
        return f"{name} has no participant yet, and no round was opened."
    who = counted(len(facts.participants), "participant")
    if not facts.rounds:
        return f"{name} has {who}, and no round was opened yet."
    opened = f"{name} opened {counted(len(facts.rounds), 'round')} with {who} {_days(facts)}"
    statuses = _by_status(facts.rounds)
    if [status for status, _ in statuses] == ["reported"]:
        return f"{opened}, and {'it was' if len(facts.rounds) == 1 else 'all were'} reported."
    return f"{opened}: {listed(f'{len(ones)} {status}' for status, ones in statuses)}."


def _days(facts: Facts) -> str:
    first, last = facts.rounds[0].opened, facts.time
    if first.date() == last.date():
        return f"on {first:%Y-%m-%d}"
    return f"between {first:%Y-%m-%d} and {last:%Y-%m-%d}"


def _by_status(rounds: Iterable[RoundFacts]) -> list[tuple[str, list[RoundFacts]]]:
    found: dict[str, list[RoundFacts]] = {"reported": [], "expired": [], "voided": [], "open": []}
    for one in rounds:
        found.setdefault(one.status, []).append(one)
    return [(status, ones) for status, ones in found.items() if ones]


def _learned(facts: Facts) -> str:
    reported = [one for one in facts.rounds if one.status == "reported"]
    if not reported:
        return "No round has a report, so the model is still the initial one."
    known = [one for one in reported if one.accepted is not None]
    if not known:
        return "What became of the model is not known, because the evidence of no report could be read."
    changed = sum(one.accepted is True for one in known)
    became = f"{_of(changed, len(known))} changed the model"
    for metric in ("accuracy", "auc", "loss"):
        curve = model_curve(facts, metric)
        if len(curve) > 1:
            (_, before), (_, after) = curve[0], curve[-1]
            title = "AUC" if metric == "auc" else metric_title(metric).lower()
            rows = {"pooled": "all held-out rows", "validation": "the public validation rows"}[common_rows(facts) or ""]
            return f"{became}, and its {title} on {rows} {_went(before, after)}."
    losses = [one for one in known if one.loss_before is not None and one.loss_after is not None]
    if not losses:
        return f"{became}."
    lowered = sum((one.loss_after or 0.0) < (one.loss_before or 0.0) for one in losses)
    return f"{became}, and the validation loss fell in {lowered:,} of {counted(len(losses), 'round')}."


def _of(some: int, all_: int) -> str:
    if all_ == 1:
        return "The one report" if some else "No report"
    return f"All {all_:,} reports" if some == all_ else f"{some:,} of {all_:,} reports" if some else "No report"


def _went(before: float, after: float) -> str:
    if before == after:
        return f"stayed at {before:.3f}"
    return f"{'rose' if after > before else 'fell'} from {before:.3f} to {after:.3f}"


def _paid(facts: Facts) -> str:
    money, wrong = facts.money, imbalance(facts)
    if wrong:
        return f"The money does not balance: {wrong}."
    came, held, left = sum(money.came().values()), money.balance, sum(money.left().values())
    balance = f"every gwei is accounted for: {eth(came)} came in, {eth(held)} is held and {eth(left)} has left"
    return f"{_earned(facts)}, and {balance}."


def _earned(facts: Facts) -> str:
    total = money_allocated(facts)
    earners = [one for one in facts.participants if one.earned]
    penalties = f", penalties of {eth(facts.money.penalties)} were taken" if facts.money.penalties else ""
    if not total:
        return f"Nobody was paid{penalties}"
    if not earners:
        return f"Rewards of {eth(total)} were allocated, to whom is not known{penalties}"
    if len(earners) == 1:
        return f"{earners[0].name} earned {eth(earners[0].earned)}{penalties}"
    most = max(earners, key=lambda one: one.earned)
    least = min(facts.participants, key=lambda one: one.earned)
    return (
        f"Rewards of {eth(total)} went to {counted(len(earners), 'participant')}, from {eth(least.earned)} "
        f"({least.name}) to {eth(most.earned)} ({most.name}){penalties}"
        if least in earners
        else f"Rewards of {eth(total)} went to {len(earners):,} of {counted(len(facts.participants), 'participant')}, "
        f"most to {most.name} with {eth(most.earned)}{penalties}"
    )


def money_allocated(facts: Facts) -> int:
    """Rewards of all standing reports, claimed or not."""
    return facts.money.paid + facts.money.unclaimed


def _warnings(facts: Facts) -> Iterable[str]:
    wrong = imbalance(facts)
    if wrong:
        yield f"The statement of money does not come out: {wrong}."
    expired = [one.number for one in facts.rounds if one.status == "expired"]
    if expired:
        yield (
            f"{_rounds(expired)} expired without a report: nobody was paid for "
            f"{'it' if len(expired) == 1 else 'them'}, and the model stayed as it was."
        )
    voided = [one.number for one in facts.rounds if one.status == "voided"]
    if voided:
        yield f"{_rounds(voided)} {'was' if len(voided) == 1 else 'were'} voided: what was reported does not count."


def _remarks(facts: Facts) -> Iterable[str]:
    if facts.cancelled:
        yield "The sponsor has cancelled the federation: no round opens any more."
    if not facts.participants:
        yield "Nobody has joined yet: there is nothing to compare."
    if len(facts.participants) == 1:
        yield "There is one participant: fairness and concentration compare several, so they say little here."
    unknown = [one.name for one in facts.participants if not one.behaviour]
    if facts.participants and len(unknown) < len(facts.participants) and unknown:
        yield f"How {listed(unknown)} behaved is not known."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


def _rounds(numbers: Sequence[int]) -> str:
    return f"Round{'' if len(numbers) == 1 else 's'} {listed(map(str, numbers), 12)}"
