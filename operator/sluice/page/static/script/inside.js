// Child runs in place: which tasks are opened in the graph, by their paths such as `load` and `load/clean`.

import { address, to, view } from "./address.js";
import { placeOf, tasks } from "./run.js";

function opened() {
  return address.value.get("inside").split("\n").filter(Boolean);
}

/** Does the task call another Workflow, once? */
export function calls(/** @type {string} */ path) {
  return tasks.value.some(({ name, kind, fanOut }) => name === path && kind === "workflow" && !fanOut);
}

export function isOpen(/** @type {string} */ path) {
  return opened().includes(path);
}

/** The address with the task opened, or folded with all that is opened inside it. The graph is shown. */
export function turned(/** @type {string} */ path) {
  const others = opened().filter((each) => each !== path && !each.startsWith(`${path}/`));
  return to({ inside: [...others, ...(isOpen(path) ? [] : [path])].join("\n"), view: "" });
}

/** The address of the logs: those of a task of a child run are shown with that run. */
export function logs() {
  const path = address.value.get("task");
  const place = placeOf(path);
  return path.includes("/") && place.run ? to({ ...place, view: "logs", inside: "", open: "" }) : view("logs");
}
