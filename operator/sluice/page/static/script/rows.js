// The lists of runs, Workflows and Backfills, kept current by the stream.

import { signal } from "@preact/signals";
import { follow } from "./stream.js";

/** By uid; null until they have come. @type {import("@preact/signals").Signal<Map<string, import("./types").RunRow> | null>} */
export const runs = signal(null);
/** @type {import("@preact/signals").Signal<Map<string, import("./types").WorkflowRow> | null>} */
export const workflows = signal(null);

/** @type {import("@preact/signals").Signal<import("./types").Backfill[] | null>} */
export const backfills = signal(null);

/**
 * Follows them, of a namespace; the Backfills only if they are asked for.
 * @param {string} namespace
 * @param {"runs" | "backfills"} view
 */
export function followRows(namespace, view = "runs") {
  runs.value = workflows.value = backfills.value = null;
  let anew = new Set();
  follow({ view, namespace }, (event, found) => {
    if (event === "backfills") backfills.value = found;
    else if (event === "begin") anew = new Set(["workflowruns", "workflows"]);
    else if (event === "workflowruns") runs.value = changed(anew.delete(event) ? null : runs.value, found);
    else if (event === "workflows") workflows.value = changed(anew.delete(event) ? null : workflows.value, found);
  });
}

/**
 * @template {{uid: string}} Row
 * @param {Map<string, Row> | null} before
 * @param {{changed: Row[], gone: string[]}} found
 */
function changed(before, { changed, gone }) {
  const rows = new Map(before ?? []);
  for (const row of changed) rows.set(row.uid, row);
  for (const uid of gone) rows.delete(uid);
  return rows;
}
