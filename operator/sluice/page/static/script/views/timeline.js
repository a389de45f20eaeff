// A bar for each task, stacked by what its time went to, with those in bold that are on the longest way. Beside it, if
// asked for, the bar that it would have had under other limits.

import { computed, signal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { html } from "../html.js";
import { address, go, onClick, to } from "../address.js";
import { chosen, PATTERNS, patternOf, placed, spent } from "../bars.js";
import { longestWay, replaced, run, tasks } from "../run.js";
import { ask, byName } from "../server.js";
import { namespace } from "../who.js";
import { hasEnded, lasting } from "../words.js";
import { State } from "./state.js";
import { replayed, WhatIf } from "./whatif.js";

const AT_MOST_EVERY_MS = 2000;
const RESTS = 10; // of the time that an answer takes
const SHOWN = 300;

/** @type {import("@preact/signals").Signal<{found: import("../types").Timeline | null, error: string}>} */
const drawn = signal({ found: null, error: "" });
const showsAll = signal(false);
const hasStopped = computed(() => hasEnded(run.value?.status.phase ?? ""));

export function Timeline() {
  useFollowing();
  const { found, error } = drawn.value;
  if (error) return html`<p class="words error">${error}</p>`;
  if (!found) return html`<p>Reading…</p>`;
  if (found.took === null) return html`<p>The run has not started, so there is nothing to draw yet.</p>`;
  const only = address.value.get("only") === "longest";
  const bars = chosen(found.bars, address.value.get("q"), only ? longestWay.value : null);
  const shown = showsAll.value ? bars : bars.slice(0, SHOWN);
  const other = replayed.value.found;
  const otherBars = byName(other?.bars);
  const until = Math.max(found.took, other?.took ?? 0, 1);
  const states = new Map(tasks.value.map(({ name, state }) => [name, state]));
  return html`<div class="tools">
      <input type="search" data-filter placeholder="find a task" aria-label="Find" value=${address.value.get("q")} onInput=${find} />
      <button aria-pressed=${only} onClick=${() => go(to({ only: only ? "" : "longest" }))}>longest way only</button>
    </div>
    <${WhatIf} pools=${found.pools} />
    <${Spent} time=${run.value?.status.time ?? {}} />
    <${Legend} parts=${[...bars.map(({ parts }) => parts), ...Object.values(other?.bars ?? {})].flat()} />
    <table class="list timeline" data-list>
      <thead><tr><th>Task</th><th class="bars"><span>0s</span><span>${lasting(until)}</span></th></tr></thead>
      <tbody>${shown.map(
        (bar) => html`<${Row} key=${bar.task} bar=${bar} other=${otherBars[bar.task]} until=${until} state=${states.get(bar.task) ?? ""}
          longest=${longestWay.value.has(bar.task)} />`,
      )}</tbody>
    </table>
    ${!bars.length && html`<p>No task matches.</p>`}
    ${bars.length > shown.length && html`<button onClick=${() => (showsAll.value = true)}>${bars.length - shown.length} more: show them all</button>`}
    ${found.unseen.map((words) => html`<p><small>not seen: ${words}</small></p>`)}`;
}

/** Asks at first, and again as long as the run goes on. */
function useFollowing() {
  useSignalEffect(() => {
    void replaced.value;
    const [ns, name, ended] = [namespace.value, address.value.get("run"), hasStopped.value];
    let [stopped, again] = [false, 0];
    const look = async () => {
      const began = Date.now();
      const answer = await ask("/api/timeline", { namespace: ns, name }).catch((error) => error);
      if (stopped) return;
      drawn.value = answer instanceof Error ? { found: null, error: answer.message } : { found: answer, error: "" };
      if (!ended) again = setTimeout(look, Math.max(AT_MOST_EVERY_MS, RESTS * (Date.now() - began)));
    };
    look();
    return () => {
      stopped = true;
      clearTimeout(again);
    };
  });
  useEffect(() => () => void (drawn.value = { found: null, error: "" }), []);
}

function find(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}

/** @param {{time: Record<string, string>}} properties */
function Spent({ time }) {
  const parts = Object.entries(time);
  if (!parts.length) return null;
  return html`<p>The time of all tasks went to ${parts.map(([what, spent]) => `${what} ${spent}`).join(" · ")}</p>`;
}

/** Of what there is. @param {{parts: import("../types").Part[]}} properties */
function Legend({ parts }) {
  const there = new Set(parts.map(([kind]) => patternOf(kind)));
  return html`<ul class="legend" aria-label="Legend">
    ${Object.entries(PATTERNS).map(([pattern, words]) => there.has(pattern) && html`<li><span class="swatch" data-pattern=${pattern}></span> ${words}</li>`)}
    <li><b>bold</b> on the longest way</li>
  </ul>`;
}

/** @param {{bar: import("../types").Bar, other: import("../types").Part[] | undefined, until: number, state: string, longest: boolean}} properties */
function Row({ bar, other, until, state, longest }) {
  const selected = address.value.get("task") === bar.task;
  return html`<tr aria-selected=${selected} data-longest=${longest}>
    <td><a data-row href=${to({ task: bar.task, item: "" })} onClick=${onClick}>${bar.task}</a> <${State} state=${state} words="" /></td>
    <td class="bars">
      <${Parts} parts=${bar.parts} until=${until} />
      ${other && html`<${Parts} parts=${other} until=${until} replayed=${true} />`}
    </td>
  </tr>`;
}

/** @param {{parts: import("../types").Part[], until: number, replayed?: boolean}} properties */
function Parts({ parts, until, replayed = false }) {
  const told = spent(parts).map(([kind, seconds]) => `${kind} ${lasting(seconds)}`);
  const words = `${replayed ? "what if: " : ""}${told.join(", ") || "less than a second"}`;
  return html`<div class="bar" data-replayed=${replayed} role="img" aria-label=${words} title=${words}>
    ${placed(parts, until).map(({ kind, gap, width }) => html`<span data-pattern=${patternOf(kind)} style=${{ marginLeft: `${gap}%`, width: `${width}%` }}></span>`)}
  </div>`;
}
