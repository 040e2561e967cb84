"""Run a scenario from Python, look at who earned what, and recompute every report.

python examples/run_and_verify.py [SCENARIO] [DIRECTORY]
"""

from __future__ import annotations

import sys
from pathlib import Path

from qfl_chain import load_scenario, run, summarise, verify


def main(name: str = "iris", directory: str = "runs/example") -> None:
    scenario = load_scenario(name)
    archive = run(scenario, Path(directory), on_step=lambda step: None)

    summary = summarise(archive.path)
    for row in summary.participants:
        print(f"{row.name}: earned {row.earned:,} gwei, spent {row.gas:,} on gas")
    print(f"pooled accuracy {summary.rounds[-1].figures['pooled']['accuracy']:.3f}")

    print("all reports equal" if verify(archive.path).sound else "a report differs")


if __name__ == "__main__":
    main(*sys.argv[1:])
