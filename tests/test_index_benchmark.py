"""The benchmark of reading a history, on little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.services import need

ROOT = Path(__file__).resolve().parents[1]


def benchmark(*arguments: str) -> Any:
    command = [sys.executable, str(ROOT / "benchmarks" / "index.py"), *arguments, "--json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_reader_finds_the_same_events_of_an_anvil_chain() -> None:
    need("anvil")
    rows = {row["reader"]: row for row in benchmark("--participants", "12", "--sizes")["readers"]}
    # Deployed, Funded and RoundOpened besides; cryo is asked for the participants' events alone.
    assert {row["events"] for name, row in rows.items() if not name.startswith("cryo")} == {3 * 12 + 3 + 5}
    cryo = next(row for name, row in rows.items() if name.startswith("cryo"))
    assert cryo.get("events") == 3 * 12 or cryo["skipped"].startswith("cryo is not installed")
    assert rows["qfl: decoding alone"]["ratio"] > 0


def test_growth_is_measured_from_size_to_size() -> None:
    small, large = benchmark("--participants", "0", "--sizes", "3x2", "6x8")["growth"]
    assert (small["rounds"], large["participants"]) == (2, 6)
    assert small["events"] < large["events"]
    assert min(large[name] for name in ("seconds", "peak RSS, MiB", "file, MiB", "made in, s")) > 0
    assert "growth" in large
