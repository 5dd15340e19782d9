// Streams by their beginnings; one stream as a time line, with its state at any version.

import { get } from "./api.js";
import { button, el, field, fill, keep, text } from "./dom.js";
import { count, moment, plural, simple, time } from "./format.js";
import { hiddenNote, hiddenValue, property } from "./hidden.js";
import { difference, json } from "./json.js";
import { again } from "./live.js";

const REST_MILLIS = 150;

export function streams() {
  const found = search();
  const one = stream();
  const note = hiddenNote();
  const element = el("div", {}, found.element, one.element, note.element);
  let chosen = false;
  return {
    title: "Streams",
    isStill: true,
    element,
    show(parameters) {
      chosen = parameters.has("at") || parameters.has("id");
      found.element.hidden = chosen;
      one.element.hidden = !chosen;
      (chosen ? one : found).show(parameters);
    },
    async look(signal) {
      const hidden = await (chosen ? one : found).look(signal);
      if (hidden) {
        note.show(hidden, chosen ? ["streamIds", "payloads"] : ["streamIds"]);
      }
    },
  };
}

/** Where a stream is looked for. */
function search() {
  const prefix = el("input", { name: "prefix", autocomplete: "off", spellcheck: false, placeholder: "account-" });
  const position = el("input", { name: "position", autocomplete: "off", inputMode: "numeric", placeholder: "4711" });
  const list = el("ul", { className: "rows streams" });
  const none = el("p", { className: "note empty", hidden: true });
  const more = button("More", () => further(), { className: "plain", hidden: true });
  const refused = el("p", { className: "error", role: "alert" });
  const heading = el("h2", { id: "streams-title" });
  let items = [];
  let after = null;
  let asked = null;
  let wanted = "";
  let wantsMore = false;

  const byPrefix = el(
    "form",
    { className: "filters", role: "search", "aria-label": "Streams by prefix", noValidate: true, on: { submit: (submitted) => {
      submitted.preventDefault();
      const value = prefix.value.trim();
      location.hash = `#/streams${value ? `?${new URLSearchParams({ prefix: value })}` : ""}`;
    } } },
    field("stream-prefix", "Stream begins with", prefix, ""),
    el("div", { className: "buttons" }, el("button", {}, "Search")),
  );
  const byPosition = el(
    "form",
    { className: "filters", "aria-label": "Stream of an event", noValidate: true, on: { submit: (submitted) => {
      submitted.preventDefault();
      if (/^\d+$/.test(position.value.trim())) {
        location.hash = `#/streams?at=${position.value.trim()}`;
      } else {
        text(refused, "A position is a whole number.");
      }
    } } },
    field("stream-position", "Or the stream of the event at position", position),
    el("div", { className: "buttons" }, el("button", { className: "plain" }, "Open")),
  );

  function further() {
    wantsMore = true;
    again();
  }

  function draw() {
    keep(list, items, ({ stream }) => stream, (item) => el(
      "li",
      {},
      el("a", {
        className: "name",
        href: `#/streams?${new URLSearchParams(item.lastPosition ? { at: item.lastPosition } : { id: item.stream })}`,
      }, item.stream),
      el("span", { className: "behind" }, plural(item.version, "event")),
      el("span", { className: "kind" }, [
        item.type,
        item.recordedAt ? time(item.recordedAt) : null,
        item.lastPosition ? `position ${count(item.lastPosition)}` : null,
      ].filter(Boolean).join(" · ")),
    ));
    none.hidden = items.length > 0;
    text(none, wanted ? "No stream begins like that." : "There is no stream yet.");
    text(heading, wanted ? `Streams that begin with '${wanted}'` : "Streams of the newest events");
    more.hidden = after === null;
  }

  return {
    element: el("div", {}, el("section", { className: "searches" }, byPrefix, byPosition, refused), el("section", { "aria-labelledby": "streams-title" }, heading, list, none, more)),
    show(parameters) {
      wanted = parameters.get("prefix") ?? "";
      prefix.value = wanted;
    },
    async look(signal) {
      if (asked === wanted && !wantsMore) {
        return null;
      }
      text(refused, "");
      try {
        const isMore = asked === wanted && wantsMore;
        const answer = await get("/streams/list", { prefix: wanted, after: isMore ? after : null }, signal);
        items = isMore ? [...items, ...answer.streams] : answer.streams;
        after = answer.more ?? null;
        asked = wanted;
        wantsMore = false;
        draw();
        return answer.hidden;
      } catch (error) {
        if (!error.single) {
          throw error;
        }
        asked = wanted;
        wantsMore = false;
        list.replaceChildren();
        more.hidden = true;
        if (error.kind !== "refused") {
          text(refused, error.message);
          return null;
        }
        none.hidden = false;
        text(none, `Streams cannot be searched while their ids are hidden: ${property("streamIds")}=true shows them. Open one by the position of any event of it, or from an event in the log.`);
        prefix.disabled = true;
        byPrefix.querySelector("button").disabled = true;
        return { streamIds: true };
      }
    },
  };
}

/** One stream. */
function stream() {
  const title = el("h2", { className: "stream-title", tabIndex: -1 });
  const about = el("p", { className: "note" });
  const slider = el("input", { type: "range", id: "version", min: 1, max: 1, step: 1, "aria-describedby": "marks-text" });
  const number = el("output", { htmlFor: "version" });
  const marks = el("div", { className: "marks", "aria-hidden": "true" });
  const marksText = el("p", { className: "note", id: "marks-text" });
  const line = el("ol", { className: "timeline", "aria-label": "Events of the stream, the newest first" });
  const older = button("Earlier events", () => go(shownMore), { className: "plain", hidden: true });
  const states = el("div", { className: "states" });
  const compares = el("input", { type: "checkbox", id: "compare" });
  const problem = el("p", { className: "error", role: "alert" });
  const content = el("div", { className: "split stream" });
  let parameters = new URLSearchParams();
  let wanted = "";
  let drawn = "";
  let newest = 1;
  let shownMore = null;
  let answer = null;
  let rest = 0;

  const earlier = button("‹", () => go(Number(slider.value) - 1), { className: "plain small", "aria-label": "One version back" });
  const later = button("›", () => go(Number(slider.value) + 1), { className: "plain small", "aria-label": "One version on" });
  slider.addEventListener("input", () => {
    text(number, `version ${count(Number(slider.value))} of ${count(newest)}`);
    clearTimeout(rest);
    rest = setTimeout(() => go(Number(slider.value)), REST_MILLIS);
  });
  compares.addEventListener("change", () => drawStates());

  fill(
    content,
    el("section", { "aria-labelledby": "events-of" }, el("h3", { id: "events-of" }, "Events"), line, older),
    el(
      "section",
      { className: "at-version" },
      el("div", { className: "bar-line" }, el("h3", {}, "State"), el("label", { className: "check", for: "compare" }, compares, " What the last event changed")),
      states,
    ),
  );

  function address(version) {
    const next = new URLSearchParams(parameters);
    next.set("version", version);
    return `#/streams?${next}`;
  }

  /** Another version of the same stream: no step of its own on the way back. */
  function go(version) {
    if (version >= 1 && version <= newest) {
      history.replaceState(null, "", address(version));
      parameters.set("version", version);
      wanted = parameters.toString();
      again();
    }
  }

  function drawStates() {
    if (answer === null) {
      return;
    }
    if (answer.hidden?.payloads) {
      fill(states, hiddenValue("payloads"));
      return;
    }
    const known = answer.states ?? [];
    if (known.length === 0) {
      fill(states, el("p", { className: "note" }, answer.statesLeftOut
        ?? "No command class reads this stream, so there is no state to show."));
      return;
    }
    fill(states, known.map((state) => {
      const before = answer.previousStates?.find(({ command }) => command === state.command) ?? null;
      const label = `State of ${state.of ?? state.command} by ${state.command}`;
      return [
        el("h4", { title: state.command }, simple(state.of ?? state.command), el("span", { className: "note" }, ` as ${simple(state.command)} folds it`)),
        compares.checked && before
          ? difference(before.state, state.state, label)
          : json(state.state, label),
      ];
    }), answer.statesLeftOut ? el("p", { className: "note" }, answer.statesLeftOut) : null);
  }

  function draw() {
    newest = answer.version;
    const version = answer.shownVersion ?? answer.events.reduce((most, event) => Math.max(most, event.version), 0);
    shownMore = answer.more ?? null;
    text(title, answer.stream ?? `Stream of the event at position ${count(Number(parameters.get("at")))}`);
    text(about, `${plural(newest, "event")}. ${answer.stream ? "" : "Its id is hidden."}`);
    slider.max = newest;
    slider.value = version;
    slider.disabled = newest <= 1;
    earlier.disabled = version <= 1;
    later.disabled = version >= newest;
    text(number, `version ${count(version)} of ${count(newest)}`);
    const snapshots = answer.snapshots ?? [];
    fill(marks, snapshots.map((snapshot) => {
      const mark = el("span");
      mark.style.left = `${newest > 1 ? ((snapshot.version - 1) / (newest - 1)) * 100 : 0}%`;
      return mark;
    }));
    text(marksText, snapshots.length
      ? `Snapshots at ${snapshots.map((snapshot) => `version ${count(snapshot.version)}${snapshot.command ? ` (${simple(snapshot.command)}${snapshot.current === false ? ", of an earlier form" : ""})` : ""}`).join(", ")}.`
      : "No snapshot.");
    const marked = new Set(snapshots.map((snapshot) => snapshot.version));
    const events = [...answer.events].sort((a, b) => b.version - a.version);
    keep(line, events, ({ position }) => position, (event) => el(
      "li",
      { className: marked.has(event.version) ? "snapshot" : "" },
      button(`v${count(event.version)}`, () => go(event.version), { className: "plain small", "aria-label": `State at version ${event.version}` }),
      el("a", { className: "type", href: `#/log?event=${event.position}` }, event.type),
      el("time", { dateTime: event.recordedAt, title: moment(event.recordedAt) }, time(event.recordedAt)),
      marked.has(event.version) ? el("span", { className: "place" }, "snapshot") : null,
    ), (child, event) => child.classList.toggle("current", event.version === version));
    older.hidden = shownMore === null;
    drawStates();
  }

  return {
    element: el(
      "div",
      {},
      el(
        "section",
        {},
        el("p", { className: "bar-line" }, el("a", { href: "#/streams" }, "All streams"), el("button", { type: "button", className: "plain small", on: { click: () => {
          drawn = "";
          again();
        } } }, "Look again")),
        title,
        about,
        problem,
        el("div", { className: "versions" }, el("label", { for: "version" }, "Version"), earlier, el("div", { className: "track" }, slider, marks), later, number),
        marksText,
      ),
      content,
    ),
    show(given) {
      parameters = new URLSearchParams(given);
      wanted = given.toString();
    },
    async look(signal) {
      if (wanted === drawn) {
        return null;
      }
      const asked = wanted;
      text(problem, "");
      try {
        answer = await get("/streams/stream", Object.fromEntries(parameters), signal);
        content.hidden = false;
        draw();
      } catch (error) {
        if (!error.single) {
          throw error;
        }
        content.hidden = true;
        text(title, "Stream");
        text(problem, error.message);
      }
      drawn = asked;
      return answer?.hidden;
    },
  };
}
