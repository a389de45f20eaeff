// The Pools: who holds them, who waits, since when.

import { signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { onClick } from "../address.js";
import { follow } from "../stream.js";
import { namespace } from "../who.js";
import { instant, lasting, now } from "../words.js";

/** @type {import("@preact/signals").Signal<import("../types").Pool[] | null>} */
const pools = signal(null);

export function Pools() {
  useSignalEffect(() => {
    pools.value = null;
    follow({ view: "pools", namespace: namespace.value }, (event, found) => {
      if (event === "pools") pools.value = found;
    });
  });
  const found = pools.value?.toSorted((a, b) => a.name.localeCompare(b.name));
  return html`<main>
    <h1 class="unseen">Pools</h1>
    ${found && !found.length && html`<p>There is no Pool here. A Pool is a limit that tasks share: see examples/ for one.</p>`}
    ${found?.map((pool) => html`<${One} key=${pool.uid} pool=${pool} />`)}
  </main>`;
}

/** @param {{pool: import("../types").Pool}} properties */
function One({ pool }) {
  const { spec, status } = pool;
  const [slots, used, waiting] = [spec.slots ?? 0, status.used ?? 0, status.waiting ?? 0];
  return html`<section class="pool">
    <h2>${pool.name}</h2>
    <p>${spec.description}</p>
    <p><meter min="0" max=${Math.max(slots, used, 1)} value=${used}></meter> ${used}/${slots} slots in use, ${waiting} wait</p>
    <div class="columns">
      <div><h3>Held by</h3><ul>${(status.holders ?? []).map((name) => html`<li><${Holder} pool=${pool} name=${name} /></li>`)}</ul></div>
      <div><h3>In line</h3><ol>${(status.waiters ?? []).map((waiter) => html`<li><${Waiter} pool=${pool} waiter=${waiter} /></li>`)}</ol></div>
    </div>
  </section>`;
}

/** @param {{pool: import("../types").Pool, waiter: {name: string, since: string}}} properties */
function Waiter({ pool, waiter }) {
  const since = now.value - instant(waiter.since);
  return html`<${Holder} pool=${pool} name=${waiter.name} /> ${since >= 0 && `for ${lasting(since)}`}`;
}

/** A run, or a task as run/task. @param {{pool: import("../types").Pool, name: string}} properties */
function Holder({ pool, name }) {
  const [run, unit = ""] = name.split("/");
  const [task, item = ""] = unit.replace("]", "").split("[");
  const query = { ns: pool.namespace, run, ...(task ? { task } : {}), ...(item ? { item } : {}) };
  return html`<a href=${`?${new URLSearchParams(query)}`} onClick=${onClick}>${name}</a>`;
}
