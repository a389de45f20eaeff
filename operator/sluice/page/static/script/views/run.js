// One run: what it is, what can be done, and one of several views of it. Beside it stands why: of the run, or of the task
// that is chosen.

import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { html } from "../html.js";
import { address, onClick, place, view } from "../address.js";
import { logs } from "../inside.js";
import { followRun, forget, inside, placeOf, run, tasks } from "../run.js";
import { namespace } from "../who.js";
import { hasEnded } from "../words.js";
import { ask } from "./action.js";
import { Compare } from "./compare.js";
import { Graph } from "./graph.js";
import { Logs } from "./logs.js";
import { Took } from "./runs.js";
import { State } from "./state.js";
import { Tasks } from "./tasks.js";
import { Timeline } from "./timeline.js";
import { Why } from "./why.js";
import { Yaml } from "./yaml.js";

const VIEWS = /** @type {[string, string, any][]} */ ([
  ["graph", "Graph", Graph],
  ["tasks", "Tasks", Tasks],
  ["timeline", "Timeline", Timeline],
  ["logs", "Logs", Logs],
  ["compare", "Compare", Compare],
  ["yaml", "YAML", Yaml],
  ["why", "Why", null],
]);

export function RunView() {
  useSignalEffect(() => {
    const { get } = address.value;
    followed(namespace.value, get("run"), get("view") === "logs" ? `${get("task")}/${get("item")}` : "", inside());
  });
  useEffect(() => () => void (last = ""), []);
  const shown = address.value.get("view") || "graph";
  const [, , View] = VIEWS.find(([name]) => name === shown) ?? VIEWS[0];
  return html`<main class="run">
    <${Title} />
    <nav class="views" aria-label="Views">
      ${VIEWS.map(([name, words]) => html`<a href=${name === "logs" ? logs() : view(name)} aria-current=${name === shown ? "page" : null} onClick=${onClick}>${words}</a>`)}
    </nav>
    <div class="beside" data-view=${shown}>
      ${View && html`<section aria-label=${shown}><${View} /></section>`}
      <aside><${Why} /></aside>
    </div>
  </main>`;
}

let last = "";

/** Opens the stream anew only if something else is to be followed. */
function followed(/** @type {string} */ namespace, /** @type {string} */ name, /** @type {string} */ logs, /** @type {string} */ inside) {
  const [before, wanted] = [last, JSON.stringify([namespace, name, logs, inside])];
  if (before === wanted) return;
  last = wanted;
  if (!before) forget();
  const [task = "", item = ""] = logs.split("/");
  followRun(namespace, name, logs ? { task, item } : null, inside);
}

function Title() {
  const name = address.value.get("run");
  const found = run.value;
  if (!found) return html`<div class="title"><h1>${name}</h1></div>`;
  const { spec, status } = found;
  const phase = status.phase ?? "Pending";
  return html`<div class="title">
    <h1>${name}</h1>
    <${State} state=${phase} />
    <span>${status.progress}</span>
    <${Took} what=${status} />
    <a href=${place({ workflow: spec.workflow ?? "" })} onClick=${onClick}>Workflow ${spec.workflow}</a>
    ${spec.resumeFrom && html`<a href=${place({ run: spec.resumeFrom.run })} onClick=${onClick}>resumed from ${spec.resumeFrom.run}</a>`}
    <${Actions} phase=${phase} stopping=${spec.state === "Stopped"} />
    ${phase !== "Succeeded" && html`<p class="words">${status.message}</p>`}
  </div>`;
}

/** @param {{phase: string, stopping: boolean}} properties */
function Actions({ phase, stopping }) {
  const ended = hasEnded(phase);
  const wish = { namespace: namespace.value, name: address.value.get("run") };
  const button = (/** @type {string} */ action, /** @type {string} */ words, /** @type {boolean} */ possible, more = {}) =>
    html`<button disabled=${!possible} onClick=${() => ask({ ...wish, ...more, action })}>${words}</button>`;
  const asking = tasks.value.filter(({ entry }) => entry?.reason?.startsWith("Approval"));
  return html`<div class="buttons">
    ${asking.map(({ name: path }) => {
      const { run: name, task } = placeOf(path);
      return html`${button("approve", `Approve ${path}…`, true, { name, task })}${button("reject", `Reject ${path}…`, true, { name, task })}`;
    })}
    ${button("retry", "Retry…", ended && phase !== "Succeeded")}
    ${phase === "Suspended" ? button("resume", "Resume…", !stopping) : button("suspend", "Suspend…", !ended && !stopping)}
    ${button("stop", "Stop…", !ended && !stopping)}
  </div>`;
}
