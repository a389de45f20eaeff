// One Workflow: its runs as a grid, when it runs next, what a new run would do, and its parameters. Beside it stands why
// no run of it goes, or which does.

import { computed, signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, onClick, place, to } from "../address.js";
import { Rarely } from "../rarely.js";
import { followRows, runs, workflows } from "../rows.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { when } from "../words.js";
import { ask as askTo } from "./action.js";
import { Answer } from "./answer.js";
import { Grid } from "./grid.js";
import { Plan } from "./plan.js";
import { State } from "./state.js";

const VIEWS = /** @type {[string, string, any][]} */ ([
  ["grid", "Runs", Grid],
  ["plan", "Plan", Plan],
  ["parameters", "Parameters", Parameters],
]);

/** @type {import("@preact/signals").Signal<{name: string, found: import("../types").Workflow | null, answer: import("../types").Answer | null, error: string}>} */
const looked = signal({ name: "", found: null, answer: null, error: "" });

export function WorkflowView() {
  useSignalEffect(() => followRows(namespace.value));
  useSignalEffect(() => {
    void version.value;
    const [ns, name] = [namespace.value, address.value.get("workflow")];
    return rarely.soon(`${ns}/${name}`, () => look(ns, name));
  });
  const name = address.value.get("workflow");
  const { found, answer, error } = looked.value.name === name ? looked.value : { found: null, answer: null, error: "" };
  const shown = address.value.get("view") || "grid";
  const [, , View] = VIEWS.find(([each]) => each === shown) ?? VIEWS[0];
  return html`<main class="run">
    <${Title} name=${name} found=${found} />
    <nav class="views" aria-label="Views">
      ${VIEWS.map(([each, words]) => html`<a href=${to({ view: each === "grid" ? "" : each, q: "" })} aria-current=${each === shown ? "page" : null} onClick=${onClick}>${words}</a>`)}
    </nav>
    <div class="beside" data-view=${shown}>
      <section aria-label=${shown}>
        ${error && html`<p role="alert" class="words error">${error}</p>`}
        ${found && html`<${View} workflow=${found} />`}
      </section>
      <aside>
        <div aria-live="polite">${answer && html`<${Answer} answer=${answer} />`}</div>
        ${found && html`<${Next} workflow=${found} />`}
      </aside>
    </div>
  </main>`;
}

/** Changes with the Workflow's row, and with those of its runs. */
const version = computed(() => {
  const name = address.value.get("workflow");
  const row = [...(workflows.value?.values() ?? [])].find((each) => each.name === name);
  const own = [...(runs.value?.values() ?? [])].filter((run) => run.workflow === name);
  return JSON.stringify([row, own.map(({ name, phase }) => [name, phase])]);
});

const rarely = new Rarely();

async function look(/** @type {string} */ namespace, /** @type {string} */ name) {
  const both = [ask("/api/workflow", { namespace, name }), ask("/api/why", { namespace, name: `workflow/${name}` })];
  const [found, answer] = await Promise.all(both).catch((error) => [error]);
  if (name !== address.value.get("workflow")) return;
  looked.value = found instanceof Error ? { name, found: null, answer: null, error: found.message } : { name, found, answer, error: "" };
}

/** @param {{name: string, found: import("../types").Workflow | null}} properties */
function Title({ name, found }) {
  const wish = { name, namespace: namespace.value };
  const timed = found && Object.keys(found.schedule).length > 0;
  const turn = found?.suspended ? "resumeSchedule" : "suspendSchedule";
  return html`<div class="title">
    <h1>${name}</h1>
    <span>Workflow</span>
    ${found?.suspended && html`<${State} state="Suspended" />`}
    <div class="buttons">
      ${timed && html`<button onClick=${() => askTo({ ...wish, action: turn })}>${found.suspended ? "Resume schedule…" : "Suspend schedule…"}</button>`}
      <button disabled=${!found} onClick=${() => askTo({ ...wish, action: "run" })}>Run…</button>
    </div>
  </div>`;
}

/** @param {{workflow: import("../types").Workflow}} properties */
function Next({ workflow }) {
  const { schedule, next } = workflow;
  const said = Object.entries(schedule);
  if (!said.length) return null;
  return html`<h2>Schedule</h2>
    <dl class="facts">${said.map(([name, value]) => html`<dt>${name}</dt><dd>${[value].flat().join(" · ")}</dd>`)}</dl>
    ${next.length > 0 && html`<h2>Next times, in this browser's zone</h2><ol class="times">${next.map((time) => html`<li>${when(time)}</li>`)}</ol>`}
    <p><a href=${place({ show: "backfills", q: address.value.get("workflow") })} onClick=${onClick}>Backfills</a></p>`;
}

/** @param {{workflow: import("../types").Workflow}} properties */
function Parameters({ workflow }) {
  const { parameters } = workflow;
  if (!parameters.length) return html`<p>It has no parameters.</p>`;
  const text = (/** @type {unknown} */ value) => (value === undefined ? "must be given" : typeof value === "string" ? value : JSON.stringify(value));
  return html`<table class="list">
    <thead><tr><th>Parameter</th><th>Type</th><th>Default</th><th class="wide">What for</th></tr></thead>
    <tbody>${parameters.map(
      (each) => html`<tr><td>${each.name}</td><td>${each.enum ? each.enum.map(text).join(", ") : (each.type ?? "String")}</td>
        <td>${text(each.default)}</td><td class="wide">${each.description}</td></tr>`,
    )}</tbody>
  </table>`;
}
