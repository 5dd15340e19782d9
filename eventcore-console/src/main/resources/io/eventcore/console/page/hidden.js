// Says what a view does not show, and which property shows it.

import { el, fill } from "./dom.js";

const SHOWN_BY = {
  streamIds: ["stream ids", "eventcore.endpoint.show-stream-ids"],
  payloads: ["payloads", "eventcore.endpoint.show-payloads"],
  metadata: ["metadata", "eventcore.endpoint.show-metadata"],
};

export const property = (kind) => SHOWN_BY[kind][1];

/** One paragraph for the kinds that a view would show. */
export function hiddenNote() {
  const element = el("p", { className: "note hidden-note" });
  return {
    element,
    show(hidden, kinds) {
      const missing = kinds.filter((kind) => hidden?.[kind]);
      const key = missing.join();
      if (element.dataset.key === key) {
        return;
      }
      element.dataset.key = key;
      element.hidden = missing.length === 0;
      fill(element, missing.length === 0 ? null : [
        el("strong", {}, "Hidden here: "),
        missing.map((kind, i) => [
          i ? ", " : "",
          SHOWN_BY[kind][0],
          " (",
          el("code", {}, `${SHOWN_BY[kind][1]}=true`),
          " shows them)",
        ]),
        ".",
      ]);
    },
  };
}

/** What stands where a value is hidden. */
export const hiddenValue = (kind) => el(
  "p",
  { className: "note" },
  `Hidden. `,
  el("code", {}, `${property(kind)}=true`),
  " shows it.",
);
