"use strict";
// The live view: asks the server's /state at a steady pace, takes /document when its version changed, and says how old
// what it shows is.

const PATIENCE = 3;
const LEAST_PATIENCE = 10;

class Live {
  constructor(app, seconds, line) {
    this.app = app;
    this.seconds = seconds;
    this.line = line;
    this.state = null;
    this.heardAt = null;
    this.problem = "";
    line.hidden = false;
  }

  start() {
    this.#poll();
    setInterval(() => this.#draw(), 1000);
  }

  async #poll() {
    try {
      await this.#ask();
      this.problem = "";
    } catch (error) {
      this.problem = error instanceof Wrong ? error.message : "the dashboard's server does not answer";
    }
    this.#draw();
    setTimeout(() => this.#poll(), 1000 * this.seconds);
  }

  async #ask() {
    const state = await (await get("state", 1000 * Math.max(5, 2 * this.seconds))).json();
    this.state = state;
    // The server's two times tell the age when it answered; only differences are used, so our clock may be wrong.
    const age = state.heard ? (Date.parse(state.now) - Date.parse(state.heard)) / 1000 : Infinity;
    this.heardAt = performance.now() / 1000 - age;
    if (state.version !== this.app.model.json.version) this.app.take(await this.#document());
    this.app.see(state);
  }

  async #document() {
    const bytes = new Uint8Array(await (await get("document", 30000)).arrayBuffer());
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return isPacked ? unpack(bytes) : JSON.parse(new TextDecoder().decode(bytes));
  }

  #draw() {
    const age = this.heardAt === null ? Infinity : performance.now() / 1000 - this.heardAt;
    const isOld = age > Math.max(LEAST_PATIENCE, PATIENCE * this.seconds);
    const problem = this.problem || this.state?.error || (isOld ? "the node has not been heard" : "");
    const wasStale = this.line.className === "stale";
    this.line.className = problem ? "stale" : "fresh";
    const block = this.state ? `block ${grouped(this.state.block)}` : "no block yet";
    const ago = Number.isFinite(age) ? `${agoText(age)} ago` : "never heard";
    this.line.textContent = problem ? `Stale: ${problem}. Last heard ${ago}, ${block}.` : `Live, ${block}, ${ago}`;
    if (Boolean(problem) !== wasStale) announce(this.line.textContent);
    document.documentElement.classList.toggle("isStale", Boolean(problem));
  }
}

/** What the server said when it said something useless. */
class Wrong extends Error {}

async function get(path, patience) {
  const answer = await fetch(path, { cache: "no-cache", signal: AbortSignal.timeout(patience) });
  if (!answer.ok) throw new Wrong(`the dashboard's server answers ${answer.status}`);
  return answer;
}

function agoText(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  return whole < 7200 ? `${Math.round(whole / 60)} min` : `${Math.round(whole / 3600)} h`;
}
