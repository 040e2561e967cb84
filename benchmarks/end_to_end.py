"""Wall time of the shipped scenarios, start-up included, split into where it went.

    python benchmarks/end_to_end.py [SCENARIO ...]

Every run is a process of its own. "Imports" is what the process spent outside the run: interpreter, imports, tables.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from machine import machine_line

SCENARIOS = ("heart", "breast-cancer", "iris", "heart-adversaries")
PARTS = ("start-up", "training", "scoring", "chain", "baselines")


def measure(scenario: str) -> tuple[float, dict[str, float]]:
    """Seconds of one run of a scenario as a user starts it, and its parts."""
    with TemporaryDirectory() as folder:
        started = perf_counter()
        done = subprocess.run(
            [Path(sys.executable).with_name("qfl"), "run", scenario, "--json", "--out", f"{folder}/run"],
            capture_output=True,
            text=True,
            check=True,
        )
        wall = perf_counter() - started
    return wall, json.loads(done.stdout)["facts"]["seconds"]


def main(scenarios: tuple[str, ...]) -> None:
    print(machine_line())
    print(f"{'scenario':<18} {'wall s':>7} {'imports':>8} " + " ".join(f"{part:>10}" for part in PARTS))
    for scenario in scenarios:
        wall, parts = measure(scenario)
        outside = wall - sum(parts.values())
        shares = " ".join(f"{parts[part] / wall:>10.0%}" for part in PARTS)
        print(f"{scenario:<18} {wall:>7.1f} {outside / wall:>8.0%} {shares}")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or SCENARIOS)
