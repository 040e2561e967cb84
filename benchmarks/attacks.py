"""Plays every attack on a chain in this process and writes docs/attacks.md, or says what in it is not so any more.

python benchmarks/attacks.py [--check] [NAME...]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from qfl_chain.lab.attacks import Result, attacks, play, table

DOCUMENT = Path(__file__).parents[1] / "docs" / "attacks.md"
BEGIN, END = "<!-- table: python benchmarks/attacks.py -->", "<!-- end of the table -->"


def measured(names: list[str]) -> list[Result]:
    """The results, one after the other."""
    found = []
    with TemporaryDirectory() as folder:
        for place, attack in enumerate(one for one in attacks() if not names or one.name in names):
            found.append(play(attack, Path(folder) / str(place)))
            print(table(found[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    return found


def written(results: list[Result]) -> str:
    """The document with this table."""
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{table(results)}\n{END}{rest.split(END)[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a row is another")
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks to play with --check; all without one")
    options = parser.parse_args()
    results = measured(options.names)
    if not options.check:
        DOCUMENT.write_text(written(results))
        return 0
    rows = DOCUMENT.read_text().splitlines()
    missing = [row for row in table(results).splitlines() if row not in rows]
    print("\n".join(["not in docs/attacks.md:", *missing]) if missing else f"{len(results)} attacks as documented")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
