// An auction's state in the browser and the texts it shows: the twin of web/lots.py, without the DOM.
import { counted, exactTime, filled, localTime, money, span } from "./format.js";

/**
 * @typedef {object} Lot
 * @property {number} id
 * @property {number} version
 * @property {string} status
 * @property {string} reserve
 * @property {string | null} result
 * @property {number} start_cents
 * @property {number | null} price_cents
 * @property {number} minimum_next_cents
 * @property {string | null} leader
 * @property {number} bid_count
 * @property {number} bidder_count
 * @property {string} starts_at
 * @property {string} ends_at
 * @property {string | null} hold_reason
 * @property {string | null} public_reason
 * @property {string} position
 * @property {number | null} my_minimum_cents
 * @property {number | null} my_max_cents
 * @property {string | null} alias
 * @property {number} answered_seq the ledger's place of my last answered bid, 0 before one
 * @property {number | null} answered_cents the price that answer named
 */
/** @typedef {Record<string, any>} Words */
/** @typedef {Record<string, any>} Frame */

const FACTS = ["status", "reserve", "result", "price_cents", "minimum_next_cents", "leader", "bid_count", "bidder_count",
  "starts_at", "ends_at", "hold_reason", "public_reason"];
// Where the version stays the same, an auction only moves on through these, never back.
const ORDER = ["scheduled", "live", "closing", "ended"];

/** Whether a frame is at least as new as what is shown. @param {Lot} lot @param {Frame} frame */
export function isCurrent(lot, frame) {
  if (frame.version !== lot.version) return frame.version > lot.version;
  const from = ORDER.indexOf(lot.status);
  const to = ORDER.indexOf(frame.status ?? lot.status);
  return from < 0 || to < 0 || to >= from;
}

/**
 * The lot after a public frame or a snapshot. My position follows from the leader's alias until the private frame says so.
 * @param {Lot} lot @param {Frame} frame @returns {Lot}
 */
export function withPublic(lot, frame) {
  const next = /** @type {Lot} */ ({ ...lot, version: frame.version });
  for (const name of FACTS) {
    if (frame[name] !== undefined) Object.assign(next, { [name]: frame[name] });
  }
  if (frame.reason !== undefined && next.status === "held") next.hold_reason = frame.reason;
  if (frame.reason !== undefined && next.result === "cancelled") next.public_reason = frame.reason;
  if (isBefore(frame, lot.answered_seq)) return next;
  if (!next.alias || !["leading", "outbid", "none"].includes(next.position)) return next;
  if (next.result) return { ...next, position: next.result === "sold" && next.leader === next.alias ? "won" : "lost" };
  if (next.leader === next.alias) return { ...next, position: "leading" };
  return { ...next, position: "outbid", my_minimum_cents: null, my_max_cents: null };
}

/** Whether a frame tells of a time before my last answered bid: it may arrive after the answer, and says nothing of my position.
 *  @param {Frame} frame @param {number} seq */
function isBefore(frame, seq) {
  const seqs = (frame.lines ?? frame.history ?? []).map((/** @type {Frame} */ line) => line.seq);
  return seqs.length > 0 && Math.max(...seqs) < seq;
}

/** The lot after private news. @param {Lot} lot @param {Frame} mine @returns {Lot} */
export function withMine(lot, mine) {
  return {
    ...lot,
    position: mine.position,
    my_minimum_cents: mine.minimum_cents ?? null,
    my_max_cents: mine.my_max_cents ?? null,
    alias: mine.alias ?? lot.alias,
  };
}

/** When it starts, while that is to come; then when it ends or ended. @param {Lot} lot */
export function turnsAt(lot) {
  return lot.status === "scheduled" ? lot.starts_at : lot.ends_at;
}

/** @param {Lot} lot */
export function minimumOf(lot) {
  if (lot.my_minimum_cents === null) return lot.minimum_next_cents;
  return lot.position === "leading" ? lot.my_minimum_cents : Math.max(lot.my_minimum_cents, lot.minimum_next_cents);
}

/** What the countdown counts to, null while it stands still. @param {Lot} lot */
export function targetOf(lot) {
  return ["scheduled", "live"].includes(lot.status) ? Date.parse(turnsAt(lot)) : null;
}

/** @param {Lot} lot @param {Words} words @param {number | null} now server's milliseconds, null while unknown */
export function countdownOf(lot, words, now) {
  const target = targetOf(lot);
  if (target === null) return words.status[lot.status];
  if (now === null) return null;
  return target > now ? span(target - now) : words.no_time_left[lot.status];
}

/** The text of every live field but the countdown. @param {Lot} lot @param {Words} words @returns {Record<string, string>} */
export function fieldsOf(lot, words) {
  const values = { minimum: money(minimumOf(lot)), maximum: money(lot.my_max_cents), price: money(lot.price_cents),
    leader: lot.leader ?? "" };
  const position = lot.position === "leading" && lot.my_max_cents !== null ? "leading_max" : lot.position;
  const outright = lot.result === "sold" && !lot.leader;
  const text = outright ? words.sold_outright : words.result_text[lot.result ?? ""];
  const result = text ? filled(text, values) : "";
  return {
    status: words.status[lot.status],
    price_label: words.price_label[(!outright && lot.result) || (lot.price_cents === null ? "start" : "current")],
    price: money(lot.price_cents ?? lot.start_cents),
    reserve: words.reserve[lot.reserve],
    bids: bidsText(lot, words),
    bids_short: lot.bid_count ? counted(lot.bid_count, words.bids.bid) : words.bids.none,
    leader: lot.leader ?? "\u2014",
    minimum: values.minimum,
    position: words.position[lot.position],
    position_text: filled(words.position_text[position], values) ?? "",
    listing: words.listing[lot.position] ?? "",
    countdown_label: words.countdown[lot.status],
    hold: lot.public_reason ?? words.hold_reason[lot.hold_reason ?? ""] ?? words.hold_default,
    result: words.result[lot.result ?? ""] ?? "",
    result_text: result && lot.public_reason ? `${result} ${lot.public_reason}` : (result ?? ""),
  };
}

/** @param {Lot} lot @param {Words} words */
function bidsText(lot, words) {
  if (!lot.bid_count) return words.bids.none;
  return `${counted(lot.bid_count, words.bids.bid)} by ${counted(lot.bidder_count, words.bids.bidder)}`;
}

/** The cells of a public history line. @param {Frame} line @param {string | null} alias @param {Words} words */
export function historyFields(line, alias, words) {
  const named = (/** @type {string | null} */ who) => (who && who === alias ? words.you : (who ?? ""));
  const what = words.history[line.kind] ?? line.kind;
  const leader = named(line.leader);
  const notes = line.retracted ? [words.note.retracted] : [];
  if (line.bidder && line.outcome === "outbid" && line.leader) {
    notes.push(filled(words.note[leader === words.you ? "you_stay" : "stays"], { leader }));
  }
  if (line.extended && line.kind !== "extended") notes.push(words.note.extended);
  const amount = line.amount_cents === null ? "" : ` ${money(line.amount_cents)}`;
  return {
    who: named(line.bidder) || what,
    what: line.bidder ? what + amount : "",
    price: money(line.price_cents),
    at: localTime(line.at, "clock"),
    note: notes.join(", "),
  };
}

/** Why a bid was refused. @param {string} code @param {Frame} facts a problem body @param {Words} words @returns {string} */
export function refusalText(code, facts, words) {
  const minimum = facts.minimum_cents ?? facts.minimum_next_cents;
  const late = facts.received_at && facts.ends_at;
  const exact = filled(words.refusal_with[code], {
    minimum: minimum === undefined || minimum === null ? undefined : money(minimum),
    received: late ? exactTime(facts.received_at) : undefined,
    ended: late ? exactTime(facts.ends_at) : undefined,
  });
  return exact ?? words.refusal[code] ?? facts.detail ?? words.refusal_default;
}
