// A small plot of the last two minutes.

import { el } from "./dom.js";

const WINDOW_MILLIS = 120_000;
const WIDTH = 240;
const HEIGHT = 48;

const svg = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  return made;
};

/** Draws what is pushed; "write" makes text of a value. */
export function plot(title, write) {
  const area = svg("path", { class: "area" });
  const line = svg("path", { class: "line" });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title });
  picture.append(area, line);
  const now = el("span", { className: "now" }, "–");
  const most = el("span", { className: "most" });
  let points = [];

  function draw(at) {
    const top = Math.max(...points.map(([, value]) => value), Number.MIN_VALUE);
    const x = (time) => WIDTH - ((at - time) / WINDOW_MILLIS) * WIDTH;
    const y = (value) => HEIGHT - 2 - (value / top) * (HEIGHT - 6);
    const path = points.map(([time, value], i) => `${i ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("");
    line.setAttribute("d", path);
    area.setAttribute("d", points.length > 1 ? `${path}V${HEIGHT}H${x(points[0][0]).toFixed(1)}Z` : "");
  }

  return {
    element: el("figure", { className: "plot" }, el("figcaption", {}, title), now, picture, most),
    /** A value, or null where there is none. */
    push(value, at = Date.now()) {
      if (value === null) {
        return;
      }
      points.push([at, value]);
      points = points.filter(([time]) => time >= at - WINDOW_MILLIS);
      const highest = Math.max(...points.map(([, known]) => known));
      now.textContent = write(value);
      most.textContent = `2 minutes, at most ${write(highest)}`;
      picture.setAttribute("aria-label", `${title}: now ${write(value)}, at most ${write(highest)} in the last two minutes`);
      draw(at);
    },
  };
}
