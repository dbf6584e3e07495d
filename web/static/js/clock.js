// The server's clock, from the times it stamps on its messages. The device's own date is never looked at:
// only performance.now(), which no setting changes.

const WINDOW_MS = 10 * 60 * 1000;
const KEPT = 50;

/**
 * Each message bounds the offset between the two clocks: the server stamped it before we had it (a lower bound) and, for an
 * answer, after we asked (an upper bound). The quickest answer's midpoint is the guess, kept inside the bounds.
 */
export class ServerClock {
  constructor(now = () => performance.now()) {
    this.monotonic = now;
    /** @type {{stamp: number, sent: number | null, received: number}[]} */
    this.samples = [];
    /** @type {number | null} */
    this.offset = null;
  }

  /** @param {string} stamp the server's time @param {number | null} [sent] our clock when we asked, null for pushed news
   *  @param {number} [received] our clock when we had it */
  sample(stamp, sent = null, received = this.monotonic()) {
    const time = Date.parse(stamp);
    if (Number.isNaN(time)) return;
    this.samples = this.samples.filter((each) => received - each.received < WINDOW_MS).slice(1 - KEPT);
    this.samples.push({ stamp: time, sent, received });
    this.offset = this.estimate();
  }

  estimate() {
    const least = Math.max(...this.samples.map((each) => each.stamp - each.received));
    const asked = this.samples.filter((each) => each.sent !== null);
    if (!asked.length) return least;
    const trip = (/** @type {{sent: number | null, received: number}} */ each) => each.received - Number(each.sent);
    const best = asked.reduce((one, other) => (trip(other) < trip(one) ? other : one));
    return Math.max(least, best.stamp - (best.received + Number(best.sent)) / 2);
  }

  /** The server's milliseconds since 1970, null before the first message. @returns {number | null} */
  now() {
    return this.offset === null ? null : this.offset + this.monotonic();
  }

  /** The page itself is the first message, unless a cache served it. @param {string | undefined} stamp */
  sampleNavigation(stamp) {
    const [entry] = performance.getEntriesByType("navigation");
    if (!stamp || !(entry instanceof PerformanceNavigationTiming)) return;
    if (entry.type === "back_forward" || !entry.responseStart || entry.transferSize === 0) return;
    this.sample(stamp, entry.requestStart, entry.responseStart);
  }
}
