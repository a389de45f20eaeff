// The parts of a bar, in words and in sums.

/**
 * What time goes to, in the order of the legend. Each has a pattern of its own in the style sheet.
 * @type {Record<string, string>}
 */
export const CAUSES = {
  dependencies: "for other tasks",
  queue: "for a limit, or the operator",
  pool: "for a Pool",
  quota: "for a quota",
  node: "for a node",
  image: "for its image and start",
  retry: "before another attempt",
  person: "for a person",
  running: "running",
};

/**
 * Seconds by cause, in the order of the legend.
 * @param {import("./types").Part[]} parts
 * @returns {[string, number][]}
 */
export function spent(parts) {
  const found = new Map();
  for (const [cause, begin, end] of parts) found.set(cause, (found.get(cause) ?? 0) + end - begin);
  return Object.keys(CAUSES).flatMap((cause) => (found.has(cause) ? [[cause, found.get(cause)]] : []));
}

/**
 * Of many bars, those that are shown: the words are in the task's name; with `only` it is among these.
 * @param {{task: string}[]} bars
 * @param {string} words
 * @param {Set<string> | null} only
 */
export function chosen(bars, words, only) {
  return bars.filter(({ task }) => task.includes(words) && (!only || only.has(task)));
}
