// Asks again and again while the page is seen; less often while there is no answer.

const PAUSE_MILLIS = 2_000;
const LONGEST_MILLIS = 30_000;

let look = null;
let leave = new AbortController();
let timer = 0;
let failures = 0;
let told = () => {};

/** Tells how each look went: without a failure, or with it and the pause until the next. */
export function onLook(listener) {
  told = listener;
}

/** From now on this is what is asked. The signal that it gets ends what was asked before. */
export function watch(next) {
  look = next;
  return again();
}

/** Asks now. */
export function again() {
  leave.abort();
  leave = new AbortController();
  clearTimeout(timer);
  return run(leave.signal);
}

async function run(signal) {
  if (document.hidden || !look) {
    return;
  }
  let pause = PAUSE_MILLIS;
  try {
    await look(signal);
    if (signal.aborted) {
      return;
    }
    failures = 0;
    told(null, 0);
  } catch (error) {
    if (signal.aborted) {
      return;
    }
    pause = Math.min(LONGEST_MILLIS, PAUSE_MILLIS * 2 ** failures);
    failures += 1;
    told(error, pause);
  }
  timer = setTimeout(() => run(signal), pause);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) {
    again();
  }
});
