"""What a page shows, read back, and what it should show, computed anew from the document."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

Row = list[str]


def column_values(document: dict[str, Any], table: str, column: str) -> list[Any]:
    """A column's values, unpacked the slow way."""
    packed = next(one for one in document["tables"][table]["columns"] if one["id"] == column)["values"]
    if isinstance(packed, list):
        return packed
    if "dict" in packed:
        return [packed["dict"][code] for code in packed["codes"]]
    values: list[int] = []
    for difference in packed["delta"]:
        values.append(difference + (values[-1] if values else 0))
    return values


def shown_as(value: Any, kind: str, document: dict[str, Any]) -> str:
    """How a reader should see a value."""
    if value is None:
        return "–"
    if kind == "participant":
        return str(document["participants"][value]["name"])
    if kind in ("integer", "gwei", "wei"):
        return f"{int(value):,}"
    if kind == "number":
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:.6g}"
    if kind == "time":
        return str(value).replace("T", " ").rstrip("Z")
    return {True: "yes", False: "no"}[value] if kind == "boolean" else str(value)


def expected_rows(document: dict[str, Any], table: str) -> list[Row]:
    """A whole table as texts, in the document's order."""
    columns = document["tables"][table]["columns"]
    texts = [
        [shown_as(value, column["kind"], document) for value in column_values(document, table, column["id"])]
        for column in columns
    ]
    return [list(row) for row in zip(*texts, strict=True)]


def table_of(page: Page, table: str) -> Locator:
    """The element around a table and its controls."""
    return page.locator(f"div.table:has(> .tablehead > #table-{table})")


def page_rows(view: Locator) -> list[Row]:
    """The texts of the rows in sight."""
    found: list[Row] = view.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    return found


def all_rows(view: Locator) -> list[Row]:
    """The texts of all rows, page by page from the first."""
    following = view.get_by_role("button", name="Next page")
    rows = page_rows(view)
    while following.is_visible() and following.is_enabled():
        following.click()
        rows += page_rows(view)
    return rows


def status(view: Locator) -> str:
    """The line below a table."""
    return view.locator(".status").inner_text()


def chart_of(page: Page, chart: str) -> Locator:
    """A chart's figure, scrolled into sight so that it is drawn."""
    figure = page.locator(f"#chart-{chart}")
    figure.scroll_into_view_if_needed()
    page.locator(f"#chart-{chart}[data-drawn=yes] canvas").wait_for()
    return figure


def zoom_of(figure: Locator) -> tuple[float, float]:
    """The range of x that a chart shows."""
    return float(figure.get_attribute("data-from") or "nan"), float(figure.get_attribute("data-to") or "nan")


def picture(figure: Locator) -> str:
    """A chart's canvas as data, to tell whether it was drawn differently."""
    return str(figure.locator("canvas").evaluate("canvas => canvas.toDataURL()"))


def wait_for_another_picture(figure: Locator, drawn: str) -> None:
    """Waits until a chart differs from a :func:`picture`: one that scrolls into sight is drawn a moment later."""
    script = "([figure, drawn]) => figure.querySelector('canvas').toDataURL() !== drawn"
    figure.page.wait_for_function(script, arg=[figure.element_handle(), drawn])
