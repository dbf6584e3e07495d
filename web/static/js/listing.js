// Saves a listing while it is typed: the form as it stands, on the version that was read, a moment after the last key.
import { setText } from "./view.js";

const PAUSE_MS = 1_500;
const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-listing]"));
const said = document.querySelector("[data-said]");
let timer = 0;
let isSaving = false;
let isStopped = false;

/** @param {ParentNode} page */
const versionIn = (page) => /** @type {HTMLInputElement} */ (page.querySelector("form[data-listing] [name=version]"));

async function save() {
  if (isStopped) return;
  if (isSaving) return later();
  isSaving = true;
  setText(said, "Saving\u2026");
  try {
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const response = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok) {
      versionIn(document).value = versionIn(page).value;
      document.getElementById("missing")?.replaceWith(page.getElementById("missing") ?? "");
      setText(said, "Saved.");
    } else {
      isStopped = page.querySelector("[data-theirs]") !== null;
      const slip = page.querySelector(".field-error");
      setText(said, isStopped ? "Somebody has changed this meanwhile. Press Save to compare." : `Not saved yet: ${slip?.textContent ?? "try again."}`);
    }
  } catch {
    setText(said, "Not saved: the connection is away. It is tried again when you go on typing.");
  } finally {
    isSaving = false;
  }
}

function later() {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void save(), PAUSE_MS);
}

form.addEventListener("input", later);
form.addEventListener("submit", () => {
  isStopped = true;
  window.clearTimeout(timer);
});
