// Why something is not running, or how it ended: the words of `sluice why`. Asked again whenever it stands otherwise, and
// now and then while it goes on: who holds a Pool, and for how long something has run, is in no status of it.

import { computed, signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, onClick, to } from "../address.js";
import { calls, isOpen, logs, turned } from "../inside.js";
import { Rarely } from "../rarely.js";
import { placeOf, run, tasks } from "../run.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { hasEnded } from "../words.js";
import { ask as askTo } from "./action.js";
import { Answer } from "./answer.js";
import { Mosaic } from "./mosaic.js";

/** @type {import("@preact/signals").Signal<{name: string, answer: import("../types").Answer | null, error: string}>} */
const found = signal({ name: "", answer: null, error: "" });

/** What is asked about, and how it stands. */
const subject = computed(() => {
  const task = address.value.get("task");
  const { phase, progress, message } = run.value?.status ?? {};
  return JSON.stringify([run.value?.metadata.uid, chosen(), task ? entryOf(task) : [phase, progress, message]]);
});

const goesOn = computed(() => {
  const task = address.value.get("task");
  const { phase = "" } = run.value?.status ?? {};
  return !hasEnded(phase) && !hasEnded((task && entryOf(task)?.phase) || "");
});

const rarely = new Rarely();

export function Why() {
  useSignalEffect(() => {
    void subject.value;
    if (!run.peek() || !placeOf(address.value.get("task")).run) return;
    return rarely.soon(chosen(), look, goesOn.value);
  });
  const task = address.value.get("task");
  return html`${task && html`<${Chosen} task=${task} />`}<div aria-live="polite"><${Answered} /></div>`;
}

/** As `sluice why` takes it. */
function chosen() {
  const { get } = address.value;
  const item = get("item") ? `[${get("item")}]` : "";
  const { run, task } = placeOf(get("task"));
  return `run/${run}${task && `/${task}${item}`}`;
}

async function look() {
  const name = chosen();
  try {
    const answer = await ask("/api/why", { namespace: namespace.value, name });
    if (name === chosen()) found.value = { name, answer, error: "" };
  } catch (error) {
    if (name === chosen()) found.value = { name, answer: null, error: /** @type {Error} */ (error).message };
  }
}

function Answered() {
  const { name, answer, error } = found.value;
  if (!placeOf(address.value.get("task")).run) return html`<p>It is of a run that is not made yet.</p>`;
  if (name !== chosen()) return null;
  if (!answer) return html`<p class="words error">${error}</p>`;
  return html`<${Answer} answer=${answer} />`;
}

function entryOf(/** @type {string} */ path) {
  return tasks.value.find(({ name }) => name === path)?.entry;
}

/** @param {{task: string}} properties */
function Chosen({ task }) {
  const item = address.value.get("item");
  const entry = entryOf(task);
  const own = !task.includes("/");
  return html`<h2>${task}${item && `[${item}]`}</h2>
    <p class="buttons">
      <a class="button" href=${logs()} onClick=${onClick}>Logs</a>
      ${calls(task) && html`<a class="button" href=${turned(task)} onClick=${onClick}>${isOpen(task) ? "Fold" : "Open in the graph"}</a>`}
      ${entry?.run && html`<a class="button" href=${to({ run: entry.run, task: "", item: "", view: "", inside: "", open: "" })} onClick=${onClick}>Run ${entry.run}</a>`}
      ${own && hasEnded(run.value?.status.phase ?? "") && html`<button onClick=${() => again(task, item)}>Run again…</button>`}
      <a class="button" href=${to({ task: "", item: "" })} onClick=${onClick}>Close</a>
    </p>
    ${entry?.items && html`<${Mosaic} items=${entry.items} />`}`;
}

/** A new run that keeps all but this task, or this item of it, and what depends on it. */
function again(/** @type {string} */ task, /** @type {string} */ item) {
  const rerun = [item ? { task, items: item } : task];
  askTo({ action: "retry", name: address.value.get("run"), namespace: namespace.value, rerun });
}
