// What a new run of a Workflow would do: the words of `sluice plan`.

import { signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, go, to } from "../address.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";

const SHOWN = 300;

const showsAll = signal(false);
/** @type {import("@preact/signals").Signal<{found: import("../types").Plan | null, error: string}>} */
const planned = signal({ found: null, error: "" });

/** @param {{workflow: import("../types").Workflow}} properties */
export function Plan({ workflow }) {
  useSignalEffect(() => void look(namespace.value, address.value.get("workflow"), address.value.get("arguments")));
  const { found, error } = planned.value;
  const given = new Map(address.value.get("arguments").split("\n").map((each) => /** @type {[string, string]} */ (each.split(/=(.*)/s))));
  return html`<form class="tools" key=${address.value.get("arguments")} onSubmit=${choose} aria-label="Arguments">
      ${workflow.parameters.map((each) => html`<label>${each.name} <input name=${each.name} defaultValue=${given.get(each.name) ?? ""} placeholder=${written(each.default)} /></label>`)}
      <button>Plan again</button>
    </form>
    ${error && html`<p class="words error">${error}</p>`}
    ${!found && !error && html`<p>Planning…</p>`}
    ${found && html`<${Words} plan=${found} />`}`;
}

function written(/** @type {unknown} */ value) {
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

let last = "";

/** @param {string[]} what */
async function look(...what) {
  const asked = (last = JSON.stringify(what));
  const [namespace, name, given] = what;
  planned.value = { found: null, error: "" };
  const found = await ask("/api/plan", { namespace, name, arguments: given }).catch((error) => error);
  if (asked === last) planned.value = found instanceof Error ? { found: null, error: found.message } : { found, error: "" };
}

function choose(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  const given = [...new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))].filter(([, value]) => value !== "");
  const written = given.map(([name, value]) => `${name}=${value}`).join("\n");
  if (written === address.value.get("arguments")) look(namespace.value, address.value.get("workflow"), written);
  else go(to({ arguments: written }));
}

/** @param {{plan: import("../types").Plan}} properties */
function Words({ plan }) {
  const shown = showsAll.value ? plan.tasks : plan.tasks.slice(0, SHOWN);
  const more = plan.tasks.length - shown.length;
  return html`<p class="answer">${plan.words}</p>
    <dl class="facts">${plan.facts.map(({ label, text }) => html`<dt>${label}</dt><dd>${text}</dd>`)}
      ${plan.unseen.map((words) => html`<dt>not seen</dt><dd>${words}</dd>`)}</dl>
    <table class="list">
      <thead><tr><th>Task</th><th>What becomes of it</th></tr></thead>
      <tbody>${shown.map(({ name, does }) => html`<tr><td>${name}</td><td>${does}</td></tr>`)}</tbody>
    </table>
    ${more > 0 && html`<button onClick=${() => (showsAll.value = true)}>${more} more: show them all</button>`}
    <p><small>Nothing was changed.</small></p>`;
}
