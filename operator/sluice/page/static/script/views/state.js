// A state: its sign and its word.

import { html } from "../html.js";
import { sign } from "../words.js";

/** @param {{state: string, words?: string}} properties */
export function State({ state, words }) {
  return html`<span class="state" data-state=${state}><span aria-hidden="true">${sign(state)}</span> ${words ?? state}</span>`;
}
