// How a projection, reaction or relay stands, over its partitions.

import { duration, plural, seconds, words } from "./format.js";

/** From what asks for an operator to what does not. */
const WORST_FIRST = ["failed", "retrying", "paused", "stopped", "catching_up", "standby", "live"];

export const KIND_OF_STATE = {
  failed: "bad",
  retrying: "warn",
  paused: "warn",
  stopped: "warn",
  catching_up: "busy",
  standby: "quiet",
  live: "good",
};

const KINDS = { projections: "projection", reactions: "reaction", relays: "relay" };

export const kindOf = (kinds) => KINDS[kinds];

/** One line for all partitions. */
export function summary({ partitions, parkedStreams, deadlines }) {
  const state = WORST_FIRST.find((word) => partitions.some((partition) => partition.state === word))
    ?? partitions[0]?.state ?? "stopped";
  const events = Math.max(0, ...partitions.map(({ lagInEvents }) => lagInEvents));
  const lag = Math.max(0, ...partitions.map((partition) => seconds(partition.lag) ?? 0));
  const aside = [
    parkedStreams ? `${plural(parkedStreams, "stream")} parked` : null,
    deadlines?.parked ? `${plural(deadlines.parked, "deadline")} parked` : null,
    deadlines?.overdue ? `${plural(deadlines.overdue, "deadline")} overdue` : null,
  ].filter(Boolean);
  return {
    state,
    kind: aside.length && KIND_OF_STATE[state] === "good" ? "warn" : KIND_OF_STATE[state] ?? "quiet",
    behind: [events === 0 ? "up to date" : `${plural(events, "event")}${lag ? `, ${duration(lag)}` : ""} behind`, ...aside].join(" · "),
  };
}
