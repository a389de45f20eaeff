// The Backfills: which times they run, and how far they have come.

import { useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, go, onClick, place, to } from "../address.js";
import { backfills, followRows } from "../rows.js";
import { EVERYWHERE, namespace } from "../who.js";
import { State } from "./state.js";

export function Backfills() {
  useSignalEffect(() => followRows(namespace.value, "backfills"));
  const words = address.value.get("q").toLowerCase();
  const found = backfills.value?.filter(({ name, spec }) => `${name} ${spec.workflow}`.includes(words)).toSorted(order);
  const everywhere = namespace.value === EVERYWHERE;
  return html`<main>
    <h1 class="unseen">Backfills</h1>
    <div class="tools">
      <input type="search" data-filter placeholder="filter by name or Workflow" aria-label="Filter" value=${words} onInput=${filter} />
    </div>
    ${found && html`<table class="list" data-list>
      <thead><tr><th>State</th>${everywhere && html`<th>Namespace</th>`}<th>Backfill</th><th>Workflow</th><th>Done</th><th class="wide">From</th><th class="wide">Until</th><th class="wide">Why</th></tr></thead>
      <tbody>${found.map((each) => html`<${Row} key=${each.uid} backfill=${each} everywhere=${everywhere} />`)}</tbody>
    </table>`}
    ${found && !found.length && html`<${Nothing} any=${Boolean(backfills.value?.length)} />`}
  </main>`;
}

/** @param {{any: boolean}} properties */
function Nothing({ any }) {
  if (any) return html`<p>No Backfill matches. <a href=${to({ q: "" })} onClick=${onClick}>Show all</a></p>`;
  return html`<p>There is no Backfill here. It runs a Workflow for past times: <code>sluice backfill WORKFLOW --from 2026-03-01 --until 2026-04-01</code></p>`;
}

/** @param {{backfill: import("../types").Backfill, everywhere: boolean}} properties */
function Row({ backfill, everywhere }) {
  const { namespace: ns, name, spec, status } = backfill;
  return html`<tr>
    <td><${State} state=${status.phase ?? "Pending"} /></td>
    ${everywhere && html`<td>${ns}</td>`}
    <td><a data-row href=${place({ ns, backfill: name })} onClick=${onClick}>${name}</a></td>
    <td>${spec.workflow}</td>
    <td>${status.progress}</td>
    <td class="wide">${spec.from}</td>
    <td class="wide">${spec.until}</td>
    <td class="wide why">${status.phase === "Succeeded" ? "" : status.message?.split("\n", 1)[0]}</td>
  </tr>`;
}

function filter(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}

/** @param {import("../types").Backfill} a @param {import("../types").Backfill} b */
function order(a, b) {
  return b.createdAt.localeCompare(a.createdAt) || a.name.localeCompare(b.name);
}
