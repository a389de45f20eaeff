// What the time of a task went to: the words of `sluice why`, and the pattern in which each is drawn.

/**
 * The patterns in the style sheet, with what they stand for, in the order of the legend.
 * @type {Record<string, string>}
 */
export const PATTERNS = {
  dependencies: "dependencies",
  pool: "a Pool",
  quota: "a quota",
  limits: "another limit",
  node: "no node",
  image: "mounts and image",
  again: "other attempts",
  person: "a person, or the clock",
  running: "running",
};

const BY_KIND = /** @type {[RegExp, string][]} */ ([
  [/^dependencies$/, "dependencies"],
  [/^pool\/|\(now Pool\)/, "pool"],
  [/quota/i, "quota"],
  [/^no node$/, "node"],
  [/^(mounts|image)$/, "image"],
  [/^(between|earlier) attempts$/, "again"],
  [/^(approval|wait|suspended)$/, "person"],
  [/^(running|its last attempt)$/, "running"],
]);

export function patternOf(/** @type {string} */ kind) {
  return BY_KIND.find(([words]) => words.test(kind))?.[1] ?? "limits";
}

/**
 * Seconds by kind, in the order in which they came.
 * @param {import("./types").Part[]} parts
 * @returns {[string, number][]}
 */
export function spent(parts) {
  const found = new Map();
  for (const [kind, begin, end] of parts) found.set(kind, (found.get(kind) ?? 0) + end - begin);
  return [...found];
}

/**
 * Where the parts are drawn, in percent of the whole: how far from the one before, and how wide.
 * @param {import("./types").Part[]} parts
 * @param {number} whole seconds
 */
export function placed(parts, whole) {
  let before = 0;
  return parts.map(([kind, begin, end]) => {
    const from = Math.max(begin, before);
    const place = { kind, gap: (100 * (from - before)) / whole, width: (100 * Math.max(0, end - from)) / whole };
    before = Math.max(end, before);
    return place;
  });
}

/**
 * Of many bars, those that are shown: the words are in the task's name; with `only` it is among these.
 * @template {{task: string}} Bar
 * @param {Bar[]} bars
 * @param {string} words
 * @param {Set<string> | null} only
 */
export function chosen(bars, words, only) {
  const wanted = words.toLowerCase();
  return bars.filter(({ task }) => task.toLowerCase().includes(wanted) && (!only || only.has(task)));
}
