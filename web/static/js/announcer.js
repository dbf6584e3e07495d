// What the live region of an auction page says, and nothing more: outbid, leading, 10 min, 2 min, 30 s, extended, closed.
import { filled, money, span } from "./format.js";
import { announce, words } from "./view.js";

const MARKS = [600, 120, 30];

export class Announcer {
  /** @param {import("./board.js").LotView} view */
  constructor(view) {
    this.view = view;
    /** @type {number | null} */
    this.leftBefore = null;
    view.listeners.push((before, after, name) => this.onChange(before, after, name));
  }

  /** @param {import("./lot.js").Lot} before @param {import("./lot.js").Lot} after @param {string} name */
  onChange(before, after, name) {
    if (before.status !== "ended" && after.status === "ended") {
      announce(filled(words.announce.closed, { result: words.result[after.result ?? ""] ?? "" }));
      return;
    }
    if (before.position !== after.position && words.announce[after.position]) {
      const price = name === "answer" ? after.answered_cents : after.price_cents;
      announce(filled(words.announce[after.position], { price: money(price) }));
    }
    if (after.status === "live" && before.ends_at < after.ends_at && name !== "resumed" && before.status !== "held") {
      this.onExtended();
    }
  }

  onExtended() {
    const left = this.view.left();
    if (left === null) return;
    this.leftBefore = left;
    announce(filled(words.announce.extended, { left: span(left) }));
  }

  /** Says a mark when the time left passes it. */
  tick() {
    const left = this.view.left();
    const before = this.leftBefore;
    this.leftBefore = left;
    if (left === null || before === null) return;
    const passed = MARKS.filter((mark) => before > mark * 1000 && left <= mark * 1000);
    if (passed.length && left > 0) announce(words.announce[String(passed.at(-1))]);
  }
}
