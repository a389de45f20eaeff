// The list of runs: those that go first, then the newest.

import { signal, useSignalEffect } from "@preact/signals";
import { Component } from "preact";
import { html } from "../html.js";
import { address, go, onClick, to } from "../address.js";
import { followRows, runs } from "../rows.js";
import { EVERYWHERE, namespace } from "../who.js";
import { hasEnded, took, when } from "../words.js";
import { State } from "./state.js";

const SHOWN = 300;
const FILTERS = ["Running", "Pending", "Suspended", "Failed", "Stopped", "Succeeded"];

const showsAll = signal(false);

export function Runs() {
  useSignalEffect(() => followRows(namespace.value));
  const all = runs.value && [...runs.value.values()];
  const words = address.value.get("q");
  const state = address.value.get("state");
  const matching = all?.filter((run) => matches(run, words)) ?? [];
  const found = matching.filter((run) => !state || run.phase === state).sort(order);
  const shown = showsAll.value ? found : found.slice(0, SHOWN);
  const everywhere = namespace.value === EVERYWHERE;
  return html`<main>
    <h1 class="unseen">Runs</h1>
    <div class="tools">
      <input type="search" data-filter placeholder="filter: name, Workflow, label, reason" aria-label="Filter"
        value=${words} onInput=${filter} />
      <div role="group" aria-label="State">
        ${FILTERS.map((each) => html`<${Filter} state=${each} chosen=${state === each} count=${count(matching, each)} />`)}
      </div>
    </div>
    ${all && html`<table class="list" data-list>
      <thead><tr>
        <th>State</th>${everywhere && html`<th>Namespace</th>`}<th>Run</th><th class="wide">Workflow</th><th>Done</th>
        <th>Time</th><th class="wide">Started</th><th class="wide">Why</th>
      </tr></thead>
      <tbody>${shown.map((run) => html`<${Row} key=${run.uid} run=${run} everywhere=${everywhere} />`)}</tbody>
    </table>`}
    ${all && !found.length && html`<${Nothing} any=${all.length > 0} />`}
    ${found.length > shown.length &&
    html`<button onClick=${() => (showsAll.value = true)}>${found.length - shown.length} more: show them all</button>`}
  </main>`;
}

/** @param {{any: boolean}} properties */
function Nothing({ any }) {
  if (any) return html`<p>No run matches. <a href=${to({ q: "", state: "" })} onClick=${onClick}>Show all</a></p>`;
  return html`<p>There is no run in this namespace. To start one: <code>kubectl apply -f workflow.yaml</code>, or, of a
    Workflow that is there, <a href=${to({ show: "workflows" })} onClick=${onClick}>Run</a>.</p>`;
}

/** @param {{state: string, chosen: boolean, count: number}} properties */
function Filter({ state, chosen, count }) {
  return html`<button class="filter" aria-pressed=${chosen} onClick=${() => go(to({ state: chosen ? "" : state }))}>
    <${State} state=${state} /> ${count}
  </button>`;
}

/** Drawn anew only if the row has changed: there may be thousands. */
class Row extends Component {
  shouldComponentUpdate(/** @type {any} */ next) {
    return next.run !== this.props.run || next.everywhere !== this.props.everywhere;
  }

  render(/** @type {any} */ { run, everywhere }) {
    const where = `?${new URLSearchParams({ ns: run.namespace, run: run.name })}`;
    return html`<tr>
      <td><${State} state=${run.phase} /></td>
      ${everywhere && html`<td>${run.namespace}</td>`}
      <td><a data-row href=${where} onClick=${onClick}>${run.name}</a></td>
      <td class="wide">${run.workflow}</td>
      <td>${run.progress}</td>
      <td><${Took} what=${run} /></td>
      <td class="wide">${when(run.startedAt || run.createdAt)}</td>
      <td class="wide why">${run.phase === "Succeeded" ? "" : run.why.split("\n", 1)[0]}</td>
    </tr>`;
  }
}

/** Ticks by itself, and nothing around it is drawn anew. @param {{what: {startedAt?: string, finishedAt?: string}}} properties */
export function Took({ what }) {
  return html`<span class="number">${took(what)}</span>`;
}

function filter(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}

/** @param {import("../types").RunRow} run @param {string} words */
function matches(run, words) {
  if (!words) return !run.child;
  const labels = Object.entries(run.labels).map(([name, value]) => `${name}=${value}`);
  const text = [run.name, run.workflow, run.why, ...labels].join("\n").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** @param {import("../types").RunRow[]} rows @param {string} state */
function count(rows, state) {
  return rows.filter((run) => run.phase === state).length;
}

/** @param {import("../types").RunRow} a @param {import("../types").RunRow} b */
function order(a, b) {
  const ended = Number(hasEnded(a.phase)) - Number(hasEnded(b.phase));
  return ended || b.createdAt.localeCompare(a.createdAt) || b.name.localeCompare(a.name);
}
