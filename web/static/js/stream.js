// One EventSource for all auctions of a page: it reconnects, notices silence, and says how it stands.

const EVENTS = ["snapshot", "bid", "extended", "reserve", "retracted", "held", "resumed", "started", "closing", "closed",
  "cancelled", "you", "heartbeat"];
const SILENCE_MS = 40_000;
const OFFLINE_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 20_000;
const HIDDEN_MS = 60_000;

/** @typedef {"connecting" | "live" | "reconnecting" | "offline"} State */

export class Stream {
  /**
   * @param {string} url
   * @param {{frame: (name: string, data: Record<string, any>) => void, state: (state: State) => void,
   *   mayRest: () => boolean}} handlers `mayRest`: whether a hidden page may close its connection
   */
  constructor(url, handlers) {
    this.url = url;
    this.handlers = handlers;
    /** @type {EventSource | null} */
    this.source = null;
    this.wait = FIRST_WAIT_MS;
    this.lostAt = performance.now();
    this.lastFrameAt = performance.now();
    this.timer = 0;
    this.restTimer = 0;
    this.stopped = false;
    /** @type {State} */
    this.shown = "connecting";
  }

  start() {
    this.open();
    window.setInterval(() => this.watch(), 5_000);
    window.addEventListener("online", () => this.reopen(0));
    window.addEventListener("offline", () => this.show("offline"));
    document.addEventListener("visibilitychange", () => this.rest());
  }

  /** Ends for good. */
  stop() {
    this.stopped = true;
    this.close();
  }

  /** A fresh connection begins with a snapshot, which repairs whatever was missed. @param {number} [after] milliseconds */
  reopen(after = this.wait) {
    this.close();
    if (this.stopped) return;
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), after * (0.75 + Math.random() / 2));
  }

  open() {
    this.close();
    if (this.stopped) return;
    const source = new EventSource(this.url);
    this.source = source;
    this.lastFrameAt = performance.now();
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => this.receive(source, name, /** @type {MessageEvent} */ (event)));
    }
    source.addEventListener("error", () => this.fail(source));
  }

  close() {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  /** @param {EventSource} source @param {string} name @param {MessageEvent} event */
  receive(source, name, event) {
    if (source !== this.source) return;
    this.lastFrameAt = performance.now();
    this.wait = FIRST_WAIT_MS;
    this.show("live");
    this.handlers.frame(name, JSON.parse(event.data));
  }

  /** The browser retries a broken connection by itself, but gives up on a refused one. @param {EventSource} source */
  fail(source) {
    if (source !== this.source) return;
    this.lose();
    if (source.readyState === EventSource.CLOSED) this.reopen();
  }

  watch() {
    if (this.source && performance.now() - this.lastFrameAt > SILENCE_MS) {
      this.lose();
      this.reopen();
    } else if (this.shown !== "live") {
      this.lose();
    }
  }

  lose() {
    if (this.shown === "live") this.lostAt = performance.now();
    const away = performance.now() - this.lostAt > OFFLINE_MS || !navigator.onLine;
    this.show(away ? "offline" : this.shown === "connecting" ? "connecting" : "reconnecting");
  }

  /** Browsers allow few connections a site: a tab that nobody looks at gives its own back. */
  rest() {
    window.clearTimeout(this.restTimer);
    if (document.hidden) {
      this.restTimer = window.setTimeout(() => this.handlers.mayRest() && this.close(), HIDDEN_MS);
    } else if (!this.source) {
      this.open();
    }
  }

  /** @param {State} state */
  show(state) {
    if (state === this.shown && state !== "connecting") return;
    this.shown = state;
    this.handlers.state(state);
  }
}
