// The race: asks the bank for one, and draws what came of it.

import { post } from "./api.js";
import { byId, element, money, plural, say } from "./dom.js";

const BLOCK = 10;
const GAP = 2;
const ROWS = 3;

const sum = (accounts) => accounts.reduce((total, account) => total + account.balanceCents, 0);

export async function race(turns) {
  const buttons = byId("races");
  if (buttons.ariaBusy) {
    return;
  }
  buttons.ariaBusy = "true";
  try {
    show(await post(`/api/races?turns=${turns}`, {}));
  } catch (error) {
    say(error.message, "bad");
  } finally {
    buttons.ariaBusy = null;
  }
}

function show({ before, runs, after, others }) {
  runs.sort((a, b) => a.micros - b.micros);
  const count = (outcome) => runs.filter((run) => run.outcome === outcome).length;
  const attempts = runs.reduce((total, run) => total + run.attempts, 0);
  const given = count("GIVEN_UP");
  const conflicts = attempts - runs.length + given;
  byId("counts").replaceChildren(...[
    ["Stored", count("BOOKED")],
    ["Refused", count("REFUSED")],
    ["Given up", given],
    ["Attempts", attempts],
    ["Conflicts", conflicts],
    ["Took", `${(runs.at(-1).micros / 1e6).toFixed(2)} s`],
  ].map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))));
  draw(runs);
  byId("chart").setAttribute("aria-label", `${plural(attempts, "attempt")} for ${plural(runs.length, "transfer")}: ${
    plural(conflicts, "conflict")}, at most ${plural(Math.max(...runs.map((run) => run.attempts)), "attempt")} for one.`);
  byId("racers").replaceChildren(...before.map((account, i) => element(
    "tr",
    "",
    element("th", `key share-${i}`, account.owner),
    element("td", "number", money(account.balanceCents)),
    element("td", "number", money(after[i].balanceCents)),
  )));
  byId("sum-before").textContent = money(sum(before));
  byId("sum-after").textContent = money(sum(after));
  share(before, after);
  const conserved = sum(before) === sum(after);
  const verdict = byId("verdict");
  verdict.className = conserved ? "good" : "bad";
  if (others > 0) {
    verdict.textContent = `Another request has booked on these accounts meanwhile (${plural(others, "event")}). Race again.`;
  } else {
    verdict.textContent = conserved ? "No cent was made or lost." : "The sum has changed. This must not happen.";
  }
  byId("result").hidden = false;
  say(`The race is over: ${count("BOOKED")} stored, ${count("REFUSED")} refused, ${plural(conflicts, "conflict")}. ${
    verdict.textContent}`, conserved ? "good" : "bad");
}

function block(svg, className, x, y, width, height) {
  const rect = document.createElementNS(svg.namespaceURI, "rect");
  Object.entries({ class: className, x, y, width, height }).forEach(([name, value]) => rect.setAttribute(name, value));
  svg.append(rect);
}

function draw(runs) {
  const svg = byId("chart");
  const rows = Math.max(ROWS, ...runs.map((run) => run.attempts));
  svg.setAttribute("viewBox", `0 0 ${runs.length * BLOCK} ${rows * BLOCK}`);
  svg.replaceChildren();
  runs.forEach((run, x) => {
    for (let attempt = 1; attempt <= run.attempts; attempt++) {
      const last = attempt === run.attempts;
      const outcome = run.outcome.toLowerCase().replace("_", "-");
      block(svg, last ? outcome : "conflict", x * BLOCK, (rows - attempt) * BLOCK, BLOCK - GAP, BLOCK - GAP);
    }
  });
}

/** Two bars of one length: what is in them is divided anew. */
function share(before, after) {
  const svg = byId("shares");
  const most = Math.max(sum(before), sum(after), 1);
  svg.setAttribute("viewBox", "0 0 500 44");
  svg.replaceChildren();
  [before, after].forEach((accounts, row) => {
    let x = 0;
    accounts.forEach((account, i) => {
      const width = account.balanceCents * 500 / most;
      block(svg, `share share-${i}`, x, row * 24, Math.max(0, width - 1), 18);
      x += width;
    });
  });
}
