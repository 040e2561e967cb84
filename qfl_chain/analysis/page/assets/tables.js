"use strict";
// One table: sorted, filtered, paged; only the rows of the page are in the document, so 100,000 rows are quick.

const PAGE_SIZES = [10, 50, 200];
const PRINTED_ROWS = 40;
const LONG_TEXT = 400;
const NARROW = 4;
const WIDE = 9;

class TableView {
  constructor(app, id) {
    this.app = app;
    this.id = id;
    this.sort = null;
    this.filter = "";
    this.range = null;
    this.isOnlyPicked = true;
    this.page = 0;
    this.size = PAGE_SIZES[0];
    this.#build();
    this.update();
  }

  /** Takes the app's present document; sort, filter and page stay. */
  update() {
    this.table = this.app.model.tables.get(this.id);
    this.heading.textContent = this.table.title;
    this.note.textContent = this.table.note;
    this.note.hidden = !this.table.note;
    this.scroller.setAttribute("aria-label", `Table: ${this.table.title}`);
    this.traces.hidden = this.table.trace === null || this.table.length === 0;
    this.save.hidden = this.table.length === 0;
    this.haystack = null;
    this.element.classList.toggle("narrow", this.table.columns.length <= NARROW);
    this.element.classList.toggle("wide", this.table.columns.length > WIDE);
    this.#drawHead();
    this.refresh();
  }

  /** Computes the rows to show and draws the page: after a pick, a sort, a filter, or new rows. */
  refresh() {
    this.rows = this.#sorted(this.#chosen());
    this.draw();
  }

  draw() {
    const size = this.app.isPrinting ? PRINTED_ROWS : this.size;
    const pages = Math.max(1, Math.ceil(this.rows.length / size));
    if (!this.app.isPrinting) this.page = Math.min(this.page, pages - 1);
    const from = this.app.isPrinting ? 0 : this.page * size;
    refill(
      this.body,
      this.rows.slice(from, from + size).map((row) => this.#row(row)),
    );
    this.#drawStatus(from, size, pages);
    this.#drawOptions(pages);
  }

  /** Shows the rows that a chart shows, or all. */
  showRange(range) {
    this.range = range;
    this.page = 0;
    this.refresh();
    jumpTo(this.heading);
    announce(`${this.table.title}: ${this.status.textContent}`);
  }

  sortBy(column) {
    const isSame = this.sort?.id === column.id;
    this.sort = isSame && this.sort.isDown ? null : { id: column.id, isDown: isSame };
    this.page = 0;
    this.#drawSort();
    this.refresh();
  }

  /** The rows in the table's present order as CSV, every value in full. */
  csv() {
    const { columns } = this.table;
    const line = (cells) => cells.map(quoted).join(",");
    return (
      [
        line(columns.map((column) => column.id)),
        ...this.rows.map((row) => line(columns.map((column) => column.raw(row)))),
      ].join("\r\n") + "\r\n"
    );
  }

  #build() {
    this.heading = make("h3", { tabindex: -1, id: `table-${this.id}` });
    this.note = make("p", { class: "note" });
    this.find = make("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter the rows",
      oninput: () => this.#typed(),
    });
    this.onlyPicked = make("input", { type: "checkbox", onchange: () => this.#toggleOnlyPicked() });
    this.onlyLabel = make("label", {}, this.onlyPicked, " only the picked");
    this.rangeButton = make("button", {
      type: "button",
      class: "chip",
      onclick: () => {
        this.range = null;
        this.refresh();
      },
    });
    this.traces = copyButton("Copy transactions", () => tracesOf(this.table, this.rows));
    this.status = make("span", { class: "status", role: "status" });
    this.previous = make(
      "button",
      { type: "button", "aria-label": "Previous page", onclick: () => this.#turn(-1) },
      "‹",
    );
    this.next = make("button", { type: "button", "aria-label": "Next page", onclick: () => this.#turn(1) }, "›");
    this.sizes = make(
      "select",
      { "aria-label": "Rows a page", onchange: () => this.#resize() },
      ...PAGE_SIZES.map((size) => make("option", { value: size }, `${size} rows`)),
    );
    this.head = make("tr", {});
    this.body = make("tbody", {});
    this.scroller = make(
      "div",
      { class: "scroller", tabindex: 0, role: "region" },
      make("table", {}, make("thead", {}, this.head), this.body),
    );
    this.save = make("button", { type: "button", onclick: () => download(`${this.id}.csv`, this.csv()) }, "CSV");
    this.element = make(
      "div",
      { class: "table" },
      make(
        "div",
        { class: "tablehead" },
        this.heading,
        make("div", { class: "controls" }, this.onlyLabel, this.rangeButton, this.find, this.traces, this.save),
      ),
      this.note,
      this.scroller,
      make(
        "div",
        { class: "tablefoot" },
        this.status,
        make("div", { class: "controls" }, this.sizes, this.previous, this.next),
      ),
    );
  }

  #drawHead() {
    this.head.replaceChildren(...this.table.columns.map((column) => this.#headCell(column)));
    this.#drawSort();
  }

  #headCell(column) {
    const title = headingOf(column);
    const arrow = make("span", { class: "arrow", "aria-hidden": "true" });
    const button = make("button", { type: "button", onclick: () => this.sortBy(column) }, title, arrow);
    // A long heading wraps, but not into a tower above short values.
    button.style.minWidth = `${Math.min(11, 2 + title.length * 0.25)}rem`;
    return make("th", { scope: "col", class: column.isNumeric ? "number" : null, "data-column": column.id }, button);
  }

  #drawSort() {
    for (const cell of this.head.children) {
      const isSorted = this.sort?.id === cell.dataset.column;
      cell.setAttribute("aria-sort", !isSorted ? "none" : this.sort.isDown ? "descending" : "ascending");
    }
  }

  #drawStatus(from, size, pages) {
    const [shown, all] = [this.rows.length, this.table.length];
    const last = Math.min(from + size, shown);
    const beginning = this.app.isPrinting ? "Only " : "";
    const part =
      shown === 0
        ? "No rows"
        : pages === 1
          ? `${grouped(shown)} ${shown === 1 ? "row" : "rows"}`
          : `${beginning}${grouped(from + 1)} to ${grouped(last)} of ${grouped(shown)} rows`;
    const columns = this.app.isPrinting ? Math.max(0, this.table.columns.length - WIDE) : 0;
    const isCut = this.app.isPrinting && (pages > 1 || columns > 0);
    const missing = columns > 0 ? ` without ${grouped(columns)} more columns` : "";
    this.status.textContent =
      part +
      (shown < all ? ` (${grouped(all)} without filters)` : "") +
      missing +
      (isCut ? "; the page on screen has everything" : "");
  }

  #drawOptions(pages) {
    const isPicking = this.table.participant !== null && this.app.picks.indices(this.app.model).length > 0;
    this.onlyLabel.hidden = !isPicking || !this.#isLong;
    this.onlyPicked.checked = this.isOnlyPicked;
    this.rangeButton.hidden = this.range === null;
    this.rangeButton.textContent = this.range ? `${this.range.label} ✕` : "";
    if (this.range) this.rangeButton.setAttribute("aria-label", `${this.range.label}: show all rows again`);
    this.previous.disabled = this.page === 0;
    this.next.disabled = this.page >= pages - 1;
    this.sizes.parentElement.hidden = this.table.length <= PAGE_SIZES[0];
    this.find.hidden = this.table.length <= 3;
  }

  #row(row) {
    const isPicked = this.#isPicked(row);
    return make(
      "tr",
      { class: isPicked ? "picked" : null, "data-row": row, onclick: (event) => this.#pick(event, row) },
      ...this.table.columns.map((column) => this.#cell(column, row)),
    );
  }

  #cell(column, row) {
    const cell = make("td", { class: column.isNumeric ? "number" : column.kind });
    const value = column.values[row];
    if (column.kind === "participant" && value !== null) cell.append(pickButton(this.app, value));
    else if (column.isNumeric) cell.textContent = column.text(row);
    else cell.append(...textCell(column, row));
    return cell;
  }

  #pick(event, row) {
    if (event.target.closest("button, summary") || String(getSelection()).length) return;
    const who = this.table.participant?.values[row];
    if (who !== null && who !== undefined) this.app.picks.toggle(this.app.model, who);
  }

  /** Picking marks rows; where not all of them are in sight, it also filters. */
  get #isLong() {
    return this.table.participant !== null && this.table.length > PAGE_SIZES[0];
  }

  #isPicked(row) {
    const who = this.table.participant?.values[row];
    return who !== null && who !== undefined && this.app.picks.has(this.app.model, who);
  }

  #chosen() {
    const rows = rowsIn(this.table, this.range, this.isOnlyPicked && this.#isLong ? this.app : null);
    const wanted = this.filter.trim().toLowerCase();
    if (!wanted) return rows;
    this.haystack ??= haystackOf(this.table);
    return rows.filter(
      (row) => this.haystack[row].includes(wanted) || this.haystack[row].includes(wanted.replaceAll(",", "")),
    );
  }

  #sorted(rows) {
    const column = this.sort && this.table.columns.find(({ id }) => id === this.sort.id);
    return column ? sortRows(rows, column, this.sort.isDown) : rows;
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.filter = this.find.value;
      this.page = 0;
      this.refresh();
    }, 120);
  }

  #toggleOnlyPicked() {
    this.isOnlyPicked = this.onlyPicked.checked;
    this.refresh();
  }

  #turn(pages) {
    this.page += pages;
    this.draw();
  }

  #resize() {
    this.page = 0;
    this.size = Number(this.sizes.value);
    this.draw();
  }
}

function headingOf(column) {
  const unit = { gwei: "gwei", wei: "wei", time: "UTC" }[column.kind];
  return unit && !column.title.includes(unit) ? `${column.title} (${unit})` : column.title;
}

/** A text, an id with a button that copies it, or a very long text that opens. */
function textCell(column, row) {
  const text = column.text(row);
  const hasId = ["account", "transaction", "position"].includes(column.kind) && column.raw(row);
  if (hasId) return [make("span", { class: "id" }, text), copyIcon(column.raw(row))];
  if (text.length <= LONG_TEXT) return [make("bdi", { class: "words" }, text)];
  return [make("details", {}, make("summary", {}, nameOf(shortened(text, 60))), make("bdi", { class: "long" }, text))];
}

function copyIcon(text) {
  return copyButton(`Copy ${text}`, () => text, copyPicture);
}

/** The rows in a chart's range (null: all) and, where an app is given, of its picked participants if there are any. */
function rowsIn(table, range, app = null) {
  const picked = new Set(app && table.participant ? app.picks.indices(app.model) : []);
  const rows = range ? rowsOf(table).filter(inRange(table, range)) : rowsOf(table);
  return picked.size ? rows.filter((row) => picked.has(table.participant.values[row])) : rows;
}

/** The transactions (or positions) of rows, each once, a line each. */
function tracesOf(table, rows) {
  return [...new Set(rows.map((row) => table.trace.raw(row)).filter(Boolean))].join("\n");
}

/** Whether a row lies in a chart's range, which outlives the document that it was made for. */
function inRange(table, { column, low, high }) {
  const axis = table.columns.find(({ id }) => id === column);
  const place = axis ? (row) => axis.number(row) : (row) => row;
  return (row) => place(row) >= low && place(row) <= high;
}

/** Every row's values as one text without case, for the filter. */
function haystackOf(table) {
  return rowsOf(table).map((row) =>
    table.columns
      .map((column) => column.raw(row))
      .join("\n")
      .toLowerCase(),
  );
}

/** Unknown values last either way; equal ones in the document's order; whole numbers exactly. */
function sortRows(rows, column, isDown) {
  const sign = isDown ? -1 : 1;
  const order = column.isNumeric ? numberOrder(column) : textOrder(column);
  const known = rows.filter((row) => column.isKnown(row)).sort((a, b) => sign * order(a, b) || a - b);
  return [...known, ...rows.filter((row) => !column.isKnown(row))];
}

function numberOrder(column) {
  const keys = Float64Array.from(column.values, (_, row) => column.number(row));
  const isExact = !WHOLE.has(column.kind) || column.values.every((value) => typeof value !== "string");
  if (isExact) return (a, b) => keys[a] - keys[b];
  return (a, b) => {
    if (keys[a] !== keys[b]) return keys[a] - keys[b];
    const [left, right] = [BigInt(column.values[a]), BigInt(column.values[b])];
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

/** As people order names (Clinic 2 before Clinic 10); hexadecimal ids as they are written. */
function textOrder(column) {
  if (column.kind === "account" || column.kind === "transaction")
    return (a, b) => (column.raw(a) < column.raw(b) ? -1 : column.raw(a) > column.raw(b) ? 1 : 0);
  const { compare } = new Intl.Collator("en", { numeric: true });
  return (a, b) => compare(column.raw(a), column.raw(b));
}

/** A CSV cell. One that a spreadsheet would take for a formula gets an apostrophe: names come from strangers. */
function quoted(text) {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+(e[-+]?\d+)?$/i.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
