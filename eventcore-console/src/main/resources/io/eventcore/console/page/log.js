// The log: its end as it grows, or what is found going back; one event with all that is known of it.

import { get } from "./api.js";
import { button, el, field, fill, keep, text } from "./dom.js";
import { event as eventDetails } from "./event.js";
import { count, moment, plural, time } from "./format.js";
import { hiddenNote, property } from "./hidden.js";
import { again } from "./live.js";

const PAGE = 50;
const SHOWN = 500;

/** How many pages of new events one look takes; then it jumps to the end. */
const PAGES_AT_ONCE = 4;

const FILTERS = ["prefix", "type", "since", "until", "correlation"];

/** "2026-01-31T10:00" of the reader's zone as an instant. */
const instant = (local) => (local ? new Date(local).toISOString() : "");

export function log() {
  const inputs = {
    prefix: el("input", { name: "prefix", autocomplete: "off", spellcheck: false, placeholder: "account-" }),
    type: el("input", { name: "type", autocomplete: "off", spellcheck: false, list: "seen-types" }),
    since: el("input", { name: "since", type: "datetime-local", step: "1" }),
    until: el("input", { name: "until", type: "datetime-local", step: "1" }),
    correlation: el("input", { name: "correlation", autocomplete: "off", spellcheck: false }),
  };
  const isLive = el("input", { type: "checkbox", id: "tail", checked: true });
  const types = el("datalist", { id: "seen-types" });
  const list = el("ol", { className: "events", "aria-label": "Events, the newest first" });
  const none = el("p", { className: "note empty", hidden: true });
  const reach = el("p", { className: "note reach" });
  const older = button("Look further back", () => back(), { className: "plain", hidden: true });
  const refused = el("p", { className: "error", role: "alert" });
  const details = eventDetails(addressOf);
  const note = hiddenNote();
  const frame = el("div", { className: "split" });

  let parameters = new URLSearchParams();
  let filters = {};
  let events = [];
  let next = null;
  let more = null;
  let scanned = 0;
  let seen = new Set();
  let isLoaded = false;
  let wantsBack = false;

  const form = el(
    "form",
    { className: "filters", role: "search", "aria-label": "Filter", noValidate: true, on: { submit, reset } },
    field("filter-type", "Type", inputs.type),
    field("filter-prefix", "Stream begins with", inputs.prefix, ""),
    field("filter-since", "Since", inputs.since),
    field("filter-until", "Until", inputs.until),
    field("filter-correlation", "Correlation", inputs.correlation, ""),
    el("div", { className: "buttons" }, el("button", {}, "Filter"), el("button", { type: "reset", className: "plain" }, "Clear")),
    types,
  );
  fill(
    frame,
    el(
      "div",
      { className: "list" },
      el("section", {}, form, refused),
      el(
        "section",
        { "aria-labelledby": "events-title" },
        el(
          "div",
          { className: "bar-line" },
          el("h2", { id: "events-title" }, "Events"),
          el("label", { className: "check", for: "tail" }, isLive, " Follow the end"),
        ),
        list,
        none,
        el("div", { className: "bar-line" }, reach, older),
      ),
    ),
    details.element,
  );

  function addressOf(position) {
    const address = new URLSearchParams(parameters);
    if (position === null) {
      address.delete("event");
    } else {
      address.set("event", position);
    }
    return `#/log${address.size ? `?${address}` : ""}`;
  }

  function submit(submitted) {
    submitted.preventDefault();
    const address = new URLSearchParams();
    for (const name of FILTERS) {
      const value = inputs[name].value.trim();
      if (value) {
        address.set(name, value);
      }
    }
    const hash = `#/log${address.size ? `?${address}` : ""}`;
    if (location.hash === hash) {
      isLoaded = false;
      again();
    }
    location.hash = hash;
  }

  function reset(resetted) {
    resetted.preventDefault();
    Object.values(inputs).forEach((input) => {
      input.value = "";
    });
    location.hash = "#/log";
  }

  const asked = () => ({ ...filters, since: instant(filters.since), until: instant(filters.until), limit: PAGE });

  function back() {
    wantsBack = true;
    again();
  }

  /** From the end, going back. */
  async function load(signal) {
    const answer = await get("/log/events", asked(), signal);
    events = answer.events;
    more = answer.more ?? null;
    // Once more from the oldest that was looked at: only on the way forward does the endpoint say how far nothing can appear any more.
    next = more === null ? 0 : Math.max(0, more - 1);
    scanned = answer.scanned;
    isLoaded = true;
    return { answer, isFirst: true };
  }

  async function loadBack(signal) {
    const answer = await get("/log/events", { ...asked(), before: more }, signal);
    events = [...events, ...answer.events];
    more = answer.more ?? null;
    scanned += answer.scanned;
    wantsBack = false;
    return { answer, isFirst: true };
  }

  /** What has come to the end since the look before. */
  async function follow(signal) {
    let answer;
    for (let pages = 0; pages === 0 || answer.more !== null && answer.more !== undefined; pages++) {
      if (pages === PAGES_AT_ONCE) {
        return load(signal);
      }
      answer = await get("/log/events", { ...asked(), after: next }, signal);
      merge(answer.events);
      next = answer.next ?? answer.events.at(-1)?.position ?? next;
    }
    return { answer, isFirst: false };
  }

  function merge(found) {
    const known = new Set(events.map(({ position }) => position));
    const unknown = found.filter(({ position }) => !known.has(position));
    if (unknown.length > 0) {
      events = [...unknown, ...events].sort((a, b) => b.position - a.position);
      if (events.length > SHOWN) {
        events = events.slice(0, SHOWN);
        more = events.at(-1).position;
      }
    }
  }

  function row(event) {
    return el(
      "li",
      {},
      el(
        "a",
        { href: addressOf(event.position) },
        el("span", { className: "position" }, count(event.position)),
        el("span", { className: "type" }, event.type),
        el("span", { className: "of", title: event.stream ?? "" }, `${event.stream ?? "stream hidden"}`, el("span", { className: "version" }, ` v${count(event.version)}`)),
        el("time", { dateTime: event.recordedAt, title: moment(event.recordedAt) }, time(event.recordedAt)),
      ),
    );
  }

  function draw({ answer, isFirst }) {
    const chosen = parameters.get("event");
    const made = keep(list, events, ({ position }) => position, row, (child, { position }) => {
      const link = child.firstElementChild;
      link.href = addressOf(position);
      if (String(position) === chosen) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    });
    if (!isFirst) {
      made.forEach((child) => child.classList.add("new"));
    }
    const isFiltered = Object.keys(filters).length > 0;
    none.hidden = events.length > 0;
    text(none, isFiltered ? "No event matches in what was looked at." : "Nothing has happened yet: the log is empty.");
    older.hidden = more === null;
    text(reach, more === null
      ? `${plural(scanned, "row")} looked at, back to the first.`
      : `${plural(scanned, "row")} looked at, back to position ${count(more)}.`);
    const before = seen.size;
    events.forEach(({ type }) => seen.add(type));
    if (seen.size !== before) {
      fill(types, [...seen].sort().map((type) => el("option", { value: type })));
    }
    close("prefix", answer.hidden?.streamIds, "streamIds");
    close("correlation", answer.hidden?.metadata, "metadata");
    note.show(answer.hidden, ["streamIds", "payloads", "metadata"]);
  }

  /** A filter by what is hidden would tell it. */
  function close(name, isHidden, kind) {
    inputs[name].disabled = Boolean(isHidden);
    text(form.querySelector(`#filter-${name}-hint`) ?? el("p"), isHidden ? `Only with ${property(kind)}=true` : "");
  }

  return {
    title: "Log",
    element: el("div", {}, frame, note.element),
    show(given) {
      const wanted = Object.fromEntries(FILTERS.map((name) => [name, given.get(name)]).filter(([, value]) => value));
      if (JSON.stringify(wanted) !== JSON.stringify(filters)) {
        filters = wanted;
        FILTERS.forEach((name) => {
          inputs[name].value = wanted[name] ?? "";
        });
        isLoaded = false;
        wantsBack = false;
      }
      parameters = given;
      frame.classList.toggle("open", given.has("event"));
      details.show(given.get("event"));
    },
    async look(signal) {
      text(refused, "");
      await details.look(signal);
      try {
        if (!isLoaded) {
          draw(await load(signal));
        } else if (wantsBack && more !== null) {
          draw(await loadBack(signal));
        } else if (isLive.checked && !filters.until) {
          draw(await follow(signal));
        } else {
          draw({ answer: await get("/log/events", { limit: 1 }, signal), isFirst: true });
        }
      } catch (error) {
        if (!error.single) {
          throw error;
        }
        text(refused, error.message);
      }
    },
  };
}
