// What changes something. It is asked for with a dry run first, which shows what would happen, the kubectl line that
// does the same, and the right that is missing.

import { effect, signal } from "@preact/signals";
import { html } from "../html.js";
import { go } from "../address.js";
import { ask as askServer, byName, send } from "../server.js";
import { Dialog } from "./dialog.js";

/**
 * @typedef {{action: string, name: string, namespace: string, task?: string, rerun?: (string | {task: string, items: string})[]}} Wish
 * @typedef {import("../types").Parameter} Parameter
 */

const TITLES = /** @type {Record<string, string>} */ ({
  run: "Run",
  retry: "Retry",
  stop: "Stop",
  suspend: "Suspend",
  resume: "Resume",
  suspendSchedule: "Suspend the schedule of",
  resumeSchedule: "Resume the schedule of",
  suspendBackfill: "Suspend",
  resumeBackfill: "Resume",
  approve: "Approve",
  reject: "Reject",
});

/** The types whose values may have several lines. */
const LINES = ["String", "Json"];
const MOST_ROWS = 8;

/** What somebody wants to do. @type {import("@preact/signals").Signal<Wish | null>} */
export const asked = signal(null);
/** What it would do, or why it cannot. */
const outlook = signal({ words: "", line: "", error: "" });
/** @type {import("@preact/signals").Signal<Parameter[]>} */
const parameters = signal([]);
/** @type {import("@preact/signals").Signal<Record<string, string>>} */
const given = signal({});
const comment = signal("");
const busy = signal(false);

/** Opens the dialog. */
export function ask(/** @type {Wish} */ wish) {
  outlook.value = { words: "", line: "", error: "" };
  parameters.value = [];
  given.value = {};
  comment.value = "";
  asked.value = wish;
  if (wish.action === "run") loadParameters(wish);
}

async function loadParameters(/** @type {Wish} */ wish) {
  const { name, namespace } = wish;
  try {
    const found = await askServer("/api/parameters", { namespace, name });
    if (asked.value === wish) parameters.value = found.parameters;
  } catch (error) {
    if (asked.value === wish) outlook.value = { words: "", line: "", error: /** @type {Error} */ (error).message };
  }
}

effect(() => {
  const wish = asked.value;
  if (!wish) return;
  const body = { ...bodyOf(wish), dryRun: true };
  let old = false;
  const waiting = setTimeout(async () => {
    const found = await send("/api/act", { namespace: wish.namespace }, body).catch((error) => ({ error: error.message }));
    if (!old) outlook.value = { words: "", line: "", error: "", ...found };
  }, 150);
  return () => {
    old = true;
    clearTimeout(waiting);
  };
});

function bodyOf(/** @type {Wish} */ { action, name, task = "", rerun = [] }) {
  return { action, name, task, rerun, comment: comment.value, arguments: given.value };
}

async function act(/** @type {Event} */ event) {
  event.preventDefault();
  const wish = /** @type {Wish} */ (asked.value);
  busy.value = true;
  try {
    const { name } = await send("/api/act", { namespace: wish.namespace }, { ...bodyOf(wish), dryRun: false });
    asked.value = null;
    if (wish.action === "run" || wish.action === "retry") go(`?${new URLSearchParams({ ns: wish.namespace, run: name })}`);
  } catch (error) {
    outlook.value = { ...outlook.value, error: /** @type {Error} */ (error).message };
  } finally {
    busy.value = false;
  }
}

export function ActionDialog() {
  const wish = asked.value;
  if (!wish) return null;
  const { words, line, error } = outlook.value;
  const title = TITLES[wish.action];
  const what = wish.task ? `${wish.task} of ${wish.name}` : wish.name;
  const decides = wish.action === "approve" || wish.action === "reject";
  return html`<${Dialog} title=${`${title} ${what}`} onClose=${() => (asked.value = null)}>
    <form onSubmit=${act}>
      ${parameters.value.map((each) => html`<${Field} key=${each.name} parameter=${each} />`)}
      ${decides && html`<label class="field"><span>Why</span>
        <input maxlength="256" value=${comment.value} onInput=${(/** @type {any} */ event) => (comment.value = event.target.value)} /></label>`}
      <p class="words">${words}</p>
      ${line && html`<pre class="line">${line}</pre>`}
      ${error && html`<p role="alert" class="words error">${error}</p>`}
      <div class="buttons">
        <button type="button" onClick=${() => (asked.value = null)}>Leave it</button>
        <button class="primary" disabled=${busy.value || !line || !!error}>${title}</button>
      </div>
    </form>
  <//>`;
}

/** A field by the parameter's type. @param {{parameter: Parameter}} properties */
function Field({ parameter }) {
  const { name, type = "String", enum: choices } = parameter;
  const written = parameter.default === undefined ? "" : text(parameter.default);
  const value = byName(given.value)[name] ?? written;
  const change = (/** @type {any} */ event) => {
    const { [name]: _, ...others } = given.value;
    const changed = event.target.value;
    const same = parameter.default !== undefined && changed === written;
    given.value = same ? others : { ...others, [name]: changed };
  };
  const options = choices?.map(text) ?? (type === "Boolean" ? ["true", "false"] : null);
  return html`<label class="field"><span>${name} <small>${type}</small></span>
    ${options
      ? html`<select value=${value} onChange=${change}>
          ${!options.includes(value) && html`<option value=${value}>${value}</option>`}
          ${options.map((each) => html`<option value=${each}>${each}</option>`)}
        </select>`
      : LINES.includes(type)
        ? html`<textarea rows=${Math.min(value.split("\n").length, MOST_ROWS)} value=${value} onInput=${change}></textarea>`
        : html`<input value=${value} inputmode=${type === "Integer" ? "numeric" : null} onInput=${change} />`}
    ${parameter.description && html`<small>${parameter.description}</small>`}
  </label>`;
}

function text(/** @type {unknown} */ value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
