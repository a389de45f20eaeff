// The bar on top: where we are, and as whom.

import { html } from "../html.js";
import { address, go, onClick, place } from "../address.js";
import { EVERYWHERE, namespace, who } from "../who.js";

const PLACES = [
  ["", "Runs"],
  ["workflows", "Workflows"],
  ["backfills", "Backfills"],
  ["pools", "Pools"],
];

export function Head() {
  const { user, server, namespaces } = /** @type {import("../types").Who} */ (who.value);
  const known = new Set([...namespaces, namespace.value]);
  known.delete(EVERYWHERE);
  const { get } = address.value;
  const here = get("run") || get("workflow") || get("backfill") ? null : get("show");
  return html`<header>
    <a class="name" href=${place({})} onClick=${onClick}>Sluice</a>
    <nav aria-label="Places">
      ${PLACES.map(
        ([show, words]) =>
          html`<a href=${place(show ? { show } : {})} aria-current=${here === show ? "page" : null} onClick=${onClick}>${words}</a>`,
      )}
    </nav>
    <label>
      <span>namespace</span>
      <select value=${namespace.value} onChange=${choose}>
        <option value=${EVERYWHERE}>all namespaces</option>
        ${[...known].map((name) => html`<option value=${name}>${name}</option>`)}
      </select>
    </label>
    <span class="user" title=${server}>${user}</span>
  </header>`;
}

function choose(/** @type {Event} */ event) {
  const ns = /** @type {HTMLSelectElement} */ (event.currentTarget).value;
  const show = address.value.get("show");
  go(`?${new URLSearchParams({ ns, ...(show ? { show } : {}) })}`);
}
