// The longest way through a run: what ended last, what that had waited for longest, and so on to the start.

import { instant } from "./words.js";

/**
 * The names of the tasks on it.
 * @param {{name: string, dependsOn: string[], entry?: import("./types").Entry}[]} tasks
 * @param {number} now seconds since 1970
 * @returns {Set<string>}
 */
export function longestWay(tasks, now) {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const ended = (/** @type {string} */ name) => {
    const entry = byName.get(name)?.entry;
    if (!entry?.startedAt) return -Infinity;
    return entry.finishedAt ? instant(entry.finishedAt) : now;
  };
  // Times are whole seconds: of two that ended in the same one, what waited for the other ended later.
  const isLater = (/** @type {string} */ name, /** @type {string} */ than) =>
    ended(name) > ended(than) || (ended(name) === ended(than) && byName.get(name)?.dependsOn.includes(than));
  const last = (/** @type {string[]} */ names) => {
    const started = names.filter((name) => ended(name) > -Infinity);
    return started.reduce((best, name) => (!best || isLater(name, best) ? name : best), "");
  };
  const found = /** @type {Set<string>} */ (new Set());
  for (let name = last([...byName.keys()]); name && !found.has(name); name = last(byName.get(name)?.dependsOn ?? [])) {
    found.add(name);
  }
  return found;
}
