// One Backfill as a calendar: each day by the state of its run, or of its runs. A click goes to the run; of a day with
// several it shows them.

import { computed, signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address, onClick, place, to } from "../address.js";
import { months, weeks, worst } from "../calendar.js";
import { counted } from "../items.js";
import { Rarely } from "../rarely.js";
import { backfills, followRows, runs } from "../rows.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";
import { sign } from "../words.js";
import { ask as askTo } from "./action.js";
import { Answer } from "./answer.js";
import { State } from "./state.js";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const ENDED = ["Succeeded", "Failed", "Refused"];

/** @typedef {import("../types").Dated} Dated */

/** @type {import("@preact/signals").Signal<{name: string, times: Dated[], answer: import("../types").Answer | null, error: string}>} */
const looked = signal({ name: "", times: [], answer: null, error: "" });

/** The one that is shown. */
const shown = computed(() => backfills.value?.find(({ name }) => name === address.value.get("backfill")));
/** Changes with it, and with the runs of its Workflow. */
const version = computed(() => {
  const workflow = shown.value?.spec.workflow;
  const own = [...(runs.value?.values() ?? [])].filter((run) => run.workflow === workflow);
  return JSON.stringify([shown.value, own.map(({ name, phase }) => [name, phase])]);
});

const rarely = new Rarely();

export function BackfillView() {
  useSignalEffect(() => followRows(namespace.value, "backfills"));
  useSignalEffect(() => {
    void version.value;
    const [ns, name] = [namespace.value, address.value.get("backfill")];
    return rarely.soon(`${ns}/${name}`, () => look(ns, name));
  });
  const name = address.value.get("backfill");
  const { times, answer, error } = looked.value.name === name ? looked.value : { times: [], answer: null, error: "" };
  return html`<main class="run">
    <${Title} name=${name} />
    <div class="beside">
      <section aria-label="calendar">
        ${error && html`<p role="alert" class="words error">${error}</p>`}
        <${Counts} times=${times} />
        <${Day} times=${times} />
        <div class="months" data-list>${months(times).map((month) => html`<${Month} key=${month.name} month=${month} />`)}</div>
        <p><small>Gone: a run that has ended is not kept for ever. Italic: another made the run.</small></p>
      </section>
      <aside><div aria-live="polite">${answer && html`<${Answer} answer=${answer} />`}</div></aside>
    </div>
  </main>`;
}

async function look(/** @type {string} */ namespace, /** @type {string} */ name) {
  const both = [ask("/api/backfill", { namespace, name }), ask("/api/why", { namespace, name: `backfill/${name}` })];
  const [found, answer] = await Promise.allSettled(both);
  if (name !== address.value.get("backfill")) return;
  looked.value = {
    name,
    times: found.status === "fulfilled" ? found.value.times : [],
    answer: answer.status === "fulfilled" ? answer.value : null,
    error: found.status === "rejected" ? found.reason.message : "",
  };
}

/** @param {{name: string}} properties */
function Title({ name }) {
  const found = shown.value;
  const phase = found?.status.phase ?? "Pending";
  const wish = { name, namespace: namespace.value };
  const suspended = found?.spec.state === "Suspended";
  const turn = suspended ? "resumeBackfill" : "suspendBackfill";
  return html`<div class="title">
    <h1>${name}</h1>
    <span>Backfill</span>
    ${found && html`<${State} state=${phase} />
      <span>${found.status.progress}</span>
      <a href=${place({ workflow: found.spec.workflow })} onClick=${onClick}>Workflow ${found.spec.workflow}</a>
      <div class="buttons"><button disabled=${ENDED.includes(phase)} onClick=${() => askTo({ ...wish, action: turn })}>${suspended ? "Resume…" : "Suspend…"}</button></div>`}
  </div>`;
}

/** How many times are in each state. @param {{times: Dated[]}} properties */
function Counts({ times }) {
  const counts = new Map();
  for (const [, , state] of times) counts.set(state, (counts.get(state) ?? 0) + 1);
  return html`<p class="legend">${[...counts].map(([state, count]) => html`<span>${count} <${State} state=${state} /></span>`)}</p>`;
}

/** The times of the day that is chosen. @param {{times: Dated[]}} properties */
function Day({ times }) {
  const day = address.value.get("day");
  const found = times.filter(([each]) => each === day);
  if (!found.length) return null;
  return html`<div class="day" role="region" aria-label=${day}>
    <h2>${day}</h2>
    <ul class="clocks">${found.map(([, clock, state, run]) => html`<li>${clock} <${State} state=${state} /> ${run && html`<a href=${place({ run })} onClick=${onClick}>${run}</a>`}</li>`)}</ul>
    <a class="button" href=${to({ day: "" })} onClick=${onClick}>Close</a>
  </div>`;
}

/** @param {{month: ReturnType<typeof months>[number]}} properties */
function Month({ month }) {
  return html`<table class="month">
    <caption>${month.name}</caption>
    <thead><tr>${WEEKDAYS.map((day) => html`<th scope="col" abbr=${day}>${day.slice(0, 2)}</th>`)}</tr></thead>
    <tbody>${weeks(month.before, month.days).map((week) => html`<tr>${week.map((each) => html`<td>${each && html`<${Cell} day=${each.day} times=${each.times} />`}</td>`)}</tr>`)}</tbody>
  </table>`;
}

/** @param {{day: string, times: Dated[]}} properties */
function Cell({ day, times }) {
  const number = Number(day.slice(8));
  if (!times.length) return html`<span class="none">${number}</span>`;
  const state = worst(times);
  const [, clock, , run, mine] = times[0];
  const many = times.length > 1;
  const words = many ? `${day}: ${counted(times.map(([, , each]) => each))}` : [`${day} ${clock}: ${state}`, run].filter(Boolean).join(", ");
  const inside = html`<span>${number}</span> <span class="state" data-state=${state} aria-hidden="true">${sign(state)}${many ? times.length : ""}</span>`;
  const other = !many && run !== "" && !mine;
  if (!many && !run) return html`<span class="dated" title=${words} aria-label=${words} role="img">${inside}</span>`;
  return html`<a class="dated" data-row data-other=${other} title=${words} aria-label=${words} href=${many ? to({ day }) : place({ run })} onClick=${onClick}>${inside}</a>`;
}
