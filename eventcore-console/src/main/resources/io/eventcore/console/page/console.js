// The frame of the console: views by the address, the state of the connection, and questions before something is done.

import { choose, get } from "./api.js";
import { button, byId, el, fill, text } from "./dom.js";
import { time } from "./format.js";
import { again, onLook, watch } from "./live.js";
import { log } from "./log.js";
import { overview } from "./overview.js";
import { projections, reactions } from "./projections.js";
import { streams } from "./streams.js";
import { types } from "./types.js";

const VIEWS = { overview, log, streams, projections, reactions, types };

let name = "";
let view = null;
let stores = null;

/** "#/log?event=7" as the name of a view and its parameters. */
function address() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return [path in VIEWS ? path : "overview", new URLSearchParams(query)];
}

function show() {
  const [next, parameters] = address();
  const isNew = next !== name;
  if (isNew) {
    name = next;
    view = VIEWS[name]();
    document.querySelectorAll("nav a").forEach((link) => {
      if (link.hash === `#/${name}`) {
        link.setAttribute("aria-current", "page");
      } else {
        link.removeAttribute("aria-current");
      }
    });
    fill(byId("main"), el("h1", { tabIndex: -1 }, view.title), view.element);
    document.title = `${view.title} – eventcore console`;
    scrollTo(0, 0);
  }
  view.show(parameters);
  watch(look);
  return isNew;
}

async function look(signal) {
  stores ??= await knownStores(signal);
  return view.look(signal);
}

/** With several stores the endpoint names them, and one of them is looked at. */
async function knownStores(signal) {
  choose(null);
  const answer = await get("", {}, signal);
  if (Array.isArray(answer.stores)) {
    return [];
  }
  const names = Object.keys(answer.stores);
  const kept = sessionStorage.getItem("store");
  const store = names.includes(kept) ? kept : names[0];
  choose(store);
  const select = el("select", { id: "store", on: { change: change } }, names.map((each) => el("option", { selected: each === store }, each)));
  byId("live").before(el("div", { className: "stores" }, el("label", { for: "store" }, "Store"), select));
  return names;
}

function change(event) {
  sessionStorage.setItem("store", event.target.value);
  choose(event.target.value);
  name = "";
  location.hash = `#/${address()[0]}`;
  show();
}

onLook((error, pause) => {
  const live = byId("live");
  const trouble = byId("trouble");
  if (!error) {
    live.className = "good";
    text(live, view.isStill ? `as of ${time(Date.now())}` : "live");
    trouble.className = "";
    fill(trouble);
    byId("main").classList.remove("stale");
    return;
  }
  live.className = "bad";
  text(live, "no data");
  byId("main").classList.add("stale");
  trouble.className = "bar bad";
  if (error.kind === undefined) {
    console.error(error);
  }
  if (trouble.firstChild?.textContent !== error.message) {
    fill(trouble, el("span", {}, error.message), " ", el("span", { className: "again" }), " ", button("Try now", again, { className: "plain small" }));
  }
  text(trouble.querySelector(".again"), `Trying again every ${Math.round(pause / 1000)} s.`);
});

addEventListener("hashchange", () => {
  if (show()) {
    byId("main").querySelector("h1").focus({ preventScroll: true });
  }
});

show();
