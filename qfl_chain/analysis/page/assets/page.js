"use strict";
// The page: reads the document, lays out its sections, and keeps charts, tables and picks together.

class App {
  constructor(model) {
    this.model = model;
    this.isPrinting = false;
    this.views = new Map();
    this.sections = new Map();
    this.picks = new Picks(() => this.#picked());
    this.picker = new Picker(this, byId("picker"));
    this.#layOut();
    this.#follow();
  }

  /** Another document (the live view's): what is there is updated in place, so picks, sorts and zooms stay. */
  take(json) {
    this.model = new Model(json);
    const known = [...this.views.entries()];
    this.#layOut();
    for (const [, view] of known) if (this.#isCurrent(view)) view.update();
  }

  /** The chain grew, and nothing else happened. */
  see({ block, time }) {
    const { json } = this.model;
    if (json.block === block && json.time === time) return;
    Object.assign(json, { block, time });
    byId("origin").replaceChildren(...originOf(json));
  }

  /** A chart's or a figure's table, at the rows given by a range (null: all). */
  showRows(table, range) {
    this.views.get(`table ${table}`)?.showRange(range);
  }

  #isCurrent(view) {
    return (view instanceof ChartView ? this.model.charts : this.model.tables).has(view.id);
  }

  #layOut() {
    const { json } = this.model;
    document.title = json.title;
    byId("title").replaceChildren(nameOf(shortened(json.title, 120)));
    byId("origin").replaceChildren(...originOf(json));
    byId("summary").replaceChildren(...headOf(json));
    this.picker.update();
    const placed = placeTables(json);
    keepChildren(
      byId("sections"),
      json.sections.map((section) => this.#section(section, placed.get(section.id))),
    );
    byId("contents").replaceChildren(...json.sections.map((section) => make("li", {}, sectionLink(section))));
    byId("footer").textContent = `Drawn by qfl from the chain's own record. Document ${json.version}.`;
  }

  #section(section, tables) {
    if (!this.sections.has(section.id)) this.sections.set(section.id, emptySection(section.id));
    const parts = this.sections.get(section.id);
    parts.heading.textContent = section.title;
    parts.text.textContent = section.text;
    parts.cards.replaceChildren(...section.figures.map((figure) => this.#card(figure)));
    keepChildren(
      parts.charts,
      section.charts.map((id) => this.#view(`chart ${id}`, () => new ChartView(this, id))),
    );
    keepChildren(
      parts.tables,
      tables.map((id) => this.#view(`table ${id}`, () => new TableView(this, id))),
    );
    return parts.element;
  }

  #view(key, create) {
    if (!this.views.has(key)) this.views.set(key, create());
    return this.views.get(key).element;
  }

  #card(figure) {
    const rows =
      figure.table && this.model.tables.has(figure.table)
        ? make(
            "button",
            {
              type: "button",
              class: "plain",
              "aria-label": `${figure.label}: rows behind it`,
              onclick: () => this.showRows(figure.table, null),
            },
            "Rows",
          )
        : null;
    return make(
      "div",
      { class: "card", "data-metric": figure.metric },
      make("dt", {}, nameOf(figure.label)),
      make(
        "dd",
        { class: "value" },
        nameOf(figure.value),
        figure.unit ? " " : null,
        figure.unit ? make("span", { class: "unit" }, figure.unit) : null,
      ),
      make("dd", { class: "note" }, nameOf(figure.note ?? ""), rows),
    );
  }

  #picked() {
    this.picker.update();
    for (const view of this.views.values()) view instanceof ChartView ? view.redraw() : view.refresh();
  }

  #redraw() {
    palette.clear();
    for (const view of this.views.values()) view instanceof ChartView ? view.redraw() : view.draw();
  }

  #follow() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
    window.addEventListener("beforeprint", () => this.#print(true));
    window.addEventListener("afterprint", () => this.#print(false));
    document.addEventListener("click", followInside);
  }

  /** Canvases are drawn in light and at the width of paper before the browser takes them. */
  #print(isPrinting) {
    if (this.isPrinting === isPrinting) return;
    this.isPrinting = isPrinting;
    document.documentElement.classList.toggle("printing", isPrinting);
    this.#redraw();
  }
}

/** Links inside the page move focus, and leave the fragment to the picks. */
function followInside(event) {
  const link = event.target.closest('a[href^="#"]');
  const target = link && byId(link.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  jumpTo(target);
}

function sectionLink(section) {
  return make("a", { href: `#${section.id}` }, section.title);
}

function emptySection(id) {
  const heading = make("h2", { id, tabindex: -1 });
  const [text, cards] = [make("p", { class: "lead" }), make("dl", { class: "cards" })];
  const [charts, tables] = [make("div", { class: "charts" }), make("div", { class: "tables" })];
  return {
    heading,
    text,
    cards,
    charts,
    tables,
    element: make("section", { "aria-labelledby": id }, heading, text, cards, charts, tables),
  };
}

function originOf(json) {
  const words = [
    `chain ${json.chain_id}`,
    `block ${grouped(json.block)}`,
    json.time ? `${json.time.replace("T", " ").replace("Z", "")} UTC` : null,
    json.source,
  ];
  return [
    make("span", { class: "id" }, json.federation),
    copyIcon(json.federation),
    ...words.filter(Boolean).map((text) => make("bdi", {}, text)),
  ];
}

const HINT =
  "Drag across a chart to zoom, double-click to see all of it again. " +
  "Click a line, bar, dot or row to pick its participant everywhere.";
const NOTICES = { gap: "Gap", warning: "Warning", info: "Note" };

function headOf(json) {
  const sentences = make("p", { class: "sentences" }, ...json.sentences.flatMap((sentence) => [nameOf(sentence), " "]));
  const notices = json.notices.map(({ level, text }) =>
    make(
      "li",
      { class: `notice ${Object.hasOwn(NOTICES, level) ? level : "info"}` },
      make("strong", {}, Object.hasOwn(NOTICES, level) ? NOTICES[level] : NOTICES.info),
      " ",
      nameOf(text),
    ),
  );
  const list = notices.length ? [make("ul", { class: "notices", "aria-label": "Notices" }, ...notices)] : [];
  return [sentences, ...list, ...(Object.keys(json.charts).length ? [make("p", { class: "hint note" }, HINT)] : [])];
}

/** Which tables each section shows: its own, then those behind its charts and figures that nobody shows, each once. */
function placeTables(json) {
  const own = new Set(json.sections.flatMap((section) => section.tables));
  const taken = new Set();
  return new Map(
    json.sections.map((section) => {
      const behind = [
        ...section.charts.map((id) => json.charts[id].table),
        ...section.figures.map((figure) => figure.table),
      ];
      const wanted = [...section.tables, ...behind.filter((id) => id && json.tables[id] && !own.has(id))];
      const fresh = [...new Set(wanted)].filter((id) => !taken.has(id));
      fresh.forEach((id) => taken.add(id));
      return [section.id, fresh];
    }),
  );
}

async function start() {
  const json = await unpack(fromBase64(byId("document").textContent));
  byId("document").remove();
  const app = new App(new Model(json));
  const seconds = Number(document.querySelector('meta[name="qfl-live"]')?.content);
  if (seconds > 0) new Live(app, seconds, byId("live")).start();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  byId("summary").replaceChildren(
    make("p", { class: "notice warning", role: "alert" }, `This page cannot be shown: ${error.message}`),
  );
  throw error;
});
