"use strict";
// Building the page: every text of the document goes through textContent, so it can never become markup.

/** An element with attributes, listeners (onclick: ...) and children (nodes or texts; null is left out). */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A name that somebody chose: kept apart from the direction of the text around it. */
function nameOf(text) {
  return make("bdi", {}, text);
}

function byId(id) {
  return document.getElementById(id);
}

/** Replaces children only where the list differs, so that focus and scroll position survive updates. */
function keepChildren(parent, children) {
  const same = parent.children.length === children.length && children.every((child, i) => parent.children[i] === child);
  if (!same) parent.replaceChildren(...children);
}

/** Replaces children; where a participant's button had the focus, its successor gets it. */
function refill(parent, children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.participant : undefined;
  parent.replaceChildren(...children);
  if (focused !== undefined) parent.querySelector(`[data-participant="${focused}"]`)?.focus({ preventScroll: true });
}

function shortened(text, length) {
  const letters = Array.from(text.slice(0, 4 * length));
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join("")}…`;
}

/** Tells a screen reader, politely. */
function announce(text) {
  byId("announcements").textContent = text;
}

/** Goes to an element without touching the address, whose fragment holds the pick. */
function jumpTo(element) {
  element.scrollIntoView({ block: "start" });
  element.focus({ preventScroll: true });
}

function download(name, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Copies where the browser allows it (a file from disk may not use the clipboard), else by a selection. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = make("textarea", { class: "unseen", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

/** A button that copies and says so for a moment. */
function copyButton(label, text, face = () => label) {
  const button = make("button", { type: "button", class: "copy", "aria-label": label, title: label }, face());
  button.addEventListener("click", async () => {
    await copy(text());
    button.replaceChildren("Copied");
    announce("Copied");
    setTimeout(() => button.replaceChildren(face()), 1500);
  });
  return button;
}
