// The auction page: one lot, its stream, its forms.
import { Announcer } from "./announcer.js";
import { BidForm } from "./bid_form.js";
import { LotView, runCountdowns } from "./board.js";
import { ServerClock } from "./clock.js";
import { History } from "./history.js";
import { Stream } from "./stream.js";
import { all, localize, nameZone, serverNow, setText, showConnection, words } from "./view.js";

const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

const clock = new ServerClock();
clock.sampleNavigation(serverNow);
const view = new LotView(find("[data-lot]"), clock);
const announcer = new Announcer(view);
const history = new History(find("[data-history]"), /** @type {HTMLTemplateElement} */ (find("[data-history-row]")),
  find("[data-history-empty]"));
const baseTitle = document.title;
let behind = 0;

/** @param {string} name @param {Record<string, any>} data */
function onFrame(name, data) {
  if (data.server_now) clock.sample(data.server_now);
  if (name === "heartbeat") return repair(data.versions?.[view.lot.id] ?? 0);
  if (name === "you") return view.applyMine(data);
  if (!view.applyPublic(name, data)) return undefined;
  history.add(data.lines ?? data.history ?? [], view.lot.alias);
  if (data.status === "ended") window.setTimeout(() => stream.stop(), 10_000);
}

/** Two heartbeats that know more than we show mean that a frame was lost. @param {number} version */
function repair(version) {
  const lost = behind > view.lot.version && version > view.lot.version;
  behind = version;
  if (lost) stream.reopen(0);
}

/** @param {import("./lot.js").Lot} before @param {import("./lot.js").Lot} after @param {string} name */
function onChange(before, after, name) {
  const note = find("[data-extended]");
  if (after.status === "live" && before.status === "live" && before.ends_at < after.ends_at) {
    setText(note, name === "extended" ? words.extended.outage : words.extended.bid);
    note.hidden = false;
  } else if (after.status !== "live") {
    note.hidden = true;
  }
  const outbid = after.position === "outbid" && after.status === "live";
  document.title = outbid ? `${words.listing.outbid}! ${baseTitle}` : baseTitle;
}

/** The bar at the foot of a small screen is there only while the panel is not. */
function watchBar() {
  const bar = document.querySelector("[data-bar]");
  if (!bar) return;
  new IntersectionObserver(([entry]) => bar.toggleAttribute("data-away", entry.isIntersecting)).observe(find("#bid"));
}

const stream = new Stream(`/api/auctions/${view.lot.id}/events`, {
  frame: onFrame,
  state: showConnection,
  mayRest: () => !["leading", "outbid"].includes(view.lot.position),
});

localize();
nameZone();
view.listeners.push(onChange);
const dialog = /** @type {HTMLDialogElement | null} */ (document.querySelector("[data-confirm]"));
for (const form of all(document, "[data-bid-form]")) new BidForm(/** @type {HTMLFormElement} */ (form), view, dialog);
runCountdowns([view], () => announcer.tick());
watchBar();
if (view.lot.status !== "ended") {
  showConnection("connecting");
  stream.start();
}
