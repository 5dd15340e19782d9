// What an operator can do: a sentence that says what will happen, a second question, and what came of it.

import { post, segment, takesActions } from "./api.js";
import { byId, text } from "./dom.js";
import { plural } from "./format.js";
import { again } from "./live.js";

/** Says how something went. */
export function say(what, kind = "good") {
  byId("message").className = what ? `bar ${kind}` : "";
  text(byId("message"), what);
}

/** Asks before something is done. Whether the answer was yes. */
function question(title, sentence, yes, isDanger) {
  const dialog = byId("question");
  text(byId("question-title"), title);
  text(byId("question-text"), sentence);
  text(byId("question-yes"), yes);
  byId("question-yes").className = isDanger ? "danger" : "";
  return new Promise((resolve) => {
    let isYes = false;
    byId("question-yes").onclick = () => {
      isYes = true;
      dialog.close();
    };
    byId("question-no").onclick = () => dialog.close();
    dialog.onclose = () => resolve(isYes);
    dialog.showModal();
    // The harmless answer has the focus.
    byId("question-no").focus();
  });
}

/** By action: the label, what will happen, and the word on the button that does it. */
const ACTIONS = {
  pause: ({ name, noun }) => ({
    label: "Pause",
    title: `Pause '${name}'?`,
    sentence: noun === "projection"
      ? `No instance applies events to '${name}' until it is resumed. Its read model stays as it is, and falls behind.`
      : `No instance handles events in '${name}' until it is resumed. Nothing is lost: it goes on where it stopped. Deadlines that fall due meanwhile are executed after that, late.`,
    done: `'${name}' is paused.`,
  }),
  resume: ({ name }) => ({
    label: "Resume",
    title: `Resume '${name}'?`,
    sentence: `An instance goes on with '${name}' after the last event that it has dealt with. If it had failed, it tries the same event again.`,
    done: `'${name}' goes on.`,
  }),
  reset: ({ name, last }) => ({
    label: "Rebuild",
    title: `Rebuild '${name}'?`,
    sentence: `The read model of '${name}' is emptied, and all events up to position ${last} are applied again from the first. Until it has caught up, queries find it incomplete. This cannot be undone.`,
    done: `'${name}' is being rebuilt.`,
    isDanger: true,
  }),
  retry: ({ name, position, kind, all }) => ({
    label: position === undefined ? "Retry all" : "Retry",
    title: "Retry?",
    sentence: position === undefined
      ? `'${name}' retries what it has parked: ${all}, in order. What fails again stays parked.`
      : `'${name}' retries the ${kind} at position ${position}. If it fails again, it stays parked.`,
    done: `'${name}' retries it.`,
  }),
  discard: ({ name, position, kind, all }) => ({
    label: position === undefined ? "Discard all" : "Discard",
    title: "Discard?",
    sentence: `${position === undefined
      ? `'${name}' discards what it has parked: ${all}.`
      : `'${name}' discards the ${kind} at position ${position}.`
    } ${kind === "deadline"
      ? "Its command will never be executed."
      : "The events that wait there stay in the log, but '" + name + "' will never handle them; it goes on with later ones."} This cannot be undone.`,
    done: `'${name}' discards it.`,
    isDanger: true,
  }),
};

export const action = (of, about) => ACTIONS[of](about);

/** Asks, does it, and says what came of it. */
export async function perform(of, about) {
  const { title, sentence, label, done, isDanger } = action(of, about);
  if (!await question(title, sentence, label, isDanger)) {
    return;
  }
  try {
    const body = { action: of };
    if (about.position !== undefined) {
      body.position = about.position;
    }
    const outcome = await post(segment(about.name), body);
    const counts = [
      outcome.parkedStreams ? plural(outcome.parkedStreams, "parked stream") : null,
      outcome.parkedDeadlines ? plural(outcome.parkedDeadlines, "parked deadline") : null,
    ].filter(Boolean);
    say(`${done}${counts.length ? ` It was asked for ${counts.join(" and ")}.` : ""}`);
  } catch (error) {
    say(error.message, "bad");
    if (error.kind === "read-only") {
      allowed = false;
    }
  }
  again();
}

let allowed = null;

/** Whether the endpoint takes actions, as far as is known. */
export async function mayAct(name, signal) {
  allowed ??= await takesActions(segment(name), signal);
  return allowed;
}
