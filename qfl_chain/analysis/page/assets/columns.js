"use strict";
// The document (gzip'd JSON) as a model: columns that are decoded when first asked for, with one way to write a value.

const UNKNOWN = "–";
const CATEGORIES = new Set(["text", "participant", "account", "transaction", "position", "boolean"]);
const WHOLE = new Set(["integer", "gwei", "wei"]);

/** The JSON in gzip'd bytes. */
async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function fromBase64(text) {
  return Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
}

/** Values as the document packs them: plain, by dictionary, or by differences. */
function decode(packed) {
  if (Array.isArray(packed)) return packed;
  if (packed.dict) return packed.codes.map((code) => packed.dict[code] ?? null);
  let sum = 0;
  return packed.delta.map((difference) => (sum += difference));
}

function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** Six significant digits, or all of the whole part: what a reader can use. The CSV has every digit. */
function rounded(value) {
  const size = Math.abs(value);
  return size >= 1e5 && size < 1e21 ? grouped(Math.round(value)) : String(Number(Number(value).toPrecision(6)));
}

function written(value, kind) {
  if (WHOLE.has(kind)) return grouped(value);
  if (kind === "number") return rounded(value);
  if (kind === "time") return String(value).replace("T", " ").replace("Z", "");
  if (kind === "boolean") return value ? "yes" : "no";
  return String(value);
}

class Column {
  #packed;
  #values = null;

  constructor(json, participants) {
    this.id = json.id;
    this.kind = json.kind;
    this.title = json.title;
    this.participants = participants;
    this.#packed = json.values;
  }

  get values() {
    this.#values ??= decode(this.#packed);
    return this.#values;
  }

  get isNumeric() {
    return !CATEGORIES.has(this.kind);
  }

  isKnown(row) {
    return this.values[row] !== null && this.values[row] !== undefined;
  }

  /** What is true of a row, in full: as copied and as in the CSV. */
  raw(row) {
    const value = this.values[row];
    if (!this.isKnown(row)) return "";
    return this.kind === "participant" ? this.participants[value].name : String(value);
  }

  text(row) {
    const value = this.values[row];
    if (!this.isKnown(row)) return UNKNOWN;
    return this.kind === "participant" ? this.participants[value].name : written(value, this.kind);
  }

  /** For axes and sorting; NaN where unknown. Times are seconds since 1970. */
  number(row) {
    const value = this.values[row];
    if (!this.isKnown(row)) return NaN;
    return this.kind === "time" ? Date.parse(value) / 1000 : Number(value);
  }
}

class Table {
  constructor(id, json, participants) {
    this.id = id;
    this.title = json.title;
    this.note = json.note ?? "";
    this.columns = json.columns.map((column) => new Column(column, participants));
    this.length = this.columns.length ? this.columns[0].values.length : 0;
    this.participant = this.columns.find((column) => column.kind === "participant") ?? null;
    this.trace =
      this.columns.find((column) => column.kind === "transaction") ??
      this.columns.find((column) => column.kind === "position") ??
      null;
  }

  column(id) {
    const found = this.columns.find((column) => column.id === id);
    if (!found) throw new Error(`the table ${this.id} has no column ${id}`);
    return found;
  }
}

class Model {
  constructor(json) {
    this.json = json;
    this.participants = json.participants;
    this.keys = json.participants.map((participant) => participant.account || participant.name);
    this.tables = new Map(
      Object.entries(json.tables).map(([id, table]) => [id, new Table(id, table, json.participants)]),
    );
    this.charts = new Map(Object.entries(json.charts));
  }

  get isMany() {
    return this.participants.length > FEW;
  }
}
