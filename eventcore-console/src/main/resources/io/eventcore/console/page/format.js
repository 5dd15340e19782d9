// Numbers and times for people.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

export const count = (number) => WHOLE.format(number);

export const rate = (number) => (number >= 10 || number === 0 ? count(number) : SMALL.format(number));

export const plural = (number, noun, nouns = `${noun}s`) => `${count(number)} ${number === 1 ? noun : nouns}`;

const ISO = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Seconds of a duration, which is a number of them or ISO 8601. */
export function seconds(duration) {
  if (duration === null || duration === undefined || typeof duration === "number") {
    return duration ?? null;
  }
  const [, minus, days = 0, hours = 0, minutes = 0, rest = 0] = ISO.exec(duration) ?? [];
  const all = Number(days) * 86400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return minus ? -all : all;
}

/** The two largest units: "3 min 20 s". */
export function duration(value) {
  const all = seconds(value);
  if (all === null) {
    return "";
  }
  if (all < 0.001) {
    return all === 0 ? "0 s" : "less than 1 ms";
  }
  if (all < 1) {
    return `${count(all * 1000)} ms`;
  }
  if (all < 10) {
    return `${Math.round(all * 10) / 10} s`;
  }
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let left = Math.round(all);
  const parts = [];
  for (const [unit, size] of units) {
    if (left >= size || (parts.length === 0 && size === 1)) {
      parts.push(`${Math.floor(left / size)} ${unit}`);
      left %= size;
    } else if (parts.length > 0) {
      break;
    }
    if (parts.length === 2) {
      break;
    }
  }
  return parts.join(" ");
}

const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** The time today, with the date otherwise. */
export function time(instant) {
  const at = new Date(instant);
  const clock = at.toLocaleTimeString("en-GB");
  return sameDay(at, new Date()) ? clock : `${day(at)} ${clock}`;
}

/** All of it, in the reader's zone. */
export function moment(instant) {
  const at = new Date(instant);
  return `${day(at)} ${at.toLocaleTimeString("en-GB")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

const day = (at) => [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");

/** The last part of the name of a class. */
export const simple = (name) => name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("$")) + 1);

/** The state of a partition as words. */
export const words = (name) => name.toLowerCase().replaceAll("_", " ");
