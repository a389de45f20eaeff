// The address is the state: what is shown, filtered and selected stands in it, and back and forward work.

import { signal } from "@preact/signals";

/** The parameters of the address. One that is missing is "". */
export const address = signal(read());

addEventListener("popstate", () => (address.value = read()));

/**
 * The address with these changes; a value of "" takes the parameter away.
 * @param {Record<string, string>} changes
 */
export function to(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return written(query);
}

/**
 * The address of another place: without what was shown, filtered and selected here. The namespace stays.
 * @param {Record<string, string>} parameters
 */
export function place(parameters) {
  const ns = address.value.get("ns");
  return written(new URLSearchParams({ ...(ns ? { ns } : {}), ...parameters }));
}

/** The address of another view of the run: what is chosen stays, what is filtered does not. */
export function view(/** @type {string} */ name) {
  return to({ view: name, q: "", state: "", line: "" });
}

/** Goes there. `quietly`: without a step for the back button. */
export function go(/** @type {string} */ where, quietly = false) {
  if (quietly) history.replaceState(null, "", where);
  else history.pushState(null, "", where);
  address.value = read();
}

/** For links: a plain click goes there without loading the page anew. */
export function onClick(/** @type {MouseEvent} */ event) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { pathname, search } = /** @type {HTMLAnchorElement} */ (event.currentTarget);
  go(pathname + search);
}

function written(/** @type {URLSearchParams} */ query) {
  return location.pathname + (query.size ? `?${query}` : "");
}

function read() {
  const query = new URLSearchParams(location.search);
  return { get: (/** @type {string} */ name) => query.get(name) ?? "" };
}
