// Sends one bid until it is answered: the same idempotency key on every try, so that it counts once.
import { csrf } from "./view.js";

const TRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;
const TIMEOUT_MS = 10_000;
const PASSING = [502, 503, 504];

/** @typedef {{status: number, body: Record<string, any>}} Answer */

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((resolve) => window.setTimeout(resolve, milliseconds));

/**
 * One try. A network error or a timeout is an answer with the status 0.
 * @param {string} url @param {object} body @param {string} key @param {import("./clock.js").ServerClock} clock
 * @returns {Promise<Answer & {retryAfter: number}>}
 */
async function attempt(url, body, key, clock) {
  const sent = performance.now();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key, "X-CSRF-Token": csrf },
      body: JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const received = performance.now();
    const answer = await response.json().catch(() => ({}));
    if (answer.server_now) clock.sample(answer.server_now, sent, received);
    return { status: response.status, body: answer, retryAfter: Number(response.headers.get("Retry-After")) * 1000 || 0 };
  } catch {
    return { status: 0, body: {}, retryAfter: 0 };
  }
}

/**
 * Sends until there is an answer that waiting would not change.
 * @param {string} url @param {object} body @param {string} key @param {import("./clock.js").ServerClock} clock
 * @param {(attempt: number) => void} onRetry @returns {Promise<Answer>}
 */
export async function send(url, body, key, clock, onRetry) {
  let wait = FIRST_WAIT_MS;
  for (let count = 1; ; count += 1) {
    const answer = await attempt(url, body, key, clock);
    const passing = answer.status === 0 || PASSING.includes(answer.status);
    if (!passing || count === TRIES) return answer;
    onRetry(count + 1);
    await pause(Math.max(wait, Math.min(answer.retryAfter, LONGEST_WAIT_MS)) * (0.75 + Math.random() / 2));
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}

/** Whether the server has decided, so that the next bid is another bid. @param {Answer} answer */
export function isDecided(answer) {
  return answer.status === 201 || answer.status === 200 || answer.status === 409 || answer.status === 422;
}
