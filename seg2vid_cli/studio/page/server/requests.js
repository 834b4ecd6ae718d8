/** Requests to the server, and what it says when it refuses one. */
import { token } from "./token.js";

/** What the server or the way to it had to say; `code` "unreachable" if there is no server. */
export class ServerError extends Error {
  constructor({ code, message, hint = "", choices = [] }, status = 0) {
    super(message);
    Object.assign(this, { code, hint, choices, status });
  }
}

/** Sends a request with the token; raises a ServerError unless the answer is a good one. */
export async function request(path, options = {}) {
  const headers = { ...options.headers, Authorization: `Bearer ${token()}` };
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new ServerError({
      code: "unreachable",
      message: "The studio's server does not answer.",
      hint: "Is it running?",
    });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response) {
  const body = await response.json().catch(() => null);
  const said = body?.error ?? { code: "refused", message: `The server answered ${response.status}.` };
  return new ServerError(said, response.status);
}

export async function getJson(path) {
  return (await request(path)).json();
}

export async function postJson(path, body, options = {}) {
  const headers = { "Content-Type": "application/json", ...options.headers };
  return request(path, { ...options, method: "POST", body: JSON.stringify(body), headers });
}

/** Calls `visit` with each object of an answer of lines of JSON, as they come. */
export async function readLines(response, visit) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.filter(Boolean).forEach((line) => visit(JSON.parse(line)));
  }
  if (rest) visit(JSON.parse(rest));
}
