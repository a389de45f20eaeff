// The run that is shown, kept current by the stream: its head, its graph, how its tasks stand, and its log.

import { computed, signal } from "@preact/signals";
import { Log } from "./log.js";
import { follow } from "./stream.js";
import { stateOf } from "./words.js";

/** @type {import("@preact/signals").Signal<import("./types").Run | null>} */
export const run = signal(null);
/** The tasks in the Workflow's order; null while the graph is not frozen, or may not be read. @type {import("@preact/signals").Signal<import("./types").Task[] | null>} */
export const graph = signal(null);
/** By the task's name. @type {import("@preact/signals").Signal<Map<string, import("./types").Entry>>} */
export const entries = signal(new Map());
/** The names of the tasks on the longest way. @type {import("@preact/signals").Signal<Set<string>>} */
export const longestWay = signal(new Set());
export const log = new Log();

/** All tasks, those of which nothing is known yet as well. */
export const tasks = computed(() => {
  const known = entries.value;
  const all = graph.value ?? [...known.keys()].map((name) => ({ ...NO_TASK, name }));
  return all.map((task) => {
    const entry = known.get(task.name);
    return { ...task, entry, state: stateOf(entry) };
  });
});

const NO_TASK = { kind: "", group: "", final: false, fanOut: false, dependsOn: /** @type {string[]} */ ([]) };

/**
 * Follows a run, and with `logs` its log or that of one task or item of it.
 * @param {string} namespace
 * @param {string} name
 * @param {{task: string, item: string} | null} logs
 */
export function followRun(namespace, name, logs) {
  const query = { view: "run", namespace, name, ...(logs ? { logs: logs.task, item: logs.item } : {}) };
  follow(query, (event, found) => {
    if (event === "begin") {
      entries.value = new Map();
      log.clear();
    } else if (event === "graph") graph.value = found.tasks;
    else if (event === "way") longestWay.value = new Set(found);
    else if (event === "run") note(found);
    else if (event === "log") log.add(found);
  });
}

/** Nothing is known yet. */
export function forget() {
  run.value = null;
  graph.value = null;
  entries.value = new Map();
  longestWay.value = new Set();
  log.clear();
}

/** @param {{run: import("./types").Run, changed: Record<string, import("./types").Entry>, gone: string[]}} found */
function note({ run: head, changed, gone }) {
  const known = new Map(entries.value);
  for (const [name, entry] of Object.entries(changed)) known.set(name, entry);
  for (const name of gone) known.delete(name);
  run.value = head;
  entries.value = known;
}
