// Accounts from the projection, and the history of one of them from its stream.

import { get, query } from "./api.js";
import { byId, element, keep, money, plural } from "./dom.js";
import { changeOf, eventItem } from "./log.js";
import { owners } from "./owners.js";

const SHOWN = 100;
const EVENTS = 50;

let chosen = "";

export async function showAccounts() {
  const accounts = await query(`/api/balances?limit=${SHOWN}`);
  accounts.forEach((account) => owners.set(account.id, account.owner));
  accounts.sort((a, b) => a.owner.localeCompare(b.owner) || a.id.localeCompare(b.id));
  byId("no-accounts").hidden = accounts.length > 0;
  byId("more-accounts").hidden = accounts.length < SHOWN;
  keep(byId("accounts"), accounts, (account) => account.id, row, (made, account) => {
    made.querySelector(".money").textContent = money(account.balanceCents);
  });
  showChoices();
}

function row(account) {
  const owner = element("button", "owner", account.owner);
  owner.type = "button";
  owner.title = account.owner;
  owner.setAttribute("aria-expanded", "false");
  owner.setAttribute("aria-controls", "history");
  owner.addEventListener("click", () => choose(chosen === account.id ? "" : account.id));
  return element("tr", "", element("td", "", owner), element("td", "number money"));
}

/** An account that was opened a moment ago can be chosen before it is among the highest. */
function showChoices() {
  const choices = [...owners].sort(([a, nameA], [b, nameB]) => nameA.localeCompare(nameB) || a.localeCompare(b));
  for (const select of document.querySelectorAll("select")) {
    const was = select.value;
    keep(select, choices, ([id]) => id, ([id, owner]) => new Option(owner, id), () => {});
    select.value = owners.has(was) ? was : choices.at(select.id === "to" ? 1 : 0)?.[0] ?? "";
  }
}

async function choose(id) {
  chosen = id;
  for (const made of byId("accounts").children) {
    made.querySelector("button").setAttribute("aria-expanded", String(made.dataset.key === id));
  }
  byId("history").hidden = id === "";
  byId("history-events").replaceChildren();
  await showHistory();
}

/** The newest events of the chosen account, each with the balance that it led to. */
export async function showHistory() {
  const id = chosen;
  if (id === "") {
    return;
  }
  const account = await get(`/api/accounts/${id}`);
  const events = await get(`/api/accounts/${id}/events?after=${Math.max(0, account.version - EVENTS)}`);
  if (id !== chosen) {
    return;
  }
  byId("history-title").textContent = `History of ${account.owner}`;
  byId("history-note").textContent = `Stream ${id}: the balance of ${money(account.balanceCents)} is folded from ${
    plural(account.version, "event")}${account.version > EVENTS ? `, of which the last ${EVENTS} are shown` : ""}.`;
  let balance = account.balanceCents;
  const told = events.filter((event) => event.version <= account.version).reverse().map((event) => {
    const one = { event, balance };
    balance -= changeOf(event);
    return one;
  });
  keep(byId("history-events"), told, ({ event }) => event.id, ({ event }) => eventItem(event), (item, one) => {
    item.querySelector(".place").textContent = `version ${one.event.version}, balance ${money(one.balance)}`;
  });
}

byId("history-close").addEventListener("click", () => {
  const opener = byId("accounts").querySelector("[aria-expanded=true]");
  choose("");
  opener?.focus();
});
