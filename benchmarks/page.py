"""The report's page in Chromium at growing sizes: its bytes, how soon it is interactive, and how quick then.

    python benchmarks/page.py

Documents are those of the page's tests. Interactive: from the start of the navigation until the document is unpacked,
the first charts are drawn and the browser answers in the next frame. Sorting the longest table and picking a
participant are timed until the next frame, too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from machine import machine_line
from playwright.sync_api import Browser

from qfl_chain.analysis.page.render import render_page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.analysis.page.documents import document
from tests.browser import chromium

SIZES = ((1, 3), (6, 12), (100, 100), (1000, 100))
TIMES = 5
SETTLED = "requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)))"
INTERACTIVE = f"() => new Promise(resolve => {{ const start = 0; {SETTLED}; }})"
PICK = f"""() => new Promise(resolve => {{
    const start = performance.now();
    document.querySelector('td .chip').click();
    {SETTLED};
}})"""
SORT = f"""() => new Promise(resolve => {{
    const start = performance.now();
    document.querySelector('.table:has(#table-standings) th[data-column=reward] button').click();
    {SETTLED};
}})"""


def timings(browser: Browser, path: Path) -> tuple[float, float, float]:
    """Milliseconds until interactive, for a sort of the longest table, and for a pick."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready] figure canvas")
    found = tuple(float(page.evaluate(script)) for script in (INTERACTIVE, SORT, PICK))
    page.context.close()
    return found[0], found[1], found[2]


def main() -> None:
    """Prints a row a size."""
    print(machine_line())
    print(f"{'participants':>12} {'rounds':>6} {'bytes':>9} {'interactive ms':>14} {'sort ms':>8} {'pick ms':>8}")
    with TemporaryDirectory() as folder, chromium() as browser:
        for people, rounds in SIZES:
            path = Path(folder) / "report.html"
            path.write_text(render_page(document(people, rounds)), "utf-8")
            runs = [timings(browser, path) for _ in range(TIMES)]
            ready, sort, pick = (median(column) for column in zip(*runs, strict=True))
            print(f"{people:>12} {rounds:>6} {path.stat().st_size:>9,} {ready:>14.0f} {sort:>8.0f} {pick:>8.0f}")


if __name__ == "__main__":
    main()
