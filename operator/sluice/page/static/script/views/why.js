// Why something is not running, or how it ended: the words of `sluice why`. Asked again whenever it stands otherwise.

import { computed, signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, onClick, to, view } from "../address.js";
import { entries, run } from "../run.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { hasEnded } from "../words.js";
import { ask as askTo } from "./action.js";
import { Answer } from "./answer.js";
import { Mosaic } from "./mosaic.js";

const AT_MOST_EVERY_MS = 2000;

/** @type {import("@preact/signals").Signal<{name: string, answer: import("../types").Answer | null, error: string}>} */
const found = signal({ name: "", answer: null, error: "" });

/** What is asked about, and how it stands. */
const subject = computed(() => {
  const task = address.value.get("task");
  const { phase, progress, message } = run.value?.status ?? {};
  return JSON.stringify([chosen(), task ? entries.value.get(task) : [phase, progress, message]]);
});

let askedAt = 0;

export function Why() {
  useSignalEffect(() => {
    void subject.value;
    if (!run.peek()) return;
    const soon = found.peek().name === chosen() ? askedAt + AT_MOST_EVERY_MS - Date.now() : 0;
    const waiting = setTimeout(look, Math.max(0, soon));
    return () => clearTimeout(waiting);
  });
  const task = address.value.get("task");
  return html`${task && html`<${Chosen} task=${task} />`}<div aria-live="polite"><${Answered} /></div>`;
}

/** As `sluice why` takes it. */
function chosen() {
  const { get } = address.value;
  const item = get("item") ? `[${get("item")}]` : "";
  return `run/${get("run")}${get("task") ? `/${get("task")}${item}` : ""}`;
}

async function look() {
  const name = chosen();
  askedAt = Date.now();
  try {
    const answer = await ask("/api/why", { namespace: namespace.value, name });
    if (name === chosen()) found.value = { name, answer, error: "" };
  } catch (error) {
    if (name === chosen()) found.value = { name, answer: null, error: /** @type {Error} */ (error).message };
  }
}

function Answered() {
  const { name, answer, error } = found.value;
  if (name !== chosen()) return null;
  if (!answer) return html`<p class="words error">${error}</p>`;
  return html`<${Answer} answer=${answer} />`;
}

/** @param {{task: string}} properties */
function Chosen({ task }) {
  const item = address.value.get("item");
  const entry = entries.value.get(task);
  return html`<h2>${task}${item && `[${item}]`}</h2>
    <p class="buttons">
      <a class="button" href=${view("logs")} onClick=${onClick}>Logs</a>
      ${entry?.run && html`<a class="button" href=${to({ run: entry.run, task: "", item: "", view: "" })} onClick=${onClick}>Run ${entry.run}</a>`}
      ${hasEnded(run.value?.status.phase ?? "") && html`<button onClick=${() => again(task, item)}>Run again…</button>`}
      <a class="button" href=${to({ task: "", item: "" })} onClick=${onClick}>Close</a>
    </p>
    ${entry?.items && html`<${Mosaic} items=${entry.items} />`}`;
}

/** A new run that keeps all but this task, or this item of it, and what depends on it. */
function again(/** @type {string} */ task, /** @type {string} */ item) {
  const rerun = [item ? { task, items: item } : task];
  askTo({ action: "retry", name: address.value.get("run"), namespace: namespace.value, rerun });
}
