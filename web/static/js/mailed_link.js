// A mailed link carries its code after the #, which no server sees: put it into the form and out of the address.
const code = window.location.hash.slice(1);
const input = document.querySelector("input[name=token]");

if (code && input instanceof HTMLInputElement) {
  input.value = code;
  const field = input.closest("[data-link-code]");
  if (field instanceof HTMLElement) field.hidden = true;
  window.history.replaceState(null, "", window.location.pathname);
}
