"use strict";
// Which participants are picked. The address's fragment (#pick=account,account) holds it, so a link shows the same.

const FEW = 12;
const MATCHES = 12;

class Picks {
  constructor(onChange) {
    this.keys = readFragment();
    this.onChange = onChange;
    window.addEventListener("hashchange", () => this.#set(readFragment()));
  }

  /** Participants' indices, in the order in which they were picked. */
  indices(model) {
    return this.keys.map((key) => model.keys.indexOf(key)).filter((index) => index >= 0);
  }

  has(model, index) {
    return this.keys.includes(model.keys[index]);
  }

  toggle(model, index) {
    const key = model.keys[index];
    const isPicked = this.keys.includes(key);
    this.#set(isPicked ? this.keys.filter((other) => other !== key) : [...this.keys, key]);
    const name = shortened(model.participants[index].name, 40);
    announce(`${name} ${isPicked ? "no longer picked" : "picked"}. ${this.keys.length} picked.`);
  }

  clear() {
    this.#set([]);
    announce("Nobody picked.");
  }

  #set(keys) {
    if (keys.join() === this.keys.join()) return;
    this.keys = keys;
    writeFragment(keys);
    this.onChange();
  }
}

function readFragment() {
  const text = new URLSearchParams(location.hash.slice(1)).get("pick") ?? "";
  return [...new Set(text.split(",").filter(Boolean).map(unescapeKey))];
}

function writeFragment(keys) {
  const fragment = keys.length
    ? `#pick=${keys.map((key) => encodeURIComponent(encodeURIComponent(key))).join(",")}`
    : " ";
  history.replaceState(null, "", fragment === " " ? location.pathname + location.search : fragment);
}

/** Keys are escaped twice, as a name may hold a comma; a fragment written by hand may hold anything. */
function unescapeKey(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The bar's list: few participants as buttons that are also the legend; of many the picked ones and a search. */
class Picker {
  constructor(app, element) {
    this.app = app;
    this.search = make("input", {
      type: "search",
      placeholder: "Find a participant",
      "aria-label": "Find a participant",
      autocomplete: "off",
      oninput: () => this.#showMatches(),
      onkeydown: (event) => this.#key(event),
      onfocus: () => this.#showMatches(),
    });
    this.matches = make("div", { class: "matches", hidden: true, role: "group", "aria-label": "Participants found" });
    this.finder = make(
      "div",
      { class: "finder", onfocusout: (event) => this.#leave(event) },
      this.search,
      this.matches,
    );
    this.chips = make("div", { class: "chips" });
    this.clear = make("button", { type: "button", class: "plain", onclick: () => app.picks.clear() }, "Clear");
    document.addEventListener("click", (event) => {
      if (!event.composedPath().includes(this.finder)) this.matches.hidden = true;
    });
    element.replaceChildren(this.finder, this.chips, this.clear);
  }

  update() {
    const { model, picks } = this.app;
    const picked = picks.indices(model);
    this.finder.hidden = !model.isMany;
    this.clear.hidden = !picked.length;
    const shown = model.isMany ? picked : model.participants.map((_, index) => index);
    refill(
      this.chips,
      shown.map((index) => pickButton(this.app, index)),
    );
    if (!this.matches.hidden) this.#showMatches();
  }

  #found() {
    const wanted = this.search.value.trim().toLowerCase();
    return this.app.model.participants.flatMap((participant, index) =>
      participant.name.toLowerCase().includes(wanted) || participant.account.toLowerCase().startsWith(wanted)
        ? [index]
        : [],
    );
  }

  #showMatches() {
    const found = this.#found();
    const rest = found.length - MATCHES;
    const note = found.length === 0 ? "Nobody of that name." : rest > 0 ? `and ${grouped(rest)} more` : null;
    const buttons = found.slice(0, MATCHES).map((index) => pickButton(this.app, index));
    refill(this.matches, note ? [...buttons, make("span", { class: "note" }, note)] : buttons);
    this.matches.hidden = false;
  }

  #key(event) {
    if (event.key === "Escape") {
      this.search.value = "";
      this.matches.hidden = true;
    } else if (event.key === "Enter" && this.search.value.trim()) {
      const [first] = this.#found();
      if (first !== undefined) this.app.picks.toggle(this.app.model, first);
    }
  }

  #leave(event) {
    // While a pressed button is replaced by its successor, focus goes nowhere: that is not leaving.
    if (event.relatedTarget && !this.finder.contains(event.relatedTarget)) this.matches.hidden = true;
  }
}

/** A participant as a button with the mark that charts give it. */
function pickButton(app, index) {
  const participant = app.model.participants[index];
  const mark = participantStyle(app, index);
  return make(
    "button",
    {
      type: "button",
      class: "chip",
      "data-participant": index,
      "aria-pressed": String(app.picks.has(app.model, index)),
      "aria-label": participant.name.trim() ? null : `participant without a name, ${participant.account}`,
      onclick: () => app.picks.toggle(app.model, index),
    },
    mark === NEUTRAL ? null : swatch(mark),
    nameOf(participant.name),
  );
}
