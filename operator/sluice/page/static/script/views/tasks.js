// The tasks of the run as a table: the same as the graph, for eyes and ears that do better with words.

import { Component } from "preact";
import { html } from "../html.js";
import { address, go, place, to } from "../address.js";
import { tasks } from "../run.js";
import { Took } from "./runs.js";
import { State } from "./state.js";

export function Tasks() {
  const [words, state] = [address.value.get("q").toLowerCase(), address.value.get("state")];
  const counts = new Map();
  for (const task of tasks.value) counts.set(task.state, (counts.get(task.state) ?? 0) + 1);
  const found = tasks.value.filter((task) => (!state || task.state === state) && matches(task, words));
  return html`<div class="tools">
      <input type="search" data-filter placeholder="filter: task, reason" aria-label="Filter" value=${words} onInput=${filter} />
      <div role="group" aria-label="State">
        ${[...counts].map(
          ([each, count]) =>
            html`<button class="filter" aria-pressed=${state === each} onClick=${() => go(to({ state: state === each ? "" : each }))}>
              <${State} state=${each} /> ${count}
            </button>`,
        )}
      </div>
    </div>
    <table class="list" data-list>
      <thead><tr><th>State</th><th>Task</th><th>Time</th><th>Items</th><th class="wide">Why</th></tr></thead>
      <tbody>${found.map((task) => html`<${Row} key=${task.name} task=${task} chosen=${address.value.get("task") === task.name} />`)}</tbody>
    </table>`;
}

/** Drawn anew only if the task stands otherwise: there may be thousands. */
class Row extends Component {
  shouldComponentUpdate(/** @type {any} */ next) {
    return next.task.entry !== this.props.task.entry || next.chosen !== this.props.chosen;
  }

  render(/** @type {any} */ { task, chosen }) {
    const { name, state, entry, final } = /** @type {typeof tasks.value[number]} */ (task);
    const why = [entry?.reason, entry?.message].filter(Boolean).join("; ");
    const again = (entry?.attempt ?? 0) > 1 ? ` · attempt ${entry?.attempt}` : "";
    const choose = (/** @type {Event} */ event) => {
      event.preventDefault();
      go(to({ task: name, item: "" })); // the filter may be another by now
    };
    return html`<tr aria-selected=${chosen}>
      <td><${State} state=${state} /></td>
      <td><a data-row href=${place({ run: address.peek().get("run"), view: "tasks", task: name })} onClick=${choose}>${name}</a>${final && html` <small>finally</small>`}${again}</td>
      <td>${entry && html`<${Took} what=${entry} />`}</td>
      <td>${entry?.progress}</td>
      <td class="wide why">${state === "Succeeded" ? "" : why.split("\n", 1)[0]}</td>
    </tr>`;
  }
}

/** @param {typeof tasks.value[number]} task @param {string} words */
function matches({ name, group, entry }, words) {
  const text = [name, group, entry?.reason, entry?.message].join("\n").toLowerCase();
  return words.split(/\s+/).every((word) => text.includes(word));
}

function filter(/** @type {Event} */ event) {
  go(to({ q: /** @type {HTMLInputElement} */ (event.currentTarget).value }), true);
}
