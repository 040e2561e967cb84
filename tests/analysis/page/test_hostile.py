"""Names and texts that somebody chose to do harm stay texts."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, expect

from qfl_chain.analysis.page.render import render_page
from tests.analysis.page.conftest import Open
from tests.analysis.page.documents import document
from tests.analysis.page.reading import all_rows, chart_of, expected_rows, table_of

HOSTILE = [
    '</script><img src=x onerror="window.broken = 1"><script>window.broken = 1</script>',
    "\u202egnp.exe\u202c \u2067right to left\u2069 \u05e9\u05dc\u05d5\u05dd",
    "long" * 2500,
    "\"quotes\" 'and' `ticks` ${window.broken = 1} {{ 1 }} &amp; &lt;b&gt;",
    '=HYPERLINK("http://example.com")',
    "a,b\r\nc\td\u0000e\u2028f",
    "",
    "\U0001f600" * 30,
]
"""The last but one is no name at all; the last has letters of two units."""


def test_hostile_names_are_shown_as_written_and_run_nothing(show: Open) -> None:
    hostile = document(participants=8, names=HOSTILE)
    page = show(hostile)
    for chart in hostile["charts"]:
        chart_of(page, chart)
    assert all_rows(table_of(page, "participants")) == expected_rows(hostile, "participants")
    assert page.evaluate("'broken' in window") is False
    assert page.locator("img").count() == 0
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [1280, 1280]


def test_hostile_texts_everywhere_are_shown_as_written_and_run_nothing(show: Open) -> None:
    bad = HOSTILE[0]
    hostile = document()
    hostile.update(title=bad, sentences=[bad], source=bad, federation=bad, version=bad)
    hostile["notices"] = [{"level": bad, "text": bad}]
    for section in hostile["sections"]:
        section.update(title=bad, text=bad)
        for figure in section["figures"]:
            figure.update(label=bad, value=bad, unit=bad, note=bad)
    for table in hostile["tables"].values():
        table.update(title=bad, note=bad)
        for column in table["columns"]:
            column["title"] = bad
    for chart in hostile["charts"].values():
        chart.update(title=bad, text=bad, x_title=bad, y_title=bad)
    page = show(hostile)
    for chart in hostile["charts"]:
        chart_of(page, chart)
    assert page.title() == page.locator("h1").text_content() == bad
    assert page.locator(".notices").inner_text() == f"Note {bad}"
    assert page.locator(".card .value").first.text_content() == f"{bad} {bad}"
    assert page.evaluate("'broken' in window") is False
    assert page.locator("img").count() == 0


def test_a_very_long_text_opens_when_asked(show: Open) -> None:
    long = document()
    long["tables"]["gas"]["columns"][0]["values"][0] = "word " * 2000
    view = table_of(show(long), "gas")
    text = view.locator("details bdi.long")
    expect(text).to_be_hidden()
    view.locator("summary").click()
    expect(text).to_be_visible()
    assert text.text_content() == "word " * 2000


def test_hostile_names_can_be_picked_and_come_back_from_the_address(show: Open) -> None:
    hostile = document(participants=8, names=HOSTILE)
    for person in hostile["participants"]:
        person["account"] = ""
    page = show(hostile)
    for index in (0, 1, 3, 5):
        page.locator(f"#picker [data-participant='{index}']").click()
    fragment = page.evaluate("location.hash")
    again = show(hostile, fragment)
    assert again.locator("#picker [aria-pressed=true]").evaluate_all(
        "chips => chips.map(chip => chip.dataset.participant)"
    ) == ["0", "1", "3", "5"]


def test_a_hostile_address_runs_nothing(show: Open) -> None:
    page = show(document(), "#pick=" + quote(HOSTILE[0]))
    assert page.evaluate("'broken' in window") is False


def test_a_name_is_no_formula_in_a_spreadsheet(show: Open, tmp_path: Path) -> None:
    page = show(document(participants=8, names=HOSTILE))
    with page.expect_download() as download:
        table_of(page, "participants").get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "names.csv")
    with (tmp_path / "names.csv").open(encoding="utf-8", newline="") as file:
        names = [row["participant"] for row in csv.DictReader(io.StringIO(file.read(), newline=""))]
    assert names[4] == "'" + HOSTILE[4]
    assert names[:4] == HOSTILE[:4]
    assert names[5] == HOSTILE[5]


def test_the_policy_stops_what_would_slip_through(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(render_page(document()), "utf-8")
    page = browser.new_context().new_page()
    page.goto((tmp_path / "report.html").as_uri())
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<b id=slipped onclick=\"window.broken = 1\">x</b>')")
    refused = page.evaluate("""() => new Promise(resolve => {
        document.addEventListener('securitypolicyviolation', event => resolve(event.violatedDirective), { once: true });
        const script = document.createElement('script');
        script.textContent = 'window.broken = 1';
        document.body.append(script);
    })""")
    assert refused == "script-src-elem"
    page.locator("#slipped").click()
    assert page.evaluate("'broken' in window") is False
    page.context.close()
