// Projections, and reactions with relays: how far they are, what they have parked, and what an operator can do.

import { action, mayAct, perform } from "./actions.js";
import { get, segment } from "./api.js";
import { button, el, fill, keep, pill, text } from "./dom.js";
import { count, duration, moment, plural, rate, simple, time, words } from "./format.js";
import { hiddenNote } from "./hidden.js";
import { again } from "./live.js";
import { KIND_OF_STATE, kindOf, summary } from "./standing.js";

const READ_ONLY = "Read-only: management.endpoint.eventcore.access=unrestricted lets this page act.";

export const projections = () => standings("Projections", ["projections"], "No projection runs in this application.");

export const reactions = () => standings("Reactions", ["reactions", "relays"], "No reaction or relay runs in this application.");

/** Versions that are built side by side are one card, that of the active one. */
const isShown = (name, { versions }) =>
  !(versions?.length > 1) || name === (versions.find(({ active }) => active) ?? versions[0]).name;

const route = (kinds) => (kinds === "projections" ? "projections" : "reactions");

function standings(title, shownKinds, nothing) {
  const list = el("div", { className: "cards" });
  const none = el("p", { className: "note empty", hidden: true }, nothing);
  const readOnly = el("p", { className: "note", hidden: true }, READ_ONLY);
  const note = hiddenNote();
  let chosen = null;

  return {
    title,
    element: el("div", {}, readOnly, list, none, note.element),
    show(parameters) {
      chosen = parameters.get("name");
    },
    async look(signal) {
      const overview = await get("", {}, signal);
      const last = overview.stores[0]?.lastPosition ?? 0;
      const items = shownKinds.flatMap((kinds) =>
        Object.entries(overview[kinds] ?? {})
          .filter(([name, standing]) => isShown(name, standing))
          .map(([name, standing]) => ({ name, kinds, noun: kindOf(kinds), standing, last })));
      const maySwitch = items.length > 0 && await mayAct(items[0].name, signal);
      readOnly.hidden = maySwitch || items.length === 0;
      none.hidden = items.length > 0;
      keep(list, items, ({ kinds, name }) => `${kinds} ${name}`, () => card(), (element, item) => {
        element.card.draw({ ...item, maySwitch, isOpen: item.name === chosen });
      });
      const open = items.find(({ name }) => name === chosen);
      if (open) {
        const details = await get(segment(open.name), list.querySelector(".open")?.card.pages() ?? {}, signal);
        list.querySelector(".open")?.card.drawDetails(details);
      }
      note.show(overview.hidden ?? {}, ["streamIds"]);
    },
  };
}

/** One of them. */
function card() {
  const name = el("h2");
  const kind = el("span", { className: "kind" });
  const state = el("span", { className: "state" });
  const behind = el("p", { className: "behind" });
  const parts = el("ul", { className: "parts" });
  const buttons = el("div", { className: "buttons" });
  const details = el("div", { className: "aside", hidden: true });
  const toggle = el("a", { className: "toggle" });
  const element = el(
    "section",
    { className: "card" },
    el("div", { className: "bar-line" }, el("div", { className: "title" }, name, kind), state),
    behind,
    parts,
    el("div", { className: "bar-line" }, toggle, buttons),
    details,
  );
  const aside = asides();
  fill(details, aside.element);
  let about = {};

  const act = (of) => button(action(of, about).label, () => perform(of, about), { className: `plain ${of === "reset" ? "danger-text" : ""}`, data: { key: of, action: of } });

  function draw({ name: called, kinds, noun, standing, last, maySwitch, isOpen }) {
    const { state: word, kind: colour, behind: line } = summary(standing, last);
    about = { name: called, noun, last: count(last) };
    text(name, called);
    text(kind, noun);
    if (state.dataset.word !== word + colour) {
      state.dataset.word = word + colour;
      fill(state, pill(words(word), colour));
    }
    text(behind, line);
    const versions = standing.versions?.length > 1 ? standing.versions : [{ partitions: standing.partitions }];
    const rows = versions.flatMap((version) => version.partitions.map((partition) => ({ ...partition, version })));
    keep(parts, rows, (row) => `${row.version.version ?? ""} ${row.number}`, () => part(), (child, row) => child.draw(row, last, rows.length > 1));
    element.classList.toggle("open", isOpen);
    details.hidden = !isOpen;
    const set = standing.parkedStreams + (standing.deadlines?.parked ?? 0);
    text(toggle, isOpen ? "Close" : set ? `Parked: ${count(set)}` : standing.deadlines ? "Deadlines" : "Details");
    toggle.href = `#/${route(kinds)}${isOpen ? "" : `?name=${encodeURIComponent(called)}`}`;
    toggle.setAttribute("aria-expanded", isOpen);
    toggle.setAttribute("aria-label", `${toggle.textContent} (${called})`);
    const wanted = !maySwitch ? [] : [
      word === "paused" || word === "failed" ? "resume" : null,
      word === "paused" ? null : "pause",
      kinds === "projections" ? "reset" : null,
    ].filter(Boolean);
    keep(buttons, wanted, (of) => of, act);
    aside.about({ ...about, maySwitch });
  }

  element.card = { draw, drawDetails: aside.draw, pages: aside.pages };
  return element;
}

/** A partition: how far it is, how fast, who runs it. */
function part() {
  const label = el("span", { className: "label" });
  const bar = el("progress", { max: 1 });
  const percent = el("span", { className: "percent" });
  const facts = el("p", { className: "facts" });
  const failure = el("p", { className: "error" });
  const element = el("li", {}, el("div", { className: "progress" }, label, bar, percent), facts, failure);
  element.draw = (row, last, isOneOfMany) => {
    const named = [
      row.version.version === undefined ? null : `version ${row.version.version}${row.version.active ? ", active" : ""}`,
      isOneOfMany ? `part ${row.number}` : null,
      row.version.version !== undefined || isOneOfMany ? words(row.state) : null,
    ].filter(Boolean).join(" · ");
    text(label, named);
    label.hidden = !named;
    const done = last === 0 ? 1 : Math.min(1, row.position / last);
    bar.value = done;
    bar.setAttribute("aria-label", `Progress${named ? ` of ${named}` : ""}`);
    bar.className = KIND_OF_STATE[row.state] ?? "quiet";
    text(percent, done === 1 ? "100 %" : `${Math.floor(done * 1000) / 10} %`);
    text(facts, [
      `at position ${count(row.position)} of ${count(last)}`,
      row.state === "catching_up" && row.positionsPerSecond > 0 ? `${rate(row.positionsPerSecond)} positions a second` : null,
      row.state === "catching_up" && row.timeLeft ? `${duration(row.timeLeft)} left` : null,
      row.owner ? `run by ${row.owner}` : row.state === "standby" ? "run by another instance, or by none yet" : null,
      `here: ${plural(row.applied, "event")} applied`,
      row.skipped ? `${count(row.skipped)} skipped` : null,
      row.failures ? `${plural(row.failures, "failure")}` : null,
    ].filter(Boolean).join(" · "));
    text(failure, row.lastFailure ? `Last failure: ${row.lastFailure}` : "");
    failure.hidden = !row.lastFailure;
  };
  return element;
}

/** Parked streams and deadlines of the one that is open, page by page. */
function asides() {
  const element = el("div");
  let about = {};
  let after = {};
  const table = (title, columns, rows) => [el("h3", {}, title), el(
    "table",
    {},
    el("thead", {}, el("tr", {}, columns.map((column) => el("th", { scope: "col" }, column)))),
    el("tbody", {}, rows),
  )];
  const cell = (label, ...content) => el("td", { data: { label } }, ...content);
  const link = (position) => el("a", { href: `#/log?event=${position}` }, count(position));
  const page = (label, parameters) => button(label, () => {
    after = parameters;
    again();
  }, { className: "plain small" });
  const act = (of, position, kind) => {
    const what = { ...about, position, kind };
    return about.maySwitch ? button(action(of, what).label, () => perform(of, what), {
      className: `plain small ${of === "discard" ? "danger-text" : ""}`,
      "aria-label": `${action(of, what).label} ${kind} at position ${position}`,
    }) : null;
  };

  function draw(details) {
    const key = JSON.stringify([details.parked, details.nextDeadlines, details.parkedDeadlines, details.deadlines, details.parkedStreams, about]);
    if (element.dataset.key === key) {
      return;
    }
    element.dataset.key = key;
    const deadlines = details.deadlines;
    const all = [
      details.parkedStreams ? plural(details.parkedStreams, "parked stream") : null,
      deadlines?.parked ? plural(deadlines.parked, "parked deadline") : null,
    ].filter(Boolean).join(" and ");
    const whole = { ...about, position: undefined, kind: "stream", all };
    fill(
      element,
      el("p", { className: "bar-line" }, el("span", { className: "note" }, all ? `${all}.` : "Nothing is parked."), all && about.maySwitch
        ? el("span", { className: "buttons" }, ["retry", "discard"].map((of) => button(action(of, whole).label, () => perform(of, whole), {
          className: `plain small ${of === "discard" ? "danger-text" : ""}`,
        })))
        : null),
      details.parked.length
        ? table("Parked streams", ["Since position", "Stream", "Event type", "Failed with", "Waiting", ""], details.parked.map((stream) => el(
          "tr",
          {},
          cell("Since position", link(stream.position)),
          cell("Stream", el("a", { href: `#/streams?at=${stream.position}` }, stream.streamId ?? "open")),
          cell("Event type", el("span", { className: "type" }, stream.type)),
          el("td", { data: { label: "Failed with" }, title: stream.failure }, simple(stream.failure)),
          cell("Waiting", plural(stream.waiting, "event")),
          cell("", stream.request && stream.request !== "NONE"
            ? el("span", { className: "note" }, `${words(stream.request)} asked`)
            : el("div", { className: "buttons" }, act("retry", stream.position, "stream"), act("discard", stream.position, "stream"))),
        )))
        : null,
      details.next !== null && details.next !== undefined ? page("More parked streams", { after: details.next }) : null,
      deadlines
        ? el("p", { className: "note" }, `Deadlines: ${count(deadlines.pending)} pending, ${count(deadlines.overdue)} of them overdue${
          deadlines.overdue ? ` (the oldest for ${duration(deadlines.oldestOverdue)})` : ""}, ${count(deadlines.parked)} parked; ${
          count(deadlines.executed)} dealt with by this instance.`)
        : null,
      details.parkedDeadlines?.length
        ? table("Parked deadlines", ["Created by event", "Was due", "Failed with", ""], details.parkedDeadlines.map((deadline) => el(
          "tr",
          {},
          cell("Created by event", link(deadline.position)),
          cell("Was due", el("time", { title: moment(deadline.dueAt) }, time(deadline.dueAt))),
          el("td", { data: { label: "Failed with" }, title: deadline.failure ?? "" }, simple(deadline.failure ?? "")),
          cell("", el("div", { className: "buttons" }, act("retry", deadline.position, "deadline"), act("discard", deadline.position, "deadline"))),
        )))
        : null,
      details.moreParkedDeadlines ? page("More parked deadlines", { afterParkedDeadline: details.moreParkedDeadlines }) : null,
      details.nextDeadlines?.length
        ? table("Next deadlines", ["Created by event", "Due", "Event id"], details.nextDeadlines.map((deadline) => el(
          "tr",
          {},
          cell("Created by event", link(deadline.position)),
          cell("Due", el("time", { title: moment(deadline.dueAt) }, time(deadline.dueAt))),
          cell("Event id", el("code", {}, deadline.eventId)),
        )))
        : null,
      details.moreDeadlines ? page("More deadlines", { afterDeadline: details.moreDeadlines }) : null,
      Object.keys(after).length ? page("Back to the first", {}) : null,
    );
  }

  return {
    element,
    about(given) {
      about = given;
    },
    draw,
    pages: () => after,
  };
}
