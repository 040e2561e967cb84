"""The committed golden vectors: they have not drifted, and they say what other tests hold the code to."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from qfl_chain.protocol.codec import digest_of_bytes
from qfl_chain.protocol.evidence import decode_evidence

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "make-vectors"))
RENDERED: dict[Path, str] = SCRIPT["rendered"]()
REPORTS = json.loads((ROOT / "tests" / "vectors" / "report.json").read_text())["cases"]


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: path.stem)
def test_a_committed_vector_file_has_not_drifted(path: Path) -> None:
    assert path.read_text() == RENDERED[path], f"{path.name} drifted: run scripts/make-vectors and review the diff"


def test_check_names_the_files_that_drifted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert SCRIPT["main"](["--check"]) == 0
    monkeypatch.setitem(SCRIPT["rendered"].__globals__, "VECTORS", tmp_path)
    assert SCRIPT["main"]([]) == 0
    (tmp_path / "codec.json").write_text("{}\n")
    assert SCRIPT["main"](["--check"]) == 1
    assert capsys.readouterr().out.endswith("drifted: codec.json\n")


def test_report_vectors_cover_every_status_and_both_verdicts() -> None:
    assert {case["accepted"] for case in REPORTS.values()} == {True, False}
    statuses = {status for case in REPORTS.values() for status in case["statuses"]}
    assert statuses == {"accepted", "malformed", "unavailable", "duplicate"}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_vector_names_its_own_bytes(name: str) -> None:
    case = REPORTS[name]
    evidence = bytes.fromhex(case["evidence bytes"])
    assert digest_of_bytes(evidence).hex() == case["report"]["evidence"]
    assert digest_of_bytes(bytes.fromhex(case["model bytes"])).hex() == case["report"]["model"]
    assert [str(one.reward) for one in decode_evidence(evidence).standings] == case["rewards"]
    assert sum(map(int, case["rewards"])) == (int(case["budget"]) if case["accepted"] else 0)
