// The log: follows it from position to position, and shows what was appended as one as one.

import { get } from "./api.js";
import { byId, change, element, money } from "./dom.js";
import { nameOf, owners } from "./owners.js";

const PAGE = 100;
const SHOWN = 100;

let position;

const CHANGES = {
  "bank.money-deposited": 1,
  "bank.money-withdrawn": -1,
  "bank.transfer-sent": -1,
  "bank.transfer-received": 1,
  "bank.transfer-offered": -1,
  "bank.offer-returned": 1,
};

/** By how many cents an event changes the balance. */
export const changeOf = (event) => (CHANGES[event.type] ?? 0) * (event.data.cents ?? 0);

const TOLD = {
  "bank.account-opened": ({ data }) => `${data.owner} has an account`,
  "bank.money-deposited": ({ stream, data }) => `${nameOf(stream)} deposited ${money(data.cents)}`,
  "bank.money-withdrawn": ({ stream, data }) => `${nameOf(stream)} withdrew ${money(data.cents)}`,
  "bank.transfer-sent": ({ stream, data }) => `${nameOf(stream)} sent ${money(data.cents)} to ${nameOf(data.to)}`,
  "bank.transfer-received": ({ stream, data }) => `${nameOf(stream)} received ${money(data.cents)} from ${nameOf(data.from)}`,
  "bank.transfer-offered": ({ stream, data }) => `${nameOf(stream)} offered ${money(data.cents)} to ${nameOf(data.to)}`,
  "bank.offer-accepted": ({ stream }) => `An offer of ${nameOf(stream)} was accepted`,
  "bank.offer-returned": ({ stream, data }) => `An offer of ${money(data.cents)} came back to ${nameOf(stream)}`,
};

/** An event: its stored type and its place, folded open its JSON. */
export function eventItem(event) {
  const cents = changeOf(event);
  const { data, metadata } = event;
  return element("li", "event", element(
    "details",
    "",
    element(
      "summary",
      "",
      element("code", "type", event.type),
      element("span", `number ${cents < 0 ? "less" : "more"}`, cents === 0 ? "" : change(cents)),
      element("span", "place", `position ${event.position}, version ${event.version} of ${nameOf(event.stream)}`),
    ),
    element("pre", "", JSON.stringify({ data, metadata }, null, 2)),
  ));
}

/** The events of one command have one conversation and one cause. */
function appendOf(event) {
  const { correlationId, causationId } = event.metadata;
  return correlationId ? `${correlationId} ${causationId ?? ""}` : event.id;
}

function append(event) {
  const item = element(
    "li",
    "append",
    element("p", "told", (TOLD[event.type] ?? (() => event.type))(event)),
    element("time", "", new Date(event.recordedAt).toLocaleTimeString()),
    element("p", "streams"),
    element("ol", "events"),
  );
  item.dataset.append = appendOf(event);
  byId("log").prepend(item);
  return item;
}

function show(event) {
  if (event.type === "bank.account-opened") {
    owners.set(event.stream, event.data.owner);
  }
  const known = [...byId("log").children].find((item) => item.dataset.append === appendOf(event));
  const events = (known ?? append(event)).querySelector(".events");
  events.append(eventItem(event));
  if (events.children.length > 1) {
    events.previousElementSibling.textContent = `One append over ${events.children.length} streams`;
  }
}

/** Shows what is new. Returns how many events that are. */
export async function follow(lastPosition) {
  position ??= Math.max(0, lastPosition - PAGE);
  let seen = 0;
  for (let page; page?.endReached !== true;) {
    page = await get(`/api/events?after=${position}&limit=${PAGE}`);
    page.events.forEach(show);
    seen += page.events.length;
    position = page.continueAfter;
  }
  while (byId("log").children.length > SHOWN) {
    byId("log").lastElementChild.remove();
  }
  byId("no-events").hidden = byId("log").children.length > 0;
  return seen;
}
