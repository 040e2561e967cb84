"""Documents for the page's tests: made up, of any size, with hostile names where asked."""

from __future__ import annotations

import math
import random
from hashlib import sha256
from typing import Any

BEHAVIOURS = ("honest", "honest", "honest", "free-rider", "poisoner", "copycat")
CITIES = (
    "Cleveland",
    "Budapest",
    "Zürich",
    "Long Beach",
    "Basel",
    "Lyon",
    "Porto",
    "Ghent",
    "Turku",
    "Graz",
    "Cork",
    "Oslo",
)


def document(participants: int = 6, rounds: int = 12, names: list[str] | None = None, seed: int = 7) -> dict[str, Any]:
    """A federation's document: five sections, every kind of chart and of column."""
    draw = random.Random(seed)
    people = [_person(i, names) for i in range(participants)]
    standings = _standings(draw, participants, rounds)
    table_rounds = _rounds(draw, rounds)
    tables = {
        "participants": _participants(draw, people, standings, rounds),
        "standings": _table("Standings by round", standings, "One row a participant and round."),
        "rounds": _table("Rounds", table_rounds, "Amounts are in gwei."),
        "behaviours": _behaviours(people),
        "gas": _gas(draw),
        "shares": _shares(draw, rounds),
    }
    return {
        "format": 1,
        "title": "made-up",
        "federation": "0x" + "ab" * 20,
        "chain_id": 31337,
        "source": "runs/made-up",
        "block": 40 + rounds,
        "time": "2026-11-25T17:47:00Z",
        "version": f"made-up-{participants}-{rounds}-{seed}",
        "sentences": [
            f"{participants} participants trained one model in {rounds} rounds.",
            "It reached an accuracy of 0.84, against 0.81 of the best of them alone.",
            "Attackers lost more than they earned.",
        ],
        "notices": [
            {"level": "gap", "text": "Evidence of round 3 is missing: its scores and weights are unknown."},
            {"level": "warning", "text": "One participant holds 41 % of all stake."},
            {"level": "info", "text": "Prices are those given on the command line."},
        ],
        "participants": people,
        "sections": _sections(),
        "tables": tables,
        "charts": _charts(participants, rounds),
    }


def account(i: int) -> str:
    """The i-th account."""
    return "0x" + sha256(b"account %d" % i).hexdigest()[:40]


def _person(i: int, names: list[str] | None) -> dict[str, str]:
    name = names[i] if names and i < len(names) else CITIES[i] if i < len(CITIES) else f"clinic-{i + 1}"
    return {"name": name, "account": account(i), "behaviour": BEHAVIOURS[i % len(BEHAVIOURS)]}


def _column(name: str, title: str, kind: str, values: Any) -> dict[str, Any]:
    return {"id": name, "title": title, "kind": kind, "values": values}


def _table(title: str, columns: list[dict[str, Any]], note: str = "") -> dict[str, Any]:
    return {"title": title, "note": note, "columns": columns}


def _standings(draw: random.Random, participants: int, rounds: int) -> list[dict[str, Any]]:
    skill = [draw.lognormvariate(0, 0.6) for _ in range(participants)]
    cells = [(number, who) for number in range(1, rounds + 1) for who in range(participants)]
    reward = [
        int(2_000_000 * skill[who] * (1 - 0.5 * number / (rounds + 1)) * draw.uniform(0.6, 1.4))
        for number, who in cells
    ]
    stake = [10_000_000 + 250_000 * number * int(1 + skill[who]) for number, who in cells]
    return [
        _column("round", "Round", "round", _deltas([number for number, _ in cells])),
        _column("participant", "Participant", "participant", [who for _, who in cells]),
        _column("stake", "Stake", "gwei", _deltas(stake)),
        _column(
            "reward",
            "Reward",
            "gwei",
            [None if number == 3 else amount for amount, (number, _) in zip(reward, cells, strict=True)],
        ),
        _column("accepted", "Accepted", "boolean", [draw.random() < 0.93 for _ in cells]),
        _column(
            "where",
            "Revealed at",
            "position",
            {"dict": [f"{100 + n}:{n % 7}" for n in range(rounds)], "codes": [n - 1 for n, _ in cells]},
        ),
    ]


def _deltas(values: list[int]) -> dict[str, list[int]]:
    return {"delta": [b - a for a, b in zip([0, *values], values, strict=False)]}


def _rounds(draw: random.Random, rounds: int) -> list[dict[str, Any]]:
    numbers = range(1, rounds + 1)
    status = ["expired" if number == 5 else "reported" for number in numbers]
    return [
        _column("round", "Round", "round", list(numbers)),
        _column(
            "status",
            "Status",
            "text",
            {"dict": ["reported", "expired"], "codes": [int(s == "expired") for s in status]},
        ),
        _column("time", "Reported", "time", [f"2026-11-{1 + n // 24:02d}T{n % 24:02d}:00:00Z" for n in numbers]),
        _column("paid", "Paid", "gwei", [None if n == 5 else 20_000_000 - 100_000 * n for n in numbers]),
        _column(
            "accuracy",
            "Accuracy",
            "number",
            [0.85 - 0.3 * math.exp(-n / 4) + draw.uniform(-0.01, 0.01) for n in numbers],
        ),
        _column("baseline", "Trained alone, best", "number", [0.81 - 0.3 * math.exp(-n / 3) for n in numbers]),
        _column("fee", "Fee", "wei", [str(10**19 + n * 123_456_789_012_345) for n in numbers]),
        _column(
            "transaction",
            "Report",
            "transaction",
            [None if n == 5 else "0x" + sha256(b"transaction %d" % n).hexdigest() for n in numbers],
        ),
    ]


def _participants(
    draw: random.Random, people: list[dict[str, str]], standings: list[dict[str, Any]], rounds: int
) -> dict[str, Any]:
    who, rewards = standings[1]["values"], standings[3]["values"]
    earned = [0] * len(people)
    for person, amount in zip(who, rewards, strict=True):
        earned[person] += amount or 0
    return _table(
        "Participants",
        [
            _column("participant", "Participant", "participant", list(range(len(people)))),
            _column("account", "Account", "account", [person["account"] for person in people]),
            _column("behaviour", "Behaviour", "text", [person["behaviour"] for person in people]),
            _column("earned", "Earned", "gwei", earned),
            _column("penalties", "Penalties", "gwei", [draw.randrange(0, 4_000_000) for _ in people]),
            _column(
                "contribution",
                "Contribution",
                "number",
                [amount / 3e6 / max(1, rounds) + draw.uniform(-0.2, 0.2) for amount in earned],
            ),
            _column("rows", "Rows of data", "integer", [draw.randrange(30, 400) for _ in people]),
        ],
    )


def _behaviours(people: list[dict[str, str]]) -> dict[str, Any]:
    names = sorted({person["behaviour"] for person in people})
    return _table(
        "Profit by behaviour",
        [
            _column("behaviour", "Behaviour", "text", names),
            _column("income", "Income", "gwei", [9_000_000 - 3_000_000 * i for i in range(len(names))]),
            _column("profit", "Profit", "gwei", [6_000_000 - 4_000_000 * i for i in range(len(names))]),
        ],
    )


def _gas(draw: random.Random) -> dict[str, Any]:
    functions = ["join", "commit", "reveal", "revealBatch", "report", "claim", "finalise"]
    return _table(
        "Gas by function",
        [
            _column("function", "Function", "text", functions),
            _column("calls", "Calls", "integer", [draw.randrange(1, 200) for _ in functions]),
            _column("gas", "Gas", "integer", [draw.randrange(20_000, 90_000) * 100 for _ in functions]),
        ],
    )


def _shares(draw: random.Random, rounds: int) -> dict[str, Any]:
    """A table wider than paper and most screens."""
    wide = [(f"share{i}", f"Nakamoto coefficient of part {i}", "gwei") for i in range(16)]
    numbers = list(range(1, rounds + 1))
    amounts = [_column(*names, [draw.randrange(10**9, 10**11) for _ in numbers]) for names in wide]
    return _table("Shares", [_column("round", "Round", "round", numbers), *amounts])


def _chart(
    title: str, kind: str, table: str, x: str, y: list[str], by: str = "", titles: tuple[str, str] = ("", "")
) -> dict[str, Any]:
    chart = {
        "title": title,
        "kind": kind,
        "table": table,
        "x": x,
        "y": y,
        "x_title": titles[0] or x,
        "y_title": titles[1] or y[0],
    }
    return {**chart, "text": f"{title}: made up for tests."} | ({"by": by} if by else {})


def _charts(participants: int, rounds: int) -> dict[str, Any]:
    return {
        "rewards": _chart(
            "Rewards by round", "lines-by", "standings", "round", ["reward"], "participant", ("round", "gwei")
        ),
        "earned": _chart(
            "Earned by participant",
            "bar",
            "participants",
            "participant",
            ["earned", "penalties"],
            titles=("participant", "gwei"),
        ),
        "fairness": _chart(
            "Reward against contribution",
            "scatter",
            "participants",
            "contribution",
            ["earned"],
            "behaviour",
            ("contribution", "gwei"),
        ),
        "stakes": _chart(
            "Stake by round", "lines-by", "standings", "round", ["stake"], "participant", ("round", "gwei")
        ),
        "profits": _chart(
            "Profit by behaviour", "bar", "behaviours", "behaviour", ["income", "profit"], titles=("behaviour", "gwei")
        ),
        "all-rewards": _chart(
            "Every reward and its stake",
            "scatter",
            "standings",
            "stake",
            ["reward"],
            "participant",
            ("stake, gwei", "reward, gwei"),
        ),
        "learning": _chart(
            "Accuracy beside training alone",
            "line",
            "rounds",
            "round",
            ["accuracy", "baseline"],
            titles=("round", "accuracy"),
        ),
        "paid": _chart("Paid over time", "line", "rounds", "time", ["paid"], titles=("time (UTC)", "gwei")),
        "gas": _chart("Gas by function", "bar", "gas", "function", ["gas"], titles=("function", "gas")),
    }


def _figure(
    metric: str, label: str, value: str, unit: str = "", note: str = "", table: str = "participants"
) -> dict[str, str]:
    return {"metric": metric, "label": label, "value": value, "unit": unit, "note": note, "table": table}


def _section(
    name: str, title: str, text: str, figures: list[dict[str, str]], charts: list[str], tables: list[str]
) -> dict[str, Any]:
    return {"id": name, "title": title, "text": text, "figures": figures, "charts": charts, "tables": tables}


def _sections() -> list[dict[str, Any]]:
    money = [
        _figure("conserved", "Money in less money out", "0", "gwei", "Every gwei is accounted for."),
        _figure("roi", "Return on stake", "12.4", "%", "Median of honest participants."),
        _figure("cost_per_point", "Cost of a point of accuracy", "1,204,000", "gwei", "Rewards and fees.", "rounds"),
    ]
    fairness = [
        _figure("gini_reward", "Gini of rewards", "0.31", "", "0 is equal."),
        _figure("jain", "Jain index", "0.82"),
    ]
    security = [_figure("precision", "Precision of exclusion", "0.94", "", "", "behaviours")]
    learning = [_figure("accuracy", "Accuracy at the end", "0.84", "", "Best alone: 0.81.", "rounds")]
    return [
        _section("money", "Money", "Who paid and who earned.", money, ["rewards", "earned"], ["participants"]),
        _section(
            "fairness",
            "Fairness",
            "Whether reward followed contribution.",
            fairness,
            ["fairness", "stakes"],
            ["standings"],
        ),
        _section(
            "security", "Security", "Whether an attack paid.", security, ["profits", "all-rewards"], ["behaviours"]
        ),
        _section(
            "learning", "Learning", "What the model learned.", learning, ["learning", "paid"], ["rounds", "shares"]
        ),
        _section(
            "cost", "Cost", "What the chain cost.", [_figure("gas", "Gas in all", "31.4", "M", "", "gas")], ["gas"], []
        ),
    ]
