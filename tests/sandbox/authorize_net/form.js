// The hosted form's own script: sends the card to the sandbox, and only the sandbox's answer to the page around it.
(() => {
  "use strict";

  const asked = new URL(window.location.href).searchParams;
  const form = /** @type {HTMLFormElement} */ (document.getElementById("card"));
  const wrong = /** @type {HTMLElement} */ (document.getElementById("wrong"));
  const submit = /** @type {HTMLButtonElement} */ (document.getElementById("submit"));

  document.getElementById("header").textContent = asked.get("header");
  submit.textContent = asked.get("submit");
  form.elements.namedItem("cardNumber").focus();

  /** @param {object} message */
  function tell(message) {
    window.parent.postMessage(message, asked.get("origin"));
  }

  async function send() {
    const card = Object.fromEntries(new FormData(form));
    const merchant = { apiLoginID: asked.get("apiLoginID"), clientKey: asked.get("clientKey") };
    const answer = await fetch("/hosted/nonce", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...merchant, ...card }),
    });
    const response = await answer.json();
    if (response.messages.resultCode === "Ok") {
      tell({ response });
      return;
    }
    wrong.textContent = response.messages.message.map((one) => one.text).join(" ");
    submit.disabled = false;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.disabled = true;
    wrong.textContent = "";
    send();
  });
  document.getElementById("cancel").addEventListener("click", () => tell({ cancelled: true }));
})();
