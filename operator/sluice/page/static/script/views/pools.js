// The Pools: who holds them, who waits, since when. Of the one that is chosen also for how long its holders may go on.

import { signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, onClick, to } from "../address.js";
import { Rarely } from "../rarely.js";
import { ask } from "../server.js";
import { follow } from "../stream.js";
import { EVERYWHERE, namespace } from "../who.js";
import { instant, lasting, now } from "../words.js";
import { Answer } from "./answer.js";

/** @typedef {import("../types").Pool} Pool */

/** @type {import("@preact/signals").Signal<Pool[] | null>} */
const pools = signal(null);
/** Of the one that is chosen. @type {import("@preact/signals").Signal<{uid: string, answer: import("../types").Answer | null}>} */
const told = signal({ uid: "", answer: null });

const rarely = new Rarely();

export function Pools() {
  useSignalEffect(() => {
    pools.value = null;
    follow({ view: "pools", namespace: namespace.value }, (event, found) => {
      if (event === "pools") pools.value = found;
    });
  });
  useSignalEffect(() => {
    const pool = pools.value?.find(isChosen);
    if (pool) return rarely.soon(pool.uid, () => look(pool), true);
  });
  const found = pools.value?.toSorted((a, b) => a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name));
  return html`<main data-list>
    <h1 class="unseen">Pools</h1>
    ${found && !found.length && html`<p>There is no Pool here. A Pool is a limit that tasks share: see examples/ for one.</p>`}
    ${found?.map((pool) => html`<${One} key=${pool.uid} pool=${pool} />`)}
  </main>`;
}

async function look(/** @type {Pool} */ { uid, namespace, name }) {
  const answer = await ask("/api/why", { namespace, name: `pool/${name}` }).catch(() => null); // what is seen stays
  told.value = { uid, answer };
}

function isChosen(/** @type {Pool} */ { namespace, name }) {
  return address.value.get("pool") === `${namespace}/${name}`;
}

/** @param {{pool: Pool}} properties */
function One({ pool }) {
  const { spec, status } = pool;
  const [slots, used, waiting] = [spec.slots ?? 0, status.used ?? 0, status.waiting ?? 0];
  const chosen = isChosen(pool);
  const where = to({ pool: chosen ? "" : `${pool.namespace}/${pool.name}` });
  return html`<section class="pool" aria-label=${pool.name}>
    <h2><a data-row href=${where} aria-expanded=${chosen} onClick=${onClick}>${namespace.value === EVERYWHERE && `${pool.namespace}/`}${pool.name}</a></h2>
    <p>${spec.description}</p>
    <p><meter min="0" max=${Math.max(slots, used, 1)} value=${used} aria-label="Slots in use"></meter> ${used}/${slots} slots in use, ${waiting} wait</p>
    <div class="columns">
      <div><h3>Held by</h3><ul>${(status.holders ?? []).map((name) => html`<li><${Holder} pool=${pool} name=${name} /></li>`)}</ul></div>
      <div><h3>In line</h3><ol>${(status.waiters ?? []).map((waiter) => html`<li><${Waiter} pool=${pool} waiter=${waiter} /></li>`)}</ol></div>
      ${chosen && html`<div aria-live="polite">${told.value.uid === pool.uid && told.value.answer && html`<${Answer} answer=${told.value.answer} />`}</div>`}
    </div>
  </section>`;
}

/** @param {{pool: Pool, waiter: {name: string, since: string}}} properties */
function Waiter({ pool, waiter }) {
  const since = now.value - instant(waiter.since);
  return html`<${Holder} pool=${pool} name=${waiter.name} /> ${since >= 0 && `for ${lasting(since)}`}`;
}

/** A run, or a task as run/task. @param {{pool: Pool, name: string}} properties */
function Holder({ pool, name }) {
  const [run, unit = ""] = name.split("/");
  const [task, item = ""] = unit.replace("]", "").split("[");
  const query = { ns: pool.namespace, run, ...(task ? { task } : {}), ...(item ? { item } : {}) };
  return html`<a href=${`?${new URLSearchParams(query)}`} onClick=${onClick}>${name}</a>`;
}
