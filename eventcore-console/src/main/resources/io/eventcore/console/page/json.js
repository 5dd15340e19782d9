// JSON as text with colours, and what differs between two values.

import { Exact } from "./api.js";
import { el } from "./dom.js";

/** More lines than this are compared as a whole. */
const COMPARED_LINES = 1_500;

/** The pieces of a value, as [class, text]; "\n" ends a line. */
function pieces(value, indent, into) {
  if (value instanceof Exact) {
    into.push(["number", value.source]);
  } else if (value === null || typeof value !== "object") {
    into.push([value === null ? "literal" : typeof value === "boolean" ? "literal" : typeof value, JSON.stringify(value)]);
  } else {
    const isArray = Array.isArray(value);
    const entries = Object.entries(value);
    if (entries.length === 0) {
      into.push(["", isArray ? "[]" : "{}"]);
      return into;
    }
    const inner = `${indent}  `;
    into.push(["", isArray ? "[" : "{"]);
    entries.forEach(([key, child], index) => {
      into.push(["", `\n${inner}`]);
      if (!isArray) {
        into.push(["key", JSON.stringify(key)], ["", ": "]);
      }
      pieces(child, inner, into);
      into.push(["", index < entries.length - 1 ? "," : ""]);
    });
    into.push(["", `\n${indent}${isArray ? "]" : "}"}`]);
  }
  return into;
}

/** A block with a value; long ones scroll within it. */
export function json(value, label) {
  return el(
    "pre",
    { className: "json", tabIndex: 0, role: "group", "aria-label": label },
    pieces(value, "", []).filter(([, text]) => text).map(([kind, text]) => (kind ? el("span", { className: kind }, text) : text)),
  );
}

const lines = (value) => pieces(value, "", []).map(([, text]) => text).join("").split("\n");

const bare = (line) => line.replace(/,$/, "");

/** How to get from one list of lines to the other: [" ", line], ["-", line], ["+", line]. */
function changes(before, after) {
  if (before.length > COMPARED_LINES || after.length > COMPARED_LINES) {
    return [...before.map((line) => ["-", line]), ...after.map((line) => ["+", line])];
  }
  const common = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i][j] = bare(before[i]) === bare(after[j])
        ? common[i + 1][j + 1] + 1
        : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const steps = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && bare(before[i]) === bare(after[j])) {
      steps.push([" ", after[j]]);
      i++;
      j++;
    } else if (j === after.length || (i < before.length && common[i + 1][j] >= common[i][j + 1])) {
      steps.push(["-", before[i++]]);
    } else {
      steps.push(["+", after[j++]]);
    }
  }
  return steps;
}

const KINDS = { " ": "same", "-": "removed", "+": "added" };

/** A block with what differs: a line for each that is gone, new or the same. */
export function difference(before, after, label) {
  return el(
    "pre",
    { className: "json diff", tabIndex: 0, role: "group", "aria-label": label },
    changes(lines(before), lines(after)).map(([sign, line]) => el("span", { className: KINDS[sign] }, `${sign} ${line}\n`)),
  );
}
