// What the pages' scripts have in common: the words, the live region, filling in fields, the connection's state.
import { localTime } from "./format.js";

const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/** The words of web/words.py, which the page carries. @type {import("./lot.js").Words} */
export const words = JSON.parse(main.dataset.words ?? "{}");
export const csrf = main.dataset.csrf ?? "";
export const serverNow = main.dataset.serverNow;

/** @param {Element} root @param {string} selector @returns {HTMLElement[]} */
export function all(root, selector) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
}

/** Sets a text only when it changes, so that nothing is repainted or read out for nothing.
 *  @param {Element | null} element @param {string} text */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {Element} root @param {Record<string, string>} fields */
export function fill(root, fields) {
  for (const element of all(root, "[data-field]")) {
    const text = fields[element.dataset.field ?? ""];
    if (text !== undefined) setText(element, text);
  }
}

/** Writes times in the reader's own zone. @param {Element} [root] */
export function localize(root = document.body) {
  for (const element of all(root, "time[data-local]")) {
    const iso = element.getAttribute("datetime");
    if (iso) setText(element, localTime(iso, element.dataset.local));
  }
}

/** Names the reader's zone at the foot of the page. */
export function nameZone() {
  const zone = new Intl.DateTimeFormat("en-US", { timeZoneName: "long" }).formatToParts();
  setText(document.querySelector("[data-zone]"), zone.find((part) => part.type === "timeZoneName")?.value ?? "your zone");
}

/** @type {string[]} */
let waiting = [];

/** Says a sentence in the page's one live region; what happens together is said together. @param {string | null} text */
export function announce(text) {
  if (!text) return;
  if (!waiting.length) {
    window.setTimeout(() => {
      setText(document.querySelector("[data-announce]"), waiting.join(" "));
      waiting = [];
    }, 150);
  }
  if (!waiting.includes(text)) waiting.push(text);
}

/** @param {import("./stream.js").State} state */
export function showConnection(state) {
  for (const element of all(document, "[data-connection]")) {
    element.hidden = false;
    element.dataset.connection = state;
    setText(element.querySelector("[data-connection-text]"), words.connection[state]);
  }
}

/** Whether the page's stream is up, so that its news is the newest there is. */
export function isConnected() {
  return document.querySelector("[data-connection]")?.getAttribute("data-connection") === "live";
}
