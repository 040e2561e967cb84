"use strict";
// One chart: a figure with a caption, its legend, the plot (uPlot on a canvas), and the way to the rows behind it.

const PRINT_WIDTH = 660;
const ZOOM_STEP = 0.6;
const KEYS = "Left and right read values, plus and minus zoom, shift with left and right move, 0 resets, Enter picks.";
const MARKER_ROOM = 14;

class ChartView {
  #plan = null;

  constructor(app, id) {
    this.app = app;
    this.id = id;
    this.zoom = null;
    this.hit = null;
    this.isStale = true;
    this.plot = null;
    this.#build();
    this.update();
  }

  /** Computed when first drawn, as most of a long page is not looked at. */
  get plan() {
    this.#plan ??= PLANS[this.chart.kind](this.chart, this.table, this.app.model);
    return this.#plan;
  }

  get full() {
    return fullRange(this.plan.axis);
  }

  /** Takes the app's present document; zoom and cursor stay. */
  update() {
    this.chart = this.app.model.charts.get(this.id);
    this.table = this.app.model.tables.get(this.chart.table);
    this.#plan = null;
    this.heading.textContent = this.chart.title;
    this.picture.setAttribute("aria-label", this.chart.text);
    this.surface.setAttribute("aria-label", `${this.chart.title}. ${KEYS}`);
    this.behind.textContent = `Rows behind it (${grouped(this.table.length)})`;
    this.traces.hidden = this.table.trace === null || this.table.length === 0;
    this.redraw();
  }

  /** Draws anew: after a pick, another size or theme. What nobody can see waits until somebody can. */
  redraw() {
    this.isStale = true;
    this.element.dataset.drawn = "no";
    if (this.isVisible || this.app.isPrinting) this.draw();
  }

  draw() {
    if (!this.isStale) return;
    this.isStale = false;
    this.element.dataset.drawn = "yes";
    this.series = this.chart.kind === "lines-by" ? seriesBy(this.plan, this.app) : this.plan.series;
    this.plot?.destroy();
    this.plot = null;
    this.tip.hidden = true;
    if (this.hit?.series >= this.series.length) this.hit = null;
    this.#drawLegend();
    const isEmpty = !this.plan.axis.values.length;
    this.empty.hidden = !isEmpty;
    this.picture.hidden = isEmpty;
    this.controls.hidden = isEmpty;
    if (isEmpty) return;
    const width = this.app.isPrinting ? PRINT_WIDTH : Math.max(200, this.surface.clientWidth);
    const data = [this.plan.axis.values, ...this.series.map((line) => line.values)];
    this.plot = new uPlot(plotOptions(this, width), data, this.picture);
    this.#listen(this.plot.over);
    this.#sayRange();
  }

  setZoom(range) {
    this.zoom = range && clampRange(range, this.full);
    const [min, max] = this.zoom ?? this.full;
    this.plot?.setScale("x", { min, max });
    this.tip.hidden = true;
    this.#sayRange();
  }

  /** Zooms by a factor around a place of the axis, by default the middle. */
  zoomBy(factor, around = null) {
    const [low, high] = this.zoom ?? this.full;
    const middle = around ?? (low + high) / 2;
    this.setZoom([middle - (middle - low) * factor, middle + (high - middle) * factor]);
  }

  move(share) {
    const [low, high] = this.zoom ?? this.full;
    const step = (high - low) * share;
    const fits = Math.max(this.full[0] - low, Math.min(this.full[1] - high, step));
    this.setZoom([low + fits, high + fits]);
  }

  /** The rows that the plot shows now: a range of a column, or (column null) of rows; null for all of them. */
  visibleRows() {
    if (!this.zoom) return null;
    const [low, high] = this.zoom;
    if (this.plan.axis.labels) {
      const count = placesBetween(low, Math.min(high, this.table.length - 1), Infinity).length;
      return { label: `${grouped(count)} rows of the chart`, column: null, low, high };
    }
    const column = this.table.column(this.chart.x);
    const text = [low, high].map((value) => valueText(value, column)).join(" to ");
    return { label: `${column.title} ${text}`, column: column.id, low, high };
  }

  /** Shows and says what lies at a place of the plot, or hides it. */
  point(hit, isSaid = false) {
    this.hit = hit;
    this.tip.hidden = hit === null;
    if (hit === null) return;
    const lines = tipLines(this, hit);
    this.tip.replaceChildren(
      ...lines.map(({ mark, label, value, isNear }) =>
        make(
          "div",
          { class: isNear ? "near" : null },
          mark ? swatch(mark) : null,
          nameOf(shortened(label, 40)),
          make("b", {}, value),
        ),
      ),
    );
    placeTip(this.tip, this.plot, hit);
    if (isSaid) announce(lines.map(({ label, value }) => `${shortened(label, 40)} ${value}`).join(", "));
  }

  pickHit() {
    const who = this.hit && participantOf(this, this.hit);
    if (who !== null && who !== undefined) this.app.picks.toggle(this.app.model, who);
  }

  #build() {
    const button = (label, text, act) =>
      make("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    this.heading = make("h3", {});
    this.legend = make("div", { class: "legend" });
    this.behind = make("button", { type: "button", class: "plain", onclick: () => this.#showRows() });
    this.traces = copyButton("Copy transactions", () => this.#traces());
    this.traces.classList.add("plain");
    this.reset = button("Reset the zoom", "Reset", () => this.setZoom(null));
    this.controls = make(
      "div",
      { class: "controls" },
      button("Zoom in", "+", () => this.zoomBy(ZOOM_STEP)),
      button("Zoom out", "−", () => this.zoomBy(1 / ZOOM_STEP)),
      button("Move left", "‹", () => this.move(-0.25)),
      button("Move right", "›", () => this.move(0.25)),
      this.reset,
    );
    this.picture = make("div", { role: "img" });
    this.tip = make("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.empty = make("p", { class: "empty", hidden: true }, "Nothing to draw yet.");
    this.surface = make(
      "div",
      { class: "plot", tabindex: 0, role: "group", onkeydown: (event) => this.#key(event) },
      this.picture,
      this.empty,
      this.tip,
    );
    this.element = make(
      "figure",
      { class: "chart", id: `chart-${this.id}` },
      make("figcaption", {}, this.heading, this.controls),
      this.legend,
      this.surface,
      make("p", { class: "behind" }, this.traces, this.behind),
    );
    this.#watch();
  }

  #watch() {
    new IntersectionObserver(
      ([entry]) => {
        this.isVisible = entry.isIntersecting;
        if (this.isVisible) this.draw();
      },
      { rootMargin: "200px" },
    ).observe(this.element);
    new ResizeObserver(() => {
      if (this.plot && !this.app.isPrinting && this.surface.clientWidth !== this.plot.width) this.redraw();
    }).observe(this.surface);
  }

  #drawLegend() {
    const entries = legendOf(this);
    refill(
      this.legend,
      entries.map(({ mark, label, participant }) =>
        participant === undefined ? make("span", {}, mark, nameOf(label)) : pickButton(this.app, participant),
      ),
    );
  }

  #listen(over) {
    let pressed = null;
    over.addEventListener("mousedown", (event) => {
      pressed = [event.clientX, event.clientY];
    });
    over.addEventListener("mouseup", (event) => {
      const isClick = pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) < 4;
      if (isClick) this.pickHit();
      pressed = null;
    });
    over.addEventListener("mouseleave", () => this.point(null));
    over.addEventListener("dblclick", () => this.setZoom(null));
  }

  #key(event) {
    if (!this.plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => (event.shiftKey ? this.move(-0.25) : this.#step(-1)),
      ArrowRight: () => (event.shiftKey ? this.move(0.25) : this.#step(1)),
      ArrowUp: () => this.#stepSeries(-1),
      ArrowDown: () => this.#stepSeries(1),
      "+": () => this.#zoomHere(ZOOM_STEP),
      "=": () => this.#zoomHere(ZOOM_STEP),
      "-": () => this.#zoomHere(1 / ZOOM_STEP),
      0: () => this.setZoom(null),
      Escape: () => this.point(null),
      Enter: () => this.pickHit(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #zoomHere(factor) {
    const place = this.hit && this.plan.axis.values[this.hit.at];
    this.zoomBy(factor, place);
    announce(this.visibleRows()?.label ?? "The whole chart");
  }

  /** The next point along x that the zoom shows and that has a value. */
  #step(direction) {
    const [low, high] = this.zoom ?? this.full;
    const xs = this.plan.axis.values;
    const line =
      this.hit?.series ??
      Math.max(
        0,
        this.series.findIndex((one) => !one.isQuiet),
      );
    let at = this.hit ? this.hit.at + direction : direction > 0 ? 0 : xs.length - 1;
    while (at >= 0 && at < xs.length && (xs[at] < low || xs[at] > high || this.series[line]?.values[at] === null))
      at += direction;
    if (this.series[line] && at >= 0 && at < xs.length) this.point({ series: line, at }, true);
  }

  #stepSeries(direction) {
    if (!this.hit || this.series.length < 2) return;
    const series = (this.hit.series + direction + this.series.length) % this.series.length;
    this.point({ series, at: this.hit.at }, true);
  }

  #traces() {
    return tracesOf(this.table, rowsIn(this.table, this.visibleRows(), this.app));
  }

  #showRows() {
    this.app.showRows(this.chart.table, this.visibleRows());
  }

  #sayRange() {
    const [low, high] = this.zoom ?? this.full;
    [this.element.dataset.from, this.element.dataset.to] = [low, high];
    this.element.classList.toggle("zoomed", this.zoom !== null);
    this.reset.disabled = this.zoom === null;
  }
}

/** The range of the whole axis, with room for bars, for markers at the edge, and for a single point. */
function fullRange({ values, isBar, isPadded }) {
  if (!values.length) return [0, 1];
  const [low, high] = [values[0], values[values.length - 1]];
  if (isBar) return [low - 0.5, high + 0.5];
  if (low === high) return [low - 1, high + 1];
  const room = isPadded ? (high - low) * 0.03 : 0;
  return [low - room, high + room];
}

/** A range inside the full one and not absurdly small; null where it is the full one. */
function clampRange([low, high], full) {
  const smallest = (full[1] - full[0]) / 1e6;
  const range = [Math.max(low, full[0]), Math.min(high, full[1])];
  if (range[1] - range[0] < smallest) return [range[0], Math.min(full[1], range[0] + smallest)];
  return range[0] <= full[0] && range[1] >= full[1] ? null : range;
}

/** A number as its column would write it; a mean of whole numbers need not be whole. */
function valueText(value, column) {
  if (value === null || value === undefined) return UNKNOWN;
  if (column.kind === "time") return `${new Date(value * 1000).toISOString().slice(0, 19).replace("T", " ")}`;
  if (WHOLE.has(column.kind)) return grouped(Math.round(value));
  return rounded(value);
}

function participantOf(view, { series, at }) {
  const line = view.series[series];
  if (view.chart.kind === "lines-by") return line.participant ?? null;
  const column = view.table.participant;
  return column ? column.values[view.plan.rows[at]] : null;
}

function legendOf(view) {
  if (view.chart.kind === "lines-by") {
    const lines = view.series
      .filter((line) => !line.isQuiet)
      .map((line) => ({ mark: swatch(line.style), label: line.label, participant: line.participant }));
    return view.plan.summary
      ? [...lines, { mark: blockSwatch({ colour: "--band" }), label: "middle half of participants" }]
      : lines;
  }
  if (view.plan.isScatter) return scatterLegend(view);
  if (view.series.length < 2) return [];
  return view.series.map((line, i) => ({
    mark: view.plan.isBar ? blockSwatch(line.style, i % 2 === 1) : swatch(line.style),
    label: line.label,
  }));
}

function scatterLegend({ app, chart, plan, table }) {
  const groups = plan.groups?.names.map((label, i) => ({ mark: dotSwatch(style(i)), label })) ?? [];
  const picked = app.picks.indices(app.model);
  if (!table.participant) return groups;
  const isLegend = !plan.groups && chart.by && !app.model.isMany;
  const shown = isLegend ? app.model.participants.map((_, index) => index) : picked;
  return [...groups, ...shown.map((index) => ({ participant: index }))];
}

/** What the tip says of a hit: the place on x, then the series (of a line chart all of them). */
function tipLines(view, { series, at }) {
  const { chart, plan, table } = view;
  const x = table.column(chart.x);
  const row = plan.rows?.[at];
  const heading = {
    label: x.title,
    value: plan.axis.labels ? shortened(plan.axis.labels[at], 40) : valueText(plan.axis.values[at], x),
  };
  const lines = view.series
    .map((line, i) => ({
      mark: plan.isScatter ? null : line.style,
      label: line.label,
      value: valueText(line.values[at], line.column),
      isNear: i === series,
    }))
    .filter((line, i) => i === series || line.value !== UNKNOWN);
  const who =
    plan.isScatter && table.participant
      ? [{ label: "Participant", value: shortened(table.participant.text(row), 40) }]
      : [];
  const group = plan.groups ? [{ label: table.column(chart.by).title, value: table.column(chart.by).text(row) }] : [];
  return [...who, ...group, heading, ...lines.slice(0, 2 * FEW)];
}

/** Beside the point, on the side with more room. */
function placeTip(tip, plot, { series, at }) {
  const value = plot.data[series + 1][at] ?? plot.scales.y.min;
  const left = plot.over.offsetLeft + plot.valToPos(plot.data[0][at], "x");
  const top = plot.over.offsetTop + plot.valToPos(value, "y");
  const isRight = left > plot.width / 2;
  tip.style.left = isRight ? "auto" : `${left + 12}px`;
  tip.style.right = isRight ? `${plot.width - left + 12}px` : "auto";
  tip.style.top = `${Math.max(0, Math.min(top - 20, plot.height - tip.offsetHeight))}px`;
}
