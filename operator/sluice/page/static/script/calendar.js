// The times of a Backfill by month and day.

/** Of a day with several times, the first of these that one of them is in. */
const WORST = ["Failed", "Stopped", "Suspended", "Running", "Pending", "Waiting", "Gone", "Succeeded"];

/** @typedef {import("./types").Dated} Dated */

/**
 * The months that have a time, and their days with times. `before` is how many days of the week stand before the 1st; a
 * week begins on Monday.
 * @param {Dated[]} times in their order
 */
export function months(times) {
  const days = /** @type {Map<string, Dated[]>} */ (new Map());
  for (const time of times) {
    const [day] = time;
    const there = days.get(day);
    if (there) there.push(time);
    else days.set(day, [time]);
  }
  const names = [...new Set([...days.keys()].map((day) => day.slice(0, 7)))];
  return names.map((name) => {
    const [year, month] = name.split("-").map(Number);
    const before = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
    const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const numbers = Array.from({ length }, (_, index) => String(index + 1).padStart(2, "0"));
    return { name, before, days: numbers.map((number) => ({ day: `${name}-${number}`, times: days.get(`${name}-${number}`) ?? [] })) };
  });
}

/** The state of a day. @param {Dated[]} times */
export function worst(times) {
  const states = new Set(times.map(([, , state]) => state));
  return WORST.find((state) => states.has(state)) ?? "";
}

/**
 * Cut into weeks, which may have fewer than seven days at either end.
 * @template Day
 * @param {number} before
 * @param {Day[]} days
 * @returns {(Day | null)[][]}
 */
export function weeks(before, days) {
  const cells = [...Array(before).fill(null), ...days];
  return Array.from({ length: Math.ceil(cells.length / 7) }, (_, week) => cells.slice(7 * week, 7 * week + 7));
}
