"use strict";
// Colours, dashes and markers. Twelve series differ in two of the three, so colour never has to be told apart.

const COLOURS = 6;
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
const SHAPES = ["circle", "square", "triangle", "diamond"];
const NEUTRAL = { colour: "--neutral", dash: [], shape: "circle" };

/** The i-th style: 6 colours, 4 dashes and 4 shapes repeat together only after twelve. */
function style(i) {
  return { colour: `--series-${i % COLOURS}`, dash: DASHES[i % DASHES.length], shape: SHAPES[i % SHAPES.length] };
}

/** Of few, each participant has its own style; of many, each picked one. */
function participantStyle(app, index) {
  if (!app.model.isMany) return style(index);
  const place = app.picks.indices(app.model).indexOf(index);
  return place < 0 ? NEUTRAL : style(place);
}

const palette = new Map();

/** A colour of the present theme. Computed styles are slow, so each is asked for once until the theme changes. */
function paint(variable) {
  if (!palette.has(variable))
    palette.set(variable, getComputedStyle(document.documentElement).getPropertyValue(variable).trim());
  return palette.get(variable);
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SHAPE_PATHS = {
  circle: "M8.6 6a2.6 2.6 0 1 1 5.2 0a2.6 2.6 0 1 1 -5.2 0z",
  square: "M8.8 3.6h4.8v4.8h-4.8z",
  triangle: "M11.2 2.8l3.2 5.6h-6.4z",
  diamond: "M11.2 2.4l3.4 3.6l-3.4 3.6l-3.4 -3.6z",
};

/** A short piece of a series, for legends and buttons. Colours are variables, so it follows the theme. */
function swatch({ colour, dash, shape }) {
  const line = svg("path", { d: "M0 6h22", fill: "none", "stroke-width": 2, "stroke-dasharray": dash.join(" ") });
  const marker = svg("path", { d: SHAPE_PATHS[shape] });
  line.style.stroke = marker.style.fill = `var(${colour})`;
  return small({ class: "swatch", viewBox: "0 0 22 12", width: 22, height: 12 }, line, marker);
}

/** A dot of a scatter. */
function dotSwatch({ colour, shape }) {
  const marker = svg("path", { d: SHAPE_PATHS[shape] });
  marker.style.fill = `var(${colour})`;
  return small({ class: "swatch", viewBox: "5 0 12 12", width: 12, height: 12 }, marker);
}

/** A bar or a band: filled, or hollow as every second series of bars is. */
function blockSwatch({ colour }, isHollow = false) {
  const block = svg("rect", { x: 1, y: 1, width: 10, height: 10, "fill-opacity": isHollow ? 0.25 : 1 });
  block.style.fill = block.style.stroke = `var(${colour})`;
  return small({ class: "swatch", viewBox: "0 0 12 12", width: 12, height: 12 }, block);
}

function copyPicture() {
  return small(
    { viewBox: "0 0 14 14", width: 14, height: 14, fill: "none", stroke: "currentColor", "stroke-width": 1.3 },
    svg("rect", { x: 4.5, y: 4.5, width: 8, height: 8, rx: 1.5 }),
    svg("path", { d: "M2.5 9.5h-1v-8h8v1" }),
  );
}

function small(attributes, ...shapes) {
  return svg("svg", { ...attributes, "aria-hidden": "true" }, ...shapes);
}

/** Adds a marker's outline to a canvas path. */
function trace(context, shape, x, y, r) {
  if (shape === "circle") {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else if (shape === "square") {
    context.rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r);
  } else if (shape === "triangle") {
    polygon(context, [
      [x, y - 1.2 * r],
      [x + 1.15 * r, y + 0.9 * r],
      [x - 1.15 * r, y + 0.9 * r],
    ]);
  } else {
    polygon(context, [
      [x, y - 1.3 * r],
      [x + 1.3 * r, y],
      [x, y + 1.3 * r],
      [x - 1.3 * r, y],
    ]);
  }
}

function polygon(context, [first, ...rest]) {
  context.moveTo(...first);
  for (const corner of rest) context.lineTo(...corner);
  context.closePath();
}
