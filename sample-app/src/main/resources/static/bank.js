// The page knows nothing but the bank's HTTP API: it asks for accounts, and follows the log from position to position.

const PAGE = 100;
const SHOWN = 200;
const PAUSE_MILLIS = 1000;

const byId = (id) => document.getElementById(id);
const money = (cents) => {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return `${cents < 0n ? "\u2212" : ""}${whole}.${digits.slice(-2)}`;
};
const short = (id) => id.slice(0, "account-".length + 8);

const owners = new Map();
const offers = new Map();
let position = 0;

/** Asks the bank. Throws an error whose message a person can read. */
async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The bank does not answer. Is it still running?");
  }
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(named(answer.detail ?? `The bank answered ${response.status}.`));
  }
  return answer;
}

/** The bank speaks of account ids; people speak of owners. */
function named(text) {
  return text.replace(/'(account-[0-9a-f-]+)'/g, (quoted, id) => (owners.has(id) ? `of ${owners.get(id)}` : quoted));
}

function say(text, kind) {
  const message = byId("message");
  message.className = kind;
  message.textContent = text;
}

/** "12", "12.3", "12,34" as cents. A number of JavaScript would not be exact. */
function cents(text) {
  const parts = /^\s*(\d{1,12})(?:[.,](\d{1,2}))?\s*$/.exec(text);
  if (!parts) {
    throw new Error("An amount is a number with at most two decimals, such as 12.50.");
  }
  return Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

async function showAccounts() {
  const accounts = [];
  for (let page = await ask(`/api/accounts?limit=${PAGE}`); page.length > 0;) {
    accounts.push(...page);
    page = page.length < PAGE ? [] : await ask(`/api/accounts?limit=${PAGE}&after=${page.at(-1).id}`);
  }
  accounts.forEach((account) => owners.set(account.id, account.owner));
  accounts.sort((a, b) => a.owner.localeCompare(b.owner) || a.id.localeCompare(b.id));
  byId("no-accounts").hidden = accounts.length > 0;
  byId("accounts").replaceChildren(...accounts.map((account) => {
    const row = document.createElement("tr");
    const id = element("td", "", "");
    id.append(element("code", "", short(account.id)));
    row.append(
      element("td", "", account.owner),
      id,
      element("td", "number", account.version),
      element("td", "number money", money(BigInt(account.balanceCents))),
    );
    return row;
  }));
  for (const select of document.querySelectorAll("select")) {
    const chosen = select.value;
    select.replaceChildren(...accounts.map((account) => {
      const option = element("option", "", account.owner);
      option.value = account.id;
      return option;
    }));
    select.value = owners.has(chosen) ? chosen : accounts.at(select.id === "to" ? 1 : 0)?.id ?? "";
  }
}

const TOLD = {
  "bank.account-opened": (data) => [`Account opened for ${data.owner}`, 0],
  "bank.money-deposited": (data) => ["Deposited", data.cents],
  "bank.money-withdrawn": (data) => ["Withdrawn", -data.cents],
  "bank.transfer-sent": (data) => [`Sent to ${owners.get(data.to) ?? short(data.to)}`, -data.cents],
  "bank.transfer-offered": (data) => [`Offered to ${owners.get(data.to) ?? short(data.to)}`, -data.cents],
  "bank.offer-accepted": () => ["Offer accepted", 0],
  "bank.offer-returned": (data) => ["Offer came back", data.cents],
  "bank.transfer-received": (data) => [`Received from ${owners.get(data.from) ?? short(data.from)}`, data.cents],
};

function entry(event) {
  const [text, change] = TOLD[event.type]?.(event.data) ?? [event.type, 0];
  const item = document.createElement("li");
  const amount = change === 0 ? "" : (change > 0 ? "+" : "") + money(BigInt(change));
  const time = new Date(event.recordedAt).toLocaleTimeString();
  item.append(
    element("span", "position", event.position),
    element("span", "", text),
    element("span", `number ${change < 0 ? "less" : "more"}`, amount),
    element("span", "where", `${owners.get(event.stream) ?? short(event.stream)}, version ${event.version}, ${time}`),
  );
  return item;
}

/** Keeps the offers that are open, as the log tells. */
function offer(event) {
  if (event.type === "bank.transfer-offered") {
    offers.set(event.data.offer, event.data);
  } else if (event.type === "bank.offer-accepted" || event.type === "bank.offer-returned") {
    offers.delete(event.data.offer);
  }
}

const left = (offered) => Math.max(0, Math.ceil((new Date(offered.acceptBy) - Date.now()) / 1000));
const countdown = (seconds) => (seconds === 0
  ? "comes back"
  : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`);

/** Counts down. Offers whose item is there keep it, so that a button is not replaced under a finger. */
function showOffers() {
  const list = byId("offers");
  for (const item of [...list.children]) {
    if (!offers.has(item.dataset.offer)) {
      item.remove();
    }
  }
  for (const [id, offered] of offers) {
    let item = list.querySelector(`[data-offer="${id}"]`);
    if (!item) {
      item = document.createElement("li");
      item.dataset.offer = id;
      const accept = element("button", "", "Accept");
      accept.type = "button";
      accept.addEventListener("click", () => acceptOffer(offered));
      const from = owners.get(offered.account) ?? short(offered.account);
      const to = owners.get(offered.to) ?? short(offered.to);
      item.append(
        element("span", "", `${from} to ${to}: ${money(BigInt(offered.cents))} `),
        element("span", "countdown", ""),
        accept,
      );
      list.append(item);
    }
    item.querySelector(".countdown").textContent = countdown(left(offered));
    item.querySelector("button").disabled = left(offered) === 0;
  }
  byId("no-offers").hidden = offers.size > 0;
}

async function acceptOffer(offered) {
  try {
    const path = `/api/accounts/${offered.to}/acceptances`;
    const answer = await ask(path, { from: offered.account, offer: offered.offer });
    say(`${owners.get(offered.to)} has accepted it.${booked(answer)}`, "good");
    await refresh();
  } catch (error) {
    say(error.message, "bad");
  }
}

/** Reads what is new in the log, and shows it. */
async function follow() {
  let seen = false;
  for (let page; page?.endReached !== true;) {
    page = await ask(`/api/events?after=${position}&limit=${PAGE}`);
    for (const event of page.events) {
      if (event.type === "bank.account-opened") {
        owners.set(event.stream, event.data.owner);
      }
      offer(event);
      byId("log").prepend(entry(event));
      seen = true;
    }
    position = page.continueAfter;
  }
  while (byId("log").children.length > SHOWN) {
    byId("log").lastElementChild.remove();
  }
  byId("no-events").hidden = byId("log").children.length > 0;
  if (seen) {
    await showAccounts();
  }
  showOffers();
}

/** Two readers would show events twice: a reader that wants the news while they are fetched waits for the same fetch. */
let fetching;
function refresh() {
  fetching ??= follow().finally(() => { fetching = undefined; });
  return fetching;
}

async function live() {
  try {
    await refresh();
    byId("live").className = "";
    byId("live").textContent = "live";
  } catch {
    byId("live").className = "lost";
    byId("live").textContent = "no connection";
  }
  setTimeout(live, PAUSE_MILLIS);
}

/** Sends a form in words the bank understands, and says how it went in words people understand. */
function onSubmit(id, send) {
  byId(id).addEventListener("submit", async (submit) => {
    submit.preventDefault();
    const form = submit.target;
    const buttons = form.querySelectorAll("button");
    const values = Object.fromEntries(new FormData(form, submit.submitter));
    buttons.forEach((button) => { button.disabled = true; });
    try {
      say(await send(values), "good");
      form.querySelectorAll("input").forEach((input) => { input.value = input.defaultValue; });
      await refresh();
    } catch (error) {
      say(error.message, "bad");
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
      form.querySelector("input").focus();
    }
  });
}

const booked = (answer) => (answer.attempts > 1 ? ` It took ${answer.attempts} attempts.` : "");

onSubmit("open", async ({ owner }) => {
  await ask("/api/accounts", { owner });
  return `${owner} has an account now.`;
});
onSubmit("book", async ({ account, amount, what }) => {
  const answer = await ask(`/api/accounts/${account}/${what}`, { cents: cents(amount) });
  return `${what === "deposits" ? "Deposited" : "Withdrawn"}, ${owners.get(account)}.${booked(answer)}`;
});
onSubmit("transfer", async ({ from, to, amount, seconds, what }) => {
  if (what === "offers") {
    await ask("/api/offers", { from, to, cents: cents(amount), seconds: Number(seconds) });
    return `${owners.get(from)} has offered it to ${owners.get(to)}.`;
  }
  const answer = await ask("/api/transfers", { from, to, cents: cents(amount) });
  return `${owners.get(from)} has sent it to ${owners.get(to)}.${booked(answer)}`;
});

showAccounts().then(live, (error) => {
  say(error.message, "bad");
  live();
});
