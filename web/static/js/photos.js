// Uploads several photos at once, straight to where files are kept, and puts photos in order by drag or by keyboard.
import { all, setText } from "./view.js";

const AT_ONCE = 3;
const PAUSE_MS = 2_000;
const TYPES = ["image/jpeg", "image/png", "image/webp"];

/** @typedef {{url: string, fields: Record<string, string>}} UploadForm */
/** @typedef {{id: string, upload: UploadForm}} Photo */

const section = /** @type {HTMLElement} */ (document.querySelector("[data-uploads]"));
const list = /** @type {HTMLElement} */ (document.querySelector("[data-photos]"));
const said = document.querySelector("[data-said]");
const home = `/api/vehicles/${section.dataset.vehicle}/photos`;
const { csrf = "" } = section.dataset;

/** @param {string} method @param {string} path @param {object} [body] @param {Record<string, string>} [more] @returns {Promise<any>} */
async function call(method, path, body, more = {}) {
  const response = await fetch(`${home}${path}`, {
    method,
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf, ...more },
    body: body && JSON.stringify(body),
    credentials: "same-origin",
  });
  const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? "Something went wrong; try again.");
  return answer;
}

class Line {
  /** @param {File} file */
  constructor(file) {
    this.file = file;
    this.element = document.createElement("li");
    const name = Object.assign(document.createElement("span"), { textContent: file.name });
    this.words = Object.assign(document.createElement("span"), { textContent: "Waiting" });
    this.bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", `Upload of ${file.name}`);
    this.element.append(name, this.words, this.bar);
    document.querySelector("[data-progress]")?.append(this.element);
  }

  /** @param {string} words */
  say(words) {
    setText(this.words, words);
  }
}

/** @param {UploadForm} form @param {Line} line @returns {Promise<number>} the status, 0 without an answer */
function post(form, line) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  // The file has to be the last field.
  body.append("file", line.file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) line.bar.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => resolve(request.status));
    request.open("POST", form.url);
    request.send(body);
  });
}

/** @param {Photo} photo @param {Line} line */
async function send(photo, line) {
  line.say("Sending");
  const status = await post(photo.upload, line);
  if (status < 200 || status >= 300) {
    line.say("This could not be sent; choose it again.");
    await call("DELETE", `/${photo.id}`).catch(() => undefined);
    return false;
  }
  line.say("Being checked");
  // Where this call is lost, the file is found a little later by itself.
  await call("POST", `/${photo.id}/uploaded`).catch(() => undefined);
  return true;
}

/** @param {File[]} files */
async function upload(files) {
  const lines = files.map((file) => new Line(file));
  const fit = lines.filter((line) => TYPES.includes(line.file.type));
  for (const line of lines) if (!fit.includes(line)) line.say("This is no JPEG, PNG or WebP photo.");
  if (!fit.length) return;
  let sent = true;
  try {
    for (let first = 0; first < fit.length; first += 20) {
      const batch = fit.slice(first, first + 20);
      const wanted = batch.map((line) => ({ content_type: line.file.type }));
      const { items } = await call("POST", "", { photos: wanted });
      sent = (await several(batch.map((line, index) => ({ photo: items[index], line })))) && sent;
    }
    // What could not be sent stays to be read.
    if (sent && fit.length === lines.length) window.location.reload();
  } catch (error) {
    setText(said, /** @type {Error} */ (error).message);
  }
}

/** @param {{photo: Photo, line: Line}[]} waiting */
async function several(waiting) {
  let sent = true;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) sent = (await send(next.photo, next.line)) && sent;
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return sent;
}

/** Writes the order that the page shows. @param {string} words @param {boolean} isOtherFirst */
async function saveOrder(words, isOtherFirst) {
  const photo_ids = all(list, "[data-photo]").map((card) => card.dataset.photo);
  const primary_id = list.dataset.chosen || null;
  try {
    const answer = await call("PUT", "/order", { photo_ids, primary_id }, { "If-Match": `"${list.dataset.tag}"` });
    list.dataset.tag = answer.order_tag;
    setText(said, words);
    if (isOtherFirst && !primary_id) window.location.reload();
  } catch (error) {
    setText(said, `${/** @type {Error} */ (error).message} The page shows the order as it was.`);
    window.setTimeout(() => window.location.reload(), PAUSE_MS);
  }
}

/** @param {HTMLElement} card @param {number} places */
function move(card, places) {
  const cards = all(list, "[data-photo]");
  const at = cards.indexOf(card);
  const to = Math.min(Math.max(0, at + places), cards.length - 1);
  if (to === at) return;
  cards[to][places > 0 ? "after" : "before"](card);
  void saveOrder(`Moved to place ${to + 1} of ${cards.length}.`, at === 0 || to === 0);
}

/** @param {HTMLElement} card */
function prepareCard(card) {
  card.draggable = true;
  card.addEventListener("dragstart", () => card.classList.add("is-dragged"));
  card.addEventListener("dragend", () => card.classList.remove("is-dragged"));
  card.addEventListener("dragover", (event) => event.preventDefault());
  card.addEventListener("drop", (event) => {
    event.preventDefault();
    const dragged = /** @type {HTMLElement | null} */ (list.querySelector(".is-dragged"));
    const cards = all(list, "[data-photo]");
    if (dragged && dragged !== card) move(dragged, cards.indexOf(card) - cards.indexOf(dragged));
  });
  for (const form of all(card, "form[data-step=earlier], form[data-step=later]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = /** @type {HTMLElement} */ (form.querySelector("button"));
      move(card, form.dataset.step === "later" ? 1 : -1);
      button.focus();
    });
  }
}

function preparePicker() {
  const many = document.querySelector("[data-many]");
  const input = document.querySelector("#files");
  if (!(many instanceof HTMLElement) || !(input instanceof HTMLInputElement)) return;
  const one = document.querySelector("[data-one]");
  if (one instanceof HTMLElement) one.hidden = true;
  many.hidden = false;
  input.addEventListener("change", () => void upload([...(input.files ?? [])]));
}

preparePicker();
all(list, "[data-photo]").forEach(prepareCard);
if (all(list, "[data-state=checking], [data-state=awaiting]").length) {
  window.setTimeout(() => document.hidden || document.querySelector("[data-progress] li") || window.location.reload(), PAUSE_MS);
}
