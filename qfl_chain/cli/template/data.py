"""The data loader. It runs on each organisation's own machine, and reads that organisation's rows alone.

Change it to read your database or files. Return the columns that federation.toml lists, and the label.
"""

from __future__ import annotations

import csv
from pathlib import Path


def load(organisation: str) -> list[dict[str, str]]:
    """All rows of an organisation: one mapping of column to value each, numbers or text."""
    path = Path(__file__).parent / "data" / f"{organisation}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
