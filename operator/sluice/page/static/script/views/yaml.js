// The run as YAML, as kubectl prints it: as it was when it was asked for.

import { signal, useSignalEffect } from "@preact/signals";
import { html } from "../html.js";
import { address } from "../address.js";
import { ask } from "../server.js";
import { namespace } from "../who.js";

const found = signal({ text: "", error: "" });

export function Yaml() {
  useSignalEffect(() => void look(namespace.value, address.value.get("run")));
  const { text, error } = found.value;
  return html`<div class="tools"><button onClick=${() => look(namespace.value, address.value.get("run"))}>Read again</button></div>
    ${error ? html`<p class="words error">${error}</p>` : html`<pre tabindex="0">${text}</pre>`}`;
}

let wanted = 0;

async function look(/** @type {string} */ namespace, /** @type {string} */ name) {
  const mine = ++wanted;
  found.value = { text: "", error: "" };
  const answer = await ask("/api/yaml", { namespace, name }).catch((error) => ({ text: "", error: error.message }));
  if (mine === wanted) found.value = { error: "", ...answer };
}
