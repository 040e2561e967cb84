"""Pooled test accuracy of the shipped scenarios over five seeds, beside their baselines and published figures.

    python benchmarks/accuracy.py [SCENARIO ...]

FLamby's figures are those of its paper (Ogier du Terrail et al., NeurIPS 2022) on the same split of Fed-Heart-Disease,
after 100 rounds; ours take the rounds the scenario says.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from time import perf_counter

from machine import machine_line

from qfl_chain import load_scenario, run, summarise

SCENARIOS = ("heart", "breast-cancer", "iris")
SEEDS = range(5)
PUBLISHED = {
    "heart": {
        "FLamby pooled training": 0.795,
        "FLamby FedAvg": 0.748,
        "FLamby FedAdam": 0.779,
        "FLamby Cyclic": 0.785,
        "FLamby alone: Cleveland, Hungary, Switzerland, Long Beach": (0.784, 0.727, 0.483, 0.611),
    }
}


def accuracies(name: str, seed: int, folder: Path) -> dict[str, float]:
    """Pooled test accuracy of the federation and of every baseline, for one seed."""
    archive = run(load_scenario(name).with_seed(seed), folder / str(seed))
    summary = summarise(archive.path)
    figures = {"this federation": summary.rounds[-1].figures, **summary.baselines}
    return {model: found["pooled"]["accuracy"] or 0.0 for model, found in figures.items()}


def main(scenarios: tuple[str, ...]) -> None:
    print(machine_line())
    for name in scenarios:
        found: dict[str, list[float]] = defaultdict(list)
        started = perf_counter()
        with TemporaryDirectory() as folder:
            for seed in SEEDS:
                for model, accuracy in accuracies(name, seed, Path(folder)).items():
                    found[model].append(accuracy)
        seconds = (perf_counter() - started) / len(SEEDS)
        print(f"\n{name}: pooled test accuracy over seeds {', '.join(map(str, SEEDS))}; {seconds:.1f} s a run")
        for model, values in found.items():
            each = " ".join(f"{value:.3f}" for value in values)
            print(f"  {model:<34} {mean(values):.3f} +- {stdev(values):.3f}   {each}")
        for model, figure in PUBLISHED.get(name, {}).items():
            print(f"  {model}: {figure}")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or SCENARIOS)
