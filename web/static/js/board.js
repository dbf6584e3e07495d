// The auctions on a page, kept in step with the stream: state in, fields out.
import { countdownOf, fieldsOf, isCurrent, turnsAt, withMine, withPublic } from "./lot.js";
import { all, fill, localize, setText, words } from "./view.js";

/** @typedef {import("./lot.js").Lot} Lot */

/** @param {string | undefined} text */
const numberOrNull = (text) => (text ? Number(text) : null);

/** Reads a lot back from the attributes of the first paint. @param {DOMStringMap} data @returns {Lot} */
function readLot(data) {
  return {
    id: Number(data.lot),
    version: Number(data.version),
    status: data.status ?? "",
    reserve: data.reserve ?? "none",
    result: data.result || null,
    start_cents: Number(data.start),
    price_cents: numberOrNull(data.price),
    minimum_next_cents: Number(data.minimum),
    leader: data.leader || null,
    bid_count: Number(data.bids),
    bidder_count: Number(data.bidders),
    starts_at: data.startsAt ?? "",
    ends_at: data.endsAt ?? "",
    hold_reason: data.hold || null,
    public_reason: data.publicReason || null,
    position: data.position ?? "none",
    my_minimum_cents: numberOrNull(data.myMinimum),
    my_max_cents: numberOrNull(data.myMax),
    alias: data.alias || null,
    answered_seq: 0,
    answered_cents: null,
  };
}

/** One auction's element and state. */
export class LotView {
  /** @param {HTMLElement} root @param {import("./clock.js").ServerClock} clock */
  constructor(root, clock) {
    this.root = root;
    this.clock = clock;
    this.lot = readLot(root.dataset);
    /** The server's time of the newest private news: an answer older than it changes nothing. */
    this.mineAt = "";
    /** @type {((before: Lot, after: Lot, name: string) => void)[]} */
    this.listeners = [];
    this.countdowns = root.querySelectorAll('[data-field="countdown"]');
  }

  /** @param {string} name @param {import("./lot.js").Frame} frame @returns {boolean} whether it was news */
  applyPublic(name, frame) {
    if (!isCurrent(this.lot, frame)) return false;
    this.change(withPublic(this.lot, frame), name);
    return true;
  }

  /** @param {import("./lot.js").Frame} mine */
  applyMine(mine) {
    if (mine.server_now < this.mineAt) return;
    this.mineAt = mine.server_now;
    this.change(withMine(this.lot, mine), "you");
  }

  /** @param {Lot} next @param {string} name */
  change(next, name) {
    const before = this.lot;
    this.lot = next;
    const { dataset } = this.root;
    dataset.status = next.status;
    dataset.reserve = next.reserve;
    dataset.position = next.position;
    dataset.result = next.result ?? "";
    dataset.version = String(next.version);
    fill(this.root, fieldsOf(next, words));
    for (const time of all(this.root, "time[data-turns]")) time.setAttribute("datetime", turnsAt(next));
    localize(this.root);
    if (before.price_cents !== next.price_cents) this.flash();
    this.tick();
    for (const listener of this.listeners) listener(before, next, name);
  }

  flash() {
    this.root.classList.remove("is-news");
    void this.root.offsetWidth;
    this.root.classList.add("is-news");
  }

  /** Milliseconds left, null while the clock stands still or is unknown. */
  left() {
    const now = this.clock.now();
    return now === null || this.lot.status !== "live" ? null : Date.parse(this.lot.ends_at) - now;
  }

  tick() {
    const text = countdownOf(this.lot, words, this.clock.now());
    if (text !== null) this.countdowns.forEach((element) => setText(element, text));
    const left = this.left();
    const urgency = left === null ? "" : left <= 30_000 ? "last" : left <= 600_000 ? "soon" : "";
    if (this.root.dataset.urgency !== urgency) this.root.dataset.urgency = urgency;
  }
}

/** Redraws the countdowns just after the second turns, all together. @param {LotView[]} views @param {() => void} [more] */
export function runCountdowns(views, more = () => {}) {
  const step = () => {
    for (const view of views) view.tick();
    more();
  };
  step();
  window.setInterval(step, 250);
}
