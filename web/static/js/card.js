// Takes what the vendor's card form answers, a nonce that stands for the card, and hands it to us with the address.
"use strict";

const PATIENCE = "This takes longer than usual. Nothing is lost: look at your account again in a moment.";

/** @param {string} text */
function showProblem(text) {
  const place = document.querySelector("[data-card-problem]");
  if (place instanceof HTMLElement) {
    place.textContent = text;
    place.hidden = false;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {{dataDescriptor: string, dataValue: string}} nonce
 */
async function storeCard(form, nonce) {
  const typed = Object.fromEntries(new FormData(form));
  const answer = await fetch("/api/me/card", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": form.dataset.csrf ?? "" },
    body: JSON.stringify({
      opaque_data: { data_descriptor: nonce.dataDescriptor, data_value: nonce.dataValue },
      bill_to: typed,
    }),
  });
  if (answer.ok) {
    window.location.assign("/account");
    return;
  }
  const problem = await answer.json();
  const fields = (problem.errors ?? []).map((/** @type {{field: string}} */ each) => each.field.split(".").pop());
  showProblem(fields.length ? `Please check: ${fields.join(", ").replaceAll("_", " ")}.` : problem.detail);
}

/** @param {{opaqueData?: {dataDescriptor: string, dataValue: string}, messages: {resultCode: string, message: {text: string}[]}}} response */
function cardAnswered(response) {
  const form = document.querySelector("[data-card-form]");
  if (!(form instanceof HTMLFormElement)) {
    return;
  }
  if (response.messages.resultCode !== "Ok" || !response.opaqueData) {
    showProblem(response.messages.message.map((each) => each.text).join(" "));
    return;
  }
  storeCard(form, response.opaqueData).catch(() => showProblem(PATIENCE));
}

// The vendor's script calls the handler by its name.
Object.assign(window, { cardAnswered });
