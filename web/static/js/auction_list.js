// The auction list and "my bids": every open lot on the page follows one stream.
import { LotView, runCountdowns } from "./board.js";
import { ServerClock } from "./clock.js";
import { filled, money } from "./format.js";
import { Stream } from "./stream.js";
import { all, announce, localize, nameZone, serverNow, showConnection, words } from "./view.js";

const clock = new ServerClock();
clock.sampleNavigation(serverNow);
const views = new Map(all(document, "[data-lot]").map((root) => [Number(root.dataset.lot), new LotView(root, clock)]));
const open = [...views.values()].filter((view) => view.lot.status !== "ended");

/** @param {string} name @param {Record<string, any>} data */
function onFrame(name, data) {
  if (data.server_now) clock.sample(data.server_now);
  if (name === "heartbeat") return repair(data.versions ?? {});
  const view = views.get(data.auction_id ?? data.id);
  if (!view) return;
  if (name === "you") view.applyMine(data);
  else view.applyPublic(name, data);
}

/** @type {Set<number>} */
let behind = new Set();

/** Two heartbeats that know more than we show mean that a frame was lost. @param {Record<string, number>} versions */
function repair(versions) {
  const now = new Set([...views.keys()].filter((id) => versions[id] > (views.get(id)?.lot.version ?? 0)));
  const lost = [...now].some((id) => behind.has(id));
  behind = now;
  if (lost) stream.reopen(0);
}

/** @param {import("./lot.js").Lot} before @param {import("./lot.js").Lot} after @param {LotView} view */
function tell(before, after, view) {
  if (before.position === after.position || !["leading", "outbid"].includes(after.position)) return;
  const title = view.root.querySelector("h2, h3")?.textContent?.trim() ?? "";
  announce(`${title}: ${filled(words.announce[after.position], { price: money(after.price_cents) })}`);
}

const stream = new Stream(`/api/events?auctions=${open.map((view) => view.lot.id).join(",")}`, {
  frame: onFrame,
  state: showConnection,
  mayRest: () => true,
});

localize();
nameZone();
for (const view of open) view.listeners.push((before, after) => tell(before, after, view));
runCountdowns(open);
if (open.length) {
  showConnection("connecting");
  stream.start();
}
