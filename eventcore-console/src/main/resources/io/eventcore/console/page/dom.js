// Makes elements. What comes from outside becomes text and never markup: nothing here, or anywhere else, parses HTML.

export const byId = (id) => document.getElementById(id);

/**
 * An element. Of the properties, those with a dash and "role" are attributes, "on" holds listeners, "data" holds data
 * attributes, and one that is null or undefined is left out. Children that are null are left out too.
 */
export function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) {
      continue;
    }
    if (key === "on") {
      Object.entries(value).forEach(([event, listener]) => made.addEventListener(event, listener));
    } else if (key === "data") {
      Object.assign(made.dataset, value);
    } else if (key === "role" || key === "list" || key === "for" || key.includes("-")) {
      made.setAttribute(key, value);
    } else {
      made[key] = value;
    }
  }
  made.append(...present(children));
  return made;
}

const present = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

/** The children of an element become these. */
export const fill = (parent, ...children) => parent.replaceChildren(...present(children));

/** Sets the text of an element, if it is another one: a selection in it survives otherwise. */
export function text(element, value) {
  const wanted = String(value);
  if (element.textContent !== wanted) {
    element.textContent = wanted;
  }
}

/**
 * Lets the children of an element be those of a list, in its order. What was there stays the same element, so that focus,
 * selection and what is folded open survive. Returns the elements that are new.
 */
export function keep(parent, items, key, make, update = () => {}) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const made = [];
  items.forEach((item, index) => {
    const name = String(key(item));
    let child = old.get(name);
    old.delete(name);
    if (!child) {
      child = make(item);
      child.dataset.key = name;
      made.push(child);
    }
    update(child, item);
    if (parent.children[index] !== child) {
      parent.insertBefore(child, parent.children[index] ?? null);
    }
  });
  old.forEach((child) => child.remove());
  return made;
}

/** A field with its label, a hint under it if there is one. */
export function field(id, label, input, hint = null) {
  input.id = id;
  if (hint) {
    input.setAttribute("aria-describedby", `${id}-hint`);
  }
  return el(
    "div",
    { className: "field" },
    el("label", { for: id }, label),
    input,
    hint && el("p", { className: "hint", id: `${id}-hint` }, hint),
  );
}

export const button = (label, act, properties = {}) => el("button", { type: "button", on: { click: act }, ...properties }, label);

/** Terms and what they are; null is told as what is hidden. */
export const terms = (...pairs) => el("dl", { className: "terms" }, pairs.filter(Boolean)
  .map(([term, ...what]) => el("div", {}, el("dt", {}, term), el("dd", {}, ...what))));

/** A word in a coloured pill. */
export const pill = (word, kind) => el("span", { className: `pill ${kind}` }, word);
