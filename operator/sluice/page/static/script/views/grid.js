// The runs of a Workflow over time, the newest first: columns are runs, rows are tasks.

import { computed, signal, useSignalEffect } from "@preact/signals";
import { Component } from "preact";
import { html } from "../html.js";
import { address, go, onClick, place, to } from "../address.js";
import { cut, rowsOf, spans } from "../grid.js";
import { Rarely } from "../rarely.js";
import { runs } from "../rows.js";
import { ask, byName } from "../server.js";
import { namespace } from "../who.js";
import { instant, lasting, sign, took, when } from "../words.js";
import { State } from "./state.js";

const RUNS_SHOWN = 25;
const TASKS_SHOWN = 100;
const AGAIN_MS = 5000;

/** @typedef {import("../types").RunRow} RunRow */

/** The runs of the Workflow, the newest first. */
const own = computed(() => {
  const name = address.value.get("workflow");
  const found = [...(runs.value?.values() ?? [])].filter((run) => run.workflow === name && run.namespace === namespace.value);
  return found.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.name.localeCompare(a.name));
});
const columns = computed(() => own.value.slice(0, RUNS_SHOWN));

/** The states of the tasks of each run, with the row as it was when they were read. @type {import("@preact/signals").Signal<Map<string, {row: RunRow, states: Record<string, string>}>>} */
const read = signal(new Map());
const error = signal("");
/** Each is followed by another try. */
const failures = signal(0);
const showsAll = signal(false);

const rarely = new Rarely();

function useReading() {
  useSignalEffect(() => {
    const stale = columns.value.filter((row) => read.value.get(row.uid)?.row !== row);
    const [ns, name] = [namespace.value, workflowName()];
    void failures.value;
    if (stale.length) return rarely.soon(`${ns}/${name}`, () => look(ns, stale));
  });
}

/** @param {string} namespace @param {RunRow[]} rows */
async function look(namespace, rows) {
  const found = await ask("/api/grid", { namespace, runs: rows.map(({ name }) => name).join(" ") }).catch((failure) => failure);
  error.value = found instanceof Error ? found.message : "";
  if (error.value) {
    setTimeout(() => (failures.value += 1), AGAIN_MS);
    return;
  }
  const [known, states] = [new Map(read.value), byName(found)];
  for (const row of rows) known.set(row.uid, { row, states: byName(states[row.name]) });
  read.value = known;
}

/** @param {{workflow: import("../types").Workflow}} properties */
export function Grid({ workflow }) {
  useReading();
  const shown = columns.value;
  if (!runs.value) return html`<p>Reading…</p>`;
  if (!shown.length) return html`<p>It has no run yet, or none is kept.</p>`;
  const states = shown.map((run) => read.value.get(run.uid)?.states ?? byName());
  const words = address.value.get("q").toLowerCase();
  const all = rowsOf(workflow.tasks, states).filter((task) => task.toLowerCase().includes(words));
  const rows = showsAll.value ? all : cut(all, states, TASKS_SHOWN);
  const older = own.value.length - shown.length;
  return html`<div class="tools">
      <input type="search" data-filter placeholder="find a task" aria-label="Find" value=${address.value.get("q")} onInput=${find} />
      <${Legend} states=${[...new Set(states.flatMap(Object.values))]} />
    </div>
    ${error.value && html`<p class="words error">${error.value}</p>`}
    <div class="grid" tabindex="0" role="region" aria-label="Runs"><table data-list>
      <${Head} runs=${shown} />
      <tbody>${rows.map((task) => html`<${Row} key=${task} task=${task} runs=${shown} states=${states.map((each) => each[task] ?? "")} />`)}</tbody>
    </table></div>
    ${all.length > rows.length && html`<button onClick=${() => (showsAll.value = true)}>${all.length - rows.length} more: show them all</button>`}
    ${older > 0 && html`<p><a href=${place({ q: workflowName() })} onClick=${onClick}>${older} older runs</a></p>`}`;
}

function workflowName() {
  return address.value.get("workflow");
}

function find(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}

/** @param {{states: string[]}} properties */
function Legend({ states }) {
  return html`<span class="legend">${states.map((state) => html`<${State} state=${state} />`)}</span>`;
}

/** The day of each run, how long it took, and how it stands. @param {{runs: RunRow[]}} properties */
function Head({ runs }) {
  const seconds = runs.map(({ startedAt, finishedAt }) => (finishedAt ? instant(finishedAt) - instant(startedAt) : 0) || 0);
  const longest = Math.max(1, ...seconds);
  return html`<thead>
    <tr><th scope="row"><span class="unseen">Day</span></th>
      ${spans(runs.map(({ createdAt }) => new Date(createdAt).toLocaleDateString("sv"))).map(([day, count]) => html`<th class="day" colspan=${count} title=${day}>${day.slice(count > 2 ? 0 : count > 1 ? 5 : 8)}</th>`)}</tr>
    <tr><th scope="row">Time ≤ ${lasting(longest)}</th>
      ${runs.map((run, index) => html`<td class="height" title=${took(run)}><span style=${{ height: `${(24 * seconds[index]) / longest}px` }}></span></td>`)}</tr>
    <tr><th scope="row">Run</th>
      ${runs.map((run) => html`<th scope="col"><a data-row href=${place({ run: run.name })} title=${title(run)} aria-label=${title(run)} onClick=${onClick}><${State} state=${run.phase} words="" /></a></th>`)}</tr>
  </thead>`;
}

function title(/** @type {RunRow} */ run) {
  return [run.name, run.phase, when(run.startedAt || run.createdAt), took(run)].filter(Boolean).join(", ");
}

/** Drawn anew only if a task of it stands otherwise: there may be thousands. */
class Row extends Component {
  shouldComponentUpdate(/** @type {any} */ next) {
    const { runs, states } = this.props;
    const isSame = (/** @type {RunRow} */ run, /** @type {number} */ index) => run.uid === runs[index]?.uid;
    return !next.runs.every(isSame) || next.states.join() !== states.join();
  }

  render(/** @type {any} */ { task, runs, states }) {
    return html`<tr>
      <th scope="row">${task}</th>
      ${states.map((/** @type {string} */ state, /** @type {number} */ index) => html`<td>${state && html`<${Cell} task=${task} run=${runs[index]} state=${state} />`}</td>`)}
    </tr>`;
  }
}

/** The keyboard comes to the runs by their heads. @param {{task: string, run: RunRow, state: string}} properties */
function Cell({ task, run, state }) {
  return html`<a class="state" data-state=${state} tabindex="-1" href=${place({ run: run.name, task })} title=${`${task} of ${run.name}: ${state}`} onClick=${onClick}><span aria-hidden="true">${sign(state)}</span><span class="unseen">${state}</span></a>`;
}
