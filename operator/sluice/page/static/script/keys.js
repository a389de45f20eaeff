// The keyboard: j and k move through whatever list there is, Enter opens; letters choose a view of the run.

import { signal } from "@preact/signals";
import { address, go, place, to, view } from "./address.js";
import { calls, logs, turned } from "./inside.js";
import { asked } from "./views/action.js";

export const helpIsOpen = signal(false);

export const KEYS = [
  ["j, k", "down, up in a list; Enter opens"],
  ["g", "a run's graph"],
  ["t", "a run's tasks"],
  ["b", "a run's timeline, as bars"],
  ["l", "a run's logs, or those of the chosen task"],
  ["c", "a run compared with another"],
  ["y", "a run as YAML"],
  ["w", "why: of the chosen task, or of the run"],
  ["o", "opens in the graph what the chosen task calls, or folds it"],
  ["u", "up: from a run, a Workflow or a Backfill to the list"],
  ["/", "filter or search"],
  ["Esc", "closes what is open, lets go of what is chosen"],
  ["?", "these keys"],
];

const VIEWS = /** @type {Record<string, string>} */ ({ g: "graph", t: "tasks", b: "timeline", l: "logs", c: "compare", y: "yaml", w: "why" });

export function onKey(/** @type {KeyboardEvent} */ event) {
  if (event.ctrlKey || event.metaKey || event.altKey || asked.value) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Escape") return escape(target);
  if (target.matches("input, select, textarea")) return;
  if (event.key === "?") helpIsOpen.value = true;
  else if (event.key === "/") focusOn("[data-filter]", event);
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (address.value.get("run") && VIEWS[event.key]) go(event.key === "l" ? logs() : view(VIEWS[event.key]));
  else if (event.key === "o" && calls(address.value.get("task"))) go(turned(address.value.get("task")));
  else if (event.key === "u" && ["run", "workflow", "backfill"].some(address.value.get)) go(up());
}

/** From a run, a Workflow or a Backfill to the list of these. */
function up() {
  const { get } = address.value;
  if (get("run")) return place({});
  return place({ show: get("workflow") ? "workflows" : "backfills" });
}

function escape(/** @type {HTMLElement} */ target) {
  if (helpIsOpen.value) helpIsOpen.value = false;
  else if (target.matches("input, select, textarea")) target.blur();
  else if (address.value.get("task")) go(to({ task: "", item: "" }));
}

function focusOn(/** @type {string} */ selector, /** @type {Event} */ event) {
  event.preventDefault();
  /** @type {HTMLElement | null} */ (document.querySelector(selector))?.focus();
}

/** To the next link of the list, or the one before. */
function move(/** @type {1 | -1} */ step) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-list] [data-row]")]);
  const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next]?.focus();
}
