// The sandbox's stand-in for the vendor's AcceptUI.js: a button of class AcceptUI opens a form on the sandbox's own
// origin; what is typed there stays there, and the page gets a nonce.
(() => {
  "use strict";

  const vendor = new URL(document.currentScript.src).origin;
  let closeOpened = () => {};

  /** @param {HTMLElement} button */
  function formAddress(button) {
    const address = new URL("/hosted/form", vendor);
    address.searchParams.set("apiLoginID", button.getAttribute("data-apiLoginID") ?? "");
    address.searchParams.set("clientKey", button.getAttribute("data-clientKey") ?? "");
    address.searchParams.set("header", button.getAttribute("data-acceptUIFormHeaderTxt") ?? "Card Information");
    address.searchParams.set("submit", button.getAttribute("data-acceptUIFormBtnTxt") ?? "Submit");
    address.searchParams.set("origin", window.location.origin);
    return address.href;
  }

  /** @param {HTMLElement} button */
  function open(button) {
    closeOpened();
    const frame = document.createElement("iframe");
    frame.id = "AcceptUIFrame";
    frame.title = "Card Information";
    frame.src = formAddress(button);
    Object.assign(frame.style, { position: "fixed", inset: "0", width: "100%", height: "100%", border: "0", zIndex: "2000" });

    /** @param {MessageEvent} event */
    const hear = (event) => {
      if (event.origin !== vendor || event.source !== frame.contentWindow) {
        return;
      }
      closeOpened();
      if (event.data.response) {
        const handler = window[button.getAttribute("data-responseHandler") ?? ""];
        handler(event.data.response);
      }
    };
    closeOpened = () => {
      window.removeEventListener("message", hear);
      frame.remove();
      closeOpened = () => {};
    };
    window.addEventListener("message", hear);
    document.body.append(frame);
  }

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button.AcceptUI") : null;
    if (button instanceof HTMLElement) {
      event.preventDefault();
      open(button);
    }
  });
})();
