// Sends forms. What goes wrong is said at the field it is about, and what a person types meanwhile stays.

import { Refused } from "./api.js";
import { element, say } from "./dom.js";
import { named } from "./owners.js";

/** Which field breaks a rule of the bank. Others are about the account that the bank names. */
const FIELDS = {
  FUNDS_SUFFICE: "cents",
  BALANCE_IS_A_NUMBER: "cents",
  ACCOUNTS_DIFFER: "to",
};

/** A field that is wrong before the bank is asked. */
class FieldError extends Error {
  constructor(field, rule) {
    super(rule);
    this.rules = { [field]: rule };
  }
}

/** "12", "12.3", "12,34" as cents. */
export function cents(text) {
  const parts = /^\s*(\d{1,12})(?:[.,](\d{1,2}))?\s*$/.exec(text);
  if (!parts) {
    throw new FieldError("cents", "Give a number with two decimals at most, such as 12.50");
  }
  return Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
}

/** "60" as a number of seconds. */
export function seconds(text) {
  if (!/^\s*\d{1,9}\s*$/.test(text)) {
    throw new FieldError("seconds", "Give a whole number of seconds");
  }
  return Number(text);
}

/** Sends what is in a form, as `send` makes a command of it; `sent` is called when that was stored. */
export function onSubmit(form, sent, send) {
  form.addEventListener("submit", async (submit) => {
    submit.preventDefault();
    if (form.ariaBusy) {
      return;
    }
    form.ariaBusy = "true";
    const values = Object.fromEntries(new FormData(form, submit.submitter));
    showRules(form, {});
    try {
      say(await send(values));
      empty(form, values);
      sent();
    } catch (error) {
      const others = showRules(form, rulesOf(error, values));
      say(others || "Nothing was stored: please see what is said at the field.", "bad");
    } finally {
      form.ariaBusy = null;
    }
  });
}

/** What is wrong, by field; what is about no field, under no name. */
function rulesOf(error, values) {
  if (error instanceof FieldError) {
    return error.rules;
  }
  if (!(error instanceof Refused)) {
    return { "": error.message };
  }
  const { rules, field, rule, stream } = error.problem;
  const about = field ?? FIELDS[rule] ?? Object.keys(values).find((name) => rule && values[name] === stream);
  return rules ?? { [about ?? ""]: named(error.message) };
}

/** Shows each rule at its field and goes to the first one. Returns what is about none of these fields. */
function showRules(form, rules) {
  let others = "";
  form.querySelectorAll(".error").forEach((error) => error.remove());
  form.querySelectorAll("[aria-invalid]").forEach((input) => {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  });
  for (const [name, rule] of Object.entries(rules)) {
    const input = form.elements.namedItem(name);
    if (!name || !input) {
      others += rule;
      continue;
    }
    const error = element("p", "error", rule.charAt(0).toUpperCase() + rule.slice(1));
    error.id = `${input.id}-error`;
    input.after(error);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
  }
  if (form.contains(document.activeElement)) {
    form.querySelector("[aria-invalid]")?.focus();
  }
  return others;
}

/** A field that still holds what was sent is ready for the next. One that does not is being typed in. */
function empty(form, values) {
  form.querySelectorAll("input").forEach((input) => {
    if (input.value === values[input.name]) {
      input.value = input.defaultValue;
    }
  });
}
