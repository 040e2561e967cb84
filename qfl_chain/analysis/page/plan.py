"""What the page shows and in which order: sections with their figures, charts and tables."""

from __future__ import annotations

from dataclasses import dataclass

from qfl_chain.analysis.page.charts import Chart


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page.

    Attributes:
        figures: metrics shown as single figures, each with the table behind it; ``gas:join`` is a part of one.
        groups: the groups of the catalogue whose metrics the section's table lists, all of them.
    """

    id: str
    title: str
    text: str
    figures: tuple[tuple[str, str], ...]
    groups: tuple[str, ...]
    charts: tuple[str, ...]
    tables: tuple[str, ...]


SECTIONS = (
    Section(
        "money",
        "Money",
        "Where every gwei is, and who was paid what.",
        (
            ("conservation:difference", "money"),
            ("conservation:paid", "movements"),
            ("conservation:unclaimed", "money"),
            ("conservation:pool", "money"),
            ("conservation:penalties", "movements"),
            ("cost_per_point:pooled", "money-rows"),
            ("break_even_budget", "money-participant"),
        ),
        ("money",),
        ("rewards", "net", "stakes", "money"),
        ("participants", "money", "movements", "money-participant", "money-rows", "measures-money"),
    ),
    Section(
        "fairness",
        "Fairness",
        "Whether rewards follow contributions, and in how few hands stake, reward and weight are.",
        (
            ("gini_reward", "participants"),
            ("jain_reward", "participants"),
            ("spearman_contribution", "participants"),
            ("spearman_value", "fairness-participant"),
            ("nakamoto_50_stake", "concentration"),
            ("nakamoto_50_weight", "concentration"),
            ("rich_get_richer", "concentration"),
            ("newcomer_return", "decentralisation-round"),
        ),
        ("fairness", "decentralisation"),
        ("scatter", "contributions", "lorenz", "gini", "nakamoto", "hhi"),
        (
            "standings",
            "concentration",
            "progress",
            "lorenz",
            "fairness-participant",
            "decentralisation-round",
            "measures-fairness",
        ),
    ),
    Section(
        "security",
        "Security",
        "What each behaviour came to, and what an attack would cost.",
        (
            ("exclusion_precision", "behaviours"),
            ("exclusion_recall", "behaviours"),
            ("oracles_to_corrupt", "rounds"),
            ("bond_to_corrupt", "rounds"),
            ("gain_splitting", "measures-security"),
            ("gain_colluding", "measures-security"),
            ("gain_copying", "measures-security"),
        ),
        ("security",),
        ("profits", "corruption"),
        ("behaviours", "security-round", "security-participant", "measures-security"),
    ),
    Section(
        "learning",
        "Learning",
        "What became of the model, and who moved it.",
        (
            ("accuracy:pooled", "model"),
            ("accuracy_gain:pooled", "model"),
            ("auc:pooled", "model"),
            ("accuracy:validation", "model"),
            ("agreement", "rounds"),
            ("drift", "rounds"),
        ),
        ("learning",),
        ("model", "clients", "losses", "moved", "agreement", "drift"),
        ("rounds", "model", "clients", "baselines", "learning-participant", "learning-rows", "measures-learning"),
    ),
    Section(
        "cost",
        "Cost",
        "Gas by function and by role, and what it would cost elsewhere.",
        (
            ("gas", "functions"),
            ("gas_growth:per reveal", "cost-term"),
            ("gas_growth:fixed", "cost-term"),
            ("fees_mainnet:participant", "cost-role"),
            ("fees_l2:participant", "cost-role"),
        ),
        ("cost",),
        ("functions", "roles", "fees"),
        ("functions", "roles", "cost-role", "cost-term", "measures-cost"),
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
        "security-round",
        "round",
        ("stake_to_corrupt",),
        "round",
        "gwei",
    ),
    Chart("fees", "Fees at other gas prices", "bar", "cost-role", "role", ("fees_mainnet", "fees_l2"), "role", "gwei"),
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
