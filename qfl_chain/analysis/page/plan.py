"""What the page shows and in which order: sections with their figures, charts and tables."""

from __future__ import annotations

from dataclasses import dataclass

from qfl_chain.analysis.page.charts import Chart


@dataclass(frozen=True, slots=True)
class Card:
    """One metric as a single figure.

    Attributes:
        metric: its name; ``gas_growth:fixed`` is the part ``fixed`` of one that is several.
        table: where the rows behind it are.
        label: what to call it, if not by the metric's title.
        note: how to read it, if its range does not say enough.
    """

    metric: str
    table: str
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page. All metrics of ``groups`` of the catalogue are in its tables, whether named here or not."""

    id: str
    title: str
    text: str
    cards: tuple[Card, ...]
    groups: tuple[str, ...]
    charts: tuple[str, ...]
    tables: tuple[str, ...]


EVEN = "0 where all have the same, 1 where one has everything"
RANKS = "1 where whoever gave more earned more, 0 without a link"

SECTIONS = (
    Section(
        "money",
        "Money",
        "Who was paid what, and where every gwei is now.",
        (
            Card("conservation:difference", "money", "Unaccounted", "what came in, less what is held and what left"),
            Card("conservation:paid", "movements", "Rewards collected"),
            Card("conservation:unclaimed", "participants", "Rewards not collected yet"),
            Card("conservation:pool", "money", "Left in the pool", "for coming rounds, penalties included"),
            Card("conservation:penalties", "movements", "Penalties", "moved from stakes to the pool"),
            Card("cost_per_point:pooled", "money-rows", "Cost per accuracy point", "rewards and fees; held-out rows"),
            Card("cost_per_point:validation", "money-rows", "Cost per accuracy point", "rewards and fees; public rows"),
            Card("break_even_budget", "participants", note="the least budget that covers everybody's costs"),
        ),
        ("money",),
        ("rewards", "net", "stakes", "money"),
        ("participants", "money", "movements"),
    ),
    Section(
        "fairness",
        "Fairness",
        "Whether rewards follow contributions, and in how few hands stake, reward and weight are.",
        (
            Card("spearman_contribution", "participants", "Reward follows contribution", RANKS),
            Card("spearman_value", "participants", "Reward follows true data value", RANKS),
            Card("gini_reward", "participants", "Gini of rewards", EVEN),
            Card("jain_reward", "participants", note="1 where all earned the same"),
            Card("nakamoto_50_stake", "concentration", "Hold half of the stake", "the fewest by stake"),
            Card(
                "nakamoto_50_weight",
                "concentration",
                "Decide half of the model",
                "the fewest by weight",
            ),
            Card("rich_get_richer", "concentration", note="how much the Gini of wealth grew from the first round on"),
            Card("newcomer_return", "rounds", note="with the minimum stake and a mean contribution"),
        ),
        ("fairness", "decentralisation"),
        ("scatter", "contributions", "lorenz", "gini", "nakamoto", "hhi"),
        ("standings", "concentration", "progress", "lorenz"),
    ),
    Section(
        "security",
        "Security",
        "Whether an attack paid, and what corrupting a round would cost.",
        (
            Card("profit_by_behaviour:honest", "behaviours", "Net of the honest", "all of them together"),
            Card("profit_by_behaviour:free-rider", "behaviours", "Net of free riders", "all of them together"),
            Card("profit_by_behaviour:copycat", "behaviours", "Net of copycats", "all of them together"),
            Card("profit_by_behaviour:no-show", "behaviours", "Net of no-shows", "all of them together"),
            Card("exclusion_precision", "behaviours", note="of those who earned nothing, the share that was dishonest"),
            Card("exclusion_recall", "behaviours", note="of the dishonest, the share that earned nothing"),
            Card("oracles_to_corrupt", "rounds", "Oracles to corrupt a round", "a quorum of the committee"),
            Card("bond_to_corrupt", "rounds", "Bond they would lose", "half of each, for a report that is refuted"),
            Card("gain_splitting", "measures-security"),
            Card("gain_colluding", "measures-security"),
            Card("gain_copying", "measures-security"),
        ),
        ("security",),
        ("profits", "corruption"),
        ("behaviours",),
    ),
    Section(
        "learning",
        "Learning",
        "What became of the model, and who moved it.",
        (
            Card("accuracy:pooled", "model", "Accuracy", "on all held-out rows"),
            Card("accuracy_gain:pooled", "model", "Gain of accuracy", "since the initial model"),
            Card("auc:pooled", "model", "AUC", "on all held-out rows"),
            Card("accuracy:validation", "learning-rows", "Accuracy on public rows", "those that score the updates"),
            Card("agreement", "rounds", note="mean cosine of pairs of updates: 1 the same direction, 0 unrelated"),
            Card("drift", "rounds", note="distance from the initial model"),
        ),
        ("learning",),
        ("model", "clients", "losses", "moved", "agreement", "drift"),
        ("rounds", "model", "clients", "baselines"),
    ),
    Section(
        "cost",
        "Cost",
        "Gas by function and by role, and what it would cost at other prices.",
        (
            Card("gas", "functions", "Gas used"),
            Card("gas_growth:per reveal", "cost-term", "Gas of one more reveal", "in a round, by least squares"),
            Card("gas_growth:fixed", "cost-term", "Gas of a round without reveals", "by least squares"),
            Card("fees_mainnet:participant", "roles", "Participants' fees on mainnet"),
            Card("fees_l2:participant", "roles", "Participants' fees on a rollup", "its data not counted"),
        ),
        ("cost",),
        ("functions", "roles", "fees"),
        ("functions", "roles"),
    ),
)

CHARTS = (
    Chart("rewards", "Reward so far", "lines-by", "progress", "round", ("reward",), "round", "gwei", "participant"),
    Chart("stakes", "Stake", "lines-by", "progress", "round", ("stake",), "round", "gwei", "participant"),
    Chart("money", "Where the money is", "bar", "money", "part", ("amount",), "part", "gwei"),
    Chart(
        "scatter",
        "Reward against contribution",
        "scatter",
        "participants",
        "contribution",
        ("earned",),
        "contribution, loss per sample",
        "earned, gwei",
        "behaviour",
    ),
    Chart(
        "contributions",
        "Contribution",
        "lines-by",
        "standings",
        "round",
        ("contribution",),
        "round",
        "loss per sample",
        "participant",
    ),
    Chart(
        "lorenz",
        "Lorenz curves",
        "line",
        "lorenz",
        "share",
        ("equal", "stake", "reward"),
        "share of participants",
        "share of the whole",
    ),
    Chart(
        "gini",
        "Gini coefficient over time",
        "line",
        "concentration",
        "round",
        ("gini_stake", "gini_reward", "gini_weight"),
        "round",
        "Gini coefficient",
    ),
    Chart(
        "nakamoto",
        "Nakamoto coefficient over time",
        "line",
        "concentration",
        "round",
        ("nakamoto_50_stake_by_round", "nakamoto_50_reward_by_round", "nakamoto_50_weight_by_round"),
        "round",
        "participants",
    ),
    Chart(
        "hhi",
        "Herfindahl-Hirschman index over time",
        "line",
        "concentration",
        "round",
        ("hhi_stake_by_round", "hhi_reward_by_round", "hhi_weight_by_round"),
        "round",
        "index",
    ),
    Chart(
        "profits",
        "Mean net by behaviour",
        "bar",
        "behaviours",
        "behaviour",
        ("each",),
        "behaviour",
        "gwei",
    ),
    Chart(
        "clients",
        "Accuracy on each client's rows",
        "lines-by",
        "clients",
        "round",
        ("accuracy",),
        "round",
        "accuracy",
        "participant",
    ),
    Chart(
        "losses",
        "Validation loss before and after each round",
        "line",
        "rounds",
        "round",
        ("loss_before", "loss_after"),
        "round",
        "loss per sample",
    ),
    Chart("net", "Net of each participant", "bar", "participants", "participant", ("net",), "participant", "gwei"),
    Chart(
        "corruption",
        "Stake to corrupt a round by weight",
        "line",
        "rounds",
        "round",
        ("stake_to_corrupt",),
        "round",
        "gwei",
    ),
    Chart("fees", "Fees at other gas prices", "bar", "roles", "role", ("fees_mainnet", "fees_l2"), "role", "gwei"),
    Chart(
        "moved",
        "Who moved the model",
        "lines-by",
        "standings",
        "round",
        ("moved",),
        "round",
        "share of the step",
        "participant",
    ),
    Chart("agreement", "Agreement of the updates", "line", "rounds", "round", ("agreement",), "round", "mean cosine"),
    Chart("drift", "Step and drift", "line", "rounds", "round", ("step", "drift"), "round", "radians"),
    Chart("functions", "Gas by function", "bar", "functions", "function", ("gas",), "function", "gas"),
    Chart("roles", "Gas by role", "bar", "roles", "role", ("gas",), "role", "gas"),
)
"""In no order: sections name them. The model's chart is made by its table, whose columns are the baselines."""
