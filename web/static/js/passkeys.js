// Passkeys: asks the server for a challenge, the browser for a credential, and sends that back. Works with JSON only.

/** @param {string} text base64url @returns {Uint8Array} */
function bytes(text) {
  const plain = window.atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

/** @param {ArrayBuffer | null} buffer @returns {string | null} base64url */
function text(buffer) {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return window.btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} path @param {object} body @param {string} csrf @returns {Promise<any>} */
async function post(path, body, csrf) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
    credentials: "same-origin",
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail ?? "Something went wrong; try again.");
  return answer;
}

/** @param {string} path @param {string} csrf @returns {Promise<object>} a signed challenge, as JSON */
async function sign(path, csrf) {
  const options = await post(path, {}, csrf);
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: [] };
  const found = /** @type {any} */ (await navigator.credentials.get({ publicKey }));
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  const response = {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: text(userHandle),
  };
  return { id: found.id, rawId: text(found.rawId), type: found.type, response };
}

/** @param {string} password @param {string} csrf @returns {Promise<object>} a new credential, as JSON */
async function create(password, csrf) {
  const options = await post("/auth/passkeys/registration-options", password ? { password } : {}, csrf);
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: (options.excludeCredentials ?? []).map((/** @type {any} */ each) => ({ ...each, id: bytes(each.id) })),
  };
  const made = /** @type {any} */ (await navigator.credentials.create({ publicKey }));
  const { clientDataJSON, attestationObject } = made.response;
  const response = { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
  return { id: made.id, rawId: text(made.rawId), type: made.type, response };
}

/** @param {HTMLElement} element @returns {Promise<void>} */
async function act(element) {
  const { passkey, csrf = "", next = "/" } = element.dataset;
  if (passkey === "sign-in") {
    await post("/auth/passkeys/sign-in", { credential: await sign("/auth/passkeys/options", "") }, "");
    window.location.assign(next);
  } else if (passkey === "step-up") {
    await post("/auth/step-up", { credential: await sign("/auth/step-up/options", csrf) }, csrf);
    window.location.assign(next);
  } else {
    const fields = new FormData(/** @type {HTMLFormElement} */ (element));
    const credential = await create(String(fields.get("password") ?? ""), csrf);
    const made = await post("/auth/passkeys", { credential, name: String(fields.get("name")) }, csrf);
    if (made.recovery_codes.length > 0) show(element, made.recovery_codes);
    else window.location.reload();
  }
}

/** Recovery codes are shown once. @param {HTMLElement} element @param {string[]} codes */
function show(element, codes) {
  const list = document.createElement("ul");
  list.append(...codes.map((code) => Object.assign(document.createElement("li"), { textContent: code })));
  answer(element, "The passkey is kept. Write these recovery codes down; they are shown this once:");
  element.append(list);
}

/** @param {HTMLElement} element @param {string} words */
function answer(element, words) {
  const place = element.querySelector("[data-passkey-answer]") ?? element.parentElement?.querySelector("[data-passkey-answer]");
  if (place) place.textContent = words;
}

for (const element of document.querySelectorAll("[data-passkey]")) {
  if (!(element instanceof HTMLElement) || !("credentials" in navigator) || !window.PublicKeyCredential) continue;
  element.hidden = false;
  element.addEventListener(element instanceof HTMLFormElement ? "submit" : "click", (event) => {
    event.preventDefault();
    act(element).catch((error) => answer(element, error.name === "NotAllowedError" ? "Nothing was done." : error.message));
  });
}
