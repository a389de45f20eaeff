// What differs between the run and another one: the words of `sluice diff`.

import { signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, go, to } from "../address.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { State } from "./state.js";

/** @type {import("@preact/signals").Signal<{found: import("../types").Difference | null, error: string}>} */
const compared = signal({ found: null, error: "" });

export function Compare() {
  const other = address.value.get("with"); // none: the run that was made before it
  useSignalEffect(() => void look(namespace.value, address.value.get("with"), `run/${address.value.get("run")}`));
  const { found, error } = compared.value;
  return html`<form class="tools" key=${other} onSubmit=${choose}>
      <label>with <input name="other" data-filter defaultValue=${other} placeholder="the one before, or etl~1, or a run" /></label>
      <button>Compare</button>
    </form>
    ${error ? html`<p class="words error">${error}</p>` : found && html`<${Table} found=${found} />`}`;
}

let wanted = 0;

/** @param {string} namespace @param {string} before @param {string} after */
async function look(namespace, before, after) {
  const mine = ++wanted;
  compared.value = { found: null, error: "" };
  const answer = await ask("/api/diff", { namespace, with: before, name: after }).then(
    (found) => ({ found, error: "" }),
    (error) => ({ found: null, error: error.message }),
  );
  if (mine === wanted) compared.value = answer;
}

function choose(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
  go(to({ with: String(form.get("other")).trim() }));
}

/** @param {{found: import("../types").Difference}} properties */
function Table({ found }) {
  const { runs, differences, tasks, unseen } = found;
  return html`<table class="list">
      <thead><tr><th><span class="unseen">What</span></th>${runs.map((name) => html`<th>${name}</th>`)}<th class="wide">From</th></tr></thead>
      <tbody>
        ${differences.map(({ label, before, after, words }) => html`<tr><td>${label}</td><td>${before}</td><td>${after}</td><td class="wide">${words}</td></tr>`)}
        ${tasks.map(({ name, before, after }) => html`<tr><td>${name}</td><td><${Ended} how=${before} /></td><td><${Ended} how=${after} /></td><td class="wide"></td></tr>`)}
      </tbody>
    </table>
    ${!differences.length && !tasks.length && html`<p>Nothing differs.</p>`}
    ${unseen.map((words) => html`<p><small>not seen: ${words}</small></p>`)}`;
}

/** @param {{how: {phase: string, words: string} | null}} properties */
function Ended({ how }) {
  return how ? html`<${State} state=${how.phase} /> ${how.words}` : "–";
}
