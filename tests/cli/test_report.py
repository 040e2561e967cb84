"""``qfl analyze report``: one page from a run, an index or a deployed federation, or why there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qfl_chain.analysis.index.runs import index_run
from qfl_chain.chain.devnet import Devnet, load_settings
from tests.cli.conftest import Bench, qfl
from tests.rpc import serve

KEY = "4c0ffee"


def test_a_run_directory_becomes_one_page(small_run: Path, tmp_path: Path) -> None:
    said = qfl("analyze", "report", small_run, "-o", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert said.code == 0, said.err
    assert re.fullmatch(rf"{tmp_path}/report.html: {len(page.encode()):,} bytes, small up to block [\d,]+\n", said.out)
    assert page.startswith("<!doctype html>")
    assert re.findall(r"""(?:src|href)=["'](?!data:|#)""", page) == [], "nothing is loaded from elsewhere"


def test_an_index_and_its_run_directory_give_the_same_page(small_run: Path, tmp_path: Path) -> None:
    with index_run(small_run, tmp_path / "small.duckdb"):
        pass
    for path, out in ((small_run, "run.html"), (tmp_path / "small.duckdb", "index.html")):
        assert qfl("analyze", "report", path, "-o", tmp_path / out).code == 0
    assert (tmp_path / "run.html").read_bytes() == (tmp_path / "index.html").read_bytes()


def test_figures_are_written_beside_it(small_run: Path, tmp_path: Path) -> None:
    said = qfl("analyze", "report", small_run, "-o", tmp_path / "report.html", "--figures", tmp_path / "figures")
    written = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert f"{tmp_path}/figures: {len(written)} figures" in said.out
    assert {"rewards.png", "rewards.svg", "model.svg", "gini.png"} <= set(written)


def test_prices_of_ones_own_change_the_page(small_run: Path, tmp_path: Path) -> None:
    for price, out in (("1", "cheap.html"), ("20", "dear.html")):
        said = qfl("analyze", "report", small_run, "-o", tmp_path / out, "--gas-price-gwei", price)
        assert said.code == 0, said.err
    assert (tmp_path / "cheap.html").read_bytes() != (tmp_path / "dear.html").read_bytes()


def test_the_lab_adds_what_cheating_would_have_gained(small_run: Path, tmp_path: Path) -> None:
    said = qfl(
        "analyze", "report", small_run, "-o", tmp_path / "report.html", "--lab", "--figures", tmp_path / "figures"
    )
    assert said.code == 0, said.err
    assert "training without client-1" in said.err
    plain = qfl("analyze", "report", small_run, "-o", tmp_path / "plain.html")
    assert said.out.splitlines()[-1].partition(": ")[2] != plain.out.partition(": ")[2]


def test_a_page_that_exists_is_not_overwritten(small_run: Path, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")
    said = qfl("analyze", "report", small_run, "-o", tmp_path / "report.html")
    assert (said.code, said.err) == (2, f"error: {tmp_path}/report.html exists already: choose another --out\n")
    assert (tmp_path / "report.html").read_text() == "mine"


def test_a_place_where_nothing_can_be_written_is_named(small_run: Path, tmp_path: Path) -> None:
    said = qfl("analyze", "report", small_run, "-o", tmp_path / "none" / "report.html")
    assert said.code == 2
    assert (
        said.err
        == f"error: cannot write {tmp_path}/none/report.html (No such file or directory): choose another --out\n"
    )


def test_a_path_that_is_nothing_is_an_error(tmp_path: Path) -> None:
    said = qfl("analyze", "report", tmp_path / "none", "-o", tmp_path / "report.html")
    assert said.code == 6
    assert f"{tmp_path}/none is not there: give an index that `qfl analyze index` wrote, or a run directory" in said.err
    assert not (tmp_path / "report.html").exists()


def test_a_deployed_federation_becomes_a_page_without_the_endpoints_key(revealed: Bench, tmp_path: Path) -> None:
    path = revealed.folder / "deployment.json"
    url = f"{revealed.url}/{KEY}"
    said = revealed.qfl("analyze", "report", path, "-o", tmp_path / "report.html", "--rpc-url", url)
    assert said.code == 0, said.err
    assert "pair up to block" in said.out
    assert KEY not in (tmp_path / "report.html").read_text() + said.out + said.err


def test_a_federation_that_is_just_deployed_becomes_a_page(empty_bench: Bench, tmp_path: Path) -> None:
    assert empty_bench.deploy().code == 0
    said = empty_bench.qfl("analyze", "report", empty_bench.folder / "deployment.json", "-o", tmp_path / "report.html")
    assert said.code == 0, said.err


def test_a_deployment_file_needs_an_endpoint(revealed: Bench, tmp_path: Path) -> None:
    said = qfl(
        "analyze", "report", revealed.folder / "deployment.json", "-o", tmp_path / "r.html", env={"ETH_RPC_URL": None}
    )
    assert said.code == 2
    assert "name an endpoint by --rpc-url" in said.err


def test_no_federation_at_the_address_is_an_error(revealed: Bench, tmp_path: Path) -> None:
    with serve(Devnet(load_settings())) as url:
        path = revealed.folder / "deployment.json"
        said = qfl("analyze", "report", path, "-o", tmp_path / "report.html", "--rpc-url", url)
    assert said.code == 4
    assert said.err.startswith("error: no contract at 0x")
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("option", ["--figures", "--out"])
def test_the_help_names_the_options(option: str) -> None:
    assert option in qfl("analyze", "report", "--help").out
