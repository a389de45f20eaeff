// Which tasks and runs a grid shows: columns are runs, rows are tasks.

/**
 * The names of all tasks: those that the Workflow has, in its order, then those that only runs have.
 * @param {string[]} own
 * @param {Record<string, string>[]} columns the states by task
 */
export function rowsOf(own, columns) {
  return [...new Set([...own, ...columns.flatMap((states) => Object.keys(states))])];
}

/**
 * Of too many rows, first those in which something is not well, in the order in which they are.
 * @param {string[]} rows
 * @param {Record<string, string>[]} columns
 * @param {number} most
 */
export function cut(rows, columns, most) {
  if (rows.length <= most) return rows;
  const isWell = (/** @type {string} */ task) => columns.every((states) => ["Succeeded", undefined].includes(states[task]));
  const first = new Set([...rows.filter((task) => !isWell(task)), ...rows.filter(isWell)].slice(0, most));
  return rows.filter((task) => first.has(task));
}

/**
 * How many columns in turn have the same day: `[["2026-03-01", 3], …]`.
 * @param {string[]} days
 * @returns {[string, number][]}
 */
export function spans(days) {
  const found = /** @type {[string, number][]} */ ([]);
  for (const day of days) {
    const last = found.at(-1);
    if (last?.[0] === day) last[1] += 1;
    else found.push([day, 1]);
  }
  return found;
}
