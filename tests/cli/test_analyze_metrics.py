"""``qfl analyze metrics``: a run's figures as tables and as JSON, at prices of one's own, and bad input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from qfl_chain.analysis.index.database import Meta, create_index
from qfl_chain.analysis.index.facts import load_facts
from qfl_chain.analysis.index.opening import open_history
from qfl_chain.analysis.index.runs import index_run
from qfl_chain.analysis.metrics.catalogue import GROUPS, METRICS, Prices, measure
from qfl_chain.types import Address
from tests.cli.conftest import ORACLES, Bench, qfl


def test_every_group_and_every_single_figure_is_shown(small_run: Path) -> None:
    said = qfl("analyze", "metrics", small_run)
    assert (said.code, said.err) == (0, "")
    assert [group for group in GROUPS if f"{group.capitalize()}\n" not in said.out] == []
    assert [one.name for one in METRICS.values() if not one.per and f" {one.name} " not in said.out] == []


def test_no_figure_is_cut(small_run: Path) -> None:
    """rich cuts what does not fit and says so by an ellipsis."""
    assert "…" not in qfl("analyze", "metrics", small_run).out


def test_a_figure_nobody_knows_is_a_dash(small_run: Path) -> None:
    said = qfl("analyze", "metrics", small_run, "--metric", "spearman_value", "--metric", "reward_per_row")
    line = next(line for line in said.out.splitlines() if "spearman_value" in line)
    assert line.split()[-2:] == ["-", "spearman_value"]


def test_only_the_metrics_named_are_shown(small_run: Path) -> None:
    said = qfl("analyze", "metrics", small_run, "--metric", "net", "--metric", "gas")
    assert "net" in said.out
    assert "Gas" in said.out
    assert "roi" not in said.out
    assert "Accuracy by round" not in said.out


def test_curves_stand_beside_the_baselines(small_run: Path) -> None:
    said = qfl("analyze", "metrics", small_run).out
    table = said[said.index("Accuracy by round, then of the baselines") :]
    assert table.index("\n 3 ") < table.index("centralised logistic regression")


def test_json_is_what_the_catalogue_measures(small_run: Path) -> None:
    found = qfl("analyze", "metrics", small_run, "--json").json
    with open_history(small_run) as index:
        facts = load_facts(index)
    assert {name: one["value"] for name, one in found["metrics"].items()} == measure(facts, Prices())
    assert found["metrics"]["net"] | {"value": None} == {
        "group": "money",
        "title": "Net profit",
        "unit": "gwei",
        "per": "participant",
        "value": None,
    }
    assert (found["federation"], found["gaps"]) == (facts.federation, list(facts.gaps))


def test_an_index_gives_what_its_run_directory_gives(small_run: Path, tmp_path: Path) -> None:
    index_run(small_run, tmp_path / "history.duckdb").close()
    of_run, of_index = (
        qfl("analyze", "metrics", path, "--json").json["metrics"] for path in (small_run, tmp_path / "history.duckdb")
    )
    assert of_run == of_index


def test_prices_are_ones_own_and_exact(small_run: Path) -> None:
    prices = ("--gas-price-gwei", "2.5", "--l2-gas-price-gwei", "0.000000001", "--shots", "1000", "--shot-usd", "0.03")
    found = qfl("analyze", "metrics", small_run, "--json", "--eth-usd", "3000", "--kwh", "0", *prices).json
    values = {name: one["value"] for name, one in found["metrics"].items()}
    gas = values["gas_by_role"]
    assert values["fees_mainnet"] == {role: -(-one * 5 // 2) for role, one in gas.items()}
    assert values["fees_l2"] == dict.fromkeys(gas, 1)
    assert min(values["break_even_reward"].values()) > 10**7
    assert found["prices"]["gas_price_wei"] == 25 * 10**8


def test_the_options_defaults_are_those_of_the_prices(small_run: Path) -> None:
    found = qfl("analyze", "metrics", small_run, "--json", "--metric", "gas").json["prices"]
    prices = Prices()
    assert {name: str(one) for name, one in found.items()} == {name: str(getattr(prices, name)) for name in found}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--metric", "gini_rewards"), "no metric 'gini_rewards'; did you mean 'gini_reward'?"),
        (("--eth-usd", "0"), "0 is not above 0, up to 10^18"),
        (("--kwh", "-1"), "-1 is not 0 or more, up to 10^18"),
        (("--kwh", "nan"), "nan is not 0 or more"),
        (("--kwh", "much"), "'much' is not a number: write one such as 0.5"),
        (("--kwh-usd", "1e999999"), "1e999999 is not 0 or more, up to 10^18"),
        (("--shot-usd", "1e-999999"), "1e-999999 has more than 18 digits after the point"),
        (("--gas-price-gwei", "0.0000000001"), "write at most 9 digits after the point"),
        (("--shots", "-1"), "--shots"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_read(arguments: tuple[str, ...], message: str) -> None:
    said = qfl("analyze", "metrics", "/nowhere", *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err


def test_a_path_without_a_history_is_refused() -> None:
    said = qfl("analyze", "metrics", "/nowhere")
    assert said.code == 6
    assert said.err.startswith("error: /nowhere is not there")


def test_an_index_without_a_log_has_no_figures_and_says_why(tmp_path: Path) -> None:
    create_index(tmp_path / "empty.duckdb", Meta(31337, Address("0x" + "1" * 40), 0, "http://127.0.0.1:8545")).close()
    said = qfl("analyze", "metrics", tmp_path / "empty.duckdb")
    assert (said.code, said.err) == (0, "")
    assert "gap: no log of the federation was read" in said.out
    empty = qfl("analyze", "metrics", tmp_path / "empty.duckdb", "--json").json
    assert {name for name, one in empty["metrics"].items() if one["value"] not in (None, {})} == {"conservation"}


def test_json_has_a_null_for_what_is_unknown(small_run: Path) -> None:
    found = qfl("analyze", "metrics", small_run, "--json").json["metrics"]
    assert found["gain_copying"]["value"] is None
    assert isinstance(found["reward_per_row"]["value"], Mapping)
    assert set(found["reward_per_row"]["value"].values()) == {None}


def test_the_lab_fills_in_what_no_chain_says(small_run: Path) -> None:
    names = ("--metric", "gain_splitting", "--metric", "reward_per_row", "--metric", "kendall_value")
    said = qfl("analyze", "metrics", small_run, "--lab", "--json", *names)
    metrics = said.json["metrics"]
    assert isinstance(metrics["gain_splitting"]["value"], int)
    assert None not in metrics["reward_per_row"]["value"].values()
    assert "round 1 again" in said.err


def test_the_lab_takes_a_run_directory_only(small_run: Path, tmp_path: Path) -> None:
    index_run(small_run, tmp_path / "history.duckdb").close()
    said = qfl("analyze", "metrics", tmp_path / "history.duckdb", "--lab")
    assert said.code == 6
    assert "history.duckdb is not a run directory" in said.err


def test_a_deployment_file_gives_the_chains_figures_and_without_a_store_no_rewards(revealed: Bench) -> None:
    for oracle in ORACLES[:3]:
        assert revealed.qfl("oracle", "report", "--sign", revealed.folder / "signatures", signer=oracle).code == 0
    assert revealed.qfl("oracle", "post", revealed.folder / "signatures", signer=ORACLES[0]).code == 0
    deployment = revealed.folder / "deployment.json"
    whole = revealed.qfl("analyze", "metrics", deployment, "--json").json
    assert whole["source"] == revealed.url
    assert whole["metrics"]["conservation"]["value"]["difference"] == 0
    assert whole["metrics"]["gini_reward"]["value"] is not None
    env = {**revealed.env(), "QFL_STORE": None}
    blind = qfl("analyze", "metrics", deployment, "--json", env=env).json
    assert set(blind["metrics"]["net"]["value"].values()) == {None}
    assert blind["metrics"]["gas"] == whole["metrics"]["gas"]
    assert any("evidence of round 1" in gap for gap in blind["gaps"])
