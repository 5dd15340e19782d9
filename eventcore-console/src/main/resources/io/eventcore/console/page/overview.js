// Health in one line and why; how busy the store is; who holds readers back; how far everything is.

import { get } from "./api.js";
import { el, fill, keep, pill, terms, text } from "./dom.js";
import { count, duration, plural, rate, seconds, time, words } from "./format.js";
import { hiddenNote } from "./hidden.js";
import { plot } from "./plot.js";
import { kindOf, summary } from "./standing.js";


/** How much a total has grown since the look before, or null. */
function grown(now, before, key) {
  const [total, known] = [now?.[key] ?? null, before?.[key] ?? null];
  return total === null || known === null || total < known ? null : total - known;
}

/** What has not been measured yet is none, and of conflicts that means that there was none. */
const measured = (meters) => (meters ? { ...meters, conflicts: meters.conflicts ?? 0 } : null);

export function overview() {
  const status = el("div", { className: "health" });
  const plots = {
    events: plot("Events per second", rate),
    conflicts: plot("Conflicts per second", rate),
    latency: plot("Mean append", (value) => duration(value)),
    batch: plot("Appends per transaction", rate),
  };
  const noMeters = el("p", { className: "note" }, "No figures for conflicts, latency and group commit: the application has no meter registry.");
  const readers = el("p");
  const store = el("div");
  const all = el("ul", { className: "rows" });
  const none = el("p", { className: "note" }, "No projection, reaction or relay runs in this application.");
  const note = hiddenNote();
  let before = null;

  function plotAll(answer) {
    const at = Date.now();
    const meters = measured(answer.meters);
    const position = answer.stores[0]?.lastPosition ?? 0;
    if (before && at > before.at) {
      const passed = (at - before.at) / 1000;
      const per = (number) => (number === null ? null : number / passed);
      plots.events.push(position < before.position ? null : (position - before.position) / passed, at);
      plots.conflicts.push(per(grown(meters, before.meters, "conflicts")), at);
      const appends = grown(meters, before.meters, "appends");
      const spent = grown(meters, before.meters, "appendSeconds");
      plots.latency.push(appends && spent !== null ? spent / appends : null, at);
      const batches = grown(meters, before.meters, "batches");
      const batched = grown(meters, before.meters, "batchedAppends");
      plots.batch.push(batches && batched !== null ? batched / batches : null, at);
    }
    noMeters.hidden = meters !== null;
    plots.conflicts.element.hidden = meters === null;
    plots.latency.element.hidden = meters === null;
    plots.batch.element.hidden = (meters?.batches ?? null) === null;
    before = { at, position, meters };
  }

  function showReaders(append) {
    text(readers, append
      ? `An append of session ${append.session} has been in flight for ${duration(append.age)}, since ${time(append.since)}. Readers wait behind it.`
      : "No append is in flight: readers see all that is stored.");
    readers.className = append && seconds(append.age) > 5 ? "warn-text" : "";
  }

  function showStore(answer) {
    fill(store, answer.stores.map((each) => terms(
      ["Store", each.type],
      ["Last position", count(each.lastPosition)],
      each.schemaVersion ? ["Tables", `version ${each.schemaVersion}`] : null,
      each.tags && Object.keys(each.tags).length
        ? ["Tags", Object.entries(each.tags).map(([name, state]) => `${name}: ${state}`).join(", ")]
        : null,
    )));
  }

  function showAll(answer, last) {
    const rows = ["projections", "reactions", "relays"].flatMap((kinds) =>
      Object.entries(answer[kinds] ?? {}).map(([name, standing]) => ({ name, kinds, ...summary(standing, last) })));
    none.hidden = rows.length > 0;
    keep(
      all,
      rows,
      ({ kinds, name }) => `${kinds} ${name}`,
      ({ kinds, name }) => el(
        "li",
        {},
        el("a", { className: "name", href: `#/${kinds === "projections" ? kinds : "reactions"}?name=${encodeURIComponent(name)}` }, name),
        el("span", { className: "state" }),
        el("span", { className: "kind" }, `${kindOf(kinds)} · `, el("span", { className: "standing" })),
      ),
      (row, { state, kind, behind }) => {
        if (row.querySelector(".state").textContent !== words(state)) {
          fill(row.querySelector(".state"), pill(words(state), kind));
        }
        text(row.querySelector(".standing"), behind);
      },
    );
  }

  return {
    title: "Overview",
    element: el(
      "div",
      { className: "grid" },
      el("section", { className: "wide", "aria-label": "Health" }, status),
      el("section", { className: "wide", "aria-label": "Activity" }, el("div", { className: "plots" }, Object.values(plots).map(({ element }) => element)), noMeters),
      el("section", { "aria-labelledby": "standing-title" }, el("h2", { id: "standing-title" }, "Projections, reactions, relays"), all, none),
      el("section", { "aria-labelledby": "store-title" }, el("h2", { id: "store-title" }, "Store"), store, el("h3", {}, "Who holds readers back"), readers),
      note.element,
    ),
    show() {},
    async look(signal) {
      const answer = await get("", {}, signal);
      const last = answer.stores[0]?.lastPosition ?? 0;
      const health = answer.health ?? {};
      const word = health.status ?? "UP";
      fill(
        status,
        pill(word, { UP: "good", DEGRADED: "warn", DOWN: "bad" }[word] ?? "quiet"),
        el("p", {}, health.why ?? (word === "UP" ? "The store answers, and nothing is behind." : "The endpoint does not say why.")),
      );
      plotAll(answer);
      showReaders(answer.stores[0]?.oldestAppendInFlight ?? null);
      showStore(answer);
      showAll(answer, last);
      note.show(answer.hidden ?? {}, ["streamIds", "payloads", "metadata"]);
    },
  };
}
