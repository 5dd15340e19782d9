// The endpoint "eventcore" over HTTP. Whatever goes wrong becomes a Failure that says it in words.

const DATA = new URL(document.querySelector("meta[name=eventcore]").content, document.baseURI);
const PATIENCE_MILLIS = 20_000;

const CLOSED = "The endpoint 'eventcore' is closed. Add it to management.endpoints.web.exposure.include.";

/**
 * Why there is no answer.
 *
 * "kind" is "gone" (the application does not answer), "closed" (the endpoint is not exposed), "sign-in", "forbidden", "store"
 * (the event store does not answer), "broken", and, of a single request, "missing", "refused" or "read-only".
 */
export class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
    /** It is about this request: another one may be answered. */
    this.single = ["missing", "refused", "read-only"].includes(kind);
  }
}

async function failure(response, writing) {
  const problem = await response.json().catch(() => ({}));
  const detail = problem.detail ?? "";
  switch (response.status) {
    case 400:
      return new Failure("refused", `${detail || "The endpoint refuses the request"}.`);
    case 401:
      return new Failure("sign-in", "The endpoint wants to know who you are. Sign in to the application, then come back.");
    case 403:
      return writing
        ? new Failure("read-only", "You may not change anything here: the application refused it (403).")
        : new Failure("forbidden", "You may not see this: the application refused it (403). Ask for access to the endpoint 'eventcore'.");
    case 404:
      return problem.title === "Not found" ? new Failure("missing", `${detail}.`) : new Failure("closed", CLOSED);
    case 405:
      return new Failure("read-only", "The console is read-only: management.endpoint.eventcore.access=unrestricted lets it act.");
    case 503:
      return new Failure("store", `The event store does not answer${detail ? ` (${detail})` : ""}.`);
    default:
      return new Failure("broken", `The application answered ${response.status}${
        problem.failure ? ` (${problem.failure})` : ""}.`);
  }
}

/** With several stores, the one that is looked at. */
let scope = "";

export function choose(store) {
  scope = store === null ? "" : segment(store);
}

async function ask(path, options, signal) {
  const limit = AbortSignal.timeout(PATIENCE_MILLIS);
  let response;
  try {
    response = await fetch(`${DATA}${scope}${path}`, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit });
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure("gone", limit.aborted
      ? "The application takes too long to answer."
      : "The application does not answer. Is it still running?");
  }
  if (!response.ok) {
    throw await failure(response, options.method === "POST");
  }
  if (!/json/.test(response.headers.get("Content-Type") ?? "")) {
    throw new Failure("sign-in", "The endpoint answers with a page instead of data. Sign in to the application, then come back.");
  }
  return response;
}

/** What the endpoint tells. Parameters that are empty are not sent. */
export async function get(path, parameters = {}, signal = null) {
  const query = new URLSearchParams(Object.entries(parameters)
    .filter(([, value]) => value !== null && value !== undefined && value !== ""));
  const response = await ask(`${path}${query.size ? `?${query}` : ""}`, {
    headers: { Accept: "application/json, application/problem+json" },
    cache: "no-store",
  }, signal);
  return JSON.parse(await response.text(), exactly);
}

/** A number that JavaScript cannot hold, or would write in another way, as it was sent. */
export class Exact {
  constructor(source) {
    this.source = source;
  }
}

const exactly = (key, value, context) =>
  (typeof value === "number" && context?.source && context.source !== String(value) ? new Exact(context.source) : value);

/** Does something. Sends the token that Spring Security keeps in a cookie, if there is one. */
export async function post(path, body) {
  const token = /(?:^|; )XSRF-TOKEN=([^;]*)/.exec(document.cookie)?.[1];
  const response = await ask(path, {
    method: "POST",
    headers: {
      Accept: "application/json, application/problem+json",
      "Content-Type": "application/json",
      ...(token ? { "X-XSRF-TOKEN": decodeURIComponent(token) } : {}),
    },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** Whether the endpoint takes actions at all; whether this person may act, it says when asked to. */
export async function takesActions(path, signal) {
  try {
    const response = await fetch(`${DATA}${scope}${path}`, { method: "OPTIONS", signal });
    return !response.ok || !response.headers.has("Allow") || response.headers.get("Allow").includes("POST");
  } catch {
    signal.throwIfAborted();
    return true;
  }
}

export const segment = (name) => `/${encodeURIComponent(name)}`;
