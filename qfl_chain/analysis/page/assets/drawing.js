"use strict";
// How uPlot draws a chart: axes, lines and band by uPlot itself; bars and dots here, on its canvas.

const FONT = "12px system-ui, sans-serif";
const LABEL_LETTERS = 14;
const BAR_WIDTH = 80;

function plotOptions(view, width) {
  const isCustom = view.plan.isBar || view.plan.isScatter;
  return {
    width,
    height: width < 420 ? 220 : 260,
    legend: { show: false },
    padding: [12, 14, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { time: view.plan.axis.isTime, range: () => view.zoom ?? view.full },
      y: { range: (_, low, high) => heightRange(low, high, view.plan.isBar) },
    },
    axes: [xAxis(view, width), yAxis(view)],
    series: [
      {},
      ...view.series.map((line) =>
        isCustom ? { paths: () => null, points: { show: false } } : lineSeries(line, view),
      ),
    ],
    bands: view.plan.summary ? [{ series: [1, 2], fill: paint("--band") }] : [],
    cursor: cursorOf(),
    hooks: {
      draw: isCustom ? [(plot) => (view.plan.isBar ? drawBars(plot, view) : drawDots(plot, view))] : [],
      setSelect: [(plot) => zoomToSelection(plot, view)],
      setCursor: [(plot) => hover(plot, view)],
    },
  };
}

function cursorOf() {
  return {
    y: false,
    points: { show: false },
    drag: { x: true, y: false, setScale: false, dist: 4 },
    bind: { dblclick: () => null },
  };
}

/** The y range: some air, and zero among bars, whose length must not lie. */
function heightRange(low, high, isFromZero) {
  if (low === null || high === null || low === undefined) return [0, 1];
  const [bottom, top] = isFromZero ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  if (bottom === top) return bottom === 0 ? [0, 1] : [bottom - Math.abs(bottom) * 0.1, top + Math.abs(top) * 0.1];
  const air = (top - bottom) * 0.06;
  return [isFromZero && bottom === 0 ? 0 : bottom - air, isFromZero && top === 0 ? 0 : top + air];
}

/** 1,234,567 as 1.23M: an axis has little room, and the table has every digit. */
function tick(value) {
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(1);
  const [power, letter] = [
    [1e12, "T"],
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ].find(([least]) => size >= least) ?? [1, ""];
  return `${Number((value / (letter === "k" ? 1e3 : power)).toPrecision(6))}${letter}`;
}

function yAxis({ chart }) {
  return {
    stroke: paint("--muted"),
    font: FONT,
    label: chart.y_title,
    labelFont: FONT,
    labelSize: 20,
    labelGap: 2,
    gap: 4,
    size: (plot, values) => 14 + textWidth(values ?? []),
    grid: { stroke: paint("--grid"), width: 1 },
    ticks: { show: false },
    values: (_, splits) => splits.map(tick),
  };
}

function xAxis({ chart, plan }, width) {
  const axis = {
    stroke: paint("--muted"),
    font: FONT,
    label: chart.x_title,
    labelFont: FONT,
    labelSize: 22,
    labelGap: 2,
    gap: 4,
    size: 28,
    grid: { show: false },
    ticks: { stroke: paint("--grid"), size: 4 },
  };
  if (plan.axis.labels) return { ...axis, ...categoryAxis(plan.axis, width) };
  if (plan.axis.isTime) return axis;
  const isWhole = plan.axis.values.every((value) => Number.isInteger(value));
  return { ...axis, values: (_, splits) => splits.map(tick), ...(isWhole ? { incrs: wholeSteps() } : {}) };
}

function wholeSteps() {
  return Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
}

/** Names below bars: level where they fit, else slanted, and only as many as stay readable. */
function categoryAxis({ labels }, width) {
  const texts = labels.slice(0, 200).map((label) => shortened(label, LABEL_LETTERS));
  const widest = textWidth(texts);
  const isLevel = widest + 10 < (width - 70) / labels.length;
  const apart = isLevel ? 1 : 18;
  return {
    rotate: isLevel ? 0 : 40,
    size: isLevel ? 28 : 20 + Math.round(widest * 0.66),
    splits: (plot, _, low, high) => placesBetween(low, high, isLevel ? Infinity : plot.over.clientWidth / apart || 20),
    values: (_, splits) => splits.map((place) => shortened(labels[place] ?? "", LABEL_LETTERS)),
  };
}

/** Whole places in a range, every n-th if they are too many. */
function placesBetween(low, high, most) {
  const [first, last] = [Math.max(0, Math.ceil(low)), Math.floor(high)];
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  return Array.from({ length: Math.max(0, Math.floor((last - first) / step) + 1) }, (_, i) => first + i * step);
}

const measuring = document.createElement("canvas").getContext("2d");

function textWidth(texts) {
  measuring.font = FONT;
  return Math.max(0, ...texts.map((text) => measuring.measureText(text ?? "").width));
}

function lineSeries(line, { plan }) {
  const colour = paint(line.style.colour);
  const hasMarkers = plan.axis.values.length <= 40 && !line.isQuiet;
  return {
    stroke: colour,
    width: line.width,
    dash: line.style.dash,
    alpha: line.isFaded ? 0.25 : 1,
    points: {
      show: hasMarkers,
      size: 7,
      paths: (plot, index, from, to) => markers(plot, index, from, to, line.style.shape),
      fill: colour,
    },
  };
}

function markers(plot, index, from, to, shape) {
  const path = new Path2D();
  for (let at = from; at <= to; at++) {
    const value = plot.data[index][at];
    if (value === null || value === undefined) continue;
    trace(
      path,
      shape,
      plot.valToPos(plot.data[0][at], "x", true),
      plot.valToPos(value, "y", true),
      3 * devicePixelRatio,
    );
  }
  return { fill: path, stroke: null, clip: null, flags: 3 };
}

/** Draws inside the plot's box only. */
function inBox(plot, draw) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

function drawBars(plot, view) {
  const who = view.table.participant;
  const picked = new Set(view.app.picks.indices(view.app.model));
  const isAnyPicked = who !== null && picked.size > 0;
  const [low, high] = view.zoom ?? view.full;
  const first = Math.max(0, Math.ceil(low - 0.5));
  const last = Math.min(view.plan.rows.length - 1, Math.floor(high + 0.5));
  const places = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  const isPicked = (at) => isAnyPicked && picked.has(who.values[view.plan.rows[at]]);
  inBox(plot, (ctx) => {
    // The picked ones last, on top of neighbours that may be narrower than a pixel.
    for (const at of places.filter((place) => !isPicked(place))) barsAt(plot, ctx, view, at, { isFaded: isAnyPicked });
    for (const at of places.filter(isPicked)) barsAt(plot, ctx, view, at, { isPicked: true });
  });
}

/** The bars of one category, side by side; a picked participant's under a mark and never thinner than 3 pixels. */
function barsAt(plot, ctx, view, at, { isFaded = false, isPicked = false }) {
  const zero = plot.valToPos(0, "y", true);
  const middle = plot.valToPos(at, "x", true);
  const whole = Math.min(
    plot.valToPos(at + 0.8, "x", true) - middle,
    BAR_WIDTH * view.series.length * devicePixelRatio,
  );
  const wide = Math.max(whole / view.series.length, (isPicked ? 3 : 1) * devicePixelRatio);
  view.series.forEach((line, i) => {
    if (line.values[at] === null) return;
    const x = middle + (i - view.series.length / 2) * wide;
    const y = plot.valToPos(line.values[at], "y", true);
    bar(
      ctx,
      { x, y: Math.min(y, zero), w: Math.max(1, wide - (wide > 3 ? 1 : 0)), h: Math.max(1, Math.abs(zero - y)) },
      { colour: paint(line.style.colour), isHollow: i % 2 === 1, isFaded },
    );
  });
  if (isPicked)
    pickMark(ctx, middle, Math.min(zero, ...view.series.map((line) => plot.valToPos(line.values[at] ?? 0, "y", true))));
}

/** A bar; every second series is hollow, so that neighbours differ without colour. */
function bar(ctx, { x, y, w, h }, { colour, isHollow, isFaded }) {
  const strength = isFaded ? 0.3 : 1;
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.globalAlpha = strength * (isHollow ? 0.25 : 1);
  ctx.fillRect(x, y, w, h);
  if (!isHollow) return;
  ctx.globalAlpha = strength;
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
}

/** A small triangle above what is picked. */
function pickMark(ctx, x, y) {
  const r = 4 * devicePixelRatio;
  ctx.globalAlpha = 1;
  ctx.fillStyle = paint("--ink");
  ctx.beginPath();
  polygon(ctx, [
    [x - r, y - 2.2 * r],
    [x + r, y - 2.2 * r],
    [x, y - 0.8 * r],
  ]);
  ctx.fill();
}

function drawDots(plot, view) {
  const byStyle = new Map();
  const picked = new Set(view.app.picks.indices(view.app.model));
  const who = view.table.participant;
  const isAnyPicked = who !== null && picked.size > 0;
  view.plan.rows.forEach((row, at) => {
    const isPicked = isAnyPicked && picked.has(who.values[row]);
    const mark = dotStyle(view, row, isPicked);
    const key = `${isPicked} ${mark.colour} ${mark.shape}`;
    if (!byStyle.has(key)) byStyle.set(key, { mark, isPicked, places: [] });
    byStyle.get(key).places.push(at);
  });
  const layers = [...byStyle.values()].sort((a, b) => a.isPicked - b.isPicked);
  inBox(plot, (ctx) => layers.forEach((layer) => drawLayer(ctx, plot, view, layer, isAnyPicked)));
}

function dotStyle({ app, chart, plan, table }, row, isPicked) {
  if (plan.groups) return style(plan.groups.of(row));
  if (!table.participant || !chart.by) return NEUTRAL;
  if (app.model.isMany && !isPicked) return NEUTRAL;
  return participantStyle(app, table.participant.values[row]);
}

function drawLayer(ctx, plot, view, { mark, isPicked, places }, isAnyPicked) {
  const r = (isPicked ? 6 : places.length > 2000 ? 2 : places.length > 200 ? 3 : 4) * devicePixelRatio;
  ctx.beginPath();
  for (const at of places) {
    const [x, y] = [plot.valToPos(plot.data[0][at], "x", true), plot.valToPos(plot.data[1][at], "y", true)];
    trace(ctx, mark.shape, x, y, r);
  }
  ctx.globalAlpha = isPicked ? 1 : isAnyPicked ? 0.25 : places.length > 200 ? 0.55 : 0.85;
  ctx.fillStyle = paint(mark.colour);
  ctx.fill();
  if (!isPicked) return;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.strokeStyle = paint("--ink");
  ctx.stroke();
}

function zoomToSelection(plot, view) {
  const { left, width } = plot.select;
  if (width < 4) return;
  const range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  view.setZoom(range);
}

function hover(plot, view) {
  const { left, top } = plot.cursor;
  if (left === null || left === undefined || left < 0) return view.point(null);
  const find = view.plan.isBar ? nearestBar : view.plan.isScatter ? nearestDot : nearestLine;
  return view.point(find(plot, view, left, top));
}

function nearestBar(plot, view, left) {
  const place = plot.posToVal(left, "x");
  const at = Math.round(place);
  if (at < 0 || at >= view.plan.rows.length) return null;
  const series = Math.floor(((place - at + 0.4) / 0.8) * view.series.length);
  return { at, series: Math.max(0, Math.min(view.series.length - 1, series)) };
}

function nearestLine(plot, view, left, top) {
  const at = plot.posToIdx(left);
  let best = null;
  view.series.forEach((line, series) => {
    if (line.isQuiet || line.values[at] === null) return;
    const distance = Math.abs(plot.valToPos(line.values[at], "y") - top);
    if (!best || distance < best.distance) best = { series, at, distance };
  });
  return best;
}

function nearestDot(plot, view, left, top) {
  let best = null;
  view.plan.axis.values.forEach((x, at) => {
    const across = plot.valToPos(x, "x") - left;
    if (Math.abs(across) > MARKER_ROOM) return;
    const distance = Math.hypot(across, plot.valToPos(plot.data[1][at], "y") - top);
    if (distance < (best?.distance ?? MARKER_ROOM)) best = { series: 0, at, distance };
  });
  return best;
}
