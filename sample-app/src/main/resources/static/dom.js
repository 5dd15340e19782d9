// Small helpers for the page. Nothing here knows the bank.

export const byId = (id) => document.getElementById(id);

/** An element with a class and what is in it. Text stays text, whatever it contains. */
export function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

/**
 * Lets the children of an element be those of a list, in its order. What was there stays the same element, so that focus,
 * selection and what is folded open survive.
 */
export function keep(parent, items, key, make, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    let child = old.get(key(item));
    old.delete(key(item));
    if (!child) {
      child = make(item);
      child.dataset.key = key(item);
    }
    update(child, item);
    if (parent.children[index] !== child) {
      parent.insertBefore(child, parent.children[index] ?? null);
    }
  });
  old.forEach((child) => child.remove());
}

/** Says how something went. Says nothing with an empty text. */
export function say(text, kind = "good") {
  byId("message").className = kind;
  byId("message").textContent = text;
}

/** 123456 as "1 234.56", with narrow spaces that do not break. */
export function money(cents) {
  const digits = String(Math.abs(cents)).padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return `${cents < 0 ? "\u2212" : ""}${whole}.${digits.slice(-2)}`;
}

export const change = (cents) => (cents > 0 ? "+" : "") + money(cents);

export const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
