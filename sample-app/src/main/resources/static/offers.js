// What is on offer, with the time that is left.

import { post, query, Refused } from "./api.js";
import { byId, element, keep, money, say } from "./dom.js";
import { named, nameOf } from "./owners.js";

const left = (acceptBy) => Math.max(0, Math.ceil((new Date(acceptBy) - Date.now()) / 1000));
const countdown = (seconds) => (seconds === 0
  ? "comes back"
  : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`);

export async function showOffers(refresh) {
  const offers = await query("/api/offers?limit=100");
  keep(byId("offers"), offers, (offer) => offer.offer, (offer) => item(offer, refresh), (made, offer) => {
    made.querySelector("p").textContent = `${nameOf(offer.from)} to ${nameOf(offer.to)}: ${money(offer.cents)}`;
    made.dataset.acceptBy = offer.acceptBy;
  });
  byId("no-offers").hidden = offers.length > 0;
  tick();
}

function item(offer, refresh) {
  const accept = element("button", "", "Accept");
  accept.type = "button";
  accept.addEventListener("click", async () => {
    try {
      await post(`/api/accounts/${offer.to}/acceptances`, { from: offer.from, offer: offer.offer });
      say(`${nameOf(offer.to)} has accepted ${money(offer.cents)} from ${nameOf(offer.from)}.`);
    } catch (error) {
      say(error instanceof Refused ? named(error.message) : error.message, "bad");
    }
    await refresh();
  });
  return element("li", "", element("p", ""), element("span", "countdown"), accept);
}

function tick() {
  for (const made of byId("offers").children) {
    made.querySelector(".countdown").textContent = countdown(left(made.dataset.acceptBy));
  }
}
setInterval(tick, 1000);
