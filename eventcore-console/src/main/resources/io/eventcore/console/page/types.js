// Every stored type, counted slice by slice from the end of the log.

import { get } from "./api.js";
import { button, el, fill, pill, text } from "./dom.js";
import { count, plural, simple, time } from "./format.js";
import { hiddenNote } from "./hidden.js";
import { again } from "./live.js";

/** The classes that a stored type is read as. */
const classes = ({ readBy }) => [readBy ?? []].flat();

export function types() {
  const body = el("tbody");
  const reach = el("p", { className: "note reach", role: "status" });
  const onward = button("Count further", () => go(1), { className: "plain" });
  const whole = button("Count all", () => go(Infinity), { className: "plain" });
  const stop = button("Stop", () => go(0), { className: "plain", hidden: true });
  const none = el("p", { className: "note empty", hidden: true }, "No event is stored yet.");
  const found = new Map();
  const note = hiddenNote();
  let before = null;
  let scanned = 0;
  let isDone = false;
  let slices = 1;
  const view = {
    title: "Types",
    isStill: true,
    element: el(
      "div",
      {},
      el(
        "section",
        {},
        el(
          "table",
          { className: "types" },
          el("thead", {}, el("tr", {}, ["Type", "Revision", "Events", "Last seen", "Read by", "Sample"].map((title, i) =>
            el("th", { scope: "col", className: i === 2 ? "number" : "" }, title)))),
          body,
        ),
        none,
        el("div", { className: "bar-line" }, reach, el("div", { className: "buttons" }, onward, whole, stop)),
      ),
      note.element,
    ),
    show() {},
    async look(signal) {
      while (slices > 0 && !isDone) {
        add(await get("/log/types", { before }, signal));
        slices -= 1;
        draw();
      }
      slices = 0;
      draw();
    },
  };

  function go(wanted) {
    slices = wanted;
    again();
  }

  function add(answer) {
    for (const type of answer.types) {
      const known = found.get(type.type);
      if (known) {
        known.count += type.count;
      } else {
        found.set(type.type, { ...type });
      }
    }
    scanned += answer.scanned;
    before = answer.more ?? null;
    isDone = before === null;
    note.show(answer.hidden, []);
  }

  function draw() {
    const rows = [...found.values()].sort((a, b) => b.unreadable - a.unreadable || b.count - a.count || a.type.localeCompare(b.type));
    fill(body, rows.map((type) => el(
      "tr",
      { className: type.unreadable ? "unreadable" : "" },
      el("th", { scope: "row", className: "type" }, type.name ?? type.type),
      el("td", { data: { label: "Revision" } }, type.revision),
      el("td", { className: "number", data: { label: "Events" } }, count(type.count)),
      el("td", { data: { label: "Last seen" } }, time(type.lastSeen)),
      el(
        "td",
        { data: { label: "Read by" }, title: classes(type).join(", ") },
        el("div", {}, type.unreadable
          ? [pill("unreadable", "bad"), el("p", { className: "error" }, type.why ?? "No class reads it.")]
          : classes(type).map((name, i) => [i ? ", " : "", el("code", {}, simple(name))])),
      ),
      el("td", { data: { label: "Sample" } }, el("a", { href: `#/log?event=${type.sample ?? type.lastPosition}` }, `Event ${count(type.sample ?? type.lastPosition)}`)),
    )));
    none.hidden = rows.length > 0;
    const isCounting = slices > 0 && !isDone;
    onward.hidden = isDone || isCounting;
    whole.hidden = isDone || isCounting;
    stop.hidden = !isCounting;
    text(reach, isDone
      ? `Counted all: ${plural(scanned, "event")}.`
      : `Counted back to position ${count(before ?? 0)}: ${plural(scanned, "event")}. A slice is 10,000 at most.`);
  }

  return view;
}
