// How money, times and spans are written: the twin of web/formats.py, without the DOM.

/** @param {number | null | undefined} cents @returns {string} */
export function money(cents) {
  if (cents === null || cents === undefined) return "\u2014";
  const size = Math.abs(cents);
  const whole = Math.floor(size / 100).toLocaleString("en-US");
  const rest = size % 100;
  return `${cents < 0 ? "-" : ""}$${whole}${rest ? "." + String(rest).padStart(2, "0") : ""}`;
}

/** Dollars as they stand in an input, without the sign. @param {number} cents */
export function plainDollars(cents) {
  return money(cents).slice(1);
}

/** Cents of an amount as typed, null when it is no amount. @param {string} text @returns {number | null} */
export function centsOf(text) {
  const found = /^\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{2}))?$/.exec(text.trim());
  return found ? Number(found[1].replaceAll(",", "")) * 100 + Number(found[2] ?? 0) : null;
}

/** @param {number} milliseconds @returns {string} */
export function span(milliseconds) {
  const left = Math.max(0, Math.ceil(milliseconds / 1000));
  const days = Math.floor(left / 86400);
  const hours = Math.floor((left % 86400) / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  if (days) return `${days}d ${hours}h ${two(minutes)}m`;
  if (hours) return `${hours}h ${two(minutes)}m ${two(left % 60)}s`;
  return minutes ? `${minutes}m ${two(left % 60)}s` : `${left}s`;
}

/** @param {number} number @param {string} noun */
export function counted(number, noun) {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** @param {string} iso @returns {string} */
export function exactTime(iso) {
  return `${new Date(iso).toISOString().slice(11, 23)} UTC`;
}

/**
 * A time in the reader's own zone: "full" to the minute with the zone, "short" without, "clock" to the second.
 * @param {string} iso @param {string} [style]
 */
export function localTime(iso, style = "full") {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  /** @type {Intl.DateTimeFormatOptions} */
  const common = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
  /** @type {Record<string, Intl.DateTimeFormatOptions>} */
  const more = { short: {}, clock: { second: "2-digit" }, full: { year: "numeric", timeZoneName: "short" } };
  return new Intl.DateTimeFormat("en-US", { ...common, ...more[style] }).format(date).replaceAll("\u202f", " ");
}

/**
 * A sentence with its `{names}` filled in; null when one is missing.
 * @param {string | undefined} text @param {Record<string, string | undefined>} values
 */
export function filled(text, values) {
  if (text === undefined) return null;
  let whole = true;
  const result = text.replace(/\{(\w+)\}/g, (_, name) => {
    whole &&= values[name] !== undefined;
    return values[name] ?? "";
  });
  return whole ? result : null;
}

/** @param {number} cents @param {{basis_points: number, least_cents: number, most_cents: number}} fee */
export function buyerFee(cents, fee) {
  const share = Math.floor((cents * fee.basis_points + 5000) / 10000);
  return Math.min(fee.most_cents, Math.max(fee.least_cents, share));
}

/** The increment at a price. @param {number[][]} steps `[price from, increment]` @param {number} cents */
export function increment(steps, cents) {
  return (steps.filter(([edge]) => cents >= edge).at(-1) ?? steps[0])[1];
}
