// The run that is shown, kept current by the stream: its head, its graph, how its tasks stand, and its log.

import { computed, signal } from "@preact/signals";
import { address } from "./address.js";
import { Log } from "./log.js";
import { follow } from "./stream.js";
import { stateOf } from "./words.js";

/** @typedef {import("./types").Task} Task */
/** @typedef {import("./types").Entry} Entry */

/** @type {import("@preact/signals").Signal<import("./types").Run | null>} */
export const run = signal(null);
/** The tasks in the Workflow's order; null while the graph is not frozen, or may not be read. @type {import("@preact/signals").Signal<import("./types").Task[] | null>} */
export const graph = signal(null);
/** By the task's name. @type {import("@preact/signals").Signal<Map<string, import("./types").Entry>>} */
export const entries = signal(new Map());
/** The names of the tasks on the longest way. @type {import("@preact/signals").Signal<Set<string>>} */
export const longestWay = signal(new Set());
/** How often another run, by the name of one that was deleted, took its place. */
export const replaced = signal(0);
export const log = new Log();

/** What is known of the child runs that are shown in place, by the path of the task that called each: `load/clean`. */
const children = signal(/** @type {Map<string, {graph: Task[], entries: Map<string, Entry>}>} */ (new Map()));
/** The child runs that are known, by the path of the task that called each. */
export const called = signal(/** @type {Map<string, string>} */ (new Map()));

/** All tasks, those of which nothing is known yet as well; after a task those of its child run that is shown in place. */
export const tasks = computed(() => standings("", graph.value ?? unknown(entries.value), entries.value));

/**
 * @param {string} above
 * @param {Task[]} all
 * @param {Map<string, Entry>} known
 * @returns {(Task & {entry: Entry | undefined, state: string})[]}
 */
function standings(above, all, known) {
  return all.flatMap((task) => {
    const [entry, name] = [known.get(task.name), above + task.name];
    const child = children.value.get(name);
    return [{ ...task, name, entry, state: stateOf(entry) }, ...(child ? standings(`${name}/`, child.graph, child.entries) : [])];
  });
}

function unknown(/** @type {Map<string, Entry>} */ known) {
  return [...known.keys()].map((name) => ({ ...NO_TASK, name }));
}

/** The run that a task is of, and its name there: of `load/clean` the child run of `load`. */
export function placeOf(/** @type {string} */ path) {
  const end = path.lastIndexOf("/");
  const run = end < 0 ? address.value.get("run") : (called.value.get(path.slice(0, end)) ?? "");
  return { run, task: path.slice(end + 1) };
}

/** As the server takes the child runs to be shown: a line each, `load=etl-1-load-1-x`. */
export function inside() {
  const paths = address.value.get("inside").split("\n");
  return paths.flatMap((path) => (called.value.has(path) ? [`${path}=${called.value.get(path)}`] : [])).join("\n");
}

const NO_TASK = { kind: "", group: "", final: false, fanOut: false, dependsOn: /** @type {string[]} */ ([]) };

/**
 * Follows a run, with `logs` its log or that of one task or item of it, and the child runs that are `inside`.
 * @param {string} namespace
 * @param {string} name
 * @param {{task: string, item: string} | null} logs
 * @param {string} inside
 */
export function followRun(namespace, name, logs, inside) {
  const query = { view: "run", namespace, name, inside, ...(logs ? { logs: logs.task, item: logs.item } : {}) };
  const paths = new Set(inside.split("\n").map((line) => line.split("=", 1)[0]));
  children.value = new Map([...children.value].filter(([path]) => paths.has(path)));
  log.clear();
  let come = new Set(); // since the stream was opened: until then what is shown stays, as the cluster may not answer
  const isFirst = (/** @type {string} */ what) => !come.has(what) && come.add(what);
  follow(query, (event, found) => {
    if (event === "begin") come = new Set();
    else if (event === "graph") graph.value = found.tasks;
    else if (event === "way") longestWay.value = new Set(found);
    else if (event === "run") {
      if (isFirst("run")) entries.value = new Map();
      if (isAnother(found.run) && !come.has("log")) log.clear();
      note(found);
    } else if (event === "child") noteChild(found, !!isFirst(`child ${found.path}`));
    else if (event === "log") {
      if (isFirst("log")) log.clear();
      log.add(found);
    }
  });
}

/** Nothing is known yet. */
export function forget() {
  run.value = null;
  graph.value = null;
  entries.value = new Map();
  called.value = children.value = new Map();
  longestWay.value = new Set();
  log.clear();
}

/** @param {{run: import("./types").Run} & News} found @typedef {{changed: Record<string, Entry>, gone: string[]}} News */
function note({ run: head, ...news }) {
  if (isAnother(head)) {
    graph.value = null;
    children.value = new Map();
    called.value = new Map();
    longestWay.value = new Set();
    replaced.value += 1;
  }
  run.value = head;
  entries.value = changed(entries.value, news);
  noteCalls("", news);
}

/** Is it another run than the one that is shown, by its name? */
function isAnother(/** @type {import("./types").Run} */ head) {
  return run.value !== null && run.value.metadata.uid !== head.metadata.uid;
}

/** @param {{path: string, tasks?: Task[]} & News} found @param {boolean} anew is it all that there is? */
function noteChild({ path, tasks, ...news }, anew) {
  const before = anew ? undefined : children.value.get(path);
  const entries = changed(before?.entries ?? new Map(), news);
  children.value = new Map(children.value).set(path, { graph: tasks ?? before?.graph ?? [], entries });
  noteCalls(`${path}/`, news);
}

/** @param {Map<string, Entry>} before @param {News} news */
function changed(before, { changed, gone }) {
  const known = new Map(before);
  for (const [name, entry] of Object.entries(changed)) known.set(name, entry);
  for (const name of gone) known.delete(name);
  return known;
}

/** @param {string} above @param {News} news */
function noteCalls(above, { changed }) {
  const found = Object.entries(changed).filter(([name, { run }]) => run && called.value.get(above + name) !== run);
  if (!found.length) return;
  called.value = new Map([...called.value, ...found.map(([name, { run = "" }]) => /** @type {const} */ ([above + name, run]))]);
}
