// The page of the bank. It knows what anybody can ask over HTTP: commands and queries of the bank, its log, and how far the
// projections are.

import { showAccounts, showHistory } from "./accounts.js";
import { get, post } from "./api.js";
import { byId, money, plural, say } from "./dom.js";
import { cents, onSubmit, seconds } from "./forms.js";
import { follow } from "./log.js";
import { showOffers } from "./offers.js";
import { nameOf, owners } from "./owners.js";
import { race } from "./race.js";

const PAUSE_MILLIS = 1000;

/** How the projection stands, in a person's words. */
function showProjection(state) {
  const [part] = state.projections.balances.partitions;
  byId("projection").textContent = `It is ${part.state.replace("_", " ")}, at position ${part.position} of ${
    state.stores[0].lastPosition}: ${plural(part.lagInEvents, "event")} behind.`;
}

/** The console of eventcore has a link where it answers. */
async function showConsole() {
  const answer = await fetch(byId("console").href, { method: "HEAD" });
  byId("console").hidden = !answer.ok;
}

let shownTo = "";
let looking = showConsole();

async function look() {
  const state = await get("/actuator/eventcore");
  showProjection(state);
  const seen = await follow(state.stores[0].lastPosition);
  const positions = Object.values(state.projections)
    .flatMap(({ partitions }) => partitions.map(({ position }) => position)).join();
  if (seen > 0 || positions !== shownTo) {
    await showAccounts();
    await showOffers(refresh);
    await showHistory();
    shownTo = positions;
  }
}

/** One look after the other: a look that a command asks for begins after the command. */
function refresh() {
  looking = looking.then(look).then(
    () => {
      byId("live").className = "";
      byId("live").textContent = "live";
    },
    () => {
      byId("live").className = "lost";
      byId("live").textContent = "no connection";
    },
  );
  return looking;
}

async function live() {
  if (!document.hidden) {
    await refresh();
  }
  setTimeout(live, PAUSE_MILLIS);
}

const took = (answer) => (answer.attempts > 1
  ? ` It took ${answer.attempts} attempts: others were faster ${answer.attempts === 2 ? "once" : `${answer.attempts - 1} times`}.`
  : "");

onSubmit(byId("open"), refresh, async ({ owner }) => {
  const { id } = await post("/api/accounts", { owner });
  owners.set(id, owner.trim());
  return `${owner.trim()} has an account now.`;
});
onSubmit(byId("book"), refresh, async ({ account, cents: amount, what }) => {
  const booked = cents(amount);
  const answer = await post(`/api/accounts/${account}/${what}`, { cents: booked });
  return `${nameOf(account)} has ${what === "deposits" ? "deposited" : "withdrawn"} ${money(booked)}.${took(answer)}`;
});
onSubmit(byId("transfer"), refresh, async ({ from, to, cents: amount, seconds: time, what }) => {
  const sent = cents(amount);
  if (what === "offers") {
    await post("/api/offers", { from, to, cents: sent, seconds: seconds(time) });
    return `${nameOf(from)} has offered ${money(sent)} to ${nameOf(to)}.`;
  }
  const answer = await post("/api/transfers", { from, to, cents: sent });
  return `${nameOf(from)} has sent ${money(sent)} to ${nameOf(to)}, by one append: one event in each of the two streams.${
    took(answer)}`;
});

byId("race").addEventListener("click", () => race(false).then(refresh));
byId("turns").addEventListener("click", () => race(true).then(refresh));

live();
