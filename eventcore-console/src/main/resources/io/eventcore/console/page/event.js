// One event: what is stored of it, and its story.

import { get } from "./api.js";
import { el, fill, pill, terms } from "./dom.js";
import { count, moment, plural, time } from "./format.js";
import { hiddenValue } from "./hidden.js";
import { json } from "./json.js";

const part = (title, ...content) => [el("h3", {}, title), ...content];

/** The place for the event that is chosen; "addressOf" makes the address of another one, or of none. */
export function event(addressOf) {
  const element = el("section", { className: "details", "aria-label": "Event", hidden: true });
  let wanted = null;
  let shown = null;

  function streamLink(each) {
    return el("a", { href: `#/streams?at=${each.position}&version=${each.version}` }, each.stream ?? `its stream, version ${count(each.version)}`);
  }

  /** The events that caused each other, below their causes; those of one command that no event caused stand together. */
  function tree(nodes, current) {
    const known = new Set(nodes.map(({ position }) => position));
    const below = (parent) => nodes.filter((node) => (known.has(node.parent) ? node.parent : null) === parent);
    const item = (node) => el(
      "li",
      {},
      el(
        "div",
        { className: node.position === current ? "node current" : "node" },
        node.position === current
          ? el("strong", { className: "type", "aria-current": "true" }, node.type)
          : el("a", { className: "type", href: addressOf(node.position) }, node.type),
        el("span", { className: "place" }, `${count(node.position)} · ${time(node.recordedAt)}`),
        el("span", { className: "place" }, node.stream ? `${node.stream} v${node.version}` : `version ${node.version}`),
        node.readBy?.length ? el("span", { className: "place" }, `read by ${node.readBy.join(", ")}`) : null,
      ),
      branch(below(node.position)),
    );
    const branch = (children) => (children.length ? el("ul", {}, children.map(item)) : null);
    const roots = Map.groupBy(below(null), ({ causation }) => causation ?? "");
    return el("ul", { className: "tree" }, [...roots].map(([cause, children]) => el(
      "li",
      {},
      el("div", { className: "node cause" }, cause ? ["Command or message ", el("code", {}, cause)] : "No cause is recorded"),
      branch(children),
    )));
  }

  function draw(answer) {
    const { event: found, hidden = {} } = answer;
    fill(
      element,
      el("p", { className: "bar-line" }, el("a", { href: addressOf(null) }, "Close"), el("span", { className: "note" }, `position ${count(found.position)}`)),
      el("h2", { className: "type", tabIndex: -1 }, found.type),
      answer.unreadable ? el("p", { className: "bar bad" }, pill("unreadable", "bad"), ` ${answer.unreadable}`) : null,
      terms(
        ["Stream", streamLink(found)],
        ["Version", count(found.version)],
        ["Revision", found.revision ?? "–"],
        ["Recorded", moment(found.recordedAt)],
        ["Event id", el("code", {}, found.eventId)],
        found.correlation ? ["Correlation", el("a", { href: `#/log?correlation=${encodeURIComponent(found.correlation)}` }, el("code", {}, found.correlation))] : null,
        found.causation ? ["Causation", el("code", {}, found.causation)] : null,
        answer.tags?.length ? ["Tags", el("ul", { className: "tags" }, answer.tags.map((tag) => el("li", {}, tag)))] : null,
      ),
      part("Payload", hidden.payloads
        ? hiddenValue("payloads")
        : answer.payload === null || answer.payload === undefined ? el("p", { className: "note" }, "It cannot be shown.") : json(answer.payload, "Payload")),
      part("Metadata", hidden.metadata ? hiddenValue("metadata") : json(answer.metadata ?? {}, "Metadata")),
      part(
        "Its story",
        hidden.metadata
          ? hiddenValue("metadata")
          : answer.story?.length
            ? [el("p", { className: "note" }, `${plural(answer.story.length, "event")} of the same correlation, each below the event that caused it.`), tree(answer.story, found.position)]
            : el("p", { className: "note" }, found.correlation ? "No other event has its correlation." : "This event has no correlation id, so nothing connects it with others."),
      ),
    );
    element.querySelector("h2").focus({ preventScroll: true });
  }

  return {
    element,
    show(position) {
      wanted = position;
      element.hidden = position === null;
      if (position !== shown) {
        shown = null;
        fill(element, el("p", { className: "note" }, "…"));
      }
    },
    async look(signal) {
      if (wanted === null || wanted === shown) {
        return;
      }
      const position = wanted;
      try {
        draw(await get("/log/event", { position }, signal));
      } catch (error) {
        if (!error.single) {
          throw error;
        }
        fill(element, el("p", { className: "bar-line" }, el("a", { href: addressOf(null) }, "Close")), el("p", { className: "error" }, error.message));
      }
      shown = position;
    },
  };
}
