// A run that has ended once more, under other limits: as `sluice plan RUN --parallelism N --pool NAME=N`.

import { signal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { html } from "../html.js";
import { address, go, to } from "../address.js";
import { run } from "../run.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { hasEnded } from "../words.js";

const NOTHING = { found: null, error: "", asks: false };

/** @type {import("@preact/signals").Signal<{found: import("../types").Replay | null, error: string, asks: boolean}>} */
export const replayed = signal(NOTHING);

/** @param {{pools: string[]}} properties */
export function WhatIf({ pools }) {
  useSignalEffect(() => {
    const { get } = address.value;
    look(namespace.value, get("run"), get("parallelism"), get("pools"));
  });
  useEffect(() => () => void ((replayed.value = NOTHING), (last = "")), []);
  if (!hasEnded(run.value?.status.phase ?? "")) return null;
  const { found, error, asks } = replayed.value;
  const slots = new Map(address.value.get("pools").split(" ").map((each) => /** @type {[string, string]} */ (each.split("="))));
  return html`<form class="tools whatif" key=${`${address.value.get("parallelism")} ${address.value.get("pools")}`} onSubmit=${choose} aria-label="What if">
      <span>What if</span>
      <label>parallelism <input name="parallelism" type="number" min="1" defaultValue=${address.value.get("parallelism")} /></label>
      ${pools.map((pool) => html`<label>pool ${pool} <input name=${`pool ${pool}`} type="number" min="0" defaultValue=${slots.get(pool) ?? ""} /></label>`)}
      <button>Replay</button>
      ${found && html`<button type="button" onClick=${() => go(to({ parallelism: "", pools: "" }))}>Without</button>`}
    </form>
    <div aria-live="polite">
      ${asks && html`<p>Replaying…</p>`}
      ${error && html`<p class="words error">${error}</p>`}
      ${found && html`<p class="answer">${found.words}</p>${found.guesses.map((words) => html`<p><small>guessed: ${words}</small></p>`)}`}
    </div>`;
}

let last = "";

/** @param {string[]} what */
async function look(...what) {
  const asked = JSON.stringify(what);
  const [namespace, name, parallelism, pools] = what;
  if (asked === last) return;
  last = asked;
  replayed.value = { ...NOTHING, asks: Boolean(parallelism || pools) };
  if (!replayed.value.asks) return;
  const answer = await ask("/api/whatif", { namespace, name, parallelism, pools }).catch((error) => error);
  if (asked === last) replayed.value = answer instanceof Error ? { ...NOTHING, error: answer.message } : { ...NOTHING, found: answer };
}

function choose(/** @type {SubmitEvent} */ event) {
  event.preventDefault();
  const given = [...new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))].filter(([, value]) => value !== "");
  const pools = given.flatMap(([name, value]) => (name.startsWith("pool ") ? [`${name.slice("pool ".length)}=${value}`] : []));
  go(to({ parallelism: String(Object.fromEntries(given).parallelism ?? ""), pools: pools.join(" ") }));
}
