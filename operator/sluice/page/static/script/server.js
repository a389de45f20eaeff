// Requests to the server, and what it says if it refuses.

import { shown, signOut } from "./session.js";

const UNAUTHORIZED = 401;
const BAD_GATEWAY = 502;

/** The kinds of a refusal that may have passed a moment later. */
export const WORTH_ANOTHER_TRY = ["NoServer", "Unreachable"];

/** The server or the cluster said no, in words that say what to do. `kind` is the name of the error there. */
export class Refused extends Error {
  constructor(/** @type {string} */ words, kind = "") {
    super(words);
    this.kind = kind;
  }
}

/**
 * The response. Throws Refused, also if there is no answer.
 * @param {string} path
 * @param {Record<string, string>} query
 * @param {RequestInit} [options]
 */
export async function request(path, query, options = {}) {
  let answer;
  try {
    answer = await fetch(`${path}?${new URLSearchParams(query)}`, {
      ...options,
      headers: shown(),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refused("The page's server does not answer. Does `sluice ui` still run?", "NoServer");
  }
  if (answer.ok) return answer;
  const { error = `HTTP status ${answer.status}`, kind } = (await answer.json().catch(() => null)) ?? {};
  if (answer.status === UNAUTHORIZED) signOut(error);
  throw new Refused(error, kind ?? (answer.status >= BAD_GATEWAY ? "NoServer" : "")); // a proxy, whose server starts anew
}

/** The values by name, and nothing else: a task may be called `constructor`. @template T @param {Record<string, T>} [values] */
export function byName(values) {
  return /** @type {Record<string, T>} */ (Object.assign(Object.create(null), values));
}

const PAUSES_MS = [500, 1000, 2000];

/**
 * Asks again where no answer came, as when the browser's network has changed: of a run that has ended nobody would.
 * @param {string} path
 * @param {Record<string, string>} query
 * @returns {Promise<any>}
 */
export async function ask(path, query) {
  for (const pause of PAUSES_MS) {
    try {
      return await (await request(path, query)).json();
    } catch (error) {
      if (!(error instanceof Refused) || !WORTH_ANOTHER_TRY.includes(error.kind)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return (await request(path, query)).json();
}

/**
 * @param {string} path
 * @param {Record<string, string>} query
 * @param {object} body
 * @returns {Promise<any>}
 */
export async function send(path, query, body) {
  return (await request(path, query, { method: "POST", body: JSON.stringify(body) })).json();
}
