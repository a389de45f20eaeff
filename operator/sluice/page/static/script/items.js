// The items of a fan-out, which the status has as intervals such as 0-4711,4713.

const STATES = /** @type {Record<string, string>} */ ({
  succeeded: "Succeeded",
  failed: "Failed",
  upstreamFailed: "UpstreamFailed",
  skipped: "Skipped",
  stopped: "Stopped",
  running: "Running",
});
const MOST = 100_000;

/**
 * The state of each item, in order.
 * @param {Record<string, any> | undefined} items
 * @returns {string[]}
 */
export function statesOf(items) {
  const total = Math.max(0, Math.min(Number(items?.total) || 0, MOST));
  const found = Array(total).fill("Pending");
  for (const [key, state] of Object.entries(STATES)) {
    for (const [first, last] of intervals(items?.[key])) found.fill(state, first, last + 1);
  }
  return found;
}

/** How many items are in each state, in words: `58 Succeeded, 2 Failed`. */
export function counted(/** @type {string[]} */ states) {
  const counts = new Map();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}

/** @returns {[number, number][]} */
function intervals(/** @type {unknown} */ text) {
  if (typeof text !== "string" || !text) return [];
  return text.split(",").map((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return [first, last];
  });
}
