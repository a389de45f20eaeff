// A bar for each task: how long it waited after what it depends on had ended, then how long it ran. The longest way, which
// decides how long the run takes, is marked.

import { html } from "../html.js";
import { address, onClick, to } from "../address.js";
import { longestWay, run, tasks } from "../run.js";
import { instant, lasting, now } from "../words.js";
import { State } from "./state.js";

export function Timeline() {
  const status = run.value?.status;
  const from = instant(status?.startedAt);
  if (!status || Number.isNaN(from)) return html`<p>The run has not started, so there is nothing to draw yet.</p>`;
  const until = Math.max(status.finishedAt ? instant(status.finishedAt) : now.value, from + 1);
  const way = longestWay.value;
  const started = tasks.value.filter(({ entry }) => entry?.startedAt);
  const ends = new Map(started.map(({ name, entry }) => [name, entry?.finishedAt ? instant(entry.finishedAt) : until]));
  const bars = started
    .map((task) => {
      const ready = Math.max(from, ...task.dependsOn.map((name) => ends.get(name) ?? from));
      const start = instant(task.entry?.startedAt);
      return { task, ready: Math.min(ready, start), start, end: /** @type {number} */ (ends.get(task.name)) };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
  return html`<${Spent} time=${status.time ?? {}} />
    <table class="list timeline" data-list>
      <thead><tr><th>Task</th><th class="bars"><span>0s</span><span>${lasting(until - from)}</span></th></tr></thead>
      <tbody>${bars.map((bar) => html`<${Row} key=${bar.task.name} ...${bar} from=${from} until=${until} longest=${way.has(bar.task.name)} />`)}</tbody>
    </table>
    <p><small>Bold: the longest way. Striped: waiting after what it depends on had ended.</small></p>`;
}

/** @param {{time: Record<string, string>}} properties */
function Spent({ time }) {
  const parts = Object.entries(time);
  if (!parts.length) return null;
  return html`<p>The time of all tasks went to ${parts.map(([what, spent]) => `${what} ${spent}`).join(" · ")}</p>`;
}

/** @param {{task: typeof tasks.value[number], ready: number, start: number, end: number, from: number, until: number, longest: boolean}} properties */
function Row({ task, ready, start, end, from, until, longest }) {
  const share = (/** @type {number} */ seconds) => `${(100 * seconds) / (until - from)}%`;
  const words = `waited ${lasting(start - ready)}, took ${lasting(end - start)}`;
  const chosen = address.value.get("task") === task.name;
  return html`<tr aria-selected=${chosen} data-longest=${longest}>
    <td><a data-row href=${to({ task: task.name, item: "" })} onClick=${onClick}>${task.name}</a> <${State} state=${task.state} words="" /></td>
    <td class="bars"><div class="bar" role="img" aria-label=${words} title=${words}>
      <span style=${{ width: share(ready - from) }}></span>
      <span class="waited" style=${{ width: share(start - ready) }}></span>
      <span class="took" data-state=${task.state} style=${{ width: share(end - start) }}></span>
    </div></td>
  </tr>`;
}
