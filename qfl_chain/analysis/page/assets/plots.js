"use strict";
// What a chart draws, computed from its table once a document: points, series, and the row behind every point.

/** An axis from a column: numbers, or places 0, 1, 2... of categories. */
function axisOf(table, column, rows) {
  if (column.isNumeric) {
    return { values: rows.map((row) => column.number(row)), isTime: column.kind === "time", labels: null };
  }
  return { values: rows.map((_, place) => place), isTime: false, labels: rows.map((row) => column.text(row)) };
}

function rowsOf(table) {
  return Array.from({ length: table.length }, (_, row) => row);
}

/** NaN is no value for uPlot; null is a gap. */
function gap(number) {
  return Number.isNaN(number) ? null : number;
}

/** y columns against x, a series a column. */
function planLine(chart, table) {
  const column = table.column(chart.x);
  const rows = rowsOf(table);
  if (column.isNumeric) {
    const keys = rows.map((row) => column.number(row));
    rows.sort((a, b) => keys[a] - keys[b]);
  }
  const axis = axisOf(table, column, rows);
  const series = chart.y.map((id, i) => {
    const y = table.column(id);
    return { label: y.title, style: style(i), values: rows.map((row) => gap(y.number(row))), width: 2, column: y };
  });
  return { axis, series, rows, bands: [] };
}

/** Bars: places of categories, in the table's order. */
function planBar(chart, table) {
  const rows = rowsOf(table);
  const column = table.column(chart.x);
  const axis = {
    values: rows,
    isTime: false,
    isBar: true,
    labels: rows.map((row) => column.text(row)),
  };
  const series = chart.y.map((id, i) => {
    const y = table.column(id);
    return { label: y.title, style: style(i), values: rows.map((row) => gap(y.number(row))), column: y };
  });
  return { axis, series, rows, bands: [], isBar: true };
}

/** Dots, a row each, sorted along x; in groups by the column `by`. */
function planScatter(chart, table) {
  const [x, y] = [table.column(chart.x), table.column(chart.y[0])];
  const keys = rowsOf(table).map((row) => x.number(row));
  const rows = rowsOf(table).filter((row) => !Number.isNaN(keys[row]) && !Number.isNaN(y.number(row)));
  rows.sort((a, b) => keys[a] - keys[b]);
  const axis = { values: rows.map((row) => keys[row]), isTime: x.kind === "time", isPadded: true, labels: null };
  const series = [{ label: y.title, style: NEUTRAL, values: rows.map((row) => y.number(row)), column: y }];
  return { axis, series, rows, bands: [], isScatter: true, groups: groupsOf(chart, table) };
}

/** The categories of a scatter's dots, if they are few enough to tell apart. */
function groupsOf(chart, table) {
  const by = chart.by ? table.column(chart.by) : null;
  if (!by || by.kind === "participant") return null;
  const names = [...new Set(rowsOf(table).map((row) => by.text(row)))];
  return names.length > FEW ? null : { names, of: (row) => names.indexOf(by.text(row)) };
}

/** A long table: one line a participant; of many the median, the middle half, and (later) the picked ones. */
function planLinesBy(chart, table, model) {
  const [x, y, by] = [table.column(chart.x), table.column(chart.y[0]), table.column(chart.by)];
  const keys = rowsOf(table).map((row) => x.number(row));
  const xs = [...new Set(keys)].filter((key) => !Number.isNaN(key)).sort((a, b) => a - b);
  const place = new Map(xs.map((key, i) => [key, i]));
  const lines = model.participants.map(() => null);
  for (const row of rowsOf(table)) {
    const [who, at] = [by.values[row], place.get(keys[row])];
    if (who === null || at === undefined) continue;
    lines[who] ??= new Array(xs.length).fill(null);
    lines[who][at] = gap(y.number(row));
  }
  const axis = { values: xs, isTime: x.kind === "time", labels: null };
  return {
    axis,
    lines,
    column: y,
    rows: null,
    bands: [],
    series: [],
    summary: model.isMany ? summaryOf(lines, xs) : null,
  };
}

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (place - low);
}

function summaryOf(lines, xs) {
  const known = lines.filter((line) => line !== null);
  const summary = { low: [], median: [], high: [] };
  xs.forEach((_, at) => {
    const sorted = Float64Array.from(known.map((line) => line[at]).filter((value) => value !== null)).sort();
    for (const [name, share] of [
      ["low", 0.25],
      ["median", 0.5],
      ["high", 0.75],
    ]) {
      summary[name].push(sorted.length ? quantile(sorted, share) : null);
    }
  });
  return summary;
}

const PLANS = { line: planLine, "lines-by": planLinesBy, bar: planBar, scatter: planScatter };

/** The series of a lines-by chart under the current picks. */
function seriesBy(plan, app) {
  const picked = app.picks.indices(app.model);
  const series = [];
  if (plan.summary) {
    series.push(
      { label: "upper quartile", style: NEUTRAL, values: plan.summary.high, width: 0.75, isQuiet: true },
      { label: "lower quartile", style: NEUTRAL, values: plan.summary.low, width: 0.75, isQuiet: true },
      { label: "median", style: NEUTRAL, values: plan.summary.median, width: 2.5 },
    );
  }
  const shown = plan.summary ? picked : app.model.participants.map((_, index) => index);
  for (const index of shown) {
    if (!plan.lines[index]) continue;
    const isPicked = picked.includes(index);
    series.push({
      label: app.model.participants[index].name,
      participant: index,
      style: participantStyle(app, index),
      values: plan.lines[index],
      width: isPicked ? 3 : 1.75,
      isFaded: picked.length > 0 && !isPicked,
    });
  }
  return series.map((line) => ({ ...line, column: plan.column }));
}
