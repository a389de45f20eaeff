// States, times and durations in words: the same as the terminal's.

import { signal } from "@preact/signals";

/** A sign and a word for each state, so that colour alone carries no information. */
const SIGNS = /** @type {Record<string, string>} */ ({
  Succeeded: "✔",
  Failed: "✖",
  Running: "●",
  Pending: "◌",
  Waiting: "○",
  UpstreamFailed: "⊘",
  Skipped: "»",
  Stopped: "■",
  Suspended: "■",
  Refused: "✖",
  Gone: "·",
});

export const STATES = Object.keys(SIGNS);
const ENDED = ["Succeeded", "Failed", "Stopped"];

/** Seconds since 1970; it ticks. */
export const now = signal(Date.now() / 1000);
setInterval(() => (now.value = Date.now() / 1000), 1000);

export function sign(/** @type {string} */ state) {
  return SIGNS[state] ?? "?";
}

export function hasEnded(/** @type {string} */ phase) {
  return ENDED.includes(phase);
}

/**
 * The state of a task: Waiting is for what it depends on, Pending for a limit or the cluster.
 * @param {import("./types").Entry | undefined} entry
 */
export function stateOf(entry) {
  if (!entry) return "Waiting";
  const waits = !entry.reason || entry.reason.startsWith("WaitingFor");
  return entry.phase === "Pending" && waits ? "Waiting" : entry.phase;
}

/** `7s`, `3m07s`, `2h05m`. */
export function lasting(/** @type {number} */ seconds) {
  const whole = Math.floor(Math.max(seconds, 0));
  const [s, m, h] = [whole % 60, Math.floor(whole / 60) % 60, Math.floor(whole / 3600)];
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  if (h) return `${h}h${two(m)}m`;
  return m ? `${m}m${two(s)}s` : `${s}s`;
}

/** Seconds since 1970, or NaN. */
export function instant(/** @type {string | undefined} */ time) {
  return time ? Date.parse(time) / 1000 : NaN;
}

/**
 * How long it has taken so far, or until its end; "" if it has not started.
 * @param {{startedAt?: string, finishedAt?: string}} what
 */
export function took({ startedAt, finishedAt }) {
  const began = instant(startedAt);
  if (Number.isNaN(began)) return "";
  return lasting((finishedAt ? instant(finishedAt) : now.value) - began);
}

/** `02:00` today, else `2026-03-01 02:00`, in the browser's time zone. */
export function when(/** @type {string} */ time) {
  const then = new Date(time);
  if (Number.isNaN(then.getTime())) return "";
  const clock = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = then.toLocaleDateString("sv");
  return day === new Date().toLocaleDateString("sv") ? clock : `${day} ${clock}`;
}
