// The Workflows: how their last runs ended, and what comes next.

import { useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, go, onClick, place, to } from "../address.js";
import { followRows, runs, workflows } from "../rows.js";
import { EVERYWHERE, namespace } from "../who.js";
import { when } from "../words.js";
import { ask as askTo } from "./action.js";
import { State } from "./state.js";

const SHOWN = 10;

export function Workflows() {
  useSignalEffect(() => followRows(namespace.value));
  const words = address.value.get("q").toLowerCase();
  const found = workflows.value && [...workflows.value.values()].filter(({ name }) => name.includes(words)).sort(order);
  const byWorkflow = newest();
  return html`<main>
    <h1 class="unseen">Workflows</h1>
    <div class="tools">
      <input type="search" data-filter placeholder="filter by name" aria-label="Filter" value=${words} onInput=${filter} />
    </div>
    ${found && html`<table class="list" data-list>
      <thead><tr>${namespace.value === EVERYWHERE && html`<th>Namespace</th>`}<th>Workflow</th><th>Last runs, the newest first</th><th>Next</th><th class="wide">Why</th><th><span class="unseen">Action</span></th></tr></thead>
      <tbody>${found.map((each) => html`<${Row} key=${each.uid} workflow=${each} runs=${byWorkflow.get(key(each.namespace, each.name)) ?? []} />`)}</tbody>
    </table>`}
    ${found && !found.length && html`<p>There is no Workflow here. To make one: <code>kubectl apply -f workflow.yaml</code></p>`}
  </main>`;
}

/** @param {{workflow: import("../types").WorkflowRow, runs: import("../types").RunRow[]}} properties */
function Row({ workflow, runs }) {
  const { name, refused, suspended, next } = workflow;
  const start = () => askTo({ action: "run", name, namespace: workflow.namespace });
  return html`<tr>
    ${namespace.value === EVERYWHERE && html`<td>${workflow.namespace}</td>`}
    <td><a data-row href=${place({ ns: workflow.namespace, workflow: name })} onClick=${onClick}>${name}</a></td>
    <td class="last">${runs.slice(0, SHOWN).map((run) => html`<${Last} run=${run} />`)}</td>
    <td>${suspended ? html`<${State} state="Suspended" />` : when(next)}</td>
    <td class="wide why">${refused ? workflow.why.split("\n", 1)[0] : ""}</td>
    <td><button onClick=${start}>Run…</button></td>
  </tr>`;
}

/** @param {{run: import("../types").RunRow}} properties */
function Last({ run }) {
  const where = `?${new URLSearchParams({ ns: run.namespace, run: run.name })}`;
  return html`<a href=${where} title=${run.name} aria-label=${`${run.name}: ${run.phase}`} onClick=${onClick}>
    <${State} state=${run.phase} words="" />
  </a>`;
}

/** The runs of each Workflow, the newest first. */
function newest() {
  const found = /** @type {Map<string, import("../types").RunRow[]>} */ (new Map());
  const sorted = [...(runs.value?.values() ?? [])].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  for (const run of sorted) {
    if (run.child) continue;
    const place = key(run.namespace, run.workflow);
    if (!found.has(place)) found.set(place, []);
    found.get(place)?.push(run);
  }
  return found;
}

function key(/** @type {string} */ namespace, /** @type {string} */ name) {
  return `${namespace}/${name}`;
}

function filter(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}

/** @param {import("../types").WorkflowRow} a @param {import("../types").WorkflowRow} b */
function order(a, b) {
  return a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name);
}
