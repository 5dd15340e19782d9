// The bank over HTTP.

/** The bank has refused. Its problem details say which field is wrong, or which account and which rule. */
export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? `The bank answered ${status}.`);
    this.problem = problem;
    this.status = status;
  }
}

/** Of the last command: a query that brings it waits until its projection has come so far. */
let token = "";

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The bank does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Refused(answer, response.status);
  }
  token = response.headers.get("ConsistencyToken") ?? token;
  return answer;
}

export const get = (path) => ask(path, {});

/** Asks a read model, and sees what the last command has done. */
export async function query(path) {
  try {
    return await ask(path, { headers: token ? { ConsistencyToken: token } : {} });
  } catch (error) {
    if (!token || error.status !== 400) {
      throw error;
    }
    // The bank has started with an empty log since.
    token = "";
    return query(path);
  }
}

export const post = (path, body) => ask(path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
